"""The TXT record of DNS-01: where it stands and what it looks like (RFC 8555 section 8.4)."""

import dns.exception
import dns.name
import dns.rdataclass
import dns.rdatatype
from dns.rdtypes.ANY.TXT import TXT

from controller.solvers.errors import Misconfigured

LABEL = "_acme-challenge"
TTL_SECONDS = 60


def record_name(domain: str) -> dns.name.Name:
    """`_acme-challenge.<domain>.`; raises Misconfigured for what DNS cannot hold."""
    try:
        return dns.name.from_text(f"{LABEL}.{domain.removeprefix('*.')}")
    except (dns.exception.DNSException, UnicodeError) as error:
        raise Misconfigured(f'"{domain}" has no place in DNS: {error}.') from error


def txt(value: str) -> TXT:
    """The record's data: the value as one character-string."""
    return TXT(dns.rdataclass.IN, dns.rdatatype.TXT, [value.encode()])

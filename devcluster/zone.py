"""What is in the DNS server's zones: read, changed, held back. For tests and for the demo."""

import dns.query
import dns.rcode
import dns.rdatatype
import dns.tsigkeyring
import dns.update

from devcluster.servers import Dns

HOLD = "_hold"


class Refused(Exception):
    """The DNS server refused an update; the message is its return code."""


def records(server: Dns, zone: str, kind: str = "TXT") -> dict[str, list[str]]:
    """Every record of that type in the zone by fully qualified owner name, quotes taken off."""
    host, port = _endpoint(server)
    found: dict[str, list[str]] = {}
    for message in dns.query.xfr(host, zone, port=port, timeout=5, relativize=False):
        for rrset in message.answer:
            if rrset.rdtype == dns.rdatatype.from_text(kind):
                values = [data.to_text().strip('"') for data in rrset]
                found.setdefault(str(rrset.name), []).extend(values)
    return found


def add(server: Dns, zone: str, name: str, kind: str, value: str) -> None:
    """Add one record (TTL 1 s) at `name`, which is relative to the zone."""
    update = dns.update.UpdateMessage(zone, keyring=_keyring(server))
    update.add(name, 1, kind, value)
    send(server, update)


def remove(server: Dns, zone: str, name: str) -> None:
    """Remove every record of `name`, which is relative to the zone."""
    update = dns.update.UpdateMessage(zone, keyring=_keyring(server))
    update.delete(name)
    send(server, update)


def hold(server: Dns, zone: str) -> None:
    """Keep TXT records of the zone back from everybody, as slow propagation does."""
    add(server, zone, HOLD, "TXT", "held")


def release(server: Dns, zone: str) -> None:
    """Show the TXT records again."""
    remove(server, zone, HOLD)


def send(server: Dns, update: dns.update.UpdateMessage) -> None:
    """Send one update over TCP; raises Refused."""
    host, port = _endpoint(server)
    answer = dns.query.tcp(update, host, port=port, timeout=5)
    if answer.rcode() != dns.rcode.NOERROR:
        raise Refused(dns.rcode.to_text(answer.rcode()))


def _endpoint(server: Dns) -> tuple[str, int]:
    host, _, port = server.address.rpartition(":")
    return host, int(port)


def _keyring(server: Dns) -> dns.update.UpdateMessage | object:
    return dns.tsigkeyring.from_text({server.tsig_name: server.tsig_secret})

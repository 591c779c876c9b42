"""RFC 2136: the name server that takes updates, and the TSIG key (RFC 8945). Pure.

Reads settings as the controller does: what works there is no fault, whatever its spelling.
"""

from typing import Final

from orderapi.dns01 import Rfc2136
from orderapi.validation.fault import not_one_of, quoted
from webhook.rules.findings import Advice, Findings, fault
from webhook.rules.hosts import dns_server
from webhook.rules.references import entry_of

PROTOCOLS: Final = ("TCP", "UDP")
ALGORITHMS: Final = ("HMACMD5", "HMACSHA1", "HMACSHA256", "HMACSHA512")
DEFAULT_ALGORITHM: Final = "HMACMD5"

_MAX_LABEL: Final = 63
_MAX_DNS_NAME: Final = 253


def rfc2136(path: str, part: Rfc2136) -> Findings:
    """Faults of the part, and advice about it."""
    yield from dns_server(f"{path}.nameserver", part.nameserver, "ns1.example.com:53")
    if (part.protocol or "UDP").upper() not in PROTOCOLS:
        yield fault(*not_one_of(f"{path}.protocol", part.protocol or "", PROTOCOLS))
    yield from _algorithm(f"{path}.tsigAlgorithm", part)
    yield from _key(path, part)


def _key(path: str, part: Rfc2136) -> Findings:
    """The name of the key and the Secret that it is in: both or none."""
    ref, ref_path = part.tsig_secret_secret_ref, f"{path}.tsigSecretSecretRef"
    if part.tsig_key_name:
        yield from _key_name(f"{path}.tsigKeyName", part.tsig_key_name)
        if ref is None:
            yield fault(
                ref_path, "is missing; tsigKeyName needs the Secret entry that the key is in"
            )
        else:
            yield from entry_of(ref_path, ref)
    elif ref is not None and ref.name and ref.key:
        yield fault(
            f"{path}.tsigKeyName", "is empty; it is the name under which the server knows the key"
        )
    elif ref is not None:
        # Manifests from templates have such; nothing is signed with it.
        yield Advice(
            ref_path, "names no key without tsigKeyName; leave it out for unsigned updates"
        )


def _key_name(path: str, name: str) -> Findings:
    if "\\" in name:  # escapes of zone files: whether it is a name is seen when it is used
        return
    plain = name.removesuffix(".")
    labels = plain.split(".")
    if len(plain) > _MAX_DNS_NAME or any(not 0 < len(label) <= _MAX_LABEL for label in labels):
        yield fault(path, f"is {quoted(name)}, which is no DNS name")


def _algorithm(path: str, part: Rfc2136) -> Findings:
    plain = _plain(part.tsig_algorithm or DEFAULT_ALGORITHM)
    if plain not in ALGORITHMS:
        yield fault(*not_one_of(path, part.tsig_algorithm or "", ALGORITHMS))
    elif plain == "HMACMD5" and (part.tsig_algorithm or part.tsig_key_name):
        default = "" if part.tsig_algorithm else "is HMACMD5 when left out: "
        yield Advice(path, f"{default}MD5 is outdated (RFC 8945); use a key for HMACSHA256")


def _plain(text: str) -> str:
    """The name as the API has it: DNS servers' files write hmac-sha256."""
    name = text.rstrip(".").upper()
    return name.removesuffix(".SIG-ALG.REG.INT").replace("-", "")

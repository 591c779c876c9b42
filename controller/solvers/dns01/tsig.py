"""The TSIG key of an RFC 2136 solver (RFC 8945): read from the API's fields and the Secret.

Never shows the key: errors name the Secret and what is wrong with its form.
"""

import base64
import binascii
from dataclasses import dataclass

import dns.exception
import dns.message
import dns.name
import dns.tsig

from controller.solvers.credentials import Credentials
from controller.solvers.errors import BadCredentials, Misconfigured
from orderapi.references import SecretKeySelector
from orderapi.solver import Rfc2136

DEFAULT_ALGORITHM = "HMACMD5"

ALGORITHMS = {
    "HMACMD5": dns.tsig.HMAC_MD5,
    "HMACSHA1": dns.tsig.HMAC_SHA1,
    "HMACSHA256": dns.tsig.HMAC_SHA256,
    "HMACSHA512": dns.tsig.HMAC_SHA512,
}


@dataclass(frozen=True, slots=True, repr=False)
class SigningKey:
    """A key to sign with, and the Secret entry that it came from. Prints without the key."""

    key: dns.tsig.Key
    source: SecretKeySelector

    def __repr__(self) -> str:
        return f"SigningKey({self.name} {self.algorithm})"

    @property
    def name(self) -> str:
        """The name under which the server knows the key, without the final dot."""
        return str(self.key.name).rstrip(".")

    @property
    def algorithm(self) -> str:
        """The algorithm as DNS servers' files write it, such as hmac-sha256."""
        return str(self.key.algorithm).split(".", 1)[0].lower()


def signing_key(solver: Rfc2136, credentials: Credentials) -> SigningKey | None:
    """The key that the solver names; None where it names none and updates go unsigned."""
    source = solver.tsig_secret_secret_ref
    if not solver.tsig_key_name and source is None:
        return None
    if not solver.tsig_key_name:
        raise Misconfigured("rfc2136.tsigSecretSecretRef is set and tsigKeyName is not.")
    if source is None:
        raise Misconfigured("rfc2136.tsigKeyName is set and tsigSecretSecretRef is not.")
    key = dns.tsig.Key(
        _key_name(solver.tsig_key_name),
        _decoded(credentials.read(source), source),
        algorithm(solver.tsig_algorithm),
    )
    return SigningKey(key, source)


def verify(answer: dns.message.Message, message: dns.message.Message, key: SigningKey) -> None:
    """Raise one of `refusal.TSIG_ERRORS` unless a signed answer is the key's answer to the message.

    An answer without signature passes: servers complain unsigned, and who asked decides what an
    unsigned answer is worth (`Message.had_tsig`).
    """
    if answer.had_tsig:
        dns.message.from_wire(answer.wire or b"", keyring=key.key, request_mac=message.mac or b"")


def algorithm(text: str | None) -> dns.name.Name:
    """The algorithm by its name in the API (HMACSHA256) or in DNS (hmac-sha256.), in any case."""
    name = (text or DEFAULT_ALGORITHM).rstrip(".").upper()
    plain = name.removesuffix(".SIG-ALG.REG.INT").replace("-", "")
    try:
        return ALGORITHMS[plain]
    except KeyError:
        raise Misconfigured(
            f'rfc2136.tsigAlgorithm is "{text}"; known are {", ".join(ALGORITHMS)}.'
        ) from None


def _key_name(text: str) -> dns.name.Name:
    try:
        return dns.name.from_text(text)
    except (dns.exception.DNSException, UnicodeError) as error:
        raise Misconfigured(f'rfc2136.tsigKeyName is "{text}", which is not a DNS name.') from error


def _decoded(content: bytes, source: SecretKeySelector) -> bytes:
    """The key from its base64 text; white space is left out, as BIND's key files may have some."""
    try:
        key = base64.b64decode(b"".join(content.split()), validate=True)
    except binascii.Error:
        key = b""
    if not key:
        raise BadCredentials(
            f'Secret "{source.name}", entry "{source.key}", holds no TSIG key: it must be the '
            f"base64 text that stands after `secret` in the DNS server's key file."
        )
    return key

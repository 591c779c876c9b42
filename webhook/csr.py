"""What a certificate signing request asks for, read within limits.

Whoever may create a CertificateRequest chooses these bytes: size, form and key are looked at before
anything is computed with the key.
"""

import ipaddress
import re
import warnings
from typing import Final, NamedTuple

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from orderapi.certificaterequest import MAX_REQUEST
from orderapi.validation.addresses import unmapped
from webhook import keyusage

MAX_RSA_BITS: Final = 8192
"""The largest RSA key. There is no smallest one: what is too weak is for the issuer to say."""
MAX_RSA_EXPONENT_BITS: Final = 64
"""The largest public exponent; to verify with one as long as the key takes milliseconds."""

_CURVES: Final = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
_BEGIN: Final = re.compile(rb"-----BEGIN ?([^\r\n-]*)")
_LABELS: Final = frozenset({b"CERTIFICATE REQUEST", b"NEW CERTIFICATE REQUEST"})

# The attribute that carries the extensions (RFC 2985 section 5.4.2), and its older name.
_EXTENSION_REQUESTS: Final = frozenset({"1.2.840.113549.1.9.14", "1.3.6.1.4.1.311.2.1.14"})

_PARSER_ERRORS: Final = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)


class BadCsr(Exception):
    """No signing request that could be served. The message says what is wrong, as a sentence about
    "it" without a full stop, and quotes nothing of it."""


class Csr(msgspec.Struct, frozen=True, kw_only=True):
    """What a signing request asks for. DNS names are as they were written."""

    common_name: str = ""
    """The last common name of the subject; empty where there is none."""
    dns_names: tuple[str, ...] = ()
    ip_addresses: tuple[str, ...] = ()
    """In canonical form; IPv4 in IPv6 form is IPv4."""
    uris: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    others: int = 0
    """How many alternative names are of another kind."""
    is_ca: bool | None = None
    """What basicConstraints says; None where it is not there."""
    key_usages: frozenset[str] | None = None
    """The API's names (`signing` is `digital signature`); None where KeyUsage is not there."""
    extended_usages: frozenset[str] | None = None
    """The API's names (`s/mime` is `email protection`), an object identifier where it has none;
    None where ExtendedKeyUsage is not there."""


class _Names(NamedTuple):
    dns_names: tuple[str, ...] = ()
    ip_addresses: tuple[str, ...] = ()
    uris: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    others: int = 0


def read_csr(data: bytes) -> Csr:
    """What the request `data` (one PEM block, or DER) asks for, its signature verified.

    Raises BadCsr, whatever the bytes are.
    """
    if not data:
        raise BadCsr("it is empty")
    if len(data) > MAX_REQUEST:
        raise BadCsr(f"it is larger than {MAX_REQUEST:,} bytes")
    # Names that are odd but legal make the parser warn, at whoever runs the program.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        csr = _load(data)
        _check_key(csr)
        _check_signature(csr)
        try:
            return _content(csr)
        except _PARSER_ERRORS:
            raise BadCsr("its names or extensions cannot be read") from None


def _load(data: bytes) -> x509.CertificateSigningRequest:
    labels = _BEGIN.findall(data)
    if len(labels) > 1:
        raise BadCsr("it has more than one PEM block; send the signing request alone")
    if labels and labels[0] not in _LABELS:
        raise BadCsr("its PEM block is not a CERTIFICATE REQUEST")
    try:
        return x509.load_pem_x509_csr(data) if labels else x509.load_der_x509_csr(data)
    except _PARSER_ERRORS:
        raise BadCsr("it is not a certificate signing request in PEM or DER") from None


def _check_key(csr: x509.CertificateSigningRequest) -> None:
    try:
        key = csr.public_key()
    except _PARSER_ERRORS:
        raise BadCsr("its public key cannot be read; RSA, ECDSA and Ed25519 can") from None
    match key:
        case rsa.RSAPublicKey():
            _check_rsa(key)
        case ec.EllipticCurvePublicKey():
            if not isinstance(key.curve, _CURVES):
                raise BadCsr("its key is on a curve that is none of P-256, P-384, P-521")
        case ed25519.Ed25519PublicKey():
            pass
        case _:
            raise BadCsr("its public key is of none of the algorithms RSA, ECDSA, Ed25519")


def _check_rsa(key: rsa.RSAPublicKey) -> None:
    if key.key_size > MAX_RSA_BITS:
        raise BadCsr(f"its RSA key has more than {MAX_RSA_BITS} bits")
    if key.public_numbers().e.bit_length() > MAX_RSA_EXPONENT_BITS:
        raise BadCsr(f"its RSA key has an exponent of more than {MAX_RSA_EXPONENT_BITS} bits")


def _check_signature(csr: x509.CertificateSigningRequest) -> None:
    try:
        valid = csr.is_signature_valid
    except _PARSER_ERRORS:
        raise BadCsr("its signature is made in a way that cannot be verified") from None
    if not valid:
        raise BadCsr("its signature does not match its public key")


def _content(csr: x509.CertificateSigningRequest) -> Csr:
    """Raises what the parser raises, and BadCsr."""
    attributes = [attribute.oid.dotted_string for attribute in csr.attributes]
    if sum(oid in _EXTENSION_REQUESTS for oid in attributes) > 1:
        # One reader takes the first, another the last: nobody knows what would be signed.
        raise BadCsr("it asks for extensions in more than one attribute")
    extensions = csr.extensions
    common_names = csr.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return Csr(
        common_name=_text(common_names[-1].value) if common_names else "",
        **_names(extensions)._asdict(),
        is_ca=_is_ca(extensions),
        key_usages=keyusage.key_usages(extensions),
        extended_usages=keyusage.extended_usages(extensions),
    )


def _names(extensions: x509.Extensions) -> _Names:
    try:
        found = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return _Names()
    dns, addresses, uris, emails, others = [], [], [], [], 0
    for name in found:
        match name:
            case x509.DNSName():
                dns.append(name.value)
            case x509.IPAddress():
                addresses.append(_address(name.value))
            case x509.UniformResourceIdentifier():
                uris.append(name.value)
            case x509.RFC822Name():
                emails.append(name.value)
            case _:
                others += 1
    return _Names(tuple(dns), tuple(addresses), tuple(uris), tuple(emails), others)


def _address(value: object) -> str:
    if not isinstance(value, ipaddress.IPv4Address | ipaddress.IPv6Address):
        raise BadCsr("it has a range of IP addresses where one address belongs")
    return str(unmapped(value))


def _is_ca(extensions: x509.Extensions) -> bool | None:
    try:
        return extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return None


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.hex()

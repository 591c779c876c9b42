"""Certificate signing requests: from a Certificate's spec, and what a given one says.

Pure. It refuses a spec as a whole, with every fault of it, rather than signing a request that
leaves something out.
"""

from typing import Final, NamedTuple, TypeAlias, assert_never

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from controller.pki.altnames import read_names, wanted_names
from controller.pki.constraints import constraint_extension
from controller.pki.faults import PARSER_ERRORS, InvalidSpec, Unreadable
from controller.pki.keys import Key, accepted, kind_of, public_key_digest
from controller.pki.keyusage import usage_extensions
from controller.pki.subject import SubjectFacts, read_subject, wanted_subject
from orderapi import defaults
from orderapi.certificate import CertificateSpec
from orderapi.certificaterequest import MAX_REQUEST
from orderapi.validation.certificate import content_faults, request_faults
from orderapi.validation.key import signature_faults

Sha2: TypeAlias = hashes.SHA256 | hashes.SHA384 | hashes.SHA512

_HASHES: Final[dict[str, Sha2 | None]] = {
    "SHA256WithRSA": hashes.SHA256(),
    "SHA384WithRSA": hashes.SHA384(),
    "SHA512WithRSA": hashes.SHA512(),
    "ECDSAWithSHA256": hashes.SHA256(),
    "ECDSAWithSHA384": hashes.SHA384(),
    "ECDSAWithSHA512": hashes.SHA512(),
    "PureEd25519": None,
}


class Csr(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a signing request asks for. IP addresses are canonical."""

    subject: SubjectFacts
    dns_names: tuple[str, ...]
    ip_addresses: tuple[str, ...]
    uris: tuple[str, ...]
    emails: tuple[str, ...]
    other_names: tuple[tuple[str, str], ...]
    is_ca: bool
    public_key_digest: str

    @property
    def common_name(self) -> str:
        """The common name of the subject; empty where there is none."""
        return self.subject.common_name


class Content(NamedTuple):
    """What a spec puts into a request or certificate, apart from the key."""

    subject: x509.Name
    extensions: list[tuple[x509.ExtensionType, bool]]


def spec_faults(spec: CertificateSpec) -> tuple[str, ...]:
    """All that keeps `spec` from being requested, as sentences that begin with a field path."""
    return tuple(map(str, request_faults(spec)))


def build_csr(spec: CertificateSpec, key: Key) -> bytes:
    """The signing request that `spec` asks for, signed with `key`, as PEM. Raises `InvalidSpec`."""
    signature = signature_faults(spec.signature_algorithm, kind_of(key).algorithm)
    faults = (*content_faults(spec), *signature)
    if faults:
        raise InvalidSpec(faults)
    content = wanted_content(spec)
    builder = x509.CertificateSigningRequestBuilder(content.subject)
    for extension, critical in content.extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(key, signature_hash(spec, key)).public_bytes(Encoding.PEM)


def read_csr(data: bytes) -> Csr:
    """What the request `data` (PEM, or DER) asks for. Raises `Unreadable`.

    Its signature is not checked: that is the CA's to do.
    """
    csr = _load(data)
    try:
        names = read_names(csr.extensions)
        return Csr(
            subject=read_subject(csr.subject),
            **names._asdict(),
            is_ca=is_ca(csr.extensions),
            public_key_digest=public_key_digest(accepted(csr.public_key())),
        )
    except Unreadable as error:
        raise Unreadable(f"certificate signing request: {error}") from None
    except PARSER_ERRORS:
        raise Unreadable("certificate signing request has parts that cannot be read") from None


def to_der(data: bytes) -> bytes:
    """The request `data` (PEM, or DER) as DER. Raises `Unreadable`."""
    return _load(data).public_bytes(Encoding.DER)


def is_ca(extensions: x509.Extensions) -> bool:
    """Whether a request or certificate with these is for one that may sign others."""
    try:
        return extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def wanted_content(spec: CertificateSpec) -> Content:
    """Subject and extensions that `spec` asks for; for one that `content_faults` finds none in.

    Raises `InvalidSpec` where they cannot be encoded all the same.
    """
    try:
        return _content(spec)
    except (ValueError, TypeError):
        raise InvalidSpec(["spec: holds a name that cannot be encoded"]) from None


def _content(spec: CertificateSpec) -> Content:
    subject, names = wanted_subject(spec), wanted_names(spec)
    extensions: list[tuple[x509.ExtensionType, bool]] = []
    if names:
        # RFC 5280 section 4.2.1.6: critical where the subject is empty.
        extensions.append((x509.SubjectAlternativeName(names), not subject.rdns))
    if defaults.encode_usages_in_request(spec):
        extensions += usage_extensions(spec.usages, is_ca=spec.is_ca)
    if spec.is_ca:
        extensions.append((x509.BasicConstraints(ca=True, path_length=None), True))
    extensions += constraint_extension(spec.name_constraints)
    return Content(subject, extensions)


def signature_hash(spec: CertificateSpec, key: Key) -> Sha2 | None:
    """The hash to sign with: what `spec` names, else what goes with `key`; none for Ed25519."""
    if spec.signature_algorithm in _HASHES:
        return _HASHES[spec.signature_algorithm]
    match key:
        case rsa.RSAPrivateKey():
            return _by_strength(key.key_size, middle=3072, strong=4096)
        case ec.EllipticCurvePrivateKey():
            return _by_strength(key.curve.key_size, middle=384, strong=521)
        case ed25519.Ed25519PrivateKey():
            return None
        case _:
            assert_never(key)


def _by_strength(size: int, *, middle: int, strong: int) -> Sha2:
    if size >= strong:
        return hashes.SHA512()
    return hashes.SHA384() if size >= middle else hashes.SHA256()


def _load(data: bytes) -> x509.CertificateSigningRequest:
    if len(data) > MAX_REQUEST:
        raise Unreadable(f"certificate signing request is larger than {MAX_REQUEST:,} bytes")
    try:
        if b"-----BEGIN" in data:
            return x509.load_pem_x509_csr(data)
        return x509.load_der_x509_csr(data)
    except PARSER_ERRORS:
        raise Unreadable("certificate signing request is neither PEM nor DER") from None

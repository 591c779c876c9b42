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
from controller.pki.faults import PARSER_ERRORS, InvalidSpec, Unreadable, quoted
from controller.pki.keys import Key, accepted, key_faults, kind_of, public_key_digest
from controller.pki.keyusage import usage_extensions
from controller.pki.subject import SubjectFacts, read_subject, wanted_subject
from controller.pki.terms import term_faults
from orderapi import defaults
from orderapi.certificate import CertificateSpec

MAX_CSR_BYTES: Final = 36_500
"""The largest request, PEM or DER, that is parsed."""

Sha2: TypeAlias = hashes.SHA256 | hashes.SHA384 | hashes.SHA512

_SIGNATURES: Final[dict[str, tuple[str, Sha2 | None]]] = {
    "SHA256WithRSA": (defaults.RSA, hashes.SHA256()),
    "SHA384WithRSA": (defaults.RSA, hashes.SHA384()),
    "SHA512WithRSA": (defaults.RSA, hashes.SHA512()),
    "ECDSAWithSHA256": (defaults.ECDSA, hashes.SHA256()),
    "ECDSAWithSHA384": (defaults.ECDSA, hashes.SHA384()),
    "ECDSAWithSHA512": (defaults.ECDSA, hashes.SHA512()),
    "PureEd25519": (defaults.ED25519, None),
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
    faults = list(key_faults(spec.private_key))
    wanted_content(spec, faults)
    _check_signature(spec, defaults.key_algorithm(spec.private_key), faults)
    faults += term_faults(spec)
    return tuple(faults)


def build_csr(spec: CertificateSpec, key: Key) -> bytes:
    """The signing request that `spec` asks for, signed with `key`, as PEM. Raises `InvalidSpec`."""
    faults: list[str] = []
    content = wanted_content(spec, faults)
    _check_signature(spec, kind_of(key).algorithm, faults)
    if faults:
        raise InvalidSpec(faults)
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


def wanted_content(spec: CertificateSpec, faults: list[str]) -> Content:
    """Subject and extensions that `spec` asks for; what is wrong with it is added to `faults`."""
    before = len(faults)
    subject = wanted_subject(spec, faults)
    names = wanted_names(spec, faults)
    if not names and not spec.common_name and not spec.literal_subject and len(faults) == before:
        faults.append(
            "spec: names nothing; set at least one of dnsNames, ipAddresses, uris, emailAddresses, "
            "otherNames, commonName, literalSubject"
        )
    extensions: list[tuple[x509.ExtensionType, bool]] = []
    if names:
        # RFC 5280 section 4.2.1.6: critical where the subject is empty.
        extensions.append((x509.SubjectAlternativeName(names), not subject.rdns))
    usages = usage_extensions(spec.usages, is_ca=spec.is_ca, faults=faults)
    if defaults.encode_usages_in_request(spec):
        extensions += usages
    if spec.is_ca:
        extensions.append((x509.BasicConstraints(ca=True, path_length=None), True))
    extensions += constraint_extension(spec, faults)
    return Content(subject, extensions)


def signature_hash(spec: CertificateSpec, key: Key) -> Sha2 | None:
    """The hash to sign with: what `spec` names, else what goes with `key`; none for Ed25519."""
    if spec.signature_algorithm in _SIGNATURES:
        return _SIGNATURES[spec.signature_algorithm][1]
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
    if len(data) > MAX_CSR_BYTES:
        raise Unreadable(f"certificate signing request is larger than {MAX_CSR_BYTES:,} bytes")
    try:
        if b"-----BEGIN" in data:
            return x509.load_pem_x509_csr(data)
        return x509.load_der_x509_csr(data)
    except PARSER_ERRORS:
        raise Unreadable("certificate signing request is neither PEM nor DER") from None


def _check_signature(spec: CertificateSpec, algorithm: str, faults: list[str]) -> None:
    name = spec.signature_algorithm
    if not name:
        return
    fitting = [known for known, (needs, _) in _SIGNATURES.items() if needs == algorithm]
    if name not in fitting and fitting:
        faults.append(
            f"spec.signatureAlgorithm: {quoted(name)} does not go with a key of algorithm "
            f"{algorithm}; one of {', '.join(fitting)} does"
        )

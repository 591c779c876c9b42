"""Whether a request or certificate still is what the spec asks for: the fields that differ.

Pure. Compares by meaning: the order of values, the case of DNS names and spelled-out defaults make
no difference, so that none of them ever causes an issuance.
"""

from collections.abc import Iterable
from datetime import timedelta

from controller.pki.altnames import canonical_dns, canonical_ip, other_name_pairs
from controller.pki.csr import Csr
from controller.pki.keyusage import canonical_usages
from controller.pki.leaf import Leaf
from controller.pki.subject import literal_rdns, subject_mismatch
from orderapi import defaults
from orderapi.certificate import CertificateSpec
from orderapi.certificaterequest import CertificateRequestSpec
from orderapi.references import IssuerRef
from orderapi.validation.rfc4514 import NotADistinguishedName


def request_mismatch(
    spec: CertificateSpec, csr: Csr, request_spec: CertificateRequestSpec
) -> tuple[str, ...]:
    """The fields of `spec` that the request, with its decoded `csr`, does not meet."""
    return (
        *_name_mismatch(spec, csr),
        *_subject_mismatch(spec, csr),
        *_terms_mismatch(spec, request_spec),
    )


def certificate_mismatch(spec: CertificateSpec, leaf: Leaf) -> tuple[str, ...]:
    """The fields of `spec` whose names `leaf` does not carry, for want of a request to compare.

    Tolerant: a CA may move a name between the common name and the alternative names, and anything
    but names is the CA's to change.
    """
    wanted_dns, wanted_common = canonical_dns(spec.dns_names), canonical_dns(_common_names(spec))
    carried_dns = canonical_dns(leaf.dns_names)
    carried_common = canonical_dns([leaf.common_name] if leaf.common_name else [])
    # The common name of a certificate for an address is that address.
    addresses = frozenset(map(canonical_ip, spec.ip_addresses)) | frozenset(leaf.ip_addresses)
    wanted = wanted_dns | wanted_common | addresses
    carried = carried_dns | carried_common | addresses
    differing = []
    if wanted_common - carried or carried_common - wanted:
        differing.append("spec.commonName")
    if wanted_dns - carried or carried_dns - wanted:
        differing.append("spec.dnsNames")
    return (*differing, *_other_kinds_mismatch(spec, leaf))


def _name_mismatch(spec: CertificateSpec, csr: Csr) -> Iterable[str]:
    yield from _other_kinds_mismatch(spec, csr)
    if canonical_dns(spec.dns_names) != canonical_dns(csr.dns_names):
        yield "spec.dnsNames"
    if other_name_pairs(spec.other_names) != frozenset(csr.other_names):
        yield "spec.otherNames"


def _other_kinds_mismatch(spec: CertificateSpec, found: Csr | Leaf) -> Iterable[str]:
    if frozenset(map(canonical_ip, spec.ip_addresses)) != frozenset(found.ip_addresses):
        yield "spec.ipAddresses"
    if frozenset(spec.uris) != frozenset(found.uris):
        yield "spec.uris"
    if frozenset(spec.email_addresses) != frozenset(found.emails):
        yield "spec.emailAddresses"


def _subject_mismatch(spec: CertificateSpec, csr: Csr) -> Iterable[str]:
    if spec.literal_subject:
        try:
            same = literal_rdns(spec.literal_subject) == csr.subject.rdns
        except NotADistinguishedName:
            same = False
        return () if same else ("spec.literalSubject",)
    differing = subject_mismatch(spec.subject, csr.subject.fields)
    if (spec.common_name or "") != csr.common_name:
        return ("spec.commonName", *differing)
    return differing


def _terms_mismatch(spec: CertificateSpec, request: CertificateRequestSpec) -> Iterable[str]:
    if bool(spec.is_ca) != bool(request.is_ca):
        yield "spec.isCA"
    wanted = canonical_usages(spec.usages, is_ca=spec.is_ca)
    if wanted != canonical_usages(request.usages, is_ca=spec.is_ca):
        yield "spec.usages"
    if not _same_duration(spec.duration, request.duration):
        yield "spec.duration"
    if _meant(spec.issuer_ref) != _meant(request.issuer_ref):
        yield "spec.issuerRef"


def _same_duration(wanted: str | None, requested: str | None) -> bool:
    try:
        return _duration(wanted) == _duration(requested)
    except ValueError:
        return wanted == requested


def _duration(text: str | None) -> timedelta:
    return defaults.parse_duration(text) if text else defaults.DURATION


def _meant(ref: IssuerRef) -> tuple[str, str, str]:
    return ref.name, defaults.issuer_kind(ref), defaults.issuer_group(ref)


def _common_names(spec: CertificateSpec) -> list[str]:
    """The common name that is asked for, be it in the literal subject."""
    if spec.common_name:
        return [spec.common_name]
    try:
        rdns = literal_rdns(spec.literal_subject) if spec.literal_subject else ()
    except NotADistinguishedName:
        return []
    return [value for rdn in rdns for oid, value in rdn if oid == "2.5.4.3"]

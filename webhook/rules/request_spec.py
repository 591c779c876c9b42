"""What the spec of a new CertificateRequest must be: an issuer, and a signing request that asks for
what the spec says."""

from collections.abc import Iterator
from datetime import timedelta

from orderapi import defaults
from orderapi.certificaterequest import CertificateRequestSpec
from orderapi.usages import KEY_USAGES, canonical
from orderapi.validation.fault import quoted
from orderapi.validation.references import issuer_ref_faults
from orderapi.validation.usages import usage_faults
from webhook.csr import BadCsr, Csr, read_csr
from webhook.rules.findings import fault, from_spec
from webhook.rules.wording import listed
from webhook.verdict import Fault


def request_spec_faults(spec: CertificateRequestSpec) -> Iterator[Fault]:
    """All that is wrong with the spec, apart from who it says it comes from."""
    yield from from_spec(issuer_ref_faults(spec.issuer_ref))
    yield from _duration_faults(spec.duration)
    of_usages = tuple(from_spec(usage_faults(spec.usages, is_ca=spec.is_ca)))
    yield from of_usages
    csr = signing_request(spec.request)
    if isinstance(csr, Fault):
        yield csr
        return
    yield from _ca_faults(spec, csr)
    if not of_usages:
        yield from _contradicting_usages(spec, csr)


def signing_request(data: bytes) -> Csr | Fault:
    """What `spec.request` asks for, or what is wrong with it."""
    if not data:
        return fault("spec.request", "is empty; it holds the certificate signing request, as PEM")
    try:
        return read_csr(data)
    except BadCsr as error:
        return fault("spec.request", f"is no signing request that can be served: {error}")


def _duration_faults(written: str | None) -> Iterator[Fault]:
    if not written:
        return
    try:
        duration = defaults.parse_duration(written)
    except ValueError as error:
        yield fault("spec.duration", str(error))
        return
    if duration <= timedelta():
        yield fault("spec.duration", f"{quoted(written)} must be longer than 0s")


def _ca_faults(spec: CertificateRequestSpec, csr: Csr) -> Iterator[Fault]:
    if csr.is_ca is not None and csr.is_ca != bool(spec.is_ca):
        asks = "for a CA certificate" if csr.is_ca else "for no CA certificate"
        text = f"is {str(bool(spec.is_ca)).lower()}, and the signing request asks {asks}"
        yield fault("spec.isCA", f"{text}; make them agree, or leave basicConstraints out of it")


def _contradicting_usages(spec: CertificateRequestSpec, csr: Csr) -> Iterator[Fault]:
    """An extension that is not there asks for nothing, and so contradicts nothing."""
    wanted = canonical(defaults.usages(spec.usages, is_ca=spec.is_ca))
    for extension, asked, meant in (
        ("KeyUsage", csr.key_usages, wanted & KEY_USAGES.keys()),
        ("ExtendedKeyUsage", csr.extended_usages, wanted - KEY_USAGES.keys()),
    ):
        if asked is not None and asked != meant:
            text = (
                f"the signing request asks for {_all(asked)} in its extension {extension}, and the "
                f"spec for {_all(meant)}; make them agree, or leave that extension out of it"
            )
            yield fault("spec.usages", text)


def _all(usages: frozenset[str]) -> str:
    return listed(sorted(usages)) if usages else "nothing"

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
from webhook.rules.wording import listed
from webhook.verdict import Fault


def signing_faults(spec: CertificateRequestSpec) -> Iterator[Fault]:
    """All that is wrong with the spec, apart from who it says it comes from."""
    for one in issuer_ref_faults(spec.issuer_ref):
        yield Fault(one.path, one.text, "validation")
    yield from _duration_faults(spec.duration)
    of_usages = [
        Fault(one.path, one.text, "validation")
        for one in usage_faults(spec.usages, is_ca=spec.is_ca)
    ]
    yield from of_usages
    if not spec.request:
        yield _fault("request", "is empty; it holds the certificate signing request, as PEM")
        return
    try:
        csr = read_csr(spec.request)
    except BadCsr as error:
        yield _fault("request", f"is no signing request that can be served: {error}")
        return
    yield from _ca_faults(spec, csr)
    if not of_usages:
        yield from _contradicting_usages(spec, csr)


def _duration_faults(written: str | None) -> Iterator[Fault]:
    if not written:
        return
    try:
        duration = defaults.parse_duration(written)
    except ValueError as error:
        yield _fault("duration", str(error))
        return
    if duration <= timedelta():
        yield _fault("duration", f"{quoted(written)} is not longer than nothing")


def _ca_faults(spec: CertificateRequestSpec, csr: Csr) -> Iterator[Fault]:
    if csr.is_ca is not None and csr.is_ca != bool(spec.is_ca):
        asks = "for a CA certificate" if csr.is_ca else "for no CA certificate"
        text = f"is {str(bool(spec.is_ca)).lower()}, and the signing request asks {asks}"
        yield _fault("isCA", f"{text}; make them agree, or leave basicConstraints out of it")


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
            yield _fault("usages", text)


def _all(usages: frozenset[str]) -> str:
    return listed(sorted(usages)) if usages else "nothing"


def _fault(field: str, text: str) -> Fault:
    return Fault(f"spec.{field}", text, "validation")

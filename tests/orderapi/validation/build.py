"""Specs and sentences for the tests of this folder."""

from collections.abc import Iterable
from typing import Any

from orderapi.certificate import CertificateSpec
from orderapi.references import IssuerRef
from orderapi.validation.fault import SpecFault


def a_spec(**fields: Any) -> CertificateSpec:
    """A spec for example.com from the issuer `ca`, with `fields` changed."""
    chosen: dict[str, Any] = {
        "secret_name": "example-tls",
        "issuer_ref": IssuerRef(name="ca"),
        "dns_names": ("example.com",),
    }
    return CertificateSpec(**(chosen | fields))


def sentences(faults: Iterable[SpecFault]) -> list[str]:
    """The faults as people read them."""
    return list(map(str, faults))

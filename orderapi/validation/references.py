"""`spec.issuerRef`: who signs. Whether there is such an issuer is not asked."""

from collections.abc import Iterator

from orderapi import defaults
from orderapi.names import GROUP
from orderapi.references import IssuerRef
from orderapi.resources import ISSUERS
from orderapi.validation.fault import SpecFault, not_one_of


def issuer_ref_faults(ref: IssuerRef) -> Iterator[SpecFault]:
    """What is wrong with the reference. Kinds of other groups are those groups' to know."""
    if not ref.name:
        yield SpecFault("spec.issuerRef.name", "is empty; it names who signs")
    if defaults.issuer_group(ref) == GROUP and defaults.issuer_kind(ref) not in ISSUERS:
        fault = not_one_of("spec.issuerRef.kind", ref.kind, ISSUERS)
        hint = "" if ref.group else "; for a kind of another API group, set spec.issuerRef.group"
        yield fault._replace(text=fault.text + hint)

"""Whether two objects name the same issuer, and how it is spoken of."""

from orderapi.defaults import issuer_group, issuer_kind
from orderapi.references import IssuerRef
from orderapi.validation.fault import quoted


def same_issuer(one: IssuerRef, other: IssuerRef) -> bool:
    """Whether they are equal once empty parts are read as what they mean."""
    return _meant(one) == _meant(other)


def described(ref: IssuerRef) -> str:
    """The reference in a sentence: `ClusterIssuer "letsencrypt"`; a foreign group is told."""
    group, kind, name = _meant(ref)
    shown = kind if kind in ("Issuer", "ClusterIssuer") else quoted(kind)
    return f"{shown} {quoted(name)}" + (f" of {quoted(group)}" if ref.group else "")


def _meant(ref: IssuerRef) -> tuple[str, str, str]:
    return issuer_group(ref), issuer_kind(ref), ref.name

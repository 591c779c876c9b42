"""The issuer that an object names: which one it is, whether two name the same, how it is spoken
of."""

from typing import Final

import msgspec

from orderapi.defaults import issuer_group, issuer_kind
from orderapi.names import GROUP
from orderapi.references import IssuerRef
from orderapi.validation.fault import quoted
from webhook.request import parsed
from webhook.rules.undecoded import Parts
from webhook.rules.wording import kind_and_name


class _Spec(msgspec.Struct, rename="camel"):
    issuer_ref: IssuerRef | None = None


_SPEC: Final = msgspec.json.Decoder(_Spec | None)
_NOBODY: Final = IssuerRef(name="")


def of(found: Parts) -> IssuerRef:
    """The issuer of the spec; one without a name where it has none."""
    spec = parsed(_SPEC, found.spec)
    return (spec and spec.issuer_ref) or _NOBODY


def same_issuer(one: IssuerRef, other: IssuerRef) -> bool:
    """Whether they are equal once empty parts are read as what they mean."""
    return _meant(one) == _meant(other)


def described(ref: IssuerRef) -> str:
    """The reference in a sentence: `ClusterIssuer "letsencrypt"`; a foreign group is told."""
    group, kind, name = _meant(ref)
    return kind_and_name(kind, name) + (f" of {quoted(group)}" if group != GROUP else "")


def _meant(ref: IssuerRef) -> tuple[str, str, str]:
    return issuer_group(ref), issuer_kind(ref), ref.name

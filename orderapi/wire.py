"""How an API object becomes JSON and back: one rule for names, one for constraints.

Structs read leniently: a value outside an enum or a limit still decodes, so that an odd object can
be seen and spoken about. Constraints given by `crd` stand in the CRD only. This module refuses to
validate and to fill in defaults.
"""

from typing import Annotated, Any, ClassVar, Final, TypeAlias, dataclass_transform

import msgspec

Json: TypeAlias = Any
"""A JSON value that the API carries and does not interpret."""

_ACRONYMS: Final = {
    "ca": "CA",
    "dns": "DNS",
    "http": "HTTP",
    "id": "ID",
    "ip": "IP",
    "tls": "TLS",
    "url": "URL",
    "urls": "URLs",
}

_EXTENSIONS: Final = {
    "int_or_string": "x-kubernetes-int-or-string",
    "list_map_keys": "x-kubernetes-list-map-keys",
    "list_type": "x-kubernetes-list-type",
    "map_type": "x-kubernetes-map-type",
    "preserve_unknown_fields": "x-kubernetes-preserve-unknown-fields",
    "validations": "x-kubernetes-validations",
}


def wire_name(name: str) -> str:
    """The JSON name of a Python attribute: `finalize_url` is `finalizeURL`, `class_` is `class`."""
    head, *rest = name.split("_")
    return head + "".join(_ACRONYMS.get(word, word.capitalize()) for word in rest)


class WireMeta(msgspec.StructMeta):
    """Makes every subclass of Wire frozen and keyword-only; msgspec does not hand the latter
    down."""

    def __new__(
        mcls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **config: Json
    ) -> "WireMeta":
        return super().__new__(
            mcls, name, bases, namespace, **{"frozen": True, "kw_only": True, **config}
        )


# Type checkers take the nearest transform in the line of bases: this one, in place of Struct's.
@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Wire(
    msgspec.Struct,
    metaclass=WireMeta,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    rename=wire_name,
    repr_omit_defaults=True,
    # Frozen values cannot form cycles, and a cache holds tens of thousands of them.
    gc=False,
):
    """A JSON object of the API: immutable; absent fields are left out, unknown ones ignored."""

    hidden: ClassVar[frozenset[str]] = frozenset()
    """Attributes whose values `repr` leaves out, for it ends up in logs and tracebacks."""

    def __repr__(self) -> str:
        """The attributes that differ from their defaults."""
        shown = (
            f"{name}={'…' if name in self.hidden else repr(value)}"
            for name, value in self.__rich_repr__()
        )
        return f"{type(self).__name__}({', '.join(shown)})"


def crd(**keywords: Json) -> msgspec.Meta:
    """A constraint for the CRD, never checked when decoding: `crd(max_length=64)`; None takes away
    what the type would bring."""
    return msgspec.Meta(
        extra_json_schema={
            _EXTENSIONS.get(name, wire_name(name)): value for name, value in keywords.items()
        }
    )


Base64: TypeAlias = Annotated[
    bytes,
    crd(
        format=None,
        pattern="^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
    ),
]
"""Bytes that a rule of the CRD compares. The API server reads `format: byte` in rules as URL-safe
base64, and fails at each "+" and "/": these are text to it, of the form that is base64."""

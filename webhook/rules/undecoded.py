"""The parts of an object that are compared on an update, still as JSON text.

Nearly every update leaves most parts as they are, byte for byte: those are not looked into.
"""

from typing import Any, Final

import msgspec

from webhook.request import NOTHING, UPDATE, Request, parsed


class Metadata(msgspec.Struct, rename="camel"):
    """What rules look at in the metadata."""

    labels: msgspec.Raw = NOTHING
    annotations: msgspec.Raw = NOTHING
    owner_references: msgspec.Raw = NOTHING


class Parts(msgspec.Struct):
    """An object. A part is `null` where it is absent."""

    metadata: Metadata
    spec: msgspec.Raw = NOTHING
    status: msgspec.Raw = NOTHING


LONGEST_SPEC: Final = 131_072
"""Bytes. The rules take time with every name, usage and solver in a spec, and judge one request at
a time: a longer one would hold up all others until the API server gives up."""

_PARTS: Final = msgspec.json.Decoder(Parts)
_FIELDS: Final[msgspec.json.Decoder[dict[str, Any] | None]] = msgspec.json.Decoder(
    dict[str, Any] | None
)
_TEXTS: Final[msgspec.json.Decoder[dict[str, str] | None]] = msgspec.json.Decoder(
    dict[str, str] | None
)


def parts(text: msgspec.Raw) -> Parts:
    """The parts of the object; Unreadable where it is none."""
    return parsed(_PARTS, text)


def leaves_spec(request: Request) -> bool:
    """Whether it is an update that leaves the spec as it is, to the byte."""
    if request.operation != UPDATE:
        return False
    return parts(request.old_object).spec == parts(request.object).spec


def is_oversized(text: msgspec.Raw) -> bool:
    """Whether the spec of the object is longer than what is looked into."""
    return len(parts(text).spec) > LONGEST_SPEC


def fields(text: msgspec.Raw) -> dict[str, Any]:
    """A part as plain JSON; an absent one is empty."""
    return parsed(_FIELDS, text) or {}


def texts(text: msgspec.Raw) -> dict[str, str]:
    """Labels or annotations; absent ones are empty."""
    return parsed(_TEXTS, text) or {}

"""The parts of an object that are compared on an update, still as JSON text.

Nearly every update leaves most parts as they are, byte for byte: those are not looked into.
"""

from typing import Any, Final

import msgspec

from webhook.request import NOTHING, parsed


class Metadata(msgspec.Struct, rename="camel"):
    """What rules look at in the metadata."""

    labels: msgspec.Raw = NOTHING
    annotations: msgspec.Raw = NOTHING
    owner_references: msgspec.Raw = NOTHING


class Parts(msgspec.Struct):
    """An Order or Challenge. A part is `null` where it is absent."""

    metadata: Metadata
    spec: msgspec.Raw = NOTHING
    status: msgspec.Raw = NOTHING


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


def fields(text: msgspec.Raw) -> dict[str, Any]:
    """A part as plain JSON; an absent one is empty."""
    return parsed(_FIELDS, text) or {}


def texts(text: msgspec.Raw) -> dict[str, str]:
    """Labels or annotations; absent ones are empty."""
    return parsed(_TEXTS, text) or {}

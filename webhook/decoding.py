"""JSON of the API server, decoded; whatever is wrong with it is one error."""

from typing import Final, TypeVar

import msgspec

T = TypeVar("T")

_LONGEST: Final = 200


class Undecodable(Exception):
    """The text is not what it should be. The message says where, in one line of 200 characters."""


def decoded(text: bytes | msgspec.Raw, kind: type[T]) -> T:
    """What the text says, or Undecodable."""
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise Undecodable(" ".join(str(error).split())[:_LONGEST]) from None

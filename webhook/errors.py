"""What can go wrong when the API server is asked for something.

    ApiError            any answer that is not the one asked for, and credentials that are none
    ├── Forbidden       403: a right is missing
    ├── NotFound        404: no such object or kind
    ├── Conflict        409: the object has changed, or (reason AlreadyExists) the name is taken;
    │                   also a JSON patch that does not fit the object
    └── Unavailable     5xx, network, TLS, time-outs: nothing is known about the outcome

Texts name verb and path. They hold no credentials, and nothing of a body that was sent.
"""

import re
from typing import Final

import msgspec

from webhook.decoding import Undecodable, decoded


class ApiError(Exception):
    """An answer of the API server, or its absence (status 0)."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(status, reason, message)
        self.status = status
        self.reason = reason
        self.message = message

    def __str__(self) -> str:
        """One sentence, without a full stop."""
        return self.message


class Forbidden(ApiError):
    """The credentials are accepted and do not allow this."""


class NotFound(ApiError):
    """No such object, namespace or kind."""


class Conflict(ApiError):
    """The object is not as the request took it to be."""


class Unavailable(ApiError):
    """No usable answer. The request may have been carried out, or not."""


class _Status(msgspec.Struct, frozen=True):
    """meta/v1 Status: how the API server says what went wrong."""

    kind: str = ""
    message: str = ""
    reason: str = ""
    code: int = 0


_BY_CODE: Final[dict[int, type[ApiError]]] = {
    403: Forbidden,
    404: NotFound,
    409: Conflict,
}
_LONGEST: Final = 500
# On a body that it cannot read, the API server quotes from it: that may be a Secret's.
_EXCERPT: Final = re.compile(r",? ?error found in #.*", re.DOTALL)
_VALUE: Final = re.compile(r'Invalid value: (?:"(?:[^"\\]|\\.)*(?:"|$)|[^:]{40,})')
# All that it says of a JSON patch that cannot be applied, be it for a test or for a missing path.
_MISFIT: Final = "the server rejected our request due to an error in our request"


def from_answer(code: int, body: bytes | msgspec.Raw, *, asked: object) -> ApiError:
    """The error for a Status that came with an HTTP code, or, with code 0, in a watch."""
    try:
        status = decoded(body, _Status)
    except Undecodable:
        status = _Status()
    if status.kind != "Status":
        # A proxy's page is not the API server's word: say its code, not its text.
        status = _Status(message="an answer that is not from the Kubernetes API")
    code = code or status.code or 500
    kind, told = _kind(code), _fit_to_print(status.message)
    if code == 422 and status.message == _MISFIT:
        kind, told = Conflict, "the object is not as the patch takes it to be"
    message = f"{asked}: {f'{code} {status.reason}'.rstrip()}: {told}"
    return kind(code, status.reason, message)


def _kind(code: int) -> type[ApiError]:
    return Unavailable if code >= 500 else _BY_CODE.get(code, ApiError)


def _fit_to_print(message: str) -> str:
    message = _VALUE.sub("Invalid value", _EXCERPT.sub("", message))
    message = " ".join(message.split()).rstrip(".")
    return message if len(message) <= _LONGEST else message[: _LONGEST - 1] + "…"

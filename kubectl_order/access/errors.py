"""What can go wrong between here and the API server, as sentences for people.

No text here ever holds a token, a key or a password. Foreign words (the server's, a plugin's) are
in them as they came, of bounded length; whoever prints them escapes them.
"""

from typing import Final


class BadConfig(Exception):
    """The kubeconfig, or a flag, that cannot be used: one sentence, and a hint at what to do."""

    def __init__(self, sentence: str, *, hint: str = "") -> None:
        super().__init__(sentence)
        self.hint = hint


class ApiError(Exception):
    """The API server did not do what was asked; the text is one sentence without a full stop.

    `status` is the HTTP status, 0 where no answer came. `reason` and `message` are those of the
    Kubernetes Status object; `reason` is empty where the answer held none. `hint` is a command that
    leads on; it may be empty.
    """

    hint: str = ""

    def __init__(
        self,
        sentence: str,
        *,
        status: int = 0,
        reason: str = "",
        message: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(sentence)
        self.status = status
        self.reason = reason
        self.message = message
        self.hint = hint or self.hint


class Unauthorized(ApiError):
    """401: the API server does not know who we are."""

    hint = "a token or a certificate may be over, or of another cluster: kubectl auth whoami"


class Forbidden(ApiError):
    """403: it knows, and does not allow it."""

    hint = "kubectl auth can-i --list"


class NotFound(ApiError):
    """404: there is no such object, or (with an empty `reason`) no such resource at all."""


class Conflict(ApiError):
    """409: the object has changed since it was read."""


class Gone(ApiError):
    """410: a list or a watch cannot be continued from there; it has to be begun anew."""


class Invalid(ApiError):
    """400 and 422: the server refuses what the request says."""


class TooLarge(ApiError):
    """413: the request is too large."""


class Unavailable(ApiError):
    """No answer, or one that says to come back later, or one that no API server gives."""

    hint = "kubectl cluster-info"


BY_STATUS: Final[dict[int, type[ApiError]]] = {
    400: Invalid,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Gone,
    413: TooLarge,
    422: Invalid,
    429: Unavailable,
}


def error_class(status: int) -> type[ApiError]:
    """What an HTTP status that is no success means; a redirect is no answer of an API server."""
    if status >= 500 or status < 400:
        return Unavailable
    return BY_STATUS.get(status, ApiError)

"""What can go wrong when the API server is asked for something.

    ApiError                    any answer that is not the one asked for
    ├── Invalid                 400, 422: the request or the object is wrong
    ├── Unauthorized            401: the credentials are not accepted
    ├── Forbidden               403: a rule is missing
    │   └── NamespaceTerminating    403: nothing can be created where the namespace is going away
    ├── NotFound                404: no such object, namespace or kind
    ├── AlreadyExists           409: create found the name taken
    ├── Conflict                409: the object has changed since it was read
    ├── Expired                 410: the version asked for is too old; list again
    ├── TooManyRequests         429: wait `retry_after` seconds
    └── Unavailable             5xx, network, TLS, time-outs: nothing is known about the outcome
        └── WebhookUnreachable      nothing was done, for an admission webhook did not answer

Texts are for people and never hold a body that was sent. Whether to try again is up to the caller.
"""

import re

import msgspec


class ApiError(Exception):
    """An answer of the API server, or its absence (status 0).

    `retry_after` is in seconds; 0 where the answer does not say.
    """

    def __init__(self, status: int, reason: str, message: str, *, retry_after: float = 0.0) -> None:
        super().__init__(status, reason, message)
        self.status = status
        self.reason = reason
        self.message = message
        self.retry_after = retry_after

    def __str__(self) -> str:
        return self.message


class Invalid(ApiError):
    """The request or the object is wrong; the same request will fail again."""


class Unauthorized(ApiError):
    """The credentials are not accepted."""


class Forbidden(ApiError):
    """The credentials are accepted and do not allow this."""


class NamespaceTerminating(Forbidden):
    """The namespace is going away: nothing can be created in it, and no rule is missing."""


class NotFound(ApiError):
    """No such object, namespace or kind."""


class AlreadyExists(ApiError):
    """Create found the name taken."""


class Conflict(ApiError):
    """The object has changed since it was read, or is not the one that was meant."""


class Expired(ApiError):
    """The resource version or page asked for is too old; list again."""


class TooManyRequests(ApiError):
    """The API server is busy; it asks to wait `retry_after` seconds."""


class Unavailable(ApiError):
    """No usable answer. The request may have been carried out, or not."""


class WebhookUnreachable(Unavailable):
    """An admission webhook without which nothing may be done could not be asked."""


def is_refusal(error: ApiError) -> bool:
    """Whether admission or validation said no to what an object says, so that another may pass.

    A rule that is missing is no such thing: RBAC says that a user cannot do something.
    """
    if isinstance(error, NamespaceTerminating):
        return False
    return isinstance(error, Invalid) or (
        isinstance(error, Forbidden) and _RBAC.search(error.message) is None
    )


class _Cause(msgspec.Struct, frozen=True):
    reason: str = ""
    field: str = ""


class _Details(msgspec.Struct, frozen=True, rename="camel"):
    causes: tuple[_Cause, ...] = ()
    retry_after_seconds: int = 0


class Status(msgspec.Struct, frozen=True):
    """meta/v1 Status: how the API server says what went wrong."""

    kind: str = ""
    message: str = ""
    reason: str = ""
    code: int = 0
    details: _Details | None = None


_STATUS = msgspec.json.Decoder(Status)
_BY_CODE: dict[int, type[ApiError]] = {
    400: Invalid,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Expired,
    422: Invalid,
    429: TooManyRequests,
}
_LONGEST = 2048
_UNASKED = "failed calling webhook "
_RBAC = re.compile(r'User "[^"]*" cannot ')
_LONG_VALUE = re.compile(r'Invalid value: "(?:[^"\\]|\\.){120,}(?:"|$)')


def from_answer(code: int, body: bytes, *, asked: str, retry_after: float = 0.0) -> ApiError:
    """The error for an answer that is not 2xx. `asked` says what was tried, on what."""
    try:
        status = _STATUS.decode(body)
    except msgspec.DecodeError:
        status = Status()
    if status.kind != "Status":
        # A proxy's page is not the API server's word: say its code, not its text.
        status = Status(reason="", message="an answer that is not from the Kubernetes API")
    return from_status(status, code=code, asked=asked, retry_after=retry_after)


def from_status(status: Status, *, asked: str, code: int = 0, retry_after: float = 0.0) -> ApiError:
    """The error that a Status means; `code` is that of the HTTP answer, where there was one."""
    code = code or status.code or 500
    details = status.details or _Details()
    retry_after = retry_after or float(details.retry_after_seconds)
    message = f"{asked}: {code} {status.reason}".rstrip() + f": {_fit_to_print(status.message)}"
    return _kind(code, status, details)(code, status.reason, message, retry_after=retry_after)


def _kind(code: int, status: Status, details: _Details) -> type[ApiError]:
    if code == 403 and any(cause.reason == "NamespaceTerminating" for cause in details.causes):
        return NamespaceTerminating
    if code == 422 and any(cause.field == "metadata.uid" for cause in details.causes):
        return Conflict  # a patch guarded by uid met another object of that name
    if code == 409 and status.reason == "AlreadyExists":
        return AlreadyExists
    if code >= 500:
        return WebhookUnreachable if _UNASKED in status.message else Unavailable
    return _BY_CODE.get(code, ApiError)


def _fit_to_print(message: str) -> str:
    # On a body it cannot read, the API server quotes the body, or what a patch made of the object.
    # That may be a Secret's.
    message = message.partition(", error found in #")[0]
    message = _LONG_VALUE.sub('Invalid value: "…"', message)
    return message if len(message) <= _LONGEST else message[: _LONGEST - 1] + "…"

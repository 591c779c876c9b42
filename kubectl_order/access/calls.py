"""One request and what its answer means, without the connection between them."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from kubectl_order.access.credentials import Credentials
from kubectl_order.access.errors import ApiError, NotFound, error_class

JSON: Final = "application/json"
TABLE: Final = "application/json;as=Table;v=v1;g=meta.k8s.io"
METADATA: Final = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
METADATA_LIST: Final = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"

_LONGEST_NAME: Final = 253
_LONGEST_MESSAGE: Final = 1_000
_LONGEST_QUOTE: Final = 200


class Status(msgspec.Struct, frozen=True):
    """A Kubernetes Status, as far as people are told of it."""

    kind: str = ""
    code: int = 0
    reason: str = ""
    message: str = ""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request; `path` is quoted already."""

    method: str
    path: str
    query: Mapping[str, str] = {}
    accept: str = JSON
    content_type: str = ""
    body: bytes | None = None

    @property
    def target(self) -> str:
        """Path and query."""
        if not self.query:
            return self.path
        # Arguments that are not UTF-8 come as surrogates, and go as they came.
        return f"{self.path}?{urlencode(self.query, errors='surrogateescape')}"

    @property
    def asked(self) -> str:
        """For sentences."""
        return f"{self.method} {self.path[:_LONGEST_MESSAGE]}"


def path_to(*segments: str) -> str:
    """`/a/b/c`, each segment quoted; NotFound for what no object is called: empty, `.`, `..`, with
    `/` or `%`, longer than 253 characters, not text."""
    for segment in segments:
        impossible = segment in ("", ".", "..") or "/" in segment or "%" in segment
        if impossible or len(segment) > _LONGEST_NAME or not segment.isprintable():
            shown = segment if len(segment) <= _LONGEST_NAME else f"{segment[:_LONGEST_NAME]}…"
            raise NotFound(
                f'nothing in Kubernetes can have the name "{shown}"', status=404, reason="NotFound"
            )
    return "".join(f"/{quote(segment, safe=':')}" for segment in segments)


def headers(call: Call, credentials: Credentials) -> list[tuple[str, bytes]]:
    """The request's header fields, in order; those of groups and extras come several times."""
    lines = [("Accept", call.accept), ("User-Agent", "kubectl-order")]
    if call.content_type:
        lines.append(("Content-Type", call.content_type))
    if credentials.token:
        lines.append(("Authorization", f"Bearer {credentials.token}"))
    whom = credentials.impersonate
    if whom.user:
        lines.append(("Impersonate-User", whom.user))
    if whom.uid:
        lines.append(("Impersonate-Uid", whom.uid))
    lines += [("Impersonate-Group", group) for group in whom.groups]
    lines += [(f"Impersonate-Extra-{quote(key, safe='')}", value) for key, value in whom.extra]
    return [(name, value.encode()) for name, value in lines]


def refusal(
    call: Call, credentials: Credentials, *, status: int, body: bytes, location: str = ""
) -> ApiError:
    """What an answer that is no success means, as the error to raise."""
    said = _status(body) or Status()
    message = _bounded(_without(credentials, said.message), _LONGEST_MESSAGE)
    if 300 <= status < 400:
        told = f"a redirect to {_host(location) or 'somewhere else'}, which is not followed"
    else:
        text = _without(credentials, body.decode(errors="replace"))
        told = message or _bounded(text, _LONGEST_QUOTE) or "nothing more"
    code = f"{status} {said.reason[:_LONGEST_QUOTE]}".rstrip()
    return error_class(status)(
        f"the API server at {credentials.server} answers {call.asked} with {code}: {told}",
        status=status,
        reason=said.reason,
        message=message,
    )


def _status(body: bytes) -> Status | None:
    try:
        status = msgspec.json.decode(body, type=Status)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return status if status.kind == "Status" else None


def _bounded(text: str, limit: int) -> str:
    line = " ".join(text.split()).rstrip(".")
    return line if len(line) <= limit else f"{line[:limit]}…"


def _without(credentials: Credentials, text: str) -> str:
    """The text without the token, should a server or a proxy say back what it was sent."""
    return text.replace(credentials.token, "…") if credentials.token else text


def _host(location: str) -> str:
    try:
        return (urlsplit(location).hostname or "")[:_LONGEST_QUOTE]
    except ValueError:
        return ""

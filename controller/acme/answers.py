"""What an HTTP answer of a CA says, read without trust: its JSON, its URLs, its nonce, its refusal.

Pure. Refuses answers that are not what RFC 8555 promises, with a Violation that names the status
and the content type and never repeats the body.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin, urlsplit

import msgspec
from multidict import CIMultiDict, CIMultiDictProxy

from controller.acme.problem import (
    BAD_NONCE,
    RATE_LIMITED,
    URN,
    AcmeError,
    Misconfigured,
    Problem,
    Unreachable,
    Violation,
    clean,
    read_problem,
)
from controller.acme.retryafter import refusal_time

LONGEST_URL = 2048
URL_CHARACTERS = re.compile(r"[!-~]+")  # RFC 3986: printable ASCII, no space
NONCE = re.compile(r"[A-Za-z0-9_-]+")  # RFC 8555 6.5.1; of any length
LINK = re.compile(r'<([^<>]*)>((?:\s*;\s*[\w!#$&+.^`|~*-]+(?:\s*=\s*(?:"[^"]*"|[^\s",;]+))?)*)')
RELATION = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^\s",;]+))', re.IGNORECASE)


def _no_headers() -> CIMultiDictProxy[str]:
    return CIMultiDictProxy(CIMultiDict())


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer. `tried` says what was asked ("POST acme.example"), never with a body."""

    status: int
    tried: str
    url: str
    headers: CIMultiDictProxy[str] = field(default_factory=_no_headers)
    body: bytes = b""

    @property
    def content_type(self) -> str:
        """The media type without its parameters, in lower case."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    def __str__(self) -> str:
        """What was tried and what came back, without the body."""
        phrase = next((s.phrase for s in HTTPStatus if s == self.status), "")
        shown = " ".join(filter(None, (str(self.status), phrase)))
        return f"{self.tried} answered {shown} with {clean(self.content_type) or 'no content type'}"


def nonce(answer: Answer) -> str | None:
    """The Replay-Nonce; an ill-formed one is ignored, as RFC 8555 6.5.1 demands."""
    value = answer.headers.get("Replay-Nonce", "").strip()
    return value if NONCE.fullmatch(value) else None


def document(answer: Answer) -> Mapping[str, Any]:
    """The JSON object in the body; raises Violation when there is none."""
    decoded = _decoded(answer.body)
    if not isinstance(decoded, dict):
        raise Violation(f"{answer}: expected a JSON object")
    return decoded


def location(answer: Answer) -> str:
    """The absolute URL in Location, empty when there is none (finalize may lack it)."""
    value = answer.headers.get("Location", "").strip()
    return absolute(answer, value) if value else ""


def links(answer: Answer, relation: str) -> tuple[str, ...]:
    """The absolute URLs of all links of that relation, in order (RFC 8288)."""
    found: list[str] = []
    for header in answer.headers.getall("Link", ()):
        for target, parameters in LINK.findall(header):
            named = RELATION.search(parameters)
            relations = (named[1] or named[2]).lower().split() if named else []
            if relation in relations:
                found.append(absolute(answer, target))
    return tuple(found)


def absolute(answer: Answer, reference: str) -> str:
    """A URL of the answer made absolute (CAs behind proxies send relative ones); https only."""
    try:
        return https(urljoin(answer.url, reference))
    except (Misconfigured, ValueError) as error:
        raise Violation(f"{answer.tried} named a URL that is not used: {error}") from error


def https(url: str) -> str:
    """The URL itself when we use such; raises Misconfigured: https alone, no user, sane ASCII."""
    if len(url) > LONGEST_URL or not URL_CHARACTERS.fullmatch(url):
        raise Misconfigured("a URL must be of printable ASCII and at most 2,048 characters")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise Misconfigured(f"the URL cannot be read: {error}") from error
    if parts.username is not None or parts.password is not None:
        raise Misconfigured("a URL must not hold a user or a password")
    if parts.scheme.lower() != "https" or not host or port == 0:
        shown = f"{parts.scheme}://{parts.netloc}" if parts.netloc else url
        raise Misconfigured(
            f'"{shown}" is not used: an ACME server is spoken to over https alone, '
            "so its URL has to begin with https:// and a host"
        )
    return url


def failure(answer: Answer, now: datetime) -> AcmeError | None:
    """The error that the answer is, or None when it is a success."""
    if 200 <= answer.status < 300:
        return None
    retry_at = refusal_time(answer.headers.get("Retry-After"), now)
    problem = read_problem(_problem_document(answer), status=answer.status, retry_at=retry_at)
    if problem is not None:
        return problem
    if answer.status >= 500:
        return Unreachable(str(answer), status=answer.status, retry_at=retry_at)
    if answer.status < 400:
        return Violation(f"{answer}: expected a success or a problem document")
    kind = RATE_LIMITED if answer.status == HTTPStatus.TOO_MANY_REQUESTS else ""
    detail = f"{answer}, not with a problem document"
    return Problem(status=answer.status, kind=kind, detail=detail, retry_at=retry_at)


def is_bad_nonce(answer: Answer) -> bool:
    """Whether the CA refused the nonce: told by the problem's type, not by its words."""
    problem = read_problem(_problem_document(answer))
    return problem is not None and problem.kind == BAD_NONCE


def _problem_document(answer: Answer) -> Mapping[str, Any] | None:
    """The problem document in the body; a body that is none is never repeated."""
    decoded = _decoded(answer.body) if answer.status >= 400 else None
    if not isinstance(decoded, dict):
        return None
    kind = decoded.get("type")
    acme = isinstance(kind, str) and kind.startswith(URN)
    if not acme and answer.content_type != "application/problem+json":
        return None
    # RFC 8555 6.6 wants rateLimited on a 429; a gateway in front of the CA may not know.
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS and kind in (None, "", "about:blank"):
        return {**decoded, "type": URN + RATE_LIMITED}
    return decoded


def _decoded(body: bytes) -> object:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None

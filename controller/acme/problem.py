"""What can go wrong between us and a CA: errors that are values, and the words for people.

    AcmeError              `kind`, `retry_at`, and `sentence()`: one line, at most 1,000 characters
    ├── Problem            the CA refused, in its own words (RFC 8555 6.7); `kind` is the type
    ├── Unreachable        no answer, or a 5xx without a problem document: later may be better
    ├── Violation          the CA answered, but not as RFC 8555 says
    └── Misconfigured      refused here, before anything was sent: only a change of it helps

Refuses to repeat a body that is not a problem document, control characters, and key authorizations
that a CA quotes. What an error means for an Order is decided elsewhere, in one table.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

URN = "urn:ietf:params:acme:error:"
RATE_LIMITED = "rateLimited"
BAD_NONCE = "badNonce"
MALFORMED = "malformed"
INVALID_PROFILE = "invalidProfile"

LONGEST_SENTENCE = 1000
LONGEST_TEXT = 4000
MOST_SUBPROBLEMS = 100

# A token of at least 128 bits (RFC 8555 8.3), a dot, a SHA-256 thumbprint. Host names that a CA
# quotes are in lower case; a thumbprint without one capital letter does not happen.
KEY_AUTHORIZATION = re.compile(
    r"(?<![\w-])[\w-]{20,}+\.(?=[\w-]*[A-Z])[\w-]{43}(?![\w-])", re.ASCII
)
# A link's query may hold a JWT, as that to Let's Encrypt's page where an account is unpaused: three
# parts, of which two are JSON objects. What stands there is not cut, or nobody could follow it.
LINKED = re.compile(r"(?<=[?&]jwt=)eyJ[\w-]++\.eyJ[\w-]++\.[\w-]++(?!\.?[\w-])", re.ASCII)
TOKEN = re.compile(r"(/\.well-known/acme-challenge/)[\w-]+", re.ASCII)

_CUT_OR_KEPT = re.compile(f"(?P<linked>{LINKED.pattern})|{KEY_AUTHORIZATION.pattern}", re.ASCII)


class AcmeError(Exception):
    """Anything that went wrong with the CA. `retry_at` is its own wish, aware UTC, or None."""

    def __init__(self, message: str, *, kind: str = "", retry_at: datetime | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.retry_at = retry_at

    def sentence(self) -> str:
        """What happened, on one line of at most 1,000 characters."""
        return cut(str(self), LONGEST_SENTENCE)


class Unreachable(AcmeError):
    """No usable answer came; `status` is that of a 5xx answer, else 0."""

    def __init__(self, message: str, *, status: int = 0, retry_at: datetime | None = None) -> None:
        super().__init__(message, retry_at=retry_at)
        self.status = status


class Violation(AcmeError):
    """The CA answered something that RFC 8555 does not allow."""


class Misconfigured(AcmeError):
    """What we were given cannot be used; nothing was sent."""


@dataclass(frozen=True, slots=True)
class Subproblem:
    """What the CA says about one name of several (RFC 8555 6.7.1); `identifier` may be empty."""

    kind: str
    detail: str
    identifier: str = ""


class Problem(AcmeError):
    """A refusal of the CA. `kind` is the type without its urn prefix, empty when it gave none.

    `status` is 0 in an error object that is part of an order or a challenge and names no status.
    """

    def __init__(
        self,
        *,
        status: int = 0,
        kind: str = "",
        detail: str = "",
        subproblems: tuple[Subproblem, ...] = (),
        instance: str = "",
        retry_at: datetime | None = None,
    ) -> None:
        self.status = status
        self.detail = detail
        self.subproblems = subproblems
        self.instance = instance
        super().__init__(_sentence(self, kind), kind=kind, retry_at=retry_at)

    @property
    def type(self) -> str:
        """The type as a URN; empty when the CA gave none."""
        return _urn(self.kind)


def read_problem(
    document: object, *, status: int = 0, retry_at: datetime | None = None
) -> Problem | None:
    """The problem that a decoded JSON value holds, or None when it holds none.

    `status` is the HTTP status where there is one: it wins over the document's own.
    """
    if isinstance(document, str) and document:
        return Problem(status=status, detail=clean(document), retry_at=retry_at)
    if not isinstance(document, Mapping):
        return None
    kind, detail = _kind(document), _text(document, "detail") or _text(document, "title")
    if not kind and not detail:
        return None
    stated = document.get("status")
    if not status and isinstance(stated, int) and 100 <= stated < 600:
        status = stated
    return Problem(
        status=status,
        kind=kind,
        detail=detail,
        subproblems=_subproblems(document.get("subproblems")),
        instance=_text(document, "instance"),
        retry_at=retry_at,
    )


def clean(text: str) -> str:
    """A CA's text for people: one bounded line, no control characters, no secrets."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[:LONGEST_TEXT]).split())
    return TOKEN.sub(r"\1<token>", _CUT_OR_KEPT.sub(_kept, line))


def _kept(found: re.Match[str]) -> str:
    return found["linked"] or "[key authorization]"


def cut(text: str, length: int) -> str:
    """The text, cut to that many characters with an ellipsis at the end."""
    return text if len(text) <= length else text[: length - 1] + "…"


def _sentence(problem: Problem, kind: str) -> str:
    head = " ".join(filter(None, (str(problem.status or ""), _urn(kind))))
    line = ": ".join(filter(None, (head, problem.detail))) or "the CA gave no reason"
    if problem.subproblems:
        line += " [" + "; ".join(map(_clause, problem.subproblems)) + "]"
    if problem.instance.startswith("https://"):
        line += f" (see {problem.instance})"
    return cut(line, LONGEST_SENTENCE)


def _clause(sub: Subproblem) -> str:
    return ": ".join(filter(None, (sub.identifier, sub.kind, sub.detail)))


def _urn(kind: str) -> str:
    return kind if not kind or ":" in kind else URN + kind


def _kind(document: Mapping[str, object]) -> str:
    kind = _text(document, "type").removeprefix(URN)
    return "" if kind == "about:blank" else kind


def _subproblems(value: object) -> tuple[Subproblem, ...]:
    if not isinstance(value, list):
        return ()
    entries = [entry for entry in value[:MOST_SUBPROBLEMS] if isinstance(entry, Mapping)]
    return tuple(
        Subproblem(_kind(entry), _text(entry, "detail"), _identifier(entry.get("identifier")))
        for entry in entries
    )


def _identifier(value: object) -> str:
    return _text(value, "value") if isinstance(value, Mapping) else ""


def _text(document: Mapping[str, object], field: str) -> str:
    value = document.get(field)
    return clean(value) if isinstance(value, str) else ""

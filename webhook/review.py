"""AdmissionReview (admission.k8s.io/v1) as bytes: a request out of them, a verdict into them.

What comes in must be JSON throughout, in UTF-8, nested no deeper than Python calls go. Of a name
that comes twice in an object the last one counts, as it does for the API server, which sends none
twice: looking for such took a quarter of the time of an answer. What goes out is bounded, and fit
for a terminal.
"""

import json
import re
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from webhook.request import Request
from webhook.verdict import Fault, Rule, Verdict

LONGEST_BODY: Final = 8 * 1024 * 1024
"""Bytes of a review: an object and the old object."""
API_VERSION: Final = "admission.k8s.io/v1"
KIND: Final = "AdmissionReview"

MOST_FAULTS: Final = 10
LONGEST_FAULT: Final = 600
LONGEST_PATH: Final = 300
LONGEST_NAME: Final = 253
MOST_WARNINGS: Final = 10
"""The API server cuts all of them together at 4 KiB."""
LONGEST_WARNING: Final = 256
"""Beyond this the API server may cut it to less."""

INVALID: Final = frozenset[Rule]({"validation", "request-fields", "conditions"})
"""Rules about what is in an object. The others are about what may be done to it."""
RETRY: Final = frozenset[Rule]({"unanswered", "error"})
"""Rules that say nothing about the request: it may pass later."""


class Malformed(Exception):
    """What came is no review. The message says why, and shows nothing of it.

    `code`: the HTTP status to answer with. `uid`: of the review, where it can be refused properly:
    a client whose webhook may fail would otherwise go on without one.
    """

    def __init__(self, why: str, *, code: int = 400, uid: str = "") -> None:
        super().__init__(why)
        self.code = code
        self.uid = uid


class _Review(msgspec.Struct, frozen=True, rename="camel"):
    api_version: str = ""
    kind: str = ""
    request: Request | None = None


_REVIEW: Final = msgspec.json.Decoder(_Review)
_ENCODER: Final = msgspec.json.Encoder()
_CONTENT_TYPE: Final = re.compile(rb"\s*application/json\s*(;.*)?", re.IGNORECASE | re.DOTALL)
_UID: Final = re.compile(rb'"uid"\s*:\s*"([A-Za-z0-9-]{1,64})"')
_UID_WITHIN: Final = 512


def check_content_type(value: bytes) -> None:
    """Malformed (415) unless it is application/json; parameters are allowed."""
    if value != b"application/json" and not _CONTENT_TYPE.fullmatch(value):
        raise Malformed("the content type must be application/json", code=415)


def check_length(body: bytes | bytearray) -> None:
    """Malformed where it is longer than LONGEST_BODY."""
    if len(body) > LONGEST_BODY:
        why = f"the review is longer than {LONGEST_BODY:,} bytes"
        raise Malformed(why, code=413, uid=_uid_in(body))


def decode(body: bytes) -> Request:
    """The request of a review; Malformed where there is none to be judged."""
    try:
        review = _REVIEW.decode(body)
        if not body.isascii():
            body.decode()  # what no rule reads, too
    except msgspec.ValidationError as error:
        raise Malformed(f"the review cannot be read: {error}", uid=_uid_in(body)) from None
    except UnicodeDecodeError:
        raise Malformed("the body is not UTF-8") from None
    except ValueError as error:
        raise Malformed(f"the body is not JSON as it must be: {error}") from None
    except RecursionError:
        raise Malformed("the object is nested too deeply", uid=_uid_in(body)) from None
    if review.api_version != API_VERSION or review.kind != KIND:
        raise Malformed(f"the body must be of kind {KIND}, apiVersion {API_VERSION}")
    if review.request is None:
        raise Malformed("the review has no request")
    if not review.request.uid:
        raise Malformed("the review's request has no uid")
    return review.request


def _uid_in(body: bytes | bytearray) -> str:
    """The uid, where it comes first in the request, as the API server writes it; otherwise empty.

    A wrong one harms nobody: the API server does not take an answer to another request.
    """
    found = _UID.search(body, 0, _UID_WITHIN)
    return found[1].decode() if found else ""


def encode(uid: str, verdict: Verdict, *, kind: str = "", name: str = "") -> bytes:
    """The review that answers the request `uid` about that object."""
    response: dict[str, Any] = {"uid": uid, "allowed": verdict.allowed}
    if not verdict.allowed:
        # Clients begin with these where they show the causes: The Certificate "shop" is invalid.
        about = {"kind": kind, "name": _fit(name, LONGEST_NAME)} if kind else {}
        response["status"] = _status(verdict.faults, about)
    if verdict.warnings:
        response["warnings"] = _warnings(verdict.warnings)
    return _ENCODER.encode({"apiVersion": API_VERSION, "kind": KIND, "response": response})


def _status(faults: tuple[Fault, ...], about: dict[str, str]) -> dict[str, Any]:
    code, reason = _code(faults)
    told = [
        fault._replace(path=_fit(fault.path, LONGEST_PATH), text=_fit(fault.text, LONGEST_FAULT))
        for fault in faults[:MOST_FAULTS]
    ]
    message = "; ".join(_sentences(told))
    if len(faults) > len(told):
        message += f"; and {len(faults) - len(told)} more"
    causes = [
        {"reason": _cause(fault), "field": fault.path, "message": fault.text}
        for fault in told
        if fault.path
    ]
    status: dict[str, Any] = {"status": "Failure", "code": code, "reason": reason}
    status["message"] = message
    return status | {"details": {**about, "causes": causes}} if causes else status


def _sentences(faults: Iterable[Fault]) -> list[str]:
    """Each text once, behind all its paths."""
    paths: dict[tuple[str, bool], list[str]] = {}
    for fault in faults:
        paths.setdefault((fault.text, bool(fault.path)), []).append(fault.path)
    return [
        f"{', '.join(found)}: {text}" if somewhere else text
        for (text, somewhere), found in paths.items()
    ]


def _warnings(warnings: tuple[str, ...]) -> list[str]:
    """As many as are taken; where there are more, the last one counts them."""
    told = warnings
    if len(warnings) > MOST_WARNINGS:
        told = warnings[: MOST_WARNINGS - 1]
        told += (f"and {len(warnings) - len(told)} more warnings",)
    return [_fit(warning, LONGEST_WARNING) for warning in told]


def _cause(fault: Fault) -> str:
    return "FieldValueInvalid" if fault.rule in INVALID else "FieldValueForbidden"


def _code(faults: tuple[Fault, ...]) -> tuple[int, str]:
    """Code and reason as the API server gives them for built-in kinds: 403 what must not be done,
    422 what is wrong in the object, 400 what cannot be read, 503 and 500 what may pass later."""
    rules = {fault.rule for fault in faults}
    if "unreadable" in rules:
        return 400, "BadRequest"
    if rules - INVALID - RETRY:
        return 403, "Forbidden"
    if rules & INVALID:
        # Clients show the causes alone then: each fault must be one.
        return (422, "Invalid") if all(fault.path for fault in faults) else (400, "BadRequest")
    return (500, "InternalError") if "error" in rules else (503, "ServiceUnavailable")


def _fit(text: str, longest: int) -> str:
    """At most so many characters, and none that steers a terminal."""
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    if text.isprintable():
        return text
    shown = "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in text)
    return shown[:longest]

"""What has to hold for every body that the endpoint is sent."""

import json

from tests.webhook.asgi import Said
from webhook.admission import Admission
from webhook.metrics import Metrics
from webhook.questions import Answer, Question, Unanswered
from webhook.rules import dispatch

_NEEDED = {"CREATE": ("object",), "UPDATE": ("object", "oldObject"), "DELETE": ()}


async def unanswered(question: Question) -> Answer:
    """There is no API server here."""
    return Unanswered("nobody is there")


def endpoint() -> Admission:
    """The endpoint with the real rules."""
    return Admission(
        dispatch.judge,
        unanswered,
        controllers=frozenset({"controller"}),
        metrics=Metrics(version="", days_left=lambda: 0.0),
    )


def check(body: bytes, said: Said | None) -> None:
    """What has to hold for every body."""
    assert said is not None
    assert said.status == 200 or 400 <= said.status < 500, said
    assert b"Traceback" not in said.body
    if said.allowed:
        assert well_formed(body), "allowed, and is no review"
    if said.status == 200 and not said.allowed:
        status = said.response["status"]
        assert status["message"]
        assert status["code"] != 500, "a rule failed"


def well_formed(body: bytes) -> bool:
    """Whether another parser finds a review in it, with all that has to be there."""
    try:
        found = json.loads(body.decode(), parse_constant=_none)
        request = found["request"]
        needed = _NEEDED[request["operation"]]
        return bool(found["kind"] == "AdmissionReview") and all(
            isinstance(request[part], dict) for part in needed
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return False


def _none(constant: str) -> None:
    raise ValueError(constant)

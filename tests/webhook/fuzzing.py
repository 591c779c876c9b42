"""Raw bodies against the endpoint, by coverage: `python -m tests.webhook.fuzzing -atheris_runs=N`.

A body that gets a 5xx, a traceback or, being no good review, is allowed ends it with an error.
"""

import asyncio
import json
import sys

import atheris  # type: ignore[import-untyped]

with atheris.instrument_imports(include=["webhook", "orderapi"]):
    from webhook.admission import Admission
    from webhook.metrics import Metrics
    from webhook.questions import Answer, Question, Unanswered
    from webhook.rules import dispatch

from tests.webhook.asking import JSON, Said, ask

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


def main() -> None:
    """Until it has run as often as told."""
    app, loop = endpoint(), asyncio.new_event_loop()

    def once(body: bytes) -> None:
        check(body, loop.run_until_complete(ask(app, body, headers=JSON)))

    atheris.Setup(sys.argv, once)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

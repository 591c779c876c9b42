"""Reviews as bytes, and one request to an ASGI application without a network."""

from collections.abc import Callable, Iterable, MutableMapping, Sequence
from typing import Any, NamedTuple

import msgspec

from webhook.admission import Admission
from webhook.metrics import Metrics
from webhook.questions import Answer, Judgement, Question
from webhook.request import Request
from webhook.verdict import Fault, Verdict

Json = dict[str, Any]

UID = "44444444-0000-4000-8000-000000000000"
JSON = ((b"content-type", b"application/json"),)


class Said(NamedTuple):
    """What came back."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes

    @property
    def response(self) -> Json:
        """Of the review."""
        found: Json = msgspec.json.decode(self.body)["response"]
        return found

    @property
    def allowed(self) -> bool:
        """Whether this is a review that allows."""
        return self.status == 200 and self.response["allowed"] is True


def review(**request: Any) -> Json:
    """A review of an update of an Order, with these parts of the request; `...` for none."""
    whole = {
        "uid": UID,
        "kind": {"group": "acme.cert-manager.io", "version": "v1", "kind": "Order"},
        "resource": {"group": "acme.cert-manager.io", "version": "v1", "resource": "orders"},
        "name": "web",
        "namespace": "shop",
        "operation": "UPDATE",
        "userInfo": {"username": "tenant", "groups": ["editors"], "extra": {"a": ["b"]}},
        "object": {"spec": {}},
        "oldObject": {"spec": {}},
        "dryRun": False,
        "options": None,
    } | request
    return {
        "kind": "AdmissionReview",
        "apiVersion": "admission.k8s.io/v1",
        "request": {key: value for key, value in whole.items() if value is not ...},
    }


def encoded(review: object) -> bytes:
    """As the API server would send it."""
    return msgspec.json.encode(review)


BODY = encoded(review())
DENIED = Verdict(
    (
        Fault('metadata.labels["a\x1b"]', "never changes", "labels"),
        Fault("spec.request", "never changes", "spec"),
    ),
    ("a warning",),
)


def metrics() -> Metrics:
    """Fresh ones."""
    return Metrics(version="1.2.3", days_left=lambda: 6.5)


def giving(verdict: Verdict) -> Callable[[Request, frozenset[str]], Judgement]:
    """Rules that always say this, and ask nothing."""

    def judge(request: Request, controllers: frozenset[str]) -> Judgement:
        yield from ()
        return verdict

    return judge


async def nobody(question: Question) -> Answer:
    """Who answers where nothing is to be asked."""
    raise AssertionError(question)


def admission(
    judge: Callable[[Request, frozenset[str]], Judgement],
    answer: Any = nobody,
    *,
    deadline: float = 4.0,
    counted: Metrics | None = None,
) -> Admission:
    """The endpoint with these rules."""
    return Admission(
        judge,
        answer,
        controllers=frozenset({"controller"}),
        metrics=counted or metrics(),
        deadline=deadline,
    )


async def ask(
    app: Any,
    body: bytes = b"",
    *,
    parts: Sequence[bytes] = (),
    headers: Iterable[tuple[bytes, bytes]] = JSON,
    method: str = "POST",
    path: str = "/validate",
    leaves: bool = False,
) -> Said | None:
    """One request; None where nothing came back. `parts`: the body comes in these; `leaves`: and
    is not complete when the client goes away."""
    messages = [
        {"type": "http.request", "body": part, "more_body": True} for part in parts or (body,)
    ]
    if leaves:
        messages.append({"type": "http.disconnect"})
    else:
        messages[-1]["more_body"] = False
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "scheme": "https",
        "headers": list(headers),
    }
    await app(scope, receive, send)
    if not sent:
        return None
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return Said(sent[0]["status"], dict(sent[0]["headers"]), body)


async def told(app: Any, body: bytes, **keywords: Any) -> Said:
    """As `ask`, where something has to come back."""
    said = await ask(app, body, **keywords)
    assert said is not None
    return said

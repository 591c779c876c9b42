"""What the rules say of Orders and Challenges that are made or changed."""

from orderapi.resources import CERTIFICATE_REQUEST, ORDER
from tests.webhook.rules import build
from tests.webhook.rules.build import (
    ADMIN,
    CONTROLLER,
    CONTROLLERS,
    NAMESPACE,
    TENANT,
    Answers,
    Json,
)
from webhook.questions import Answer, Read
from webhook.request import User
from webhook.rules import challenges, orders
from webhook.verdict import Verdict

JUDGES = {"Order": orders.judge, "Challenge": challenges.judge}
SAMPLES = {"Order": build.order(), "Challenge": build.challenge()}
USERS = (ADMIN, TENANT, CONTROLLER)

OWNERS = {
    "Order": Read(CERTIFICATE_REQUEST, NAMESPACE, "web-1"),
    "Challenge": Read(ORDER, NAMESPACE, "web-1-1234"),
}
"""What the samples' owners are read by."""


def made(kind: str, obj: Json, owner: Json | Answer = None, user: User = CONTROLLER) -> Verdict:
    """The verdict on creating it while `owner` is what its owner's name leads to."""
    question = OWNERS[kind]
    answer = build.typed(question.resource.kind, owner) if isinstance(owner, dict) else owner
    request = build.create(kind, obj, user)
    return build.settle(JUDGES[kind](request, CONTROLLERS), {question: answer})


def made_unasked(kind: str, obj: Json, user: User = CONTROLLER) -> Verdict:
    """The verdict on creating it; AssertionError where it asks anything."""
    return build.settle(JUDGES[kind](build.create(kind, obj, user), CONTROLLERS))


def edited(
    kind: str,
    old: Json,
    new: Json,
    user: User = TENANT,
    answers: Answers | None = None,
    subresource: str = "",
) -> Verdict:
    """The verdict on making `new` of `old`."""
    request = build.update(kind, old, new, user, subresource)
    return build.settle(JUDGES[kind](request, CONTROLLERS), answers)

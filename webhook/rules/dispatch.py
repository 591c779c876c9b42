"""Which rules judge a request. What is not registered here was not thought of, and is refused."""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from orderapi.names import ACME_GROUP, GROUP, VERSION
from webhook.questions import Judgement
from webhook.request import CREATE, NOTHING, STATUS, UPDATE, Request
from webhook.rules import certificates, challenges, issuers, orders, requests
from webhook.verdict import ALLOWED, Fault, Verdict

Rules: TypeAlias = Callable[[Request, frozenset[str]], Judgement]

DELETE: Final = "DELETE"

RULES: Final[Mapping[tuple[str, str, str], Rules]] = {
    (ACME_GROUP, "orders", ""): orders.judge,
    (ACME_GROUP, "orders", STATUS): orders.judge,
    (ACME_GROUP, "challenges", ""): challenges.judge,
    (ACME_GROUP, "challenges", STATUS): challenges.judge,
    (GROUP, "certificaterequests", ""): requests.judge,
    (GROUP, "certificaterequests", STATUS): requests.judge,
    (GROUP, "certificates", ""): certificates.judge,
    (GROUP, "issuers", ""): issuers.judge,
    (GROUP, "clusterissuers", ""): issuers.judge,
}
"""By group, resource and subresource: what the webhook's configuration registers."""


def judge(request: Request, controllers: frozenset[str]) -> Judgement:
    """Judge by the rules of the resource; deleting is always allowed."""
    resource = request.resource
    rules = RULES.get((resource.group, resource.resource, request.sub_resource))
    if rules is None or resource.version != VERSION:
        return _settled(_unreadable("the webhook has no rules for this resource"))
    if request.operation == DELETE:
        return _settled(ALLOWED)
    if request.operation not in (CREATE, UPDATE):
        return _settled(_unreadable("the webhook has no rules for this operation"))
    if request.object == NOTHING:
        return _settled(_unreadable("the review has no object"))
    if request.operation == UPDATE and request.old_object == NOTHING:
        return _settled(_unreadable("the review has no old object"))
    return rules(request, controllers)


def _unreadable(why: str) -> Verdict:
    return Verdict((Fault("", why, "unreadable"),))


def _settled(verdict: Verdict) -> Judgement:
    """A judgement without questions."""
    yield from ()
    return verdict

"""What the rules say of CertificateRequests."""

from tests.webhook.rules.build import CONTROLLERS, Answers, settle
from webhook.request import Request
from webhook.rules.requests import judge
from webhook.verdict import Fault


def faults(request: Request, answers: Answers | None = None) -> tuple[Fault, ...]:
    """All that stands against it; AssertionError at a question that has no answer."""
    return settle(judge(request, CONTROLLERS), answers).faults

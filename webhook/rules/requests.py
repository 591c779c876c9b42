"""CertificateRequests: what they ask for never changes, who asks and who decides is checked."""

from collections.abc import Generator, Iterator
from typing import Final

from orderapi.certificaterequest import CertificateRequest
from orderapi.names import ACME_GROUP, GROUP
from orderapi.refusals import NEVER_CHANGES, WHOSE
from orderapi.resources import CERTIFICATE_REQUEST
from webhook.questions import Answer, Judgement, Question
from webhook.request import CREATE, Request, read
from webhook.rules import issuerref
from webhook.rules.approval import approval_faults
from webhook.rules.conditions import condition_faults, conditions_of, has_ended, newly_decided
from webhook.rules.labels import label_faults
from webhook.rules.oversized import oversized
from webhook.rules.request_spec import request_spec_faults
from webhook.rules.requester import IDENTITY, requester_faults
from webhook.rules.unchanged import annotation_faults, spec_faults
from webhook.rules.undecoded import parts
from webhook.verdict import Fault, Rule, Verdict

_ANEW: Final = "delete the request, and make a new one"
_ANNOTATIONS: Final = (f"{GROUP}/", f"{ACME_GROUP}/")


def judge(request: Request, controllers: frozenset[str]) -> Judgement:
    """The verdict on a CertificateRequest that is made or changed."""
    del controllers  # an approval of theirs needs the right to approve as well
    if request.operation == CREATE:
        return oversized(request) or Verdict(tuple(_created(request)))
    return Verdict(tuple((yield from _changed(request))))


def _created(request: Request) -> Iterator[Fault]:
    made = read(CERTIFICATE_REQUEST, request.object)
    yield from request_spec_faults(made.spec)
    yield from requester_faults(made.spec, request.user_info)
    yield from condition_faults([], conditions_of(parts(request.object).status))


def _changed(request: Request) -> Generator[Question, Answer, list[Fault]]:
    old, new = parts(request.old_object), parts(request.object)
    found = [
        *spec_faults(old, new, NEVER_CHANGES[CertificateRequest], _rule_of),
        *annotation_faults(old, new, _ANNOTATIONS, WHOSE),
    ]
    found += yield from label_faults(old, new, request.namespace, has_ended, _ANEW)
    if old.status == new.status:
        return found
    before, after = conditions_of(old.status), conditions_of(new.status)
    found += condition_faults(before, after)
    decided = newly_decided(before, after)
    if decided:
        # Of the old object: a change of the spec must not choose whose right is asked for.
        ref = issuerref.of(old)
        found += yield from approval_faults(request.user_info, request.namespace, ref, decided)
    return found


def _rule_of(field: str) -> Rule:
    return "requester" if field in IDENTITY else "spec"

"""Specs that are too long to be judged, whatever they say."""

from typing import TypeVar

from orderapi.meta import Object
from orderapi.resources import Resource
from webhook.request import UPDATE, Request, before
from webhook.rules.findings import fault
from webhook.rules.undecoded import LONGEST_SPEC, is_oversized
from webhook.verdict import ALLOWED, Verdict

T = TypeVar("T", bound=Object)


def oversized(request: Request) -> Verdict | None:
    """The verdict where the new spec is too long; None where it can be judged. An object that was
    stored so may be updated: nothing is new about it."""
    if not is_oversized(request.object):
        return None
    if request.operation == UPDATE and is_oversized(request.old_object):
        return ALLOWED
    return Verdict((fault("spec", f"is longer than {LONGEST_SPEC:,} bytes; split it up"),))


def known(request: Request, resource: Resource[T]) -> T | None:
    """The object before the update, whose faults are nothing new; None where there is none, or none
    that can be judged."""
    if request.operation != UPDATE or is_oversized(request.old_object):
        return None
    return before(request, resource)

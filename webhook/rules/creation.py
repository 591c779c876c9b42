"""Who may create an Order or Challenge, and for which owner.

An Order spends the account of its issuer, a Challenge writes where its solver may write: one that
was made by hand would do so with rights that its maker does not have. So both are made by the
controller alone, each for an owner that stands.
"""

from collections.abc import Generator
from typing import Final, TypeVar

from orderapi.meta import Object, OwnerReference
from orderapi.resources import Resource
from orderapi.validation.fault import quoted
from webhook.questions import Answer, Question, Unanswered, read
from webhook.request import Request
from webhook.verdict import Fault

T = TypeVar("T", bound=Object)

OWNERS: Final = "metadata.ownerReferences"


def creator_faults(
    request: Request, controllers: frozenset[str], kind: str, instead: str
) -> tuple[Fault, ...]:
    """Whether someone else than the controller creates it; `instead`: what to do."""
    if request.user_info.username in controllers:
        return ()
    return (Fault("", f"{kind}s are made by the controller alone; {instead}", "creation"),)


def controlling(made: Object, kind: str, owner: Resource[T]) -> OwnerReference | Fault:
    """The one owner that controls what is made, which is of kind `kind`."""
    found = [one for one in made.metadata.owner_references if one.controller]
    wanted = f"each {kind} has one controlling owner, a {owner.kind} of {owner.group}"
    if len(found) != 1:
        count = "more than one" if found else "none"
        return Fault(OWNERS, f"{wanted}; this one has {count}", "creation")
    reference = found[0]
    if reference.kind != owner.kind or reference.api_version.rpartition("/")[0] != owner.group:
        text = f"{wanted}; this one has a {quoted(reference.kind)} of "
        return Fault(OWNERS, text + quoted(reference.api_version), "creation")
    return reference


def live_owner(
    resource: Resource[T], namespace: str, owner: OwnerReference
) -> Generator[Question, Answer, T | Fault]:
    """The owner as it is now, or why there is none."""
    shown = f"{resource.kind} {quoted(owner.name)}"
    found = yield from read(resource, namespace, owner.name)
    if isinstance(found, Unanswered):
        text = f"{shown} could not be read ({found.why}); try again"
        return Fault(OWNERS, text, "unanswered")
    if found is None:
        text = f"there is no {shown} in namespace {quoted(namespace)}"
    elif found.metadata.uid != owner.uid:
        text = f"{shown} has another uid: it was deleted and made anew; refer to the one that is"
    elif found.metadata.deletion_timestamp is not None:
        text = f"{shown} is being deleted; nothing is made for it any more"
    else:
        return found
    return Fault(OWNERS, text, "creation")

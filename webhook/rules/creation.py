"""Who may create an Order or Challenge, and for which owner.

An Order spends the account of its issuer, a Challenge writes where its solver may write: one that
was made by hand would do so with rights that its maker does not have. So both are made by the
controller alone, each for an owner that stands.
"""

from collections.abc import Callable, Generator, Iterable
from typing import Any, Final, TypeVar

from orderapi.meta import Object, OwnerReference
from orderapi.refusals import made_by_others
from orderapi.resources import Resource
from orderapi.validation.fault import quoted
from webhook.questions import Answer, Question, Unanswered, read
from webhook.rules.wording import kind_and_name
from webhook.verdict import Fault

T = TypeVar("T", bound=Object)

OWNER_REFERENCES: Final = "metadata.ownerReferences"


def creation_faults(
    resource: Resource[Any],
    made: Object,
    owner: Resource[T],
    against: Callable[[T], Iterable[Fault]],
    *,
    namespace: str,
    by_controller: bool,
) -> Generator[Question, Answer, list[Fault]]:
    """What stands against who makes it and for which owner; `against` says what stands against the
    object as its owner is now."""
    found = []
    if not by_controller:
        found.append(Fault("", made_by_others(resource.kind), "creation"))
    reference = _controlling(made, resource.kind, owner)
    if isinstance(reference, Fault):
        return [*found, reference]
    if found:  # nothing is read for those who are refused in any case
        return found
    live = yield from _live(owner, namespace, reference)
    return [live] if isinstance(live, Fault) else list(against(live))


def _controlling(made: Object, kind: str, owner: Resource[T]) -> OwnerReference | Fault:
    """The one owner that controls what is made, which is of kind `kind`."""
    found = [one for one in made.metadata.owner_references if one.controller]
    wanted = f"each {kind} has one controlling owner, a {owner.kind} of {owner.group}"
    if len(found) != 1:
        count = "more than one" if found else "none"
        return Fault(OWNER_REFERENCES, f"{wanted}; this one has {count}", "creation")
    reference = found[0]
    if reference.kind != owner.kind or reference.api_version.rpartition("/")[0] != owner.group:
        text = f"{wanted}; this one has a {quoted(reference.kind)} of "
        return Fault(OWNER_REFERENCES, text + quoted(reference.api_version), "creation")
    return reference


def _live(
    resource: Resource[T], namespace: str, owner: OwnerReference
) -> Generator[Question, Answer, T | Fault]:
    """The owner as it is now, or why there is none."""
    shown = kind_and_name(resource.kind, owner.name)
    found = yield from read(resource, namespace, owner.name)
    if isinstance(found, Unanswered):
        text = f"{shown} could not be read ({found.why}); try again"
        return Fault(OWNER_REFERENCES, text, "unanswered")
    if found is None:
        text = f"there is no {shown} in namespace {quoted(namespace)}"
    elif found.metadata.uid != owner.uid:
        text = f"{shown} has another uid: it was deleted and made anew; refer to the one that is"
    elif found.metadata.deletion_timestamp is not None:
        text = f"{shown} is being deleted; nothing is made for it any more"
    else:
        return found
    return Fault(OWNER_REFERENCES, text, "creation")

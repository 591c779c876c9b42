"""What to do next about a source: pure, total.

Whatever is wrong is told first. Certificates are then made, changed and deleted one by one, those
that are wished before those that are not.
"""

from collections.abc import Iterator
from typing import assert_never

from controller.shims.actions import Action, Create, Delete, Patch, Rest, Tell
from controller.shims.observed import Observed
from controller.shims.sentences import limited, not_its_own
from controller.shims.wishes import Unasked, Unclear, Wishes, change, lacking
from orderapi.certificate import Certificate
from orderapi.meta import controller_of


def decide(seen: Observed) -> Action:
    """The next thing to do."""
    match seen.reading:
        case Unasked():
            return Rest()
        case Unclear(faults):
            return _tell(seen, faults) or Rest()
        case Wishes() as wishes:
            strange = tuple(_strange(seen, wishes))
            return _tell(seen, (*wishes.faults, *strange)) or _write(seen, wishes)
        case never:
            assert_never(never)


def is_controlled(seen: Observed, certificate: Certificate) -> bool:
    """Whether that very source controls the Certificate."""
    owner = controller_of(certificate)
    return owner is not None and owner.uid == seen.source.metadata.uid


def _tell(seen: Observed, faults: tuple[str, ...]) -> Tell | None:
    new = tuple(note for note in limited(faults) if note not in seen.told)
    return Tell(new) if new else None


def _strange(seen: Observed, wishes: Wishes) -> Iterator[str]:
    """Certificates of others that do not serve. Most of them do, and are nothing to tell: of an
    Ingress beside this one with the same Secret, or from Git."""
    kind, name = seen.resource.kind, seen.source.metadata.name
    for wish in wishes.certificates:
        found = seen.found.get(wish.metadata.name)
        if found is None or is_controlled(seen, found):
            continue
        owner = controller_of(found)
        if owner is not None and (owner.kind, owner.name) == (kind, name):
            continue  # of a source before this one: the garbage collector takes it away
        missing = lacking(found, wish)
        if missing or found.spec.secret_name != wish.spec.secret_name:
            yield not_its_own(kind, found, missing)


def _write(seen: Observed, wishes: Wishes) -> Action:
    waits = []
    for action in _due(seen, wishes):
        tried = seen.attempts.get(action.certificate.metadata.name)
        if tried is None or tried.what != essence(action) or tried.until <= seen.now:
            return action
        waits.append(tried.until)
    return Rest(min(waits, default=None))


def essence(action: Create | Patch | Delete) -> object:
    """What makes two actions about one Certificate the same."""
    match action:
        case Create(certificate):
            return certificate
        case Patch(_, changes):
            return changes
        case Delete(certificate):
            return certificate.metadata.uid
        case never:
            assert_never(never)


def _due(seen: Observed, wishes: Wishes) -> Iterator[Create | Patch | Delete]:
    for wish in wishes.certificates:
        found = seen.found.get(wish.metadata.name)
        if found is None:
            yield Create(wish)
        elif is_controlled(seen, found) and found.metadata.deletion_timestamp is None:
            changes = change(found, wish, seen.settings)
            if changes:
                yield Patch(found, changes)
    for certificate in seen.owned:
        if certificate.metadata.deletion_timestamp is None and not (
            # By either name: what feeds a Secret that the source names is not taken away.
            {certificate.metadata.name, certificate.spec.secret_name} & wishes.referenced
        ):
            yield Delete(certificate)

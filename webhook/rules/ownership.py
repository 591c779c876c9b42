"""Who may own an Order or Challenge.

The controller finds what belongs to a request by its owner: whoever could give an Order an owner
could have one taken for another's. The garbage collector removes owners, and lets them go.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import msgspec

from orderapi.meta import OwnerReference
from orderapi.refusals import OWNERS
from webhook.request import parsed
from webhook.rules.creation import OWNER_REFERENCES
from webhook.rules.undecoded import Parts
from webhook.rules.wording import kind_and_name
from webhook.verdict import Fault

_OWNERS: Final = msgspec.json.Decoder(tuple[OwnerReference, ...] | None)


class _Owner(NamedTuple):
    """A reference as it is compared: false and absent are the same."""

    api_version: str
    kind: str
    name: str
    uid: str
    controller: bool
    holds: bool


def ownership_faults(old: Parts, new: Parts) -> Iterator[Fault]:
    """One for each owner reference that the object did not have. Removing one is free, and so is
    clearing blockOwnerDeletion."""
    before, after = old.metadata.owner_references, new.metadata.owner_references
    if before == after:
        return
    had, has = _owners(before), _owners(after)
    known = {owner.uid for owner in had}
    for index in sorted(_not_among(had, has)):
        owner = has[index]
        how = "is changed" if owner.uid in known else "is new"
        text = f"{kind_and_name(owner.kind, owner.name)} {how}; {OWNERS}"
        yield Fault(f"{OWNER_REFERENCES}[{index}]", text, "ownership")


def _not_among(had: Iterable[_Owner], has: list[_Owner]) -> list[int]:
    """The positions in `has` of what is neither in `had` nor one of those that lets its owner go;
    each of `had` stands for one."""
    left = Counter(had)
    rest = []
    for index, owner in enumerate(has):
        if left[owner] > 0:
            left[owner] -= 1
        else:
            rest.append(index)
    return [index for index in rest if not _lets_go(left, has[index])]


def _lets_go(left: Counter[_Owner], owner: _Owner) -> bool:
    held = owner._replace(holds=True)
    if left[held] <= 0:
        return False
    left[held] -= 1
    return True


def _owners(text: msgspec.Raw) -> list[_Owner]:
    return [
        _Owner(
            api_version=one.api_version,
            kind=one.kind,
            name=one.name,
            uid=one.uid,
            controller=bool(one.controller),
            holds=bool(one.block_owner_deletion),
        )
        for one in parsed(_OWNERS, text) or ()
    ]

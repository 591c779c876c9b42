"""What Orders and Challenges have in common when they change: spec, status, owners."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from orderapi.refusals import NEVER_CHANGES
from orderapi.resources import Resource
from webhook.rules.ownership import ownership_faults
from webhook.rules.status import status_faults
from webhook.rules.unchanged import spec_faults
from webhook.rules.undecoded import Parts
from webhook.verdict import Fault


def change_faults(
    resource: Resource[Any], old: Parts, new: Parts, *, by_controller: bool
) -> Iterator[Fault]:
    """What stands against the change, whichever subresource it comes by."""
    return chain(
        spec_faults(old, new, NEVER_CHANGES[resource.type]),
        status_faults(resource.kind, old, new, by_controller=by_controller),
        () if by_controller else ownership_faults(old, new),
    )

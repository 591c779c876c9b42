"""What people read when a layer of admission refuses: one sentence in CRD, policy and webhook.

Each is what is said of a field, and stands behind its path. What only one layer knows it adds.
"""

from collections.abc import Mapping
from typing import Final

from orderapi import states
from orderapi.certificaterequest import CertificateRequest
from orderapi.challenge import Challenge
from orderapi.meta import Object
from orderapi.order import Order

NEVER_CHANGES: Final[Mapping[type[Object], str]] = {
    Order: (
        "an Order's spec never changes; delete the Order, and a new one is made for its request"
    ),
    Challenge: (
        "a Challenge's spec never changes; delete its Order, and a new one is made with its "
        "Challenges"
    ),
    CertificateRequest: (
        "a CertificateRequest's spec never changes; delete the request, and make a new one"
    ),
}
"""A spec that was changed, by kind."""

WRITTEN_ONCE: Final = "it is written once, and never changes or goes away after that"
FINAL_STATE: Final = (
    f"{', '.join(sorted(states.FINAL))} are final, and a state never goes away once there is one"
)
SETTINGS: Final = (
    "these annotations choose how control over the names is shown, and never change; delete the "
    "Order, and a new one is made for its request"
)
WHOSE: Final = (
    "these annotations say whose the request is, and never change; delete the request, and make a "
    "new one"
)
OWNERS: Final = (
    "owners are added and changed by the controller alone; leave them as they are, or remove them"
)
REQUESTER: Final = "that is not the user who makes this CertificateRequest; leave it out"
DECIDED: Final = (
    "a decision never changes and is never removed; for another one make a new CertificateRequest"
)


def made_by_others(kind: str) -> str:
    """An Order or Challenge that somebody else than the controller makes."""
    return f"{kind}s are made by the controller alone; create a Certificate, and its {kind}s follow"


def status_by_others(kind: str) -> str:
    """A status that somebody else than the controller writes."""
    return (
        f"the status of {kind}s is written by the controller alone; to start over, delete the "
        "Order, or renew the Certificate"
    )

"""How serving stands: what readiness and metrics are told. No I/O; time is an input."""

from datetime import datetime
from typing import Final, NamedTuple

from webhook.serving.leaf import Leaf
from webhook.serving.roots import read_bundle, verifies

ALWAYS: Final = float("-inf")


class Status(NamedTuple):
    """What is served, and with what it is verified."""

    not_after: datetime | None = None
    """When the certificate that is served expires; None where there is none."""
    trust: bytes = b""
    """PEM with which API servers verify it."""
    since: float = ALWAYS
    """When `trust` was changed, by the event loop's clock."""
    problem: str = ""
    """Why API servers would not get through; empty where nothing is known against it."""


def unregistered(
    leaf: Leaf, registered: tuple[bytes, ...] | None, configuration: str, now: datetime
) -> str:
    """What keeps API servers from trusting the leaf; empty where nothing does."""
    if registered is None:
        return f"the configuration {configuration} is not installed"
    if not registered:
        return f"the configuration {configuration} has no webhooks"
    for text in dict.fromkeys(registered):
        if not text:
            return f"the configuration {configuration} has no caBundle yet"
        if not verifies(read_bundle(text), leaf.certificate, now):
            return (
                f"the caBundle in the configuration {configuration} does not verify the serving "
                "certificate"
            )
    return ""

"""Who leads: the Lease of the controller, wherever it is."""

from datetime import timedelta
from typing import Final

from kubectl_order.facts import EARLIEST, Absent, Leader, Unread
from kubectl_order.reading.kinds import LEASE, Lease
from kubectl_order.reading.reader import Reader

LEASE_NAME: Final = "cert-manager-controller"
LEASE_NAMESPACES: Final = ("cert-manager", "kube-system")
"""Where the controller's Lease may be: as deploy/ has it, and where it is by default."""

_USUAL_SECONDS: Final = 15.0


def leader(reader: Reader) -> Leader | Absent | Unread:
    """The Lease that was renewed last; the second is not read where the first is in time."""
    quiet = Reader(reader.api)
    refused: Unread | None = None
    leaders: list[Leader] = []
    for namespace in LEASE_NAMESPACES:
        match quiet.one(LEASE, namespace, LEASE_NAME):
            case Lease() as lease:
                leaders.append(_leader(namespace, lease))
            case Unread() as unread:
                refused = unread
            case _:
                pass
        if leaders and _leads(leaders[-1], reader):
            return leaders[-1]
    if leaders:
        return max(leaders, key=lambda each: each.renewed or EARLIEST)
    if refused is None:
        return Absent()
    reader.note(*quiet.unread)
    return refused


def _leads(found: Leader, reader: Reader) -> bool:
    if not found.holder or found.renewed is None:
        return False
    return found.renewed + timedelta(seconds=found.seconds) > reader.api.now


def _leader(namespace: str, lease: Lease) -> Leader:
    spec = lease.spec
    return Leader(
        namespace=namespace,
        holder=spec.holder_identity,
        renewed=spec.renew_time,
        seconds=spec.lease_duration_seconds or _USUAL_SECONDS,
    )

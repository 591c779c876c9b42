"""Orders and their Challenges: the root cause of what failed or waits, and the ways out of it.

RULES are ordered: what is told, then what has to be found out, then Orders that nobody asked for.
What is only on its way is told elsewhere. Pure.
"""

import re
from dataclasses import replace
from typing import Final

from kubectl_order.explain import ca, dns01, http01, solvers
from kubectl_order.explain.about import ref
from kubectl_order.explain.told import Reader, Told
from kubectl_order.explain.troubles import about_order, repeated, troubles
from kubectl_order.explain.words import clause, within
from kubectl_order.facts import Chain
from kubectl_order.finding import Actor, Finding, Standing, kubectl
from orderapi import states
from orderapi.meta import controller_of

_EXPIRED: Final = re.compile(r"^The order expired at the CA at (?P<time>\S+): (?P<waited>.*)$")

READERS: Final[tuple[Reader, ...]] = (
    solvers.read,
    ca.gone,
    ca.read,
    dns01.read,
    http01.read,
    solvers.read_lasting,
)


def trouble(chain: Chain) -> Finding | None:
    """The root cause: that of the first which is in danger, and can be told or has failed."""
    for told in troubles(chain):
        if (found := _expired(told) or _read(told)) is not None:
            return found
        if told.failed or told.text:
            return _untold(told)
    return None


def orphan(chain: Chain) -> Finding | None:
    """An Order that no request of the cluster owns: made by hand, or restored from a backup."""
    order = chain.order
    if order is None or chain.request is not None:
        return None
    if any("request" in each.lower() for each in chain.unread):
        return None
    owner = controller_of(order)
    gone = f'its CertificateRequest "{owner.name}" is gone' if owner is not None else ""
    told = about_order(chain, order)
    return told.finding(
        "orphan-order",
        f'Order "{order.metadata.name}" belongs to no CertificateRequest, so no Secret gets what '
        f"comes of it",
        gone or "No CertificateRequest owns it: it was made by hand, or restored from a backup",
        who=Actor.YOU,
        fix="Create a Certificate for these names, which makes an Order of its own, and delete "
        "this one.",
        command=kubectl("delete", ref(order)),
        standing=Standing.FINE if order.status.state == states.VALID else Standing.WAITING,
    )


def _read(told: Told) -> Finding | None:
    return next((found for read in READERS if (found := read(told)) is not None), None)


def _expired(told: Told) -> Finding | None:
    """The order's time ran out; the cause is what it waited for until then."""
    found = _EXPIRED.match(told.text)
    if found is None:
        return None
    inner = repeated(replace(told, text=found["waited"]))
    cause = _read(inner)
    waited = within(cause.headline) if cause is not None else clause(found["waited"])
    return told.finding(
        "order-expired",
        f"The order for {inner.name} expired while it waited: {waited}",
        *((cause.evidence) if cause is not None else (told.quoted(),)),
        who=cause.who if cause is not None else Actor.NOBODY,
        fix=cause.fix
        if cause is not None
        else "The next attempt places another order. Mend what kept this one waiting.",
        command=told.retry(),
    )


def _untold(told: Told) -> Finding:
    """What no reader knows is quoted."""
    of_challenge = told.challenge is not None
    kind = "challenge" if of_challenge else "order"
    why = clause(told.told) or "it gives no reason"
    if not told.failed:
        return told.finding(
            f"{kind}-waiting",
            f"The {kind} for {told.name} waits: {why}",
            who=Actor.NOBODY,
            fix="It is tried again by itself. Mend what the words name, if they name something.",
            command=told.look(),
        )
    return told.finding(
        f"{kind}-failed",
        f"The {kind} for {told.name} failed ({told.state or 'without a state'}): {why}",
        who=Actor.YOU,
        fix="Mend what the words name, and begin a new attempt; otherwise the next one is made by "
        "itself."
        if told.text
        else "Look at the events and at the CA's own word, and begin a new attempt.",
        command=told.retry() if told.text else told.look(),
    )


RULES: Final = (trouble, solvers.solverless, solvers.queued, orphan)

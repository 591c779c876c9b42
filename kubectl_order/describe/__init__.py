"""From what was read in the cluster to the documents that are printed. Pure: the clock is an input.

It refuses to judge one chain, which is what `explain` does.

    names     which names a chain is about
    states    how an object stands, in one word
    steps     the chain, a step for each object
    proving   each name of an Order and its Challenge: what is published where
    running   whether the controller lives
    history   the attempts at a certificate
    events    the events of a chain
    tree      who owns whom
    danger    lists: which Orders are in danger, from the few fields that a list has
"""

from kubectl_order.describe import proving, steps
from kubectl_order.describe.names import names
from kubectl_order.describe.running import running
from kubectl_order.explain import explain
from kubectl_order.explain.about import subject
from kubectl_order.facts import Chain, secrets_in
from kubectl_order.finding import Finding
from kubectl_order.report import Check, Lifetime, Proofs, Status
from kubectl_order.solving import problem_in
from kubectl_order.text import redacted


def status_of(chain: Chain, *, checks: tuple[Check, ...] | None = None) -> Status:
    """The page on a chain with its root cause. No token and no key authorization is in it, whoever
    wrote it where."""
    return redacted(describe(chain, explain(chain), checks=checks), secrets_in(chain))


def describe(chain: Chain, finding: Finding, *, checks: tuple[Check, ...] | None = None) -> Status:
    """The page on one Certificate or Order. It holds no token and no key authorization in a field
    of its own; foreign texts may quote them (`text.redacted`)."""
    return Status(
        time=chain.now,
        subject=subject(chain),
        names=names(chain),
        issuer=steps.issuer(chain),
        steps=steps.steps(chain),
        identifiers=proving.identifiers(chain),
        problem=problem_in(chain.order.status.reason) if chain.order is not None else None,
        certificate=_lifetime(chain),
        controller=running(chain.leader, chain.now),
        finding=finding,
        checks=checks,
        unread=chain.unread,
    )


def proofs(chain: Chain) -> Proofs:
    """What is to be published for one Order; no values."""
    return Proofs(time=chain.now, items=proving.proofs(chain), unread=chain.unread)


def _lifetime(chain: Chain) -> Lifetime | None:
    """None where the Certificate knows of no certificate."""
    if chain.certificate is None:
        return None
    status = chain.certificate.status
    if status.not_after is None and status.revision is None:
        return None
    return Lifetime(
        not_before=status.not_before,
        not_after=status.not_after,
        renewal=status.renewal_time,
        revision=status.revision,
    )

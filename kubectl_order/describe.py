"""The documents about one chain, made of what was read and what was found. Pure."""

from kubectl_order.describing import proving, steps
from kubectl_order.describing.asked import names
from kubectl_order.describing.running import running
from kubectl_order.explain.about import subject
from kubectl_order.facts import Chain
from kubectl_order.finding import Finding
from kubectl_order.report import Check, Lifetime, Proofs, Status
from kubectl_order.solving import problem_in


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
        controller=running(chain),
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

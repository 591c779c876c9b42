"""What the commands about one name share: find it, read what belongs to it, judge, describe.

The documents that come from here hold no token and no key authorization, whoever wrote it where.
"""

from kubectl_order.facts import Chain, secrets_in
from kubectl_order.failure import Exit
from kubectl_order.finding import Standing
from kubectl_order.report import Check, Status
from kubectl_order.session import Session
from kubectl_order.text import redacted


def chain_named(session: Session, name: str, *, history: bool = False) -> Chain:
    """The chain that a name leads to; `history` with the past requests. Raises Failure."""
    from kubectl_order.target import resolve

    cluster = session.cluster
    return cluster.chain_of(resolve(cluster, name), history=history)


def status_of(chain: Chain, *, checks: tuple[Check, ...] | None = None) -> Status:
    """The document about it."""
    from kubectl_order.describe import describe
    from kubectl_order.explain import explain

    return redacted(describe(chain, explain(chain), checks=checks), secrets_in(chain))


def exit_of(standing: str) -> Exit:
    """1 for what has failed or is overdue, else 0."""
    return Exit.FAILED if standing in (Standing.FAILED, Standing.OVERDUE) else Exit.FINE

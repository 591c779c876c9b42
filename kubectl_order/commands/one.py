"""What the commands about one name share: find it and read what belongs to it; their exit code."""

from kubectl_order.facts import Chain
from kubectl_order.failure import Exit
from kubectl_order.finding import Standing
from kubectl_order.session import Session


def chain_named(session: Session, name: str, *, history: bool = False) -> Chain:
    """The chain that a name leads to; `history` with the past requests. Raises Failure."""
    from kubectl_order.naming.target import resolve

    cluster = session.cluster
    return cluster.chain_of(resolve(cluster, name), history=history)


def exit_of(standing: str) -> Exit:
    """1 for what has failed or is overdue, else 0."""
    return Exit.FAILED if standing in (Standing.FAILED, Standing.OVERDUE) else Exit.FINE

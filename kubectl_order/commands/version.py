"""`kubectl order version`."""

from kubectl_order.failure import Exit
from kubectl_order.session import Session


def run(session: Session) -> Exit:
    """The version of this plugin."""
    from kubectl_order.program import version

    session.stdout.write(version())
    return Exit.FINE

"""`kubectl order version`."""

from kubectl_order.failure import Exit
from kubectl_order.session import Session


def run(session: Session) -> Exit:
    """The version of this plugin."""
    session.stdout.write(version())
    return Exit.FINE


def version() -> str:
    """This program's name and version."""
    from importlib.metadata import version as installed

    return f"kubectl-order {installed('kubectl-order')}\n"

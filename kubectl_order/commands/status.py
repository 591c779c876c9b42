"""`kubectl order status [NAME]`."""

from typing import Annotated

from typer import Argument, Option

from kubectl_order.failure import Exit
from kubectl_order.session import Session


def run(
    session: Session,
    name: Annotated[str, Argument(help="A name, or KIND/NAME.")] = "",
    all_namespaces: Annotated[
        bool, Option("--all-namespaces", "-A", help="All namespaces.")
    ] = False,
) -> Exit:
    """One page on an Order and all that belongs to it; without NAME, what needs attention."""
    print(name, all_namespaces, session.flags, file=session.stdout)
    return Exit.FINE

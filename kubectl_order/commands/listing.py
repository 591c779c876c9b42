"""`kubectl order list`."""

from typing import Annotated

from typer import Option

from kubectl_order.failure import Exit
from kubectl_order.session import Session


def run(
    session: Session,
    all_namespaces: Annotated[
        bool, Option("--all-namespaces", "-A", help="All namespaces.")
    ] = False,
    selector: Annotated[str, Option("--selector", "-l", help="Those with these labels.")] = "",
) -> Exit:
    """Orders, the most in danger first: failed or overdue with the least time left, then waiting,
    then on their way, then fine."""
    from kubectl_order.commands.many import read
    from kubectl_order.describe.danger import lines
    from kubectl_order.pages.listing import page

    found = read(session, lines, all_namespaces=all_namespaces, selector=selector)
    session.show(found, page(found, wide=session.wide))
    return Exit.FINE

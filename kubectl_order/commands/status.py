"""`kubectl order status [NAME]`."""

from typing import Annotated

from typer import Argument

from kubectl_order.failure import Exit
from kubectl_order.flags import AllNamespaces, Selector, check_alone
from kubectl_order.session import Session


def run(
    session: Session,
    name: Annotated[str, Argument(help="A name, or KIND/NAME.")] = "",
    all_namespaces: AllNamespaces = False,
    selector: Selector = "",
) -> Exit:
    """One page on a certificate and its Order; without NAME, what needs attention.

    The exit code is 1 where it has failed or is overdue, without NAME where anything has.
    """
    if not name:
        return _attention(session, all_namespaces=all_namespaces, selector=selector)
    check_alone(all_namespaces=all_namespaces, selector=selector)
    from kubectl_order.commands.one import chain_named, exit_of
    from kubectl_order.describe import status_of
    from kubectl_order.pages.status import page

    status = status_of(chain_named(session, name))
    session.show(status, page(status, wide=session.wide))
    return exit_of(status.finding.standing)


def _attention(session: Session, *, all_namespaces: bool, selector: str) -> Exit:
    from kubectl_order.commands.many import read
    from kubectl_order.commands.one import exit_of
    from kubectl_order.describe.danger import needing_attention
    from kubectl_order.pages.listing import attention

    lines = read(session, needing_attention, all_namespaces=all_namespaces, selector=selector)
    session.show(lines, attention(lines, wide=session.wide))
    return max((exit_of(line.standing) for line in lines.items), default=Exit.FINE)

"""`kubectl order status [NAME]`."""

from typing import Annotated

from typer import Argument, Option

from kubectl_order.failure import Exit, Failure
from kubectl_order.session import Session


def run(
    session: Session,
    name: Annotated[str, Argument(help="A name, or KIND/NAME.")] = "",
    all_namespaces: Annotated[
        bool, Option("--all-namespaces", "-A", help="Without NAME: all namespaces.")
    ] = False,
    selector: Annotated[
        str, Option("--selector", "-l", help="Without NAME: those with these labels.")
    ] = "",
) -> Exit:
    """One page on a certificate and its Order; without NAME, what needs attention.

    The exit code is 1 where it has failed or is overdue, without NAME where anything has.
    """
    if not name:
        return _attention(session, all_namespaces=all_namespaces, selector=selector)
    if all_namespaces or selector:
        raise Failure("a NAME goes with neither -A nor -l", exit=Exit.USAGE)
    from kubectl_order.commands.subject import chain_named, exit_of, status_of
    from kubectl_order.pages.status import page

    status = status_of(chain_named(session, name))
    session.show(status, page(status, wide=session.wide))
    return exit_of(status.finding.standing)


def _attention(session: Session, *, all_namespaces: bool, selector: str) -> Exit:
    from kubectl_order.commands.rows import read
    from kubectl_order.danger import needing_attention
    from kubectl_order.finding import Standing
    from kubectl_order.pages.listing import attention

    lines = read(session, needing_attention, all_namespaces=all_namespaces, selector=selector)
    session.show(lines, attention(lines, wide=session.wide))
    bad = (Standing.FAILED, Standing.OVERDUE)
    return Exit.FAILED if any(line.standing in bad for line in lines.items) else Exit.FINE

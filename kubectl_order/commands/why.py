"""`kubectl order why NAME`."""

from typing import Annotated

from typer import Argument, Option

from kubectl_order.commands.one import chain_named, exit_of
from kubectl_order.describe import status_of
from kubectl_order.failure import Exit
from kubectl_order.pages.why import page
from kubectl_order.session import Session


def run(
    session: Session,
    name: Annotated[str, Argument(help="A name, or KIND/NAME.")],
    live: Annotated[
        bool, Option("--live", help="Ask the CA, DNS and the router, too, from here.")
    ] = False,
    nameserver: Annotated[
        list[str] | None,
        Option(help="With --live: ask this resolver (ADDRESS or ADDRESS:PORT); may be repeated."),
    ] = None,
) -> Exit:
    """The root cause alone: what keeps the certificate from being there, with evidence; who must
    act, and the next command.

    The exit code is 1 where it has failed or is overdue.
    """
    chain = chain_named(session, name)
    checks = None
    if live:
        from kubectl_order.live import checks as look

        checks = look(chain, nameservers=tuple(nameserver or ()))
    status = status_of(chain, checks=checks)
    session.show(status, page(status))
    return exit_of(status.finding.standing)

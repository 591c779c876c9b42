"""`kubectl order events NAME`."""

from typing import Annotated

from typer import Argument

from kubectl_order.commands.one import chain_named
from kubectl_order.describe.events import happenings
from kubectl_order.facts import secrets_in
from kubectl_order.failure import Exit
from kubectl_order.pages.events import page
from kubectl_order.session import Session
from kubectl_order.text import redacted


def run(
    session: Session,
    name: Annotated[str, Argument(help="A name, or KIND/NAME.")],
) -> Exit:
    """Events of the whole chain, in the order of time."""
    chain = chain_named(session, name, history=True)
    found = happenings(chain, session.cluster.events_of(chain))
    found = redacted(found, secrets_in(chain))
    session.show(found, page(found, wide=session.wide))
    return Exit.FINE

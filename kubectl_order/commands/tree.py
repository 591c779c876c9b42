"""`kubectl order tree [NAME]`."""

from typing import Annotated

from typer import Argument

from kubectl_order.describe.tree import Wood, tree, wood_of
from kubectl_order.facts import secrets_in, secrets_of
from kubectl_order.failure import Exit
from kubectl_order.pages.tree import page
from kubectl_order.report import Tree
from kubectl_order.session import Session
from kubectl_order.text import redacted


def run(
    session: Session,
    name: Annotated[str, Argument(help="A name, or KIND/NAME.")] = "",
) -> Exit:
    """What belongs to what, with states: Ingress or Gateway, Certificate, CertificateRequests,
    Orders, Challenges, Secret. Without NAME, everything of the namespace."""
    found = _one(session, name) if name else _all(session)
    session.show(found, page(found, wide=session.wide))
    return Exit.FINE


def _one(session: Session, name: str) -> Tree:
    from kubectl_order.commands.many import readable
    from kubectl_order.commands.one import chain_named

    chain = chain_named(session, name, history=True)
    # The Orders of past requests are not in the chain; rows are enough to show how they ended.
    unread = list(chain.unread)
    orders = readable(session.cluster.orders(), unread) if chain.past else ()
    return redacted(tree(wood_of(chain, orders), chain.now, tuple(unread)), secrets_in(chain))


def _all(session: Session) -> Tree:
    from kubectl_order.commands.many import readable
    from kubectl_order.reading.reader import Reader
    from kubectl_order.reading.refusals import told
    from orderapi.resources import CERTIFICATE_REQUEST, CHALLENGE

    cluster = session.cluster
    unread: list[str] = []
    certificates = readable(cluster.certificates(), unread)
    # One of both there must be, or there is nothing to show.
    orders = tuple(cluster.orders()) if unread else readable(cluster.orders(), unread)
    reader = Reader(cluster.api)
    with told():
        requests, challenges = (
            tuple(reader.listed(resource, cluster.namespace, wanted=lambda _: True))
            for resource in (CERTIFICATE_REQUEST, CHALLENGE)
        )
    wood = Wood(certificates=certificates, requests=requests, orders=orders, challenges=challenges)
    unread += reader.unread
    return redacted(tree(wood, cluster.now, tuple(unread)), secrets_of(challenges))

"""`kubectl order history CERT`."""

from dataclasses import replace
from typing import Annotated

from typer import Argument

from kubectl_order.chain import owner_of
from kubectl_order.commands.many import readable
from kubectl_order.commands.one import chain_named
from kubectl_order.describe.history import history
from kubectl_order.explain.about import ref
from kubectl_order.facts import secrets_in
from kubectl_order.failure import Exit, Failure
from kubectl_order.finding import Ref, plugin
from kubectl_order.pages.history import page
from kubectl_order.session import Session
from kubectl_order.text import redacted


def run(
    session: Session,
    name: Annotated[str, Argument(help="A Certificate, or any name that leads to one.")],
) -> Exit:
    """The attempts for a certificate, the newest last, with outcome and duration: from its
    requests, its Orders and its diagnosis."""
    chain = chain_named(session, name, history=True)
    if chain.certificate is None:
        found = chain.order or chain.request
        raise Failure(
            f'"{name}" belongs to no Certificate, and has no history',
            exit=Exit.USAGE,
            hint=f"try {plugin('why', ref(found))}" if found is not None else "",
        )
    subject, unread = ref(chain.certificate), list(chain.unread)
    orders = {
        owner.uid: Ref(kind="Order", name=row.metadata.name, namespace=chain.namespace)
        for row in readable(session.cluster.orders(), unread)
        if (owner := owner_of(row, "CertificateRequest")) is not None
    }
    chain = replace(chain, unread=tuple(unread))
    attempts = redacted(history(chain, subject, orders), secrets_in(chain))
    session.show(attempts, page(attempts, wide=session.wide))
    return Exit.FINE

"""`kubectl order challenges [NAME]`."""

from collections.abc import Iterator
from typing import Annotated

from typer import Argument, Option

from kubectl_order.chain import challenges_in_order, owner_of
from kubectl_order.describe import proofs
from kubectl_order.describe.proving import with_values
from kubectl_order.facts import Absent, Chain, Unread, secrets_in
from kubectl_order.failure import Exit, Failure
from kubectl_order.pages.challenges import page
from kubectl_order.reading.reader import Reader
from kubectl_order.reading.refusals import told
from kubectl_order.report import Proof, Proofs
from kubectl_order.session import Session
from kubectl_order.text import redacted
from orderapi.challenge import Challenge
from orderapi.defaults import issuer_kind
from orderapi.issuer import AnyIssuer
from orderapi.references import IssuerRef
from orderapi.resources import CHALLENGE, ISSUERS, ORDER


def run(
    session: Session,
    name: Annotated[str, Argument(help="An Order, or any name that leads to one.")] = "",
    show_values: Annotated[
        bool, Option("--show-values", help="Show what is to be published, to do it by hand.")
    ] = False,
) -> Exit:
    """Each challenge: what to publish where, what is seen there, and what the CA says. Without
    NAME, the challenges of all Orders of the namespace."""
    if name:
        from kubectl_order.commands.one import chain_named

        chains = [chain_named(session, name)]
    else:
        chains = list(_chains(session))
    found = Proofs(
        time=session.cluster.now,
        items=tuple(each for chain in chains for each in _of(chain, values=show_values)),
        unread=tuple(dict.fromkeys(each for chain in chains for each in chain.unread)),
    )
    session.show(found, page(found, wide=session.wide))
    return Exit.FINE


def _of(chain: Chain, *, values: bool) -> tuple[Proof, ...]:
    found = redacted(proofs(chain), secrets_in(chain)).items
    return with_values(found, chain) if values else found


def _chains(session: Session) -> Iterator[Chain]:
    """For each Order of the namespace that has Challenges: it, they and the issuer."""
    cluster = session.cluster
    namespace, reader = cluster.namespace, Reader(cluster.api)
    with told():
        by_order: dict[str, list[Challenge]] = {}
        for challenge in reader.listed(CHALLENGE, namespace, wanted=lambda _: True):
            owner = owner_of(challenge, ORDER.kind)
            by_order.setdefault(owner.name if owner is not None else "", []).append(challenge)
        issuers: dict[IssuerRef, AnyIssuer | Absent | Unread | None] = {}
        for name, challenges in sorted(by_order.items()):
            order = reader.found(ORDER, namespace, name) if name else None
            named = challenges[0].spec.issuer_ref
            if named not in issuers:
                issuers[named] = _issuer(reader, namespace, named)
            yield Chain(
                namespace=namespace,
                now=cluster.now,
                order=order,
                challenges=(order and challenges_in_order(order, challenges)) or tuple(challenges),
                issuer=issuers[named],
                unread=reader.unread,
            )
        if not by_order and reader.unread:
            hint = "kubectl auth can-i --list"
            raise Failure("; ".join(reader.unread), exit=Exit.NO_ACCESS, hint=hint)


def _issuer(reader: Reader, namespace: str, named: IssuerRef) -> AnyIssuer | Absent | Unread | None:
    resource = ISSUERS.get(issuer_kind(named))
    return reader.one(resource, namespace, named.name) if resource is not None else None

"""Whether a Challenge is what its Order makes of an authorization. Pure.

An owner reference alone proves nothing: whoever may create Challenges can write one. A Challenge is
believed where its name and every field repeat what the Order's status, written by the controller,
says; so that there is at most one by each authorization.
"""

from orderapi import defaults, names
from orderapi.challenge import Challenge
from orderapi.meta import controller_of
from orderapi.order import Order
from orderapi.references import IssuerRef


def is_controlled_by(challenge: Challenge, order: Order) -> bool:
    """Whether that very Order, by uid, controls the Challenge."""
    owner = controller_of(challenge)
    return (
        owner is not None
        and owner.kind == "Order"
        and owner.uid == order.metadata.uid
        and challenge.metadata.namespace == order.metadata.namespace
    )


def strangeness(challenge: Challenge, order: Order) -> str:
    """In what the Challenge differs from what the Order makes; empty where in nothing."""
    spec = challenge.spec
    if _issuer(spec.issuer_ref) != _issuer(order.spec.issuer_ref):
        return "it names another issuer than its Order"
    urls = [one.url for one in order.status.authorizations]
    if spec.authorization_url not in urls:
        return "its authorization is none of its Order's"
    index = urls.index(spec.authorization_url)
    authorization = order.status.authorizations[index]
    if challenge.metadata.name != names.challenge_name(order.metadata.name, index):
        return "it is not called as its Order calls the Challenge of its authorization"
    named = authorization.identifier, bool(authorization.wildcard)
    if named != (spec.dns_name, bool(spec.wildcard)):
        return "its name is not that of its authorization"
    offered = [(one.type.upper(), one.url, one.token) for one in authorization.challenges]
    if (spec.type, spec.url, spec.token) not in offered:
        return "it is not among the challenges that the CA offered for its authorization"
    return ""


def _issuer(ref: IssuerRef) -> tuple[str, str, str]:
    return defaults.issuer_group(ref), defaults.issuer_kind(ref), ref.name

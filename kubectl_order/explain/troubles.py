"""What is told of trouble along a chain, the most in danger first. Pure.

Failed Challenges come before the Order that failed of them, and that before what only waits. Where
an Order repeats the reason of a Challenge, the Challenge's reason is what is told.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from kubectl_order.explain.about import is_given_up, ref
from kubectl_order.explain.told import Told, counted
from kubectl_order.facts import Chain, secrets_in
from orderapi import states
from orderapi.challenge import DNS01, HTTP01, Challenge
from orderapi.conditions import find
from orderapi.names import ISSUING, READY
from orderapi.order import Order

_FOLLOWS: Final = "Not tried to the end, because the Order has failed"
_TOKEN: Final = re.compile(r"(/\.well-known/acme-challenge/)[\w-]+")
_ABOUT_ORDER: Final = re.compile(
    r'Failed to wait for order resource "[^"]*" to become ready: order is in "\w*" state: '
)
_ABOUT_CHALLENGE: Final = re.compile(
    r'(?:^|; )(?:Waiting for )?Challenge "(?P<challenge>[^"]*)" for "(?P<name>[^"]*)"(?: failed)?: '
)


def troubles(chain: Chain) -> tuple[Told, ...]:
    """All that is told; nothing of an Order that is valid, or of an attempt that is over because
    another has begun. Without an Order, what the request or the Certificate repeats of it."""
    order = chain.order
    if is_given_up(chain):
        return ()
    if order is None:
        return tuple(_before(chain))
    if order.status.state == states.VALID:
        return ()
    ended = order.status.state in states.FAILED
    failed = [one for one in chain.challenges if _failed(one)]
    waiting = [one for one in chain.challenges if not ended and _waits(one)]
    told = [*_each(chain, failed, failed=True), *_each(chain, waiting, failed=False)]
    if order.status.reason or ended:
        told.insert(len(failed) if ended else len(told), about_order(chain, order))
    return tuple(told)


def about_order(chain: Chain, order: Order) -> Told:
    """The Order's reason; where it repeats a Challenge's, that one."""
    status = order.status
    names = (*order.spec.dns_names, *order.spec.ip_addresses)
    name = names[0] if names else order.metadata.name
    more = f" and {counted(names[1:])}" if len(names) > 1 else ""
    ended = status.state in states.FAILED
    return repeated(
        Told(
            chain=chain,
            on=ref(order),
            text=without_secrets(chain, status.reason),
            name=f"{name}{more}",
            state=status.state,
            diagnosis=status.diagnosis,
            failed=ended,
            since=(status.failure_time if ended else None) or order.metadata.creation_timestamp,
        )
    )


def about_challenge(chain: Chain, challenge: Challenge, *, failed: bool = False) -> Told:
    """The Challenge's reason."""
    status = challenge.status
    began = status.presented_at or challenge.metadata.creation_timestamp
    ended = chain.order.status.failure_time if chain.order is not None else None
    return Told(
        chain=chain,
        on=ref(challenge),
        text=without_secrets(chain, status.reason),
        name=name_of(challenge),
        kind=challenge.spec.type,
        state=status.state,
        challenge=challenge,
        diagnosis=status.diagnosis,
        failed=failed,
        since=(ended or began) if failed else began,
    )


def repeated(told: Told) -> Told:
    """The first Challenge's reason where the text repeats those of Challenges."""
    found = _ABOUT_CHALLENGE.match(told.text)
    if found is None:
        return told
    rest = told.text[found.end() :]
    following = _ABOUT_CHALLENGE.search(rest)
    text = rest[: following.start()] if following is not None else rest
    challenge = next(
        (one for one in told.chain.challenges if one.metadata.name == found["challenge"]), None
    )
    kind = next((one for one in (DNS01, HTTP01) if one in text), "")
    if challenge is not None:
        kind = challenge.spec.type
    return replace(told, text=text, name=found["name"], kind=kind, challenge=challenge)


def name_of(challenge: Challenge) -> str:
    """The name that a Challenge is for, as it stands in the certificate."""
    return f"*.{challenge.spec.dns_name}" if challenge.spec.wildcard else challenge.spec.dns_name


def without_secrets(chain: Chain, text: str) -> str:
    """The text on one line, without the tokens and key authorizations of the chain, nor whatever
    stands where a URL has a token."""
    line = " ".join(text.split())
    for secret in secrets_in(chain):
        line = line.replace(secret, "…")
    return _TOKEN.sub(r"\1…", line)


def _failed(challenge: Challenge) -> bool:
    follows = challenge.status.reason.startswith(_FOLLOWS)
    return challenge.status.state in states.FAILED and not follows


def _waits(challenge: Challenge) -> bool:
    return challenge.status.state not in states.FINAL and bool(challenge.status.reason)


def _each(chain: Chain, challenges: Sequence[Challenge], *, failed: bool) -> Iterator[Told]:
    names = tuple(dict.fromkeys(map(name_of, challenges)))
    for one in challenges:
        others = tuple(name for name in names if name != name_of(one))
        yield replace(about_challenge(chain, one, failed=failed), others=others)


def _before(chain: Chain) -> Iterator[Told]:
    """What the request, or else the Certificate, repeats of an Order that is not there."""
    request, certificate = chain.request, chain.certificate
    obj = request or certificate
    if obj is None:
        return
    condition = find(obj.status.conditions, READY if obj is request else ISSUING)
    text = without_secrets(chain, condition.message) if condition is not None else ""
    found = _ABOUT_ORDER.search(text)
    if found is None or condition is None:
        return
    names = certificate.spec.dns_names if certificate is not None else ()
    yield repeated(
        Told(
            chain=chain,
            on=ref(obj),
            text=text[found.end() :],
            name=names[0] if names else obj.metadata.name,
            failed=True,
            since=condition.last_transition_time,
        )
    )

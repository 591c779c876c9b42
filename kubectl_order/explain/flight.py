"""An issuance on its way: at which step it is, and whether that takes too long. Pure.

Speaks where no other rule does, so what it finds is nobody's fault that is told anywhere.
"""

import re
from datetime import datetime, timedelta
from typing import Final

import msgspec

from kubectl_order.explain.about import (
    conditions,
    has_ended,
    is_given_up,
    is_issuing,
    is_outdated,
    is_ready,
    ref,
    said,
    shown,
    subject,
)
from kubectl_order.explain.controller import where
from kubectl_order.explain.words import SHORT, counted, distance, lasting, one_line, sentence
from kubectl_order.facts import Chain, Leader
from kubectl_order.finding import Actor, Finding, Ref, Standing, plugin
from orderapi import states
from orderapi.certificaterequest import CertificateRequest
from orderapi.conditions import find
from orderapi.meta import Object
from orderapi.names import READY
from orderapi.order import Order

USUAL: Final = timedelta(minutes=15)
"""How long one step may take before somebody should look."""

SOON: Final = timedelta(minutes=1)
"""How long a new object may wait for its controller."""

SHORTLY: Final = timedelta(seconds=30)
"""How long the making of an Order may take."""

_WAITS_FOR: Final = re.compile(
    r'Waiting on certificate issuance from order [^/\s"]{1,63}/(?P<order>[^:\s"]{1,253}):'
)


class _Step(msgspec.Struct, frozen=True):
    """Where it is: a sentence without its period, since when, and who is slow if it is slow."""

    on: Ref
    told: str
    since: datetime | None
    slow: Actor = Actor.ADMIN


def new_attempt(chain: Chain) -> Finding | None:
    """A new attempt has begun; what is left of the last one says nothing about it."""
    certificate = chain.certificate
    if certificate is None or not is_given_up(chain):
        return None
    return _moving(chain, _key_step(chain))


def not_yet_started(chain: Chain) -> Finding | None:
    """No controller has looked at the object, or at the change of its spec."""
    certificate, head = chain.certificate, chain.certificate or chain.request or chain.order
    if head is None:
        return _waits(chain, subject(chain), "Nothing of it is there to be looked at", None)
    if is_ready(certificate) or is_issuing(certificate):
        return None
    ready = find(conditions(certificate), READY)
    if certificate is not None and is_outdated(certificate, ready):
        told = f'The spec of Certificate "{certificate.metadata.name}" was changed, and has not '
        return _waits(chain, ref(certificate), f"{told}been looked at by the controller yet", None)
    if _has_status(head):
        return None
    told = f"{shown(ref(head))} has not been looked at by the controller yet"
    return _waits(chain, ref(head), told, head.metadata.creation_timestamp)


def order_not_made(chain: Chain) -> Finding | None:
    """The request tells of an Order that is not there, and of nothing that was refused."""
    request, told = chain.request, said(chain.request)
    if request is None or told is None or chain.order is not None or has_ended(request):
        return None
    found = _WAITS_FOR.match(told.text)
    since = told.since or request.metadata.creation_timestamp
    if found is None or since is None or chain.now - since < SHORTLY:
        return None
    if any("order" in each.lower() for each in chain.unread):
        return None
    return Finding(
        cause="order-not-made",
        on=told.on,
        headline=(
            f'Order "{found["order"]}" was to be made {distance(since, chain.now)}, and does not '
            f"exist: the controller could not make it, or somebody deleted it"
        ),
        evidence=(f'{told.on.kind} "{told.on.name}" says: {sentence(told.text)}',),
        since=since,
        who=Actor.ADMIN,
        fix=(
            "See in the controller's log what the API server answers: most often an admission "
            "webhook for Orders cannot be reached. It is tried again by itself."
        ),
        command="kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations",
        standing=Standing.WAITING,
    )


def in_flight(chain: Chain) -> Finding | None:
    """Something is under way."""
    step = _step(chain)
    return _moving(chain, step) if step is not None else None


def _step(chain: Chain) -> _Step | None:
    order, request = chain.order, chain.request
    if order is not None and order.status.state not in states.FINAL:
        return _order_step(chain, order)
    if request is not None and not has_ended(request):
        return _request_step(order, request)
    if is_issuing(chain.certificate):
        return _secret_step(chain) if _is_issued(request) else _key_step(chain)
    if order is not None and request is None and not order.status.certificate:
        return _order_step(chain, order) if order.status.state == states.VALID else None
    return None


def _is_issued(request: CertificateRequest | None) -> bool:
    ready = find(conditions(request), READY)
    return ready is not None and ready.status == "True"


def _order_step(chain: Chain, order: Order) -> _Step:
    at, status = ref(order), order.status
    name, since = f'Order "{at.name}"', order.metadata.creation_timestamp
    match status.state:
        case states.UNKNOWN if not status.url:
            return _Step(at, f"{name} is being placed at the CA", since)
        case states.READY:
            return _Step(
                at, f"All names of {name} are authorized, and it is being finalized", since
            )
        case states.PROCESSING:
            told = f"The CA is making the certificate of {name}"
            return _Step(at, told, since, Actor.CA)
        case states.VALID:
            return _Step(at, f"The certificate of {name} is being fetched from the CA", since)
    return _challenges_step(chain, order)


def _challenges_step(chain: Chain, order: Order) -> _Step:
    at, since = ref(order), order.metadata.creation_timestamp
    name = f'Order "{at.name}"'
    opened = [one for one in order.status.authorizations if one.initial_state != states.VALID]
    number = max(len(opened), len(chain.challenges))
    if not chain.challenges:
        told = "its challenges are being made" if number else "the CA is asked for its challenges"
        return _Step(at, f"{name} is placed at the CA, and {told}", since)
    done = sum(one.status.state == states.VALID for one in chain.challenges)
    verb = "is" if 1 in (done, number) else "are"
    told = f"{done} of {counted(number, 'challenge')} of {name} {verb} done"
    return _Step(at, f"{told}{_first_open(chain)}", since)


def _first_open(chain: Chain) -> str:
    """What the first challenge that is not done is at: one that is not published goes first."""
    opened = [one for one in chain.challenges if one.status.state not in states.FINAL]
    one = min(opened, key=lambda each: bool(each.status.presented), default=None)
    if one is None:
        return ""
    is_at = "published, and looked for" if one.status.presented else "about to be published"
    return f"; the answer for {one_line(one.spec.dns_name, SHORT)} is {is_at}"


def _request_step(order: Order | None, request: CertificateRequest) -> _Step:
    at, since = ref(request), request.metadata.creation_timestamp
    name = f'CertificateRequest "{at.name}"'
    if order is None:
        return _Step(at, f"{name} is there, and its Order is being made", since)
    return _Step(at, f"{name} is being given the certificate of its Order", since)


def _secret_step(chain: Chain) -> _Step:
    at = subject(chain)
    name = chain.certificate.spec.secret_name if chain.certificate is not None else ""
    return _Step(at, f'The certificate is issued, and Secret "{name}" is being written', None)


def _key_step(chain: Chain) -> _Step:
    at = subject(chain)
    issuing = find(conditions(chain.certificate), "Issuing")
    since = issuing.last_transition_time if issuing is not None else None
    told = f'{at.kind} "{at.name}" is being issued: its private key and its request are being made'
    return _Step(at, told, since)


def _moving(chain: Chain, step: _Step) -> Finding:
    took = chain.now - step.since if step.since is not None else timedelta()
    head = subject(chain)
    if took <= USUAL:
        return Finding(
            cause="in-flight",
            on=step.on,
            headline=step.told,
            since=step.since,
            who=Actor.NOBODY,
            fix="Wait; it goes on by itself.",
            command=plugin("watch", head),
            standing=Standing.MOVING,
        )
    return Finding(
        cause="in-flight",
        on=step.on,
        headline=f"{step.told}, for {lasting(took)}, and nothing tells why that takes so long",
        since=step.since,
        who=step.slow,
        fix="Look at its events and at what the CA, DNS and the router say from here.",
        command=plugin("why", head, "--live"),
        standing=Standing.WAITING,
    )


def _waits(chain: Chain, at: Ref, told: str, created: datetime | None) -> Finding:
    late = created is not None and chain.now - created > SOON
    evidence = []
    if created is not None:
        evidence.append(f"It was made {distance(created, chain.now)}.")
    if late and isinstance(chain.leader, Leader):
        evidence.append(f'The controller in namespace "{chain.leader.namespace}" leads.')
    return Finding(
        cause="not-yet-started",
        on=at,
        headline=told,
        evidence=tuple(evidence),
        since=created,
        who=Actor.ADMIN if late else Actor.NOBODY,
        fix="Look whether the controller runs, and whether it serves this namespace."
        if late
        else "Wait; the controller looks at it by itself.",
        command=where(chain) if late else plugin("watch", at),
        standing=Standing.WAITING if late else Standing.MOVING,
    )


def _has_status(obj: Object) -> bool:
    """Whether anything was written about the object by its controller."""
    if isinstance(obj, Order):
        return bool(obj.status.state or obj.status.url or obj.status.reason)
    return bool(getattr(obj, "status").conditions)  # noqa: B009


NEW: Final = (new_attempt,)
RULES: Final = (not_yet_started, order_not_made, in_flight)

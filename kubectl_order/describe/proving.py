"""The names of an Order and their Challenges: what is published where, and what became of it. Pure.

A value is told only where it is asked for; then the record of HTTP-01 ends with the token, without
which nobody could publish by hand.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec.structs import replace

from kubectl_order import solving
from kubectl_order.describe import states
from kubectl_order.explain.about import ref
from kubectl_order.facts import Chain
from kubectl_order.finding import Ref
from kubectl_order.report import Identifier, Problem, Proof, Solver
from orderapi.challenge import DNS01, Challenge
from orderapi.meta import controller_of
from orderapi.names import CHALLENGE_PATH
from orderapi.order import Authorization, Order
from orderapi.states import FINAL

_SEEN: Final = tuple(
    re.compile(pattern, re.DOTALL)
    for pattern in (
        r"\AWaiting for \S+ challenge propagation: (.+)\Z",
        r"\AWhether the \S+ answer can be seen cannot be told from here; .*?all the same\. (.+)\Z",
        r"\bOur own \S+ check (?:had found the answer|had not found the answer|could not tell): "
        r"(.+)\Z",
    )
)
"""How our controller and cert-manager tell what the self-check saw; the last in a failure."""


def identifiers(chain: Chain) -> tuple[Identifier, ...]:
    """One for each name of the Order that the CA has an authorization for."""
    return tuple(_identifiers(chain)) if chain.order is not None else ()


def proofs(chain: Chain) -> tuple[Proof, ...]:
    """One for each Challenge."""
    return tuple(_proof(chain, challenge) for challenge in chain.challenges)


def with_values(found: Sequence[Proof], chain: Chain) -> tuple[Proof, ...]:
    """The same with what is to be published, for whoever does it by hand. It is told for Challenges
    that are still open alone: for the others it is of no use."""
    challenges = {challenge.metadata.name: challenge for challenge in chain.challenges}
    return tuple(_with_value(proof, challenges.get(proof.ref.name)) for proof in found)


def record(challenge: Challenge, *, token: bool = False) -> str:
    """The name of the TXT record, or the URL that the CA asks for, with its token or without."""
    spec = challenge.spec
    if spec.type == DNS01:
        return f"_acme-challenge.{spec.dns_name}"
    host = f"[{spec.dns_name}]" if ":" in spec.dns_name else spec.dns_name
    return f"http://{host}{CHALLENGE_PATH}{spec.token if token else ''}"


def seen_in(reason: str) -> str:
    """What the self-check saw, as far as a reason tells it."""
    found = (pattern.search(reason) for pattern in _SEEN)
    return next((match.group(1) for match in found if match is not None), "")


def _with_value(proof: Proof, challenge: Challenge | None) -> Proof:
    if challenge is None or challenge.status.state in FINAL:
        return proof
    return replace(proof, record=record(challenge, token=True), value=challenge.spec.key)


def _identifiers(chain: Chain) -> Iterator[Identifier]:
    assert chain.order is not None  # noqa: S101 (told by who calls)
    told = chain.order.status.authorizations
    for authorization in told:
        yield _identifier(chain, authorization, _challenge_of(chain, authorization))
    urls = {authorization.url for authorization in told}
    for challenge in chain.challenges:
        if challenge.spec.authorization_url not in urls and not _named(told, challenge):
            yield _identifier(chain, None, challenge)


def _identifier(
    chain: Chain, authorization: Authorization | None, challenge: Challenge | None
) -> Identifier:
    if challenge is None:
        return _without_challenge(chain.order, authorization)
    status = challenge.status
    return Identifier(
        name=challenge.spec.dns_name,
        wildcard=bool(challenge.spec.wildcard),
        authorization=challenge.spec.authorization_url,
        challenge=ref(challenge),
        type=challenge.spec.type,
        state=status.state or states.NEW,
        solver=_solver(chain, challenge),
        record=record(challenge),
        value=None,
        presented=status.presented_at if status.presented else None,
        seen=seen_in(status.reason),
        reason=states.of_acme(challenge)[1],
        problem=_problem(challenge),
        next_retry=status.diagnosis.next_retry_time if status.diagnosis else None,
    )


def _without_challenge(order: Order | None, authorization: Authorization | None) -> Identifier:
    """A name that needs no Challenge, or has none yet, or has none any more."""
    state = authorization.initial_state if authorization is not None else ""
    if order is not None and order.status.state == "valid":
        state = "valid"  # else the order could not be
    return Identifier(
        name=(authorization.identifier or "") if authorization is not None else "",
        wildcard=bool(authorization is not None and authorization.wildcard),
        authorization=authorization.url if authorization is not None else "",
        challenge=None,
        type=None,
        state=state or states.NEW,
        solver=None,
        record=None,
        value=None,
        presented=None,
        seen="",
        reason="",
        problem=None,
        next_retry=None,
    )


def _proof(chain: Chain, challenge: Challenge) -> Proof:
    status = challenge.status
    owner = controller_of(challenge)
    namespace = challenge.metadata.namespace or chain.namespace
    return Proof(
        ref=ref(challenge),
        order=Ref(kind="Order", name=owner.name, namespace=namespace) if owner else None,
        name=challenge.spec.dns_name,
        wildcard=bool(challenge.spec.wildcard),
        type=challenge.spec.type,
        state=status.state or states.NEW,
        solver=_solver(chain, challenge),
        record_type="TXT" if challenge.spec.type == DNS01 else "URL",
        record=record(challenge),
        value=None,
        presented=status.presented_at if status.presented else None,
        seen=seen_in(status.reason),
        reason=states.of_acme(challenge)[1],
        problem=_problem(challenge),
        next_retry=status.diagnosis.next_retry_time if status.diagnosis else None,
        created=challenge.metadata.creation_timestamp,
    )


def _solver(chain: Chain, challenge: Challenge) -> Solver | None:
    return solving.solver_of(chain, challenge)


def _problem(challenge: Challenge) -> Problem | None:
    return solving.problem_in(challenge.status.reason)


def _challenge_of(chain: Chain, authorization: Authorization) -> Challenge | None:
    """By its URL and its name; where no Challenge has both, by either."""

    def fit(one: Challenge) -> int:
        is_its = one.spec.authorization_url == authorization.url
        return 2 * is_its + _named((authorization,), one)

    return max(filter(fit, chain.challenges), key=fit, default=None)


def _named(authorizations: tuple[Authorization, ...], challenge: Challenge) -> bool:
    spec = challenge.spec
    return any(
        (one.identifier, bool(one.wildcard)) == (spec.dns_name, bool(spec.wildcard))
        for one in authorizations
    )

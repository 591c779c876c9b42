"""What holds for every Order that can be observed."""

from datetime import timedelta
from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from controller.acme.problem import Misconfigured, Problem, Unreachable, Violation
from controller.orders.actions import (
    Action,
    CreateChallenges,
    Explain,
    Fail,
    Finalize,
    Record,
    RemoveChallenges,
    Rest,
    Submit,
    Wait,
)
from controller.orders.decide import decide
from controller.orders.observed import Knowledge, Observed, Step
from controller.reasons import LONGEST
from orderapi import states
from orderapi.order import Order
from tests.controller.orders.build import (
    CERTIFICATE_URL,
    DNS_SOLVER,
    HTTP_SOLVER,
    NOW,
    SECOND,
    URL,
    a_challenge,
    a_sighting,
    a_trouble,
    an_issuer,
    an_order,
    authorization,
    placed,
    selecting,
    shown_authorization,
)

NAMES = 2
moments = st.integers(-3600, 3600).map(lambda seconds: NOW + seconds * SECOND)
kinds = st.sampled_from(["dns", "malformed", "rateLimited", "orderNotReady", "caa", "x", ""])
problems = st.builds(
    Problem,
    status=st.sampled_from([0, 400, 403, 404, 429, 500, 503]),
    kind=kinds,
    detail=st.text(max_size=8) | st.just("x" * 1000),
    retry_at=st.none() | moments,
)
failures = st.one_of(
    problems,
    st.builds(Unreachable, st.text(max_size=8)),
    st.builds(Violation, st.text(max_size=8)),
    st.builds(Misconfigured, st.text(max_size=8), kind=kinds),
)
state_names = st.sampled_from(["", *states.ALL])
reasons = st.sampled_from(["", "as before", "y" * 4000])


@st.composite
def orders(draw: st.DrawFn) -> Order:
    deleting = draw(st.booleans())
    status = {"state": draw(state_names), "reason": draw(reasons)}
    if draw(st.booleans()):
        return an_order(names_=NAMES, deleting=deleting, **status)
    whole = tuple(authorization(i, state=draw(state_names)) for i in range(NAMES))
    order = placed(
        names_=NAMES,
        authorizations=draw(st.sampled_from([whole, whole[:1], ()])),
        certificate=draw(st.sampled_from([b"", b"pem"])),
        **status,
    )
    return order if not deleting else an_order(names_=NAMES, deleting=True, url=URL)


@st.composite
def observations(draw: st.DrawFn) -> Observed:
    order = draw(orders())
    challenges = tuple(
        a_challenge(
            order,
            index,
            deleting=draw(st.booleans()),
            made=draw(moments),
            solver=draw(st.sampled_from([DNS_SOLVER, selecting(DNS_SOLVER, "old.example.com")])),
            uid=f"{index}-{number}",
            state=draw(state_names),
            reason=draw(reasons),
        )
        for index in range(len(order.status.authorizations))
        for number in range(draw(st.integers(0, 2)))
    )
    sighting = a_sighting(
        draw(st.sampled_from(["pending", "ready", "processing", "valid", "invalid", "odd"])),
        at=draw(moments),
        since=NOW - timedelta(hours=draw(st.integers(1, 100))),
        polls=draw(st.integers(0, 50)),
        names_=draw(st.integers(0, NAMES)),
        certificate=draw(st.sampled_from(["", CERTIFICATE_URL])),
        expires=draw(st.none() | moments),
        error=draw(st.none() | problems),
        retry_at=draw(st.none() | moments),
    )
    trouble = a_trouble(
        draw(st.sampled_from(get_args(Step))),
        draw(failures),
        attempts=draw(st.integers(1, 9)),
        at=draw(moments),
    )
    read = {
        f"https://ca.example/authz/{index}": shown_authorization(
            index,
            draw(st.sampled_from(["pending", "valid", "invalid", "revoked"])),
            error=draw(st.none() | problems),
        )
        for index in range(draw(st.integers(0, NAMES)))
    }
    issuer = an_issuer(draw(st.sampled_from([DNS_SOLVER, HTTP_SOLVER])), version="2")
    return Observed(
        order=order,
        now=draw(moments),
        issuer=draw(st.sampled_from([None, issuer])),
        challenges=challenges,
        knowledge=Knowledge(
            sighting=draw(st.sampled_from([None, sighting])),
            authorizations=read,
            authorizations_at=draw(st.none() | moments),
            trouble=draw(st.sampled_from([None, trouble])),
        ),
    )


@settings(max_examples=500)
@given(observations())
def test_the_laws(seen: Observed) -> None:
    action = decide(seen)
    status = seen.order.status
    if seen.order.metadata.deletion_timestamp is not None:
        assert action == Rest(), "a deleting Order is left alone"
    if status.state in states.FAILED:
        assert action == Rest(), "a failed Order is never tried again"
    no_failure_without_a_reason(action)
    nothing_outside_in_the_wrong_order(seen, action)
    no_needless_write_and_no_busy_wait(seen, action)


def no_failure_without_a_reason(action: Action) -> None:
    match action:
        case Fail(state=state, reason=reason, cause=cause):
            assert state in states.FAILED
            assert reason.strip()
            assert cause
            assert len(reason.encode()) <= LONGEST
        case Explain(state=state):
            assert state not in states.FAILED


def nothing_outside_in_the_wrong_order(seen: Observed, action: Action) -> None:
    status, sighting = seen.order.status, seen.sighting
    match action:
        case Submit():
            assert not status.url, "an order is never placed twice"
            assert sighting is None, "what was placed is recorded first"
        case Record(url=url):
            assert status.url in ("", url), "the URL is written once"
        case Finalize():
            assert status.url, "the URL is recorded before the order is finalized"
            assert sighting is not None
            assert sighting.order.status == "ready", "the CA has all authorizations valid"
        case CreateChallenges(planned):
            assert status.url, "the URL is recorded before Challenges are made"
            assert all(plan.authorization.initial_state != "valid" for plan in planned)
            assert len({plan.name for plan in planned}) == len(planned)
        case RemoveChallenges(challenges):
            assert challenges
            assert all(one.metadata.deletion_timestamp is None for one in challenges)


def no_needless_write_and_no_busy_wait(seen: Observed, action: Action) -> None:
    status = seen.order.status
    match action:
        case Explain(reason=reason, state=state):
            assert (reason, state) != (status.reason, status.state)
            assert state != "valid" or status.state == "valid"
        case Wait(until):
            assert until is None or until > seen.now

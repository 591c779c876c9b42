"""What holds for every Challenge that can be observed."""

from datetime import timedelta
from typing import get_args

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.acme.problem import Misconfigured, Problem, Unreachable
from controller.challenges.actions import (
    Action,
    Answer,
    Check,
    CleanUp,
    Explain,
    Present,
    ReadAuthorization,
    Record,
    Release,
    Rest,
    Settle,
    Wait,
)
from controller.challenges.decide import decide
from controller.challenges.observed import Checked, Knowledge, Observed, Step
from controller.challenges.unwind import FINALIZERS
from controller.derived import strangeness
from controller.reasons import LONGEST
from controller.solvers.errors import BadCredentials, UpdateRefused
from controller.solvers.fingerprint import fingerprint
from orderapi import states
from orderapi.challenge import Challenge
from tests.controller.challenges.build import (
    FINGERPRINT,
    ORDER,
    a_sighting,
    a_trouble,
    checked,
    clean_ups,
    found,
)
from tests.controller.orders.build import (
    DNS_SOLVER,
    HTTP_SOLVER,
    NOW,
    SECOND,
    a_challenge,
    an_issuer,
    an_order,
    placed,
    selecting,
)

moments = st.integers(-3600, 3600).map(lambda seconds: NOW + seconds * SECOND)
problems = st.builds(
    Problem,
    status=st.sampled_from([0, 400, 403, 404, 429, 500]),
    kind=st.sampled_from(["dns", "malformed", "rateLimited", "caa", ""]),
    detail=st.sampled_from(["", "no", "x" * 1000]),
    retry_at=st.none() | moments,
)
failures = st.one_of(
    problems,
    st.builds(Unreachable, st.just("down")),
    st.builds(Misconfigured, st.just("bad")),
    st.builds(BadCredentials, st.just("no Secret.")),
    st.builds(UpdateRefused, st.just("REFUSED.")),
)
flags = st.booleans()
counts = st.integers(1, 3)
HTTP = msgspec.structs.replace(a_challenge(ORDER, solver=HTTP_SOLVER).spec, type="HTTP-01")
state_names = st.sampled_from(["", *states.ALL])
orders = st.sampled_from(
    [
        None,
        ORDER,
        placed(names_=0),
        an_order(deleting=True),
        placed(state="valid", certificate=b"pem"),
        placed(state="errored", reason="no"),
    ]
)
ISSUERS = [
    an_issuer(),
    an_issuer(selecting(DNS_SOLVER, "x"), HTTP_SOLVER),
    an_issuer(DNS_SOLVER, HTTP_SOLVER),
]


looks = st.one_of(
    st.builds(checked, at=moments),
    st.builds(found, at=moments),
    st.builds(Checked, passed=st.just(True), evidence=st.just("200"), at=moments, in_row=counts),
    st.builds(Checked, passed=st.just(False), evidence=st.just(""), at=moments, unknown=flags),
)


@st.composite
def challenges(draw: st.DrawFn) -> Challenge:
    solver = draw(st.sampled_from([DNS_SOLVER, DNS_SOLVER, HTTP_SOLVER]))
    challenge = a_challenge(
        ORDER,
        solver=solver,
        deleting=draw(st.booleans()),
        made=draw(moments),
        state=draw(state_names),
        reason=draw(st.sampled_from(["", "as before"])),
        presented=draw(st.sampled_from([None, True, False])),
        presented_at=draw(st.none() | moments),
        presented_solver=draw(st.sampled_from([None, FINGERPRINT, fingerprint(HTTP), "other"])),
        processing=draw(st.booleans()),
    )
    if draw(st.booleans()):
        url = "https://ca.example/challenge/0/http-01"
        spec = msgspec.structs.replace(challenge.spec, type="HTTP-01", url=url)
        challenge = msgspec.structs.replace(challenge, spec=spec)
    if draw(st.booleans()):
        meta = msgspec.structs.replace(challenge.metadata, finalizers=())
        challenge = msgspec.structs.replace(challenge, metadata=meta)
    return challenge


@st.composite
def knowledge(draw: st.DrawFn) -> Knowledge:
    sighting = a_sighting(
        draw(st.sampled_from(["pending", "valid", "invalid", "expired", "odd"])),
        own=draw(st.sampled_from(["", "processing", "invalid"])),
        at=draw(moments),
        polls=draw(st.integers(1, 50)),
        error=draw(st.none() | problems),
        retry_at=draw(st.none() | moments),
    )
    trouble = a_trouble(
        draw(st.sampled_from(get_args(Step))),
        draw(failures),
        attempts=draw(st.integers(1, 9)),
        at=draw(moments),
    )
    tried = clean_ups(draw(st.integers(1, 12)), last_at=draw(moments), hopeless=draw(st.booleans()))
    return Knowledge(
        tried_to_present=draw(st.booleans()),
        presented_at=draw(st.none() | moments),
        knows_answered=draw(st.booleans()),
        answered_at=draw(st.none() | moments),
        sighting=draw(st.sampled_from([None, sighting])),
        checked=draw(st.none() | looks),
        trouble=draw(st.sampled_from([None, trouble])),
        clean_ups=draw(st.sampled_from([None, tried])),
        cleaned=draw(st.booleans()),
        namespace_terminating=draw(st.booleans()),
        explained_at=draw(st.none() | moments),
    )


@st.composite
def observations(draw: st.DrawFn) -> Observed:
    now = draw(moments)
    return Observed(
        challenge=draw(challenges()),
        now=now,
        began=now - timedelta(seconds=draw(st.integers(0, 60))),
        order=draw(orders),
        issuer=draw(st.sampled_from([None, *ISSUERS])),
        slot_free=draw(st.booleans()),
        credentials_held=draw(st.booleans()),
        standing=draw(st.booleans()),
        knowledge=draw(knowledge()),
    )


@settings(max_examples=1000)
@given(observations())
def test_the_laws(seen: Observed) -> None:
    action = decide(seen)
    challenge = seen.challenge
    leaving = challenge.metadata.deletion_timestamp is not None
    if leaving or challenge.status.state in states.FINAL:
        assert isinstance(action, Rest | Wait | CleanUp | Release), "nothing but unwinding"
    else:
        assert not isinstance(action, CleanUp | Release), "nothing is undone before the end"
    credentials_are_used_for_what_is_ours(seen, action)
    steps_come_in_their_order(seen, action)
    no_end_without_a_reason(action)
    match action:
        case Wait(until):
            assert until is None or until > seen.now, "no busy wait"
        case Explain(reason=reason):
            assert reason != challenge.status.reason, "no needless write"


def credentials_are_used_for_what_is_ours(seen: Observed, action: Action) -> None:
    """A foreign or orphaned Challenge never touches a credential."""
    challenge, order = seen.challenge, seen.order
    if isinstance(action, Present | Check | Answer | ReadAuthorization | Record):
        assert order is not None
        assert strangeness(challenge, order) == ""
        assert seen.solver_is_the_issuers
    by_dns = challenge.spec.type == "DNS-01"
    if isinstance(action, CleanUp) and not seen.credentials_held and by_dns:
        assert seen.solver_is_the_issuers
        assert challenge.status.presented_solver in (None, fingerprint(challenge.spec))
        assert order is not None or challenge.status.presented_solver is not None


def steps_come_in_their_order(seen: Observed, action: Action) -> None:
    known = seen.knowledge
    match action:
        case Present():
            assert not seen.presented or not seen.standing
            assert seen.presented or seen.slot_free
        case Check() | Answer():
            assert seen.presented
            assert seen.recorded, "written before the CA is told"
            assert known.answered_at is None, "the CA is told once"
        case CleanUp():
            assert FINALIZERS & set(seen.challenge.metadata.finalizers)
    if isinstance(action, Answer) and not seen.challenge.spec.solver.wait_instead_of_self_check:
        assert known.checked is not None
        assert known.checked.passed or known.checked.unknown


def no_end_without_a_reason(action: Action) -> None:
    if isinstance(action, Settle):
        assert action.state in states.FINAL
        assert action.reason.strip()
        assert len(action.reason.encode()) <= LONGEST

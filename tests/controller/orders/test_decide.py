"""The life of an Order, state by state."""

import msgspec
import pytest

from controller.acme.messages import Identifier, NewOrder
from controller.acme.problem import Unreachable
from controller.orders.actions import (
    Action,
    CreateChallenges,
    Download,
    Explain,
    Finalize,
    Look,
    ReadAuthorizations,
    Record,
    RemoveChallenges,
    Rest,
    Submit,
    Wait,
)
from controller.orders.decide import decide
from controller.orders.observed import Observed
from orderapi import names, states
from orderapi.order import Order
from orderapi.solver import Http01, Ingress
from tests.controller.orders.build import (
    CERTIFICATE_URL,
    FINALIZE_URL,
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
    seen,
    selecting,
    shown_authorization,
)

NEW = Submit(NewOrder(identifiers=(Identifier("dns", "0.example.com"),)))
DOWN = Unreachable("POST ca.example: connection refused")
READ = {f"https://ca.example/authz/{i}": shown_authorization(i) for i in range(2)}
PROVED = placed(authorizations=(authorization(0, state=states.VALID),))
VALID_AUTHZ = {"https://ca.example/authz/0": shown_authorization(0, "valid")}


ROWS = [
    pytest.param(seen(an_order(deleting=True)), Rest(), id="deleting"),
    pytest.param(
        seen(an_order(state="errored", reason="no", url=URL)), Rest(), id="failed-for-good"
    ),
    pytest.param(seen(placed(state="valid", certificate=b"pem")), Rest(), id="done"),
    pytest.param(
        seen(placed(state="valid", certificate=b"pem"), a_challenge(placed())),
        RemoveChallenges((a_challenge(placed()),)),
        id="done-with-challenges",
    ),
    pytest.param(
        seen(placed(state="valid", certificate=b"pem"), a_challenge(placed(), deleting=True)),
        Rest(),
        id="done-and-challenges-are-leaving",
    ),
    pytest.param(seen(an_order()), NEW, id="new"),
    pytest.param(
        seen(an_order(), sighting=a_sighting()),
        ReadAuthorizations(("https://ca.example/authz/0",)),
        id="placed-and-authorizations-unread",
    ),
    pytest.param(
        seen(an_order(), sighting=a_sighting(), authorizations=READ),
        Record(URL, FINALIZE_URL, (authorization(0),), "pending"),
        id="placed-and-read-is-recorded",
    ),
    pytest.param(
        seen(an_order(), sighting=a_sighting(), trouble=a_trouble("authorizations", DOWN)),
        Record(URL, FINALIZE_URL, (), "pending"),
        id="placed-and-unreadable-is-recorded-at-once",
    ),
    pytest.param(
        seen(an_order(), sighting=a_sighting(), no_issuer=True),
        Record(URL, FINALIZE_URL, (), "pending"),
        id="placed-and-the-issuer-is-gone-is-recorded",
    ),
    pytest.param(
        seen(an_order(), sighting=a_sighting("ready"), authorizations=VALID_AUTHZ),
        Record(URL, FINALIZE_URL, (authorization(0, state="valid"),), "ready"),
        id="placed-and-proved-before",
    ),
    pytest.param(seen(an_order(url=URL)), Look(URL), id="recorded-without-authorizations"),
    pytest.param(
        seen(an_order(url=URL), sighting=a_sighting(polls=1)),
        ReadAuthorizations(("https://ca.example/authz/0",)),
        id="recorded-and-shown-again",
    ),
    pytest.param(
        seen(
            placed(authorizations=(authorization(0, identifier=None, state=""),)),
            sighting=a_sighting(polls=1),
            authorizations=READ,
        ),
        Record(URL, FINALIZE_URL, (authorization(0),), "pending"),
        id="recorded-by-another-controller-with-urls-alone",
    ),
    pytest.param(seen(PROVED, sighting=a_sighting("ready")), Finalize(FINALIZE_URL), id="ready"),
    pytest.param(seen(PROVED), Look(URL), id="proved-after-a-restart"),
    pytest.param(
        seen(PROVED, sighting=a_sighting("processing")),
        Wait(NOW + SECOND / 10),
        id="processing-own-pace",
    ),
    pytest.param(
        seen(PROVED, sighting=a_sighting("processing"), now=NOW + SECOND / 10),
        Look(URL),
        id="processing-due",
    ),
    pytest.param(
        seen(
            PROVED, sighting=a_sighting("processing", retry_at=NOW + 3 * SECOND), now=NOW + SECOND
        ),
        Wait(NOW + 3 * SECOND),
        id="processing-as-the-ca-asks",
    ),
    pytest.param(
        seen(PROVED, sighting=a_sighting("valid", certificate=CERTIFICATE_URL)),
        Download(CERTIFICATE_URL),
        id="valid",
    ),
    pytest.param(
        seen(PROVED, sighting=a_sighting("valid")), Wait(NOW + SECOND / 10), id="valid-without-url"
    ),
    pytest.param(
        seen(PROVED, sighting=a_sighting("a-status-of-tomorrow")),
        Wait(NOW + SECOND / 10),
        id="unknown-status-is-polled",
    ),
    pytest.param(
        seen(placed(), sighting=a_sighting("processing"), now=NOW + SECOND),
        Look(URL),
        id="proved-by-another-order-though-no-challenge-exists",
    ),
]


@pytest.mark.parametrize(("observed", "expected"), ROWS)
def test_the_way_through(observed: Observed, expected: Action) -> None:
    assert decide(observed) == expected


def planned(action: Action) -> list[tuple[str, str]]:
    assert isinstance(action, CreateChallenges)
    return [(plan.name, plan.offered.url) for plan in action.planned]


def test_challenges_are_made_for_what_is_not_proved() -> None:
    order = placed(
        names_=3,
        authorizations=(authorization(0), authorization(1, state="valid"), authorization(2)),
    )
    assert planned(decide(seen(order, sighting=a_sighting(names_=3)))) == [
        ("web-1-0", "https://ca.example/challenge/0/dns-01"),
        ("web-1-2", "https://ca.example/challenge/2/dns-01"),
    ]


def test_only_missing_challenges_are_made() -> None:
    order = placed(names_=2)
    action = decide(seen(order, a_challenge(order, 1), sighting=a_sighting(names_=2)))
    assert [name for name, _ in planned(action)] == ["web-1-0"]


def test_open_challenges_are_waited_for_until_they_are_slow() -> None:
    order = placed()
    child = a_challenge(order, processing=True, state="pending")
    assert decide(seen(order, child, sighting=a_sighting())) == Wait(NOW + 30 * SECOND)


def test_a_slow_challenge_shows_in_the_reason_of_its_order() -> None:
    order, late = placed(), NOW + 31 * SECOND
    reason = "Waiting for DNS-01 challenge propagation: ns1: no such name"
    child = a_challenge(order, state="pending", reason=reason)
    told = f'Waiting for Challenge "web-1-0" for "0.example.com": {reason}'
    action = decide(seen(order, child, sighting=a_sighting(), now=late))
    assert action == Explain(reason=told, state="pending", cause="challenge")
    again = placed(reason=told)
    assert decide(seen(again, child, sighting=a_sighting(), now=late)) == Wait(None)


def test_a_reason_goes_when_nothing_is_wrong_any_more() -> None:
    order = placed(reason="the CA is down")
    child = a_challenge(order, state="pending")
    action = decide(seen(order, child, sighting=a_sighting()))
    assert action == Explain(reason="", state="pending", cause="challenge", until=NOW + 30 * SECOND)


def test_proved_challenges_lead_on() -> None:
    order = placed()
    child = a_challenge(order, state="valid")
    later = NOW + 5 * SECOND
    assert decide(seen(order, child, sighting=a_sighting(), now=later)) == Look(URL)
    ready = a_sighting("ready", at=later, polls=1)
    assert decide(seen(order, child, sighting=ready, now=later)) == Finalize(FINALIZE_URL)


def test_a_challenge_with_a_solver_of_yesterday_is_made_anew() -> None:
    order, edited = placed(), an_issuer(selecting(HTTP_SOLVER, "x"), version="2")
    child = a_challenge(order, state="pending")
    action = decide(seen(order, child, issuer=edited, sighting=a_sighting()))
    assert action == RemoveChallenges((child,))
    leaving = a_challenge(order, deleting=True)
    waiting = decide(seen(order, leaving, sighting=a_sighting()))
    assert waiting == Wait(NOW + 30 * SECOND)


def test_an_ended_challenge_stays_whatever_the_issuer_says_now() -> None:
    order, edited = placed(), an_issuer(selecting(HTTP_SOLVER, "x"))
    child = a_challenge(order, state="valid")
    assert decide(seen(order, child, issuer=edited)) == Look(URL)


def test_what_the_order_did_not_make_is_removed() -> None:
    order = placed()
    good = a_challenge(order)
    spec = msgspec.structs.replace(good.spec, dns_name="bank.example.org")
    forged = msgspec.structs.replace(good, spec=spec)
    assert decide(seen(order, forged, sighting=a_sighting())) == RemoveChallenges((forged,))


@pytest.mark.parametrize("copy_first", [True, False])
@pytest.mark.parametrize("state", ["pending", "valid", "invalid"])
def test_a_copy_by_another_name_stands_in_for_nothing(state: str, *, copy_first: bool) -> None:
    """Whatever order a list has them in after a restart, and whatever the copy says of itself."""
    order = placed()
    real = a_challenge(order, state="pending")
    copy = a_challenge(order, uid="copy-uid", state=state)
    copy = msgspec.structs.replace(
        copy, metadata=msgspec.structs.replace(copy.metadata, name="copy")
    )
    both = (copy, real) if copy_first else (real, copy)
    assert decide(seen(order, *both, sighting=a_sighting())) == RemoveChallenges((copy,))
    assert decide(seen(order, copy, sighting=a_sighting())) == RemoveChallenges((copy,))


def explained(action: Action) -> Explain:
    assert isinstance(action, Explain)
    return action


def test_no_solver_says_what_to_do_and_an_edit_of_the_issuer_heals_it() -> None:
    nothing = an_issuer(selecting(HTTP_SOLVER, "other.example.com"))
    told = explained(decide(seen(placed(), issuer=nothing, sighting=a_sighting())))
    assert told.state == "pending"
    assert told.event == "Solver"
    assert "no solver can be used for 0.example.com" in told.reason
    assert 'Edit spec.acme.solvers of ClusterIssuer "acme"' in told.reason
    waiting = placed(reason=told.reason)
    assert decide(seen(waiting, issuer=nothing, sighting=a_sighting())) == Wait(None)
    assert isinstance(decide(seen(waiting, sighting=a_sighting())), CreateChallenges)


def test_an_http01_challenge_has_the_solver_as_the_order_s_annotations_change_it() -> None:
    order = annotated(placed(), **{names.HTTP01_OVERRIDE_INGRESS_CLASS_NAME: "internal"})
    action = decide(seen(order, issuer=an_issuer(HTTP_SOLVER), sighting=a_sighting()))
    assert isinstance(action, CreateChallenges)
    (planned,) = action.planned
    assert planned.type == "HTTP-01"
    assert planned.solver.http01 == Http01(ingress=Ingress(ingress_class_name="internal"))


def test_annotations_that_contradict_are_told() -> None:
    both = {
        names.HTTP01_OVERRIDE_INGRESS_CLASS_NAME: "internal",
        names.HTTP01_OVERRIDE_INGRESS_NAME: "web",
    }
    order = annotated(placed(), **both)
    told = explained(decide(seen(order, issuer=an_issuer(HTTP_SOLVER), sighting=a_sighting())))
    assert "the solver for 0.example.com cannot be used" in told.reason


def annotated(order: Order, **annotations: str) -> Order:
    """The Order with these annotations."""
    meta = msgspec.structs.replace(order.metadata, annotations=annotations)
    return msgspec.structs.replace(order, metadata=meta)


def test_a_missing_issuer_is_waited_for() -> None:
    told = explained(decide(seen(an_order(), no_issuer=True)))
    assert told.reason.startswith('ClusterIssuer "acme" does not exist')
    waiting = an_order(reason=told.reason)
    assert decide(seen(waiting, no_issuer=True)) == Wait(None)
    assert decide(seen(waiting)) == NEW

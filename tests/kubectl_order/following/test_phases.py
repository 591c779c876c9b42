from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_order.facts import Chain
from kubectl_order.following.phases import Ending, changes, ending, has_failed, present
from orderapi import names, states
from orderapi.certificate import Certificate, CertificateStatus
from orderapi.conditions import Condition
from tests.kubectl_order import build

READY = build.a_condition(names.READY, reason="Ready")
UNREADY = build.not_ready("DoesNotExist", "Issuing certificate as Secret does not exist")
ISSUING = build.a_condition(names.ISSUING, reason="DoesNotExist")
FAILED = build.a_condition(names.ISSUING, "False", "Failed", "it was refused")


def a_certificate(*conditions: Condition, **status: object) -> Certificate:
    return build.a_certificate(CertificateStatus(conditions=conditions, **status))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("certificate", "how"),
    [
        (a_certificate(), None),
        (a_certificate(UNREADY, ISSUING), None),
        (a_certificate(READY, ISSUING), None),
        (a_certificate(READY), Ending.DONE),
        (a_certificate(UNREADY, FAILED, last_failure_time=build.BEGUN), Ending.FAILED),
        (a_certificate(READY, FAILED, last_failure_time=build.BEGUN), Ending.FAILED),
        (a_certificate(UNREADY, FAILED, last_failure_time=build.ago(hours=1)), None),
        (a_certificate(UNREADY, FAILED), None),
        (a_certificate(build.a_condition(names.READY, generation=0)), None),
    ],
    ids=[
        "new",
        "first issuance",
        "renewal",
        "ready",
        "failed",
        "renewal failed, the old one is good",
        "held back after an earlier failure",
        "held back",
        "ready for an older spec",
    ],
)
def test_how_the_issuance_of_a_certificate_ended(
    certificate: Certificate, how: Ending | None
) -> None:
    assert ending(build.a_chain(certificate=certificate), certificate) is how
    assert has_failed(certificate) is (how is Ending.FAILED)


@pytest.mark.parametrize("state", [states.UNKNOWN, *states.ALL])
def test_how_an_order_ended(state: str) -> None:
    order = build.an_order(state)
    chain = build.a_chain(certificate=None, order=order)
    ended = {states.VALID: Ending.DONE} | dict.fromkeys(states.FAILED, Ending.FAILED)
    assert ending(chain, order) is ended.get(state)


@pytest.mark.parametrize(("revision", "how"), [(0, None), (1, Ending.DONE)])
def test_an_order_is_done_when_its_certificate_is_in_the_secret(
    revision: int, how: Ending | None
) -> None:
    order = build.an_order("valid")
    certificate = a_certificate(UNREADY, ISSUING, revision=revision)
    issued = build.a_condition(names.READY, "True", "Issued")
    chain = build.a_chain(certificate=certificate, request=build.a_request(issued), order=order)
    assert ending(chain, order) is how


def told(before: Chain, after: Chain) -> list[tuple[str, str | None, str]]:
    return [(str(each.ref), each.before, each.after) for each in changes(before, after)]


def test_changes_are_what_came_went_and_moved() -> None:
    before = build.an_ordered_chain()
    after = build.a_chain(
        certificate=build.a_certificate(build.ISSUED),
        order=build.an_order("valid"),
        secret=build.a_secret(),
        now=before.now + timedelta(seconds=4),
    )
    assert told(before, after) == [
        ("certificaterequest/web-1", "pending", "gone"),
        ("challenge/web-1-2233-0", "pending", "gone"),
        ("certificate/web", "issuing", "ready"),
        ("order/web-1-2233", "pending", "valid"),
        ("secret/web-tls", "absent", "present"),
    ]
    assert {each.time for each in changes(before, after)} == {after.now}


def test_a_new_reason_is_a_change_and_holds_no_token() -> None:
    before = build.an_ordered_chain(build.a_challenge())
    after = build.an_ordered_chain(build.a_challenge(reason=f"saw {build.KEY}"))
    (change,) = changes(before, after)
    assert (change.before, change.after) == ("pending", "pending")
    assert build.TOKEN not in change.reason


STATES = st.sampled_from([states.UNKNOWN, *states.ALL])


@given(state=STATES, other=STATES, challenge=STATES, reason=st.text(max_size=20))
def test_nothing_changes_between_a_look_and_itself_and_each_change_is_told_once(
    state: str, other: str, challenge: str, reason: str
) -> None:
    one = build.an_ordered_chain(build.a_challenge(challenge, reason), order=build.an_order(state))
    two = build.an_ordered_chain(order=build.an_order(other))
    assert changes(one, one) == ()
    found = [each.ref for each in changes(one, two)]
    assert len(found) == len(set(found))
    assert len(present(one)) == 5

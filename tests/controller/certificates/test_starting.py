"""How an issuance begins, and what keeps it from beginning: one row for each turn."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from controller.certificates.actions import (
    Prepare,
    RemoveKey,
    Rest,
    Told,
    Write,
)
from controller.certificates.decide import decide
from controller.certificates.observed import Absent, Observed
from controller.runtime.schedule import At, OnChange
from orderapi.conditions import find
from orderapi.references import IssuerRef
from tests.controller.certificates.build import (
    NOT_AFTER,
    NOW,
    RENEWAL,
    a_certificate,
    a_condition,
    a_next_key,
    a_request,
    a_spec,
    a_target,
    failed_status,
    issuing_case,
    issuing_status,
    made,
    ready_status,
    settled_case,
)
from tests.controller.certificates.deciding import (
    CHANGED,
    DNS,
    DOES_NOT_EXIST,
    DONE,
    FREE,
    KEY,
    REJECTED,
    SPENT,
    condition,
    fresh,
    kinds,
    told,
    written,
)


def test_a_new_certificate_starts_with_one_write() -> None:
    action = decide(fresh())
    status = written(action)
    assert kinds(status) == ["Ready", "Issuing"]
    assert told(condition(status, "Ready")) == ("False", "DoesNotExist", DOES_NOT_EXIST)
    assert told(condition(status, "Issuing")) == ("True", "DoesNotExist", DOES_NOT_EXIST)
    assert {each.observed_generation for each in status.conditions} == {1}
    assert (status.next_private_key_secret_name or "").startswith("web-")
    assert isinstance(action, Write)
    assert action.events == (Told("Normal", "Issuing", DOES_NOT_EXIST),)


def test_a_renewal_starts_and_ready_stays_true() -> None:
    status = written(decide(replace(settled_case(), now=RENEWAL)))
    assert condition(status, "Ready").status == "True"
    assert condition(status, "Issuing").reason == "Renewing"
    assert status.not_after == NOT_AFTER
    assert status.revision == 1


def test_a_changed_spec_starts_and_is_not_ready() -> None:
    spec = a_spec(dns_names=("example.com",))
    seen = replace(
        settled_case(),
        certificate=a_certificate(spec=spec, status=ready_status(), generation=2),
        current=made(a_request(key=KEY), spec),
    )
    status = written(decide(seen))
    assert told(condition(status, "Ready"))[:2] == ("False", "RequestChanged")
    assert condition(status, "Ready").observed_generation == 2


def test_issuing_set_by_a_client_is_taken_up() -> None:
    manual = a_condition(
        "Issuing", "True", "ManuallyTriggered", "Certificate re-issuance manually triggered"
    )
    seen = replace(settled_case(), certificate=a_certificate(status=ready_status(manual)))
    action = decide(seen)
    status = written(action)
    assert isinstance(action, Write)
    assert action.events == ()
    assert condition(status, "Ready").status == "True"
    assert told(condition(status, "Issuing")) == told(manual)
    assert status.next_private_key_secret_name


def test_issuing_set_by_a_client_ends_the_wait_after_a_failure() -> None:
    status = failed_status(REJECTED)
    waits = fresh(certificate=a_certificate(status=status))
    assert find(written(decide(waits)).conditions, "Issuing") == status.conditions[1]
    manual = a_condition("Issuing", "True", "ManuallyTriggered", "please")
    asked = msgspec.structs.replace(status, conditions=(status.conditions[0], manual))
    assert written(
        decide(fresh(certificate=a_certificate(status=asked)))
    ).next_private_key_secret_name


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(fresh(certificate=a_certificate(deleted=NOW)), id="new"),
        pytest.param(
            replace(
                issuing_case(),
                certificate=a_certificate(status=issuing_status(), deleted=NOW),
            ),
            id="issuing",
        ),
    ],
)
def test_what_is_being_deleted_is_left_alone(seen: Observed) -> None:
    assert decide(seen) == Rest(OnChange())


def test_the_loser_of_a_secret_is_told_and_never_issues() -> None:
    older = a_certificate(name="api", created=NOW - timedelta(days=99))
    for seen in (
        fresh(rivals=(older,)),
        replace(issuing_case(), rivals=(older,), target=Absent()),
        replace(issuing_case(DONE), rivals=(older,), target=Absent()),
    ):
        action = decide(seen)
        status = written(action)
        assert told(condition(status, "Ready"))[:2] == ("False", "DuplicateSecretName")
        assert 'Certificate "api"' in condition(status, "Ready").message
        assert status.next_private_key_secret_name is None
        assert isinstance(action, Write)
        assert [event.reason for event in action.events] == ["DuplicateSecretName"]
        again = replace(seen, certificate=a_certificate(status=status))
        assert decide(replace(again, next_keys=())) == Rest(OnChange())
        if seen.next_keys:
            assert decide(again) == RemoveKey(a_next_key())


def test_whom_the_secret_was_issued_for_stays_the_owner() -> None:
    older = a_certificate(name="api", created=NOW - timedelta(days=99))
    assert decide(replace(settled_case(), rivals=(older,))) == Rest(At(RENEWAL))


def test_a_secret_of_another_kind_is_left_alone_and_nothing_is_asked() -> None:
    token = a_target(
        type="kubernetes.io/service-account-token",
        data={"token": b"x"},
        labels={},
        issued_for=None,
        issuer=None,
    )
    seen = fresh(target=token)
    status = written(decide(seen))
    assert told(condition(status, "Ready"))[1] == "SecretNotAdopted"
    again = replace(seen, certificate=a_certificate(status=status))
    assert decide(again) == Rest(OnChange(), secret="web-tls")
    assert isinstance(decide(replace(again, target=Absent())), Write)


def test_an_obstacle_does_not_hide_what_failed_before() -> None:
    status = failed_status(DNS)
    seen = fresh(certificate=a_certificate(status=status), claim="the account key of an Issuer")
    held = written(decide(seen))
    assert condition(held, "Issuing") == condition(status, "Issuing")
    assert condition(held, "Ready").reason == "SecretNotAdopted"


def test_a_spec_that_cannot_be_met_is_told_in_whole() -> None:
    seen = fresh(faults=("spec.a: is bad", "spec.b: is worse"))
    action = decide(seen)
    status = written(action)
    assert told(condition(status, "Ready")) == (
        "False",
        "InvalidSpec",
        "No request can be made of this spec: spec.a: is bad; spec.b: is worse. Change the "
        "spec; nothing is tried before.",
    )
    assert isinstance(action, Write)
    assert [event.reason for event in action.events] == ["RequestFailed"]
    assert decide(replace(seen, certificate=a_certificate(status=status))) == Rest(OnChange())


def test_issuers_of_another_group_get_key_and_request_too() -> None:
    spec = msgspec.structs.replace(
        a_spec(), issuer_ref=IssuerRef(name="own", kind="Own", group="example.org")
    )
    certificate = a_certificate(spec=spec, status=issuing_status())
    action = decide(replace(issuing_case(keys=()), certificate=certificate, issuer=None))
    assert isinstance(action, Prepare)
    assert action.request.spec.issuer_ref == spec.issuer_ref
    assert "kubectl-order/issuer" not in action.request.metadata.annotations


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(fresh(), id="before-it-starts"),
        pytest.param(
            fresh(certificate=a_certificate(status=issuing_status(key_name=None))),
            id="client-asked",
        ),
        pytest.param(issuing_case(keys=()), id="before-the-key"),
        pytest.param(issuing_case(a_request(spec=CHANGED)), id="before-another-request"),
    ],
)
def test_a_spent_budget_waits_and_says_so(seen: Observed) -> None:
    seen = replace(seen, attempts=SPENT)
    status = written(decide(seen))
    assert "5 requests were made within an hour" in condition(status, "Ready").message
    assert "2026-11-24T09:10:00Z" in condition(status, "Ready").message
    again = replace(seen, certificate=a_certificate(status=status))
    assert decide(again) == Rest(At(FREE))
    free = replace(again, now=FREE, attempts=SPENT[1:])
    assert isinstance(decide(free), Write | Prepare | RemoveKey)

"""While a request is under way, and where it fails."""

from dataclasses import replace
from datetime import timedelta

import msgspec

from controller.certificates.actions import (
    IssueTemporary,
    RemoveKey,
    Rest,
    Told,
    Write,
)
from controller.certificates.decide import decide
from controller.certificates.observed import Absent
from controller.runtime.schedule import At, OnChange
from orderapi import names
from tests.controller.certificates.build import (
    NEXT_KEY,
    NOT_AFTER,
    NOW,
    RENEWAL,
    a_certificate,
    a_chain,
    a_condition,
    a_key,
    a_next_key,
    a_request,
    a_target,
    issued,
    issuing_case,
    issuing_status,
    made,
    pending,
    refused,
    unmeetable,
)
from tests.controller.certificates.deciding import (
    DNS,
    DOES_NOT_EXIST,
    KEY,
    NEXT,
    REJECTED,
    condition,
    failing,
    told,
    written,
)

TOMORROW = NOW + timedelta(days=1)


def test_a_request_on_its_usual_way_costs_no_write() -> None:
    usual = pending('Waiting on certificate issuance from order shop/web-77: "pending"')
    assert decide(issuing_case(a_request(status=usual))) == Rest(OnChange())


def test_what_keeps_a_request_is_told_once_and_taken_back() -> None:
    kept = pending('Referenced "Issuer" not found: letsencrypt')
    seen = issuing_case(a_request(status=kept))
    status = written(decide(seen))
    message = (
        f'{DOES_NOT_EXIST}. Waiting: CertificateRequest "web-1" says: Referenced "Issuer" not '
        f"found: letsencrypt"
    )
    assert told(condition(status, "Ready")) == ("False", "DoesNotExist", message)
    assert told(condition(status, "Issuing")) == ("True", "DoesNotExist", message)
    assert status.diagnosis is not None
    assert (
        status.diagnosis.message == 'CertificateRequest "web-1" says: ' + kept.conditions[0].message
    )

    again = replace(seen, certificate=a_certificate(status=status))
    assert decide(again) == Rest(OnChange())
    moving = replace(again, coming=(made(a_request()),))
    back = written(decide(moving))
    assert condition(back, "Issuing").message == DOES_NOT_EXIST
    assert condition(back, "Ready").message == DOES_NOT_EXIST


def test_while_a_renewal_waits_expiry_is_not_missed() -> None:
    certificate = a_certificate(status=issuing_status(ready=True))
    seen = replace(issuing_case(a_request(revision=2)), certificate=certificate)
    assert decide(seen) == Rest(At(NOT_AFTER))
    late = replace(seen, now=NOT_AFTER, target=a_target(key=KEY), current=made(a_request(key=KEY)))
    status = written(decide(late))
    assert condition(status, "Ready").reason == "Expired"
    assert condition(status, "Issuing").status == "True"


def test_a_temporary_certificate_where_it_is_asked_for() -> None:
    certificate = a_certificate(
        status=issuing_status(), annotations={names.ISSUE_TEMPORARY_CERTIFICATE: "true"}
    )
    seen = replace(issuing_case(a_request()), certificate=certificate, target=Absent())
    assert decide(seen) == IssueTemporary(a_next_key())
    stored = replace(seen, target=a_target(key=NEXT, issuer=None))
    status = written(decide(stored))
    assert condition(status, "Ready").reason == "IncorrectIssuer"
    assert isinstance(
        decide(replace(stored, certificate=msgspec.structs.replace(certificate, status=status))),
        Rest,
    )


def test_a_failure_is_told_with_what_comes_next() -> None:
    action = decide(failing(DNS))
    status = written(action)
    assert told(condition(status, "Issuing")) == (
        "False",
        "Failed",
        f"The certificate request has failed to complete and will be retried: {DNS}",
    )
    assert told(condition(status, "Ready")) == (
        "False",
        "DoesNotExist",
        f"{DOES_NOT_EXIST}. The last attempt failed: {DNS}. The next one is made at "
        f"2026-11-24T09:01:00Z.",
    )
    assert status.last_failure_time == NOW
    assert status.failed_issuance_attempts == 1
    assert status.next_private_key_secret_name is None
    assert isinstance(action, Write)
    assert action.events == (
        Told(
            "Warning",
            "Failed",
            f"The certificate request has failed to complete and will be retried: {DNS}",
        ),
    )
    assert status.diagnosis is not None
    assert status.diagnosis.cause == "dns"
    assert status.diagnosis.next_retry_time == NOW + timedelta(minutes=1)
    assert [attempt.outcome for attempt in status.diagnosis.attempts] == ["dns"]


def test_after_a_failure_the_key_goes_and_nothing_more_is_written() -> None:
    seen = failing(DNS)
    after = replace(seen, certificate=a_certificate(status=written(decide(seen))), target=Absent())
    assert decide(after) == RemoveKey(a_next_key())
    tidy = replace(after, next_keys=())
    assert decide(tidy) == Rest(At(NOW + timedelta(minutes=1)))
    due = replace(tidy, now=NOW + timedelta(minutes=1))
    status = written(decide(due))
    assert condition(status, "Issuing").status == "True"
    assert condition(status, "Ready").message == DOES_NOT_EXIST
    assert status.failed_issuance_attempts == 1
    assert status.diagnosis is not None
    assert status.diagnosis.attempts


def test_a_final_refusal_waits_for_a_change() -> None:
    seen = failing(REJECTED)
    status = written(decide(seen))
    assert "when the Certificate or its issuer changes" in condition(status, "Ready").message
    assert status.diagnosis is not None
    assert status.diagnosis.cause == "rejectedIdentifier"
    assert status.diagnosis.next_retry_time == TOMORROW
    after = replace(seen, certificate=a_certificate(status=status), target=Absent(), next_keys=())
    assert decide(after) == Rest(At(TOMORROW))
    again = written(decide(replace(after, now=TOMORROW)))
    assert condition(again, "Issuing").status == "True"


def test_a_request_that_is_refused_for_what_it_asks_waits_for_a_change() -> None:
    seen = issuing_case(a_request(status=unmeetable("ACME knows no URIs")))
    status = written(decide(seen))
    assert told(condition(status, "Issuing")) == (
        "False",
        "InvalidOrder",
        "The certificate request has failed to complete and will be retried: ACME knows no URIs",
    )
    assert "when the Certificate or its issuer changes" in condition(status, "Ready").message
    assert status.diagnosis is not None
    assert status.diagnosis.cause == "InvalidOrder"
    after = replace(seen, certificate=a_certificate(status=status), target=Absent(), next_keys=())
    assert decide(after) == Rest(At(TOMORROW))


def test_a_denied_request_fails_with_the_approver_s_words() -> None:
    denied = a_condition("Denied", "True", "Policy", "not on my watch")
    request = a_request(
        status=msgspec.structs.replace(refused("x", "Denied"), conditions=(denied,))
    )
    status = written(decide(issuing_case(request)))
    assert told(condition(status, "Issuing"))[1:] == (
        "Policy",
        "The certificate request has failed to complete and will be retried: not on my watch",
    )


def test_no_failure_is_without_a_reason() -> None:
    status = written(decide(failing("")))
    assert condition(status, "Issuing").message.endswith("no reason was given")
    assert "no reason was given" in condition(status, "Ready").message


def test_what_failed_before_is_told_again_after_a_wait() -> None:
    before = msgspec.structs.replace(
        written(decide(failing(DNS))),
        conditions=issuing_status().conditions,
        next_private_key_secret_name=NEXT_KEY,
    )
    kept = replace(
        issuing_case(a_request(status=pending("no issuer"))),
        certificate=a_certificate(status=before),
    )
    waits = written(decide(kept))
    assert waits.diagnosis is not None
    assert waits.diagnosis.cause == "waiting"
    assert [attempt.outcome for attempt in waits.diagnosis.attempts] == ["dns"]
    moving = replace(kept, certificate=a_certificate(status=waits), coming=(made(a_request()),))
    goes_on = written(decide(moving))
    assert goes_on.diagnosis is not None
    assert goes_on.diagnosis.cause == "dns"


def test_a_failed_renewal_leaves_ready_true() -> None:
    certificate = a_certificate(status=issuing_status(ready=True))
    seen = replace(
        failing(DNS),
        certificate=certificate,
        target=a_target(key=KEY),
        current=made(a_request(key=KEY)),
        now=RENEWAL,
    )
    status = written(decide(seen))
    assert condition(status, "Ready").status == "True"
    assert condition(status, "Issuing").status == "False"
    after = replace(seen, certificate=a_certificate(status=status), next_keys=())
    assert decide(after) == Rest(At(RENEWAL + timedelta(minutes=1)))


def test_a_certificate_for_another_key_fails_the_attempt() -> None:
    request = a_request(status=issued(a_chain(a_key("old"))))
    status = written(decide(issuing_case(request)))
    assert told(condition(status, "Issuing"))[1] == "InvalidCertificate"
    assert "does not match the CSR" in condition(status, "Issuing").message

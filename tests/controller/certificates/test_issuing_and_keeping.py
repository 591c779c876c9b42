"""A certificate that came, and one that is kept as it should be."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from controller.certificates import status
from controller.certificates.actions import (
    Issue,
    RemoveKey,
    RemoveRequests,
    Repair,
    Rest,
    Told,
    Write,
)
from controller.certificates.decide import decide
from controller.certificates.observed import Absent, NoPassword, Observed, Unread
from controller.pki.keystores import Passwords
from controller.runtime.schedule import At, OnChange
from orderapi import names
from orderapi.certificate import CertificateStatus, OutputFormat, Renewal, SecretTemplate
from orderapi.conditions import Condition
from tests.controller.certificates.build import (
    NEXT_KEY,
    NOT_AFTER,
    NOW,
    RENEWAL,
    a_certificate,
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
    CHAIN,
    DNS,
    DOES_NOT_EXIST,
    DONE,
    KEY,
    NEXT,
    STORES,
    condition,
    failing,
    kinds,
    told,
    written,
)


def test_a_certificate_that_came_is_written_first() -> None:
    seen = issuing_case(DONE)
    assert decide(seen) == Issue(made=seen.coming[0], key=a_next_key())


def test_then_the_status_then_the_key_goes() -> None:
    seen = replace(issuing_case(DONE), target=a_target(key=NEXT, chain=CHAIN))
    action = decide(seen)
    status = written(action)
    assert kinds(status) == ["Ready"]
    assert told(condition(status, "Ready")) == (
        "True",
        "Ready",
        "Certificate is up to date and has not expired",
    )
    assert status.revision == 1
    assert status.not_after == NOT_AFTER
    assert status.renewal_time == RENEWAL
    assert status.next_private_key_secret_name is None
    assert status.failed_issuance_attempts is None
    assert status.last_failure_time is None
    assert status.diagnosis is None
    assert isinstance(action, Write)
    assert action.events == (
        Told("Normal", "Issuing", "The certificate has been successfully issued"),
    )
    after = replace(
        seen,
        certificate=a_certificate(status=status),
        current=replace(made(DONE)),
        coming=(),
    )
    assert decide(after) == RemoveKey(a_next_key())
    assert decide(replace(after, next_keys=())) == Rest(At(RENEWAL))


def test_what_is_in_the_secret_is_finished_though_issuing_was_withdrawn() -> None:
    seen = replace(
        issuing_case(DONE),
        certificate=a_certificate(
            status=CertificateStatus(conditions=issuing_status().conditions[:1])
        ),
        target=a_target(key=NEXT, chain=CHAIN),
    )
    assert written(decide(seen)).revision == 1


def test_success_clears_the_failures_before_it() -> None:
    before = failed_status(DNS, base=issuing_status())
    before = msgspec.structs.replace(
        before, conditions=issuing_status().conditions, next_private_key_secret_name=NEXT_KEY
    )
    seen = replace(
        issuing_case(DONE),
        certificate=a_certificate(status=before),
        target=a_target(key=NEXT, chain=CHAIN),
    )
    status = written(decide(seen))
    assert (status.last_failure_time, status.failed_issuance_attempts) == (None, None)


def test_a_missing_password_is_waited_for() -> None:
    spec = msgspec.structs.replace(a_spec(), keystores=STORES)
    sentence = 'JKS keystore password Secret "pw" not found'
    seen = replace(
        issuing_case(DONE),
        certificate=a_certificate(spec=spec, status=issuing_status()),
        passwords=NoPassword(secret="pw", sentence=sentence),
    )
    action = decide(seen)
    status = written(action)
    assert isinstance(action, Write)
    assert action.events == (Told("Warning", "KeystorePasswordSecretNotFound", sentence),)
    assert condition(status, "Ready").message == f"{DOES_NOT_EXIST}. Waiting: {sentence}"
    again = replace(seen, certificate=a_certificate(spec=spec, status=status))
    assert decide(again) == Rest(OnChange(), secret="pw")
    assert isinstance(decide(replace(again, passwords=Passwords(jks=b"x"))), Issue)


def test_a_certificate_that_is_as_it_should_be_is_left_alone() -> None:
    assert decide(settled_case()) == Rest(At(RENEWAL))


def test_a_status_of_another_controller_is_kept() -> None:
    """What cert-manager wrote is what we would write: taking over writes nothing."""
    finished = decide(replace(issuing_case(DONE), target=a_target(key=NEXT, chain=CHAIN)))
    ours = written(finished)
    theirs = CertificateStatus(
        conditions=(
            Condition(
                type="Ready",
                status="True",
                reason="Ready",
                message="Certificate is up to date and has not expired",
                observed_generation=1,
                last_transition_time=NOW,
            ),
        ),
        not_before=ours.not_before,
        not_after=NOT_AFTER,
        renewal_time=RENEWAL,
        revision=1,
    )
    assert ours == theirs


def test_a_certificate_without_renewal_rests_until_it_ends() -> None:
    spec = msgspec.structs.replace(a_spec(), renewal=Renewal(policy="Disabled"))
    status = msgspec.structs.replace(ready_status(), renewal_time=None)
    seen = replace(settled_case(), certificate=a_certificate(spec=spec, status=status))
    assert decide(seen) == Rest(At(NOT_AFTER))
    ended = written(decide(replace(seen, now=NOT_AFTER)))
    assert told(condition(ended, "Ready")) == (
        "False",
        "Expired",
        "Certificate expired on Fri, 12 Feb 2027 09:00:00 UTC. It is not renewed by itself, as "
        "spec.renewal.policy is Disabled.",
    )


def test_a_diagnosis_that_was_pruned_costs_no_write() -> None:
    seen = failing(DNS)
    status = msgspec.structs.replace(written(decide(seen)), diagnosis=None)
    after = replace(seen, certificate=a_certificate(status=status), target=Absent(), next_keys=())
    assert isinstance(decide(after), Rest)


def test_requests_beyond_the_history_are_pruned() -> None:
    old = tuple(a_request(revision=revision) for revision in (1, 2, 3))
    seen = replace(settled_case(), past=old)
    assert decide(seen) == RemoveRequests(old)
    spec = msgspec.structs.replace(a_spec(), revision_history_limit=3)
    more = replace(seen, certificate=a_certificate(spec=spec, status=ready_status()))
    assert decide(more) == RemoveRequests(old[:1])


def repair(seen: Observed, *, why: str, stores: bool = False) -> Repair:
    assert not isinstance(seen.target, Absent | Unread)
    new = status.settled(seen)
    return Repair(target=seen.target, status=new, stores=stores, drifted=why != "spec", why=why)


TEMPLATE = SecretTemplate(labels={"app": "web"}, annotations={"note": "mine"})


@pytest.mark.parametrize(
    ("change", "why"),
    [
        pytest.param(
            lambda seen: replace(seen, target=a_target(key=KEY, labels={})),
            f"label {names.WATCHED_SECRET}",
            id="label-taken-off",
        ),
        pytest.param(
            lambda seen: replace(
                seen, target=a_target(key=KEY, annotations={names.ALT_NAMES: "other"})
            ),
            f"annotation {names.ALT_NAMES}",
            id="annotation-changed",
        ),
        pytest.param(
            lambda seen: replace(
                seen,
                certificate=a_certificate(
                    spec=msgspec.structs.replace(a_spec(), secret_template=TEMPLATE),
                    status=ready_status(),
                ),
            ),
            "label app",
            id="template",
        ),
        pytest.param(
            lambda seen: replace(
                seen,
                certificate=a_certificate(
                    spec=msgspec.structs.replace(
                        a_spec(), additional_output_formats=(OutputFormat(type="DER"),)
                    ),
                    status=ready_status(),
                ),
            ),
            "entry key.der",
            id="format",
        ),
        pytest.param(
            lambda seen: replace(seen, wishes=replace(seen.wishes, owner_ref=True)),
            "owner reference",
            id="owner-reference",
        ),
        pytest.param(
            lambda seen: replace(
                seen, certificate=a_certificate(status=ready_status(), generation=2)
            ),
            "spec",
            id="spec-changed-in-what-needs-no-certificate",
        ),
    ],
)
def test_drift_is_repaired(change: Callable[[Observed], Observed], why: str) -> None:
    seen = change(settled_case())
    assert decide(seen) == repair(seen, why=why)
    assert isinstance(decide(replace(seen, claim="the account key of an Issuer")), Rest | Write)
    fought = decide(replace(seen, repair_free_at=NOW + timedelta(minutes=9)))
    if why == "spec":
        assert isinstance(fought, Repair)
    else:
        assert isinstance(fought, Write) or fought == Rest(At(NOW + timedelta(minutes=9)))


def test_missing_stores_are_made() -> None:
    spec = msgspec.structs.replace(a_spec(), keystores=STORES)
    seen = replace(settled_case(), certificate=a_certificate(spec=spec, status=ready_status()))
    given = replace(seen, passwords=Passwords(jks=b"x"))
    assert decide(given) == repair(given, why="entry keystore.jks", stores=True)
    sentence = 'JKS keystore password Secret "pw" not found'
    lacking = replace(seen, passwords=NoPassword(secret="pw", sentence=sentence))
    event = Told("Warning", "KeystorePasswordSecretNotFound", sentence)
    assert decide(lacking) == Rest(At(RENEWAL), secret="pw", events=(event,))

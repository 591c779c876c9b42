"""The first half of an issuance: its key and its request."""

from dataclasses import replace

import pytest

from controller.certificates.actions import (
    NewKey,
    Prepare,
    RemoveKey,
    RemoveRequests,
    Rest,
    ReusedKey,
    StoredKey,
    Told,
    Write,
)
from controller.certificates.decide import decide
from controller.certificates.observed import Absent, Observed
from controller.runtime.schedule import OnChange
from orderapi import attempts
from tests.controller.certificates.build import (
    NEXT_KEY,
    a_certificate,
    a_key,
    a_next_key,
    a_request,
    a_spec,
    a_target,
    issuing_case,
    issuing_status,
    ready_status,
    refused,
    settled_case,
)
from tests.controller.certificates.deciding import (
    CHANGED,
    condition,
    kinds,
    told,
)


def test_a_key_is_made_before_the_request() -> None:
    action = decide(issuing_case(keys=()))
    assert isinstance(action, Prepare)
    assert action.key == NewKey()
    assert action.key_name == NEXT_KEY
    assert action.clear == ()
    assert action.request.metadata.name == "web-1"
    assert action.request.spec.request == b""


def test_the_request_carries_what_its_readers_need() -> None:
    seen = issuing_case(keys=())
    certificate = a_certificate(
        status=issuing_status(),
        labels={"team": "shop", "argocd.argoproj.io/instance": "apps"},
        annotations={"acme.cert-manager.io/http01-edit-in-place": "true", "note": "mine"},
    )
    action = decide(replace(seen, certificate=certificate))
    assert isinstance(action, Prepare)
    meta = action.request.metadata
    assert meta.labels == {"team": "shop"}
    assert meta.annotations == {
        "acme.cert-manager.io/http01-edit-in-place": "true",
        "cert-manager.io/certificate-name": "web",
        "cert-manager.io/certificate-revision": "1",
        "cert-manager.io/private-key-secret-name": NEXT_KEY,
        "kubectl-order/attempts": (
            f"2026-11-24T09:00:00.000000Z/{attempts.names_digest(a_spec())}"
        ),
        "kubectl-order/issuer": "uid-of-letsencrypt/1",
        "kubectl-order/acme-server": "https://acme.example/directory",
    }
    assert [(owner.name, owner.controller) for owner in meta.owner_references] == [("web", True)]


def test_a_stored_key_is_used() -> None:
    action = decide(issuing_case())
    assert isinstance(action, Prepare)
    assert action.key == StoredKey(a_next_key())


NEVER = a_spec(rotation="Never")


@pytest.mark.parametrize(
    ("target", "source"),
    [
        pytest.param(Absent(), NewKey(), id="no-secret"),
        pytest.param(a_target(), ReusedKey(), id="its-key-is-kept"),
        pytest.param(a_target(data={"tls.crt": b"x", "tls.key": b""}), NewKey(), id="no-key"),
    ],
)
def test_a_key_that_is_to_be_kept(target: Absent, source: NewKey | ReusedKey) -> None:
    certificate = a_certificate(spec=NEVER, status=issuing_status())
    action = decide(replace(issuing_case(keys=()), certificate=certificate, target=target))
    assert isinstance(action, Prepare)
    assert action.key == source
    assert action.events == ()


def test_a_key_that_is_to_be_kept_and_cannot_be_read_is_told() -> None:
    certificate = a_certificate(spec=NEVER, status=issuing_status())
    broken = a_target(data={"tls.crt": b"x", "tls.key": b"nonsense"})
    action = decide(replace(issuing_case(keys=()), certificate=certificate, target=broken))
    assert isinstance(action, Prepare)
    assert action.key == NewKey()
    assert [event.reason for event in action.events] == ["DecodeFailed"]


@pytest.mark.parametrize("issuing", [False, True], ids=["before", "while-issuing"])
def test_a_key_that_is_to_be_kept_and_does_not_fit_is_told(issuing: bool) -> None:
    spec = a_spec(rotation="Never", size=384)
    status = issuing_status(ready=True) if issuing else ready_status()
    seen = replace(
        settled_case(), certificate=a_certificate(spec=spec, status=status, generation=2)
    )
    action = decide(seen)
    assert isinstance(action, Write)
    reason, message = told(condition(action.status, "Ready"))[1:]
    assert reason == "CannotRegenerateKey"
    assert message.startswith(
        'User intervention required: existing private key in Secret "web-tls" does not match '
        "requirements on Certificate resource, mismatching fields: [spec.privateKey.size]."
    )
    assert action.events == (Told("Warning", "CannotRegenerateKey", message),)
    assert ("Issuing" in kinds(action.status)) is issuing
    if issuing:
        assert condition(action.status, "Issuing").status == "False"
    again = replace(seen, certificate=a_certificate(spec=spec, status=action.status, generation=2))
    assert decide(again) == Rest(OnChange(), secret="web-tls")


@pytest.mark.parametrize(
    ("seen", "removed", "reasons"),
    [
        pytest.param(
            issuing_case(keys=(a_next_key(name="web-old"), a_next_key())), "web-old", [], id="other"
        ),
        pytest.param(
            issuing_case(keys=(a_next_key(pem=b"nonsense"),)), NEXT_KEY, [], id="unreadable"
        ),
        pytest.param(
            issuing_case(keys=(a_next_key(a_key("big", 384)),)),
            NEXT_KEY,
            ["Deleted"],
            id="spec-changed",
        ),
        pytest.param(
            replace(settled_case(), next_keys=(a_next_key(),)), NEXT_KEY, [], id="not-issuing"
        ),
    ],
)
def test_keys_that_are_of_no_use_are_removed(
    seen: Observed, removed: str, reasons: list[str]
) -> None:
    action = decide(seen)
    assert isinstance(action, RemoveKey)
    assert action.secret.metadata.name == removed
    assert [event.reason for event in action.events] == reasons


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(a_request(key_name="web-earlier"), id="of-an-earlier-attempt"),
        pytest.param(a_request(key=a_key("lost")), id="for-another-key"),
        pytest.param(a_request(spec=CHANGED), id="for-another-spec"),
        pytest.param(
            a_request(key_name="web-earlier", status=refused("no")),
            id="failed-in-an-earlier-attempt",
        ),
    ],
)
def test_a_stale_request_makes_room(request_: object) -> None:
    action = decide(issuing_case(request_))  # type: ignore[arg-type]
    assert isinstance(action, Prepare)
    assert action.clear == (request_,)


def test_requests_without_a_revision_make_room() -> None:
    stray = a_request(revision="first", name="web-odd")
    action = decide(replace(issuing_case(), strays=(stray,)))
    assert isinstance(action, Prepare)
    assert action.clear == (stray,)


def test_of_two_requests_for_one_attempt_one_is_kept() -> None:
    first, second = a_request(), a_request(name="web-1-b")
    assert decide(issuing_case(first, second)) == RemoveRequests((second,))

"""What an issuer leads to, in tables, and the laws behind them."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.acme import AccountKey, ExternalAccount
from controller.issuers import sentences, timing
from controller.issuers.decide import Enroll, MakeKey, Rest, Wait, Write, decide
from controller.issuers.observed import Fault, KeyMissing, Observed
from controller.issuers.standing import stands
from controller.verdict import FailureFacts
from orderapi.conditions import FALSE, TRUE, Condition, find
from orderapi.issuer import AcmeIssuerStatus, AnyIssuer, ExternalAccountBinding, IssuerSpec
from orderapi.references import SecretKeySelector
from orderapi.signers import CaIssuer, SelfSignedIssuer
from tests.controller.issuers.build import (
    ACCOUNT,
    KEY,
    NOW,
    OTHER_KEY,
    REGISTERED,
    SECOND,
    a_ready,
    a_registered,
    a_trouble,
    an_issuer,
    enrolled,
    inputs,
    secrets,
    seen,
)

RATE_LIMIT = FailureFacts(
    message="429 urn:ietf:params:acme:error:rateLimited: slow down",
    kind="rateLimited",
    status=429,
    retry_at=NOW + timedelta(hours=3),
)
REFUSED = FailureFacts(message="403 unauthorized", kind="unauthorized", status=403)
LASTING = FailureFacts(message="not https", kind="misconfigured", lasting=True)
WRONG = Fault("account", 'Secret "account" has no entry "tls.key"')
NO_SOLVER = Fault("dns", 'failed to get secret "dns": there is none in namespace "shop"')
KEYS: list[AccountKey | KeyMissing | Fault] = [KEY, KeyMissing(), WRONG]
BINDING = ExternalAccount("key-id", b"mac")
EAB = ExternalAccountBinding(key_id="key-id", key_secret_ref=SecretKeySelector(name="eab", key="k"))


def ready(action: object) -> Condition:
    """The Ready condition that is to be written."""
    assert isinstance(action, Write)
    found = find(action.status.conditions, "Ready")
    assert found is not None
    assert found.observed_generation == 1
    return found


def test_one_that_stands_as_registered_is_left_alone_unread() -> None:
    assert decide(seen(a_registered(), secrets=None)) == Rest()


@pytest.mark.parametrize(
    ("issuer", "expected"),
    [
        (a_registered(), True),
        (a_registered(email="me@example.com"), True),
        (an_issuer(), False),
        (an_issuer(a_ready(), AcmeIssuerStatus(uri=ACCOUNT)), False),
        (an_issuer(a_ready(), AcmeIssuerStatus(last_private_key_hash="x")), False),
        (an_issuer(a_ready(FALSE), a_registered().status.acme), False),
        (an_issuer(a_ready(generation=0), a_registered().status.acme), False),
        (an_issuer(a_ready(), a_registered().status.acme, server="https://b.example"), False),
        (an_issuer(a_ready(), a_registered().status.acme, email="me@example.com"), False),
        (an_issuer(a_ready(), a_registered().status.acme, server="https://["), False),
        (an_issuer(a_ready(), a_registered().status.acme, spec=IssuerSpec()), False),
    ],
    ids=[
        "registered",
        "with an address",
        "new",
        "key unknown",
        "no account",
        "not ready",
        "older generation",
        "other server",
        "other address",
        "unreadable server",
        "no type",
    ],
)
def test_what_standing_as_registered_means(issuer: AnyIssuer, *, expected: bool) -> None:
    assert stands(issuer) is expected


@pytest.mark.parametrize(
    ("issuer", "parts", "reason", "words"),
    [
        pytest.param(
            an_issuer(spec=IssuerSpec(self_signed=SelfSignedIssuer())),
            {},
            "UnsupportedIssuerType",
            'through ACME only; this Issuer is of type "selfSigned"',
            id="self-signed",
        ),
        pytest.param(
            an_issuer(spec=IssuerSpec(ca=CaIssuer(secret_name="ca")), cluster=True),
            {},
            "UnsupportedIssuerType",
            'this ClusterIssuer is of type "ca"',
            id="ca",
        ),
        pytest.param(
            an_issuer(spec=IssuerSpec()), {}, "IssuerTypeMissing", "spec.acme is missing", id="none"
        ),
        pytest.param(
            an_issuer(server="https://acme-v01.api.letsencrypt.org/directory"),
            {},
            "InvalidConfig",
            "v1 endpoint",
            id="v1",
        ),
        pytest.param(
            an_issuer(private_key_secret_ref=SecretKeySelector(name="")),
            {"secrets": None},
            "InvalidConfig",
            "privateKeySecretRef.name is empty",
            id="no name for the key",
        ),
        pytest.param(
            an_issuer(disable_account_key_generation=True),
            {"secrets": secrets(KeyMissing())},
            "ErrVerifyACMEAccount",
            'there is no Secret "account" in namespace "shop"',
            id="key missing",
        ),
        pytest.param(
            an_issuer(),
            {"secrets": secrets(WRONG)},
            "ErrVerifyACMEAccount",
            'Account private key is invalid: Secret "account" has no entry',
            id="key wrong",
        ),
        pytest.param(
            an_issuer(),
            {"secrets": secrets(KEY, None, NO_SOLVER)},
            "InvalidSolver",
            'failed to get secret "dns"',
            id="solver's secret missing",
        ),
        pytest.param(
            an_issuer(),
            {"trouble": a_trouble()},
            "ErrRegisterACMEAccount",
            "Failed to register ACME account: ca.example is away; it is tried again on its own",
            id="away",
        ),
        pytest.param(
            an_issuer(),
            {"trouble": a_trouble(REFUSED)},
            "ErrRegisterACMEAccount",
            "403 unauthorized; it is tried again from time to time",
            id="refused",
        ),
        pytest.param(
            an_issuer(),
            {"trouble": a_trouble(LASTING)},
            "ErrRegisterACMEAccount",
            "not https; it is tried again when the issuer or a Secret that it names changes",
            id="lasting",
        ),
        pytest.param(
            an_issuer(),
            {"trouble": a_trouble(REFUSED, reason="ErrUpdateACMEAccount")},
            "ErrUpdateACMEAccount",
            "Failed to update ACME account: 403",
            id="contact refused",
        ),
        pytest.param(
            an_issuer(),
            {"trouble": a_trouble(RATE_LIMIT)},
            "ErrRegisterACMEAccount",
            "slow down; the CA is asked again at 2026-11-24T12:00:00Z",
            id="rate limited",
        ),
    ],
)
def test_it_says_why_it_is_not_ready(
    issuer: AnyIssuer, parts: dict[str, Any], reason: str, words: str
) -> None:
    action = decide(seen(issuer, **parts))
    assert (ready(action).status, ready(action).reason) == (FALSE, reason)
    assert words in ready(action).message
    assert isinstance(action, Write)
    assert action.note.endswith(ready(action).message)
    held = msgspec.structs.replace(issuer, status=action.status)
    assert decide(seen(held, **parts)) == action.then, "and says it once"


@pytest.mark.parametrize(
    ("reason", "event"),
    [
        ("ErrRegisterACMEAccount", "ErrRegisterACMEAccount"),
        ("ErrUpdateACMEAccount", "ErrUpdateACMEAccount"),
        ("ErrVerifyACMEAccount", "ErrInitIssuer"),
    ],
)
def test_events_have_the_reasons_that_alerts_know(reason: str, event: str) -> None:
    action = decide(seen(an_issuer(), trouble=a_trouble(reason=reason)))
    assert isinstance(action, Write)
    assert action.reason == event


@pytest.mark.parametrize(
    ("parts", "waited"),
    [
        ({"secrets": secrets(WRONG)}, ("account",)),
        ({"secrets": secrets(KEY, None, NO_SOLVER, NO_SOLVER)}, ("dns",)),
        ({"trouble": a_trouble(REFUSED)}, ("account", "eab")),
    ],
    ids=["key", "solver", "key or binding that the CA refuses"],
)
def test_it_waits_for_the_secret_that_is_to_blame(
    parts: dict[str, Any], waited: tuple[str, ...]
) -> None:
    action = decide(seen(an_issuer(external_account_binding=EAB), **parts))
    assert isinstance(action, Write)
    assert action.then.secrets == waited


@pytest.mark.parametrize(
    ("trouble", "delay"),
    [
        (a_trouble(), 1),
        (a_trouble(attempts=4), 8),
        (a_trouble(attempts=99), 60),
        (a_trouble(REFUSED), 300),
        (a_trouble(REFUSED, attempts=2), 600),
        (a_trouble(REFUSED, attempts=99), 3600),
        (a_trouble(RATE_LIMIT, attempts=7), 3 * 3600),
        (a_trouble(FailureFacts(message="", kind="rateLimited", retry_at=NOW)), 1),
        (a_trouble(LASTING), None),
    ],
    ids=[
        "away",
        "away for long",
        "away for ever",
        "refused",
        "refused again",
        "refused for ever",
        "rate limited",
        "rate limited until now",
        "lasting",
    ],
)
def test_when_it_is_tried_again(trouble: Any, delay: float | None) -> None:
    due = timing.due(trouble)
    assert due == (None if delay is None else NOW + delay * SECOND)


def test_a_key_is_made_where_there_is_none() -> None:
    action = decide(seen(an_issuer(), secrets=secrets(KeyMissing())))
    assert action == MakeKey("account", "tls.key", inputs(None))


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param({}, id="nobody has asked"),
        pytest.param({"trouble": a_trouble(), "now": NOW + SECOND}, id="it is time"),
        pytest.param({"trouble": a_trouble(about=inputs(OTHER_KEY))}, id="other key since"),
        pytest.param({"trouble": a_trouble(about=inputs(generation=0))}, id="other spec since"),
        pytest.param({"trouble": a_trouble(about=inputs(binding=BINDING))}, id="other binding"),
        pytest.param({"enrolled": enrolled(inputs(OTHER_KEY))}, id="another key's account"),
        pytest.param({"enrolled": enrolled(), "doubted": True}, id="doubted since"),
    ],
)
def test_the_ca_is_asked(parts: dict[str, Any]) -> None:
    assert decide(seen(an_issuer(), **parts)) == Enroll(KEY, None, inputs())


def test_one_that_is_doubted_is_looked_into_though_it_stands() -> None:
    assert isinstance(decide(seen(a_registered(), doubted=True)), Enroll)


def test_a_confirmed_account_is_recorded_in_one_write() -> None:
    issuer = an_issuer(a_ready(FALSE, "ErrRegisterACMEAccount", "away"), email="me@example.com")
    action = decide(seen(issuer, enrolled=enrolled(email="me@example.com")))
    assert isinstance(action, Write)
    assert ready(action) == a_ready(TRUE)
    assert ready(action).message == REGISTERED
    assert action.status.acme == AcmeIssuerStatus(
        uri=ACCOUNT, last_registered_email="me@example.com", last_private_key_hash=KEY.digest()
    )
    assert action.reason == ""
    assert stands(msgspec.structs.replace(issuer, status=action.status))


def test_an_account_that_is_not_the_recorded_one_is_recorded_though_the_issuer_stands() -> None:
    other = enrolled(inputs(OTHER_KEY))
    action = decide(seen(a_registered(), secrets=secrets(OTHER_KEY), enrolled=other))
    assert isinstance(action, Write)
    assert action.status.acme.last_private_key_hash == OTHER_KEY.digest()
    held = msgspec.structs.replace(a_registered(), status=action.status)
    assert decide(seen(held, secrets=None, enrolled=other)) == Rest()


def test_patience_outlives_the_process() -> None:
    first = decide(seen(an_issuer(), trouble=a_trouble(RATE_LIMIT)))
    assert isinstance(first, Write)
    held = msgspec.structs.replace(an_issuer(), status=first.status)
    assert decide(seen(held)) == Wait(RATE_LIMIT.retry_at, ("account",))
    assert isinstance(decide(seen(held, now=NOW + timedelta(hours=3))), Enroll)
    meta = msgspec.structs.replace(held.metadata, generation=2)
    edited = msgspec.structs.replace(held, metadata=meta)
    assert isinstance(decide(seen(edited)), Enroll), "but not an edit"


def test_what_is_being_deleted_is_left_alone() -> None:
    assert decide(seen(an_issuer(deleting=True))) == Rest()


@pytest.mark.parametrize(
    ("server", "old"),
    [
        ("https://acme-v01.api.letsencrypt.org/directory", True),
        ("https://acme-staging.api.letsencrypt.org/directory", True),
        ("https://acme-v02.api.letsencrypt.org/directory", False),
        ("https://acme-staging-v02.api.letsencrypt.org/directory", False),
    ],
)
def test_which_servers_are_turned_off(server: str, *, old: bool) -> None:
    assert bool(sentences.old_server(server)) is old


@st.composite
def observations(draw: st.DrawFn) -> Observed:
    """Anything that can be seen of an ACME issuer."""
    issuer = draw(
        st.sampled_from(
            [
                an_issuer(),
                a_registered(),
                a_registered(OTHER_KEY),
                an_issuer(a_ready(FALSE, "x", "y")),
            ]
        )
    )
    faults = draw(st.sampled_from([(), (NO_SOLVER,)]))
    return seen(
        issuer,
        doubted=draw(st.booleans()),
        secrets=secrets(draw(st.sampled_from(KEYS)), None, *faults),
        trouble=draw(
            st.none()
            | st.builds(
                a_trouble,
                st.sampled_from([RATE_LIMIT, REFUSED, LASTING, None]),
                attempts=st.integers(1, 40),
                about=st.sampled_from([inputs(), inputs(None), inputs(OTHER_KEY)]),
            )
        ),
        enrolled=draw(st.sampled_from([None, enrolled(), enrolled(inputs(OTHER_KEY))])),
        now=NOW + draw(st.integers(0, 10_000)) * SECOND,
    )


@given(observations())
def test_a_write_changes_something_and_is_not_written_again(observed: Observed) -> None:
    action = decide(observed)
    if not isinstance(action, Write):
        return
    assert action.status != observed.issuer.status
    held = msgspec.structs.replace(observed.issuer, status=action.status)
    parts = {name: getattr(observed, name) for name in Observed.__dataclass_fields__}
    again = decide(Observed(**{**parts, "issuer": held}))
    assert isinstance(again, Wait | Rest)


@given(observations())
def test_the_ca_is_never_asked_before_its_time(observed: Observed) -> None:
    trouble = observed.trouble
    if isinstance(decide(observed), Enroll) and trouble is not None and trouble.inputs == inputs():
        due = timing.due(trouble)
        assert due is not None
        assert due <= observed.now


@given(observations())
def test_no_failure_is_without_words(observed: Observed) -> None:
    action = decide(observed)
    if isinstance(action, Write):
        assert ready(action).reason
        assert ready(action).message

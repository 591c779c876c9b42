"""Deletions that hang, Secrets, dates, and what is only on its way: one row for each."""

from datetime import datetime, timedelta

import msgspec
import pytest

from kubectl_order.explain import explain
from kubectl_order.facts import Absent, Chain
from kubectl_order.finding import Actor, Standing
from orderapi.certificate import Certificate, CertificateStatus, Renewal
from orderapi.names import FINALIZER
from tests.kubectl_order.build import (
    FIRST,
    ISSUED,
    NOT_AFTER,
    NOT_BEFORE,
    a_certificate,
    a_chain,
    a_challenge,
    a_condition,
    a_diagnosis,
    a_request,
    a_secret,
    ago,
    ahead,
    an_order,
    an_ordered_chain,
    meta,
    not_ready,
)
from tests.kubectl_order.explain.rows import Row, check

WATCH = "kubectl order watch web -n shop"
RENEW = "kubectl order renew web -n shop"
EXPIRED = msgspec.structs.replace(
    ISSUED,
    conditions=(
        a_condition("Ready", "False", "Expired", "Certificate expired on Tue", since=ago(hours=3)),
    ),
    not_after=ago(hours=3),
    renewal_time=ago(days=30),
)
LATE = msgspec.structs.replace(ISSUED, renewal_time=ago(minutes=20))


def settled(status: CertificateStatus) -> Chain:
    """A Certificate for which nothing is under way."""
    return a_chain(certificate=a_certificate(status), secret=a_secret())


def unready(reason: str, message: str = "so it is") -> Chain:
    """A Certificate that is not ready, and for which nothing is under way."""
    return settled(CertificateStatus(conditions=(not_ready(reason, message),)))


def by_hand(not_after: datetime) -> Certificate:
    """A Certificate that is not renewed by itself."""
    status = msgspec.structs.replace(ISSUED, not_after=not_after, renewal_time=None)
    certificate = a_certificate(status)
    spec = msgspec.structs.replace(certificate.spec, renewal=Renewal(policy="Disabled"))
    return msgspec.structs.replace(certificate, spec=spec)


def step(order_state: str, *challenges: str) -> Chain:
    """An Order in that state, with challenges in these."""
    made = tuple(
        a_challenge(state, index=index, dns_name=f"{index}.example.com")
        for index, state in enumerate(challenges)
    )
    names = [f"{index}.example.com" for index in range(len(challenges))]
    order = an_order(order_state, dns_names=names)
    status = msgspec.structs.replace(order.status, certificate=b"")
    return a_chain(
        request=a_request(), order=msgspec.structs.replace(order, status=status), challenges=made
    )


def moving(name: str, chain: Chain, headline: str) -> Row:
    """A row about something that is on its way."""
    return Row(
        id=name,
        chain=chain,
        cause="in-flight",
        headline=headline,
        who=Actor.NOBODY,
        command=WATCH,
        standing=Standing.MOVING,
    )


ROWS = (
    Row(
        id="a Challenge that stays",
        chain=an_ordered_chain(
            a_challenge(
                metadata=meta("web-0", deleting=ago(minutes=12), finalizers=(FINALIZER,)),
                reason="Error cleaning up challenge: no such key",
            )
        ),
        cause="deletion-stuck",
        headline='Challenge "web-0" in namespace "shop" has been in deletion for 12 min: its '
        'finalizer "acme.cert-manager.io/finalizer" is not taken off',
        who=Actor.ADMIN,
        command="kubectl describe challenge web-0 -n shop",
    ),
    Row(
        id="a Certificate that stays",
        chain=a_chain(
            certificate=a_certificate(
                metadata=meta("web", deleting=ago(minutes=2), finalizers=("x.org/a", "x.org/b"))
            )
        ),
        cause="deletion-stuck",
        headline='Certificate "web" in namespace "shop" has been in deletion for 2 min: its '
        'finalizers "x.org/a", "x.org/b" are not taken off',
        who=Actor.ADMIN,
        command="kubectl describe certificate web -n shop",
    ),
    Row(
        id="no Secret",
        chain=a_chain(
            certificate=a_certificate(
                msgspec.structs.replace(FIRST, conditions=FIRST.conditions[:1])
            )
        ),
        cause="secret-missing",
        headline='Secret "web-tls" does not exist, and nothing is under way to make it',
        who=Actor.YOU,
        command=RENEW,
    ),
    Row(
        id="a Secret that was just deleted",
        chain=a_chain(certificate=a_certificate(ISSUED), secret=Absent()),
        cause="secret-missing",
        headline='Secret "web-tls" does not exist, and nothing is under way to make it',
        who=Actor.YOU,
        command=RENEW,
    ),
    Row(
        id="an empty Secret",
        chain=unready("MissingData"),
        cause="secret-missing",
        headline='Secret "web-tls" lacks key or certificate, and nothing is under way to mend it',
        who=Actor.YOU,
        command=RENEW,
    ),
    Row(
        id="a broken Secret",
        chain=unready("InvalidKeyPair"),
        cause="secret-broken",
        headline='Secret "web-tls" is not as it should be: its private key and its certificate do '
        "not belong together",
        who=Actor.YOU,
        command=RENEW,
    ),
    Row(
        id="a Secret that is wrong in another way",
        chain=unready("Moon", "The moon is in it."),
        cause="secret-broken",
        headline='Secret "web-tls" is not as it should be: The moon is in it',
        who=Actor.YOU,
        command=RENEW,
    ),
    Row(
        id="expired",
        chain=settled(EXPIRED),
        cause="expired",
        headline='The certificate in Secret "web-tls" expired 3 h ago, and nothing is under way to '
        "replace it",
        who=Actor.YOU,
        command=RENEW,
        standing=Standing.OVERDUE,
    ),
    Row(
        id="a renewal that is late",
        chain=settled(LATE),
        cause="renewal-overdue",
        headline='The renewal of Certificate "web" was due 20 min ago, and has not begun',
        who=Actor.YOU,
        command=RENEW,
        standing=Standing.OVERDUE,
    ),
    Row(
        id="no renewal",
        chain=a_chain(certificate=by_hand(ahead(days=3)), secret=a_secret()),
        cause="renewal-disabled",
        headline='Certificate "web" is not renewed by itself, as spec.renewal.policy is Disabled: '
        "it expires in 3 d",
        who=Actor.YOU,
        command=RENEW,
    ),
    Row(
        id="no renewal, and expired",
        chain=a_chain(certificate=by_hand(ago(days=3)), secret=a_secret()),
        cause="renewal-disabled",
        headline='Certificate "web" is not renewed by itself, as spec.renewal.policy is Disabled: '
        "it expired 3 d ago",
        who=Actor.YOU,
        command=RENEW,
        standing=Standing.OVERDUE,
    ),
    Row(
        id="fine",
        chain=settled(ISSUED),
        cause="fine",
        headline='All is fine: the certificate in Secret "web-tls" is valid until '
        "2027-02-12 09:00 UTC, and is renewed at 2027-01-13 09:00 UTC",
        who=Actor.NOBODY,
        command="kubectl order status web -n shop",
        standing=Standing.FINE,
    ),
    Row(
        id="not looked at",
        chain=a_chain(
            certificate=a_certificate(
                CertificateStatus(), metadata=meta("web", created=ago(seconds=2))
            )
        ),
        cause="not-yet-started",
        headline='Certificate "web" in namespace "shop" has not been looked at by the controller '
        "yet",
        who=Actor.NOBODY,
        command=WATCH,
        standing=Standing.MOVING,
    ),
    Row(
        id="not looked at for long",
        chain=a_chain(certificate=a_certificate(CertificateStatus())),
        cause="not-yet-started",
        headline='Certificate "web" in namespace "shop" has not been looked at by the controller '
        "yet",
        who=Actor.ADMIN,
        command="kubectl get pods -n cert-manager",
    ),
    moving(
        "key",
        a_chain(),
        'Certificate "web" is being issued: its private key and its request are being made',
    ),
    moving(
        "request",
        a_chain(request=a_request()),
        'CertificateRequest "web-1" is there, and its Order is being made',
    ),
    moving("placing", step(""), 'Order "web-1-2233" is being placed at the CA'),
    moving(
        "challenges to come",
        a_chain(request=a_request(), order=an_order()),
        'Order "web-1-2233" is placed at the CA, and its challenges are being made',
    ),
    moving(
        "challenges",
        step("pending", "valid", "pending", "pending"),
        '1 of 3 challenges of Order "web-1-2233" is done; the answer for 1.example.com is '
        "published, and looked for",
    ),
    moving(
        "finalizing",
        step("ready", "valid"),
        'All names of Order "web-1-2233" are authorized, and it is being finalized',
    ),
    moving(
        "processing",
        step("processing", "valid"),
        'The CA is making the certificate of Order "web-1-2233"',
    ),
    moving(
        "handing over",
        a_chain(request=a_request(), order=an_order("valid")),
        'CertificateRequest "web-1" is being given the certificate of its Order',
    ),
    moving(
        "writing the Secret",
        a_chain(request=a_request(a_condition("Ready", "True", "Issued")), order=an_order("valid")),
        'The certificate is issued, and Secret "web-tls" is being written',
    ),
    Row(
        id="no end of it",
        chain=a_chain(request=a_request(metadata=meta("web-1", created=ago(hours=2)))),
        cause="in-flight",
        headline='CertificateRequest "web-1" is there, and its Order is being made, for 2 h, and '
        "nothing tells why that takes so long",
        who=Actor.ADMIN,
        command="kubectl order why web --live -n shop",
    ),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_each(row: Row) -> None:
    check(row)


def test_a_deletion_gets_a_minute() -> None:
    deleting = meta("web", deleting=ago(seconds=50), finalizers=("x.org/a",))
    assert explain(a_chain(certificate=a_certificate(metadata=deleting))).cause == "in-flight"


def test_a_clean_up_that_fails_says_why() -> None:
    challenge = a_challenge(
        metadata=meta("web-0", deleting=ago(minutes=12), finalizers=(FINALIZER,)),
        reason="Error cleaning up challenge: no such key",
    )
    found = explain(an_ordered_chain(challenge))
    assert found.evidence == (
        "Its deletion was asked for 12 min ago.",
        "It says: Error cleaning up challenge: no such key.",
    )
    assert found.since == ago(minutes=12)


@pytest.mark.parametrize("status", [EXPIRED, LATE], ids=["expired", "late"])
def test_a_deeper_cause_goes_before_dates_and_is_overdue(status: CertificateStatus) -> None:
    issuing = a_condition("Issuing", "True", "Renewing", "Renewing certificate")
    status = msgspec.structs.replace(status, conditions=(*status.conditions, issuing))
    chain = a_chain(
        certificate=a_certificate(status), request=a_request(), issuer=Absent(), secret=a_secret()
    )
    found = explain(chain)
    assert (found.cause, found.standing) == ("issuer-missing", Standing.OVERDUE)
    assert any(
        line.endswith((" expired 3 h ago.", "08:40 UTC, 20 min ago.")) for line in found.evidence
    )


def test_what_is_in_use_meanwhile_is_told() -> None:
    issuing = a_condition("Issuing", "True", "Renewing", "Renewing certificate")
    status = msgspec.structs.replace(ISSUED, conditions=(*ISSUED.conditions, issuing))
    chain = a_chain(certificate=a_certificate(status), issuer=Absent(), secret=a_secret())
    assert explain(chain).evidence == (
        'The certificate in Secret "web-tls" is valid until 2027-02-12 09:00 UTC.',
    )


def test_a_certificate_that_is_in_use_can_have_a_spec_that_is_wrong() -> None:
    told = a_diagnosis(
        "InvalidSpec",
        "The certificate in the Secret stays in use, but no other can be requested: spec.duration "
        "is too short. Change the spec before it is to be renewed.",
    )
    found = explain(settled(msgspec.structs.replace(ISSUED, diagnosis=told)))
    assert (found.cause, found.standing) == ("certificate-spec-invalid", Standing.WAITING)
    assert found.headline.startswith(
        'The next certificate of Certificate "web" cannot be requested: spec.duration is too short'
    )


def test_a_certificate_by_hand_has_time() -> None:
    assert timedelta(days=90) == NOT_AFTER - NOT_BEFORE
    chain = a_chain(certificate=by_hand(NOT_AFTER), secret=a_secret())
    found = explain(chain)
    assert found.cause == "fine"
    assert found.headline.endswith("and is not renewed by itself")


def test_a_chain_of_nothing() -> None:
    found = explain(a_chain(certificate=None, issuer=None, leader=None))
    assert found.cause == "not-yet-started"
    assert found.headline == "Nothing of it is there to be looked at"

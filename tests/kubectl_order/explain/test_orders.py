"""Which of several troubles is the root cause, and what is told of Orders that say little."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from controller.challenges import sentences as of_challenge
from controller.orders import sentences as of_order
from controller.requests import sentences as of_request
from kubectl_order.explain.orders import RULES
from kubectl_order.facts import Chain
from kubectl_order.finding import Standing
from orderapi.certificate import CertificateStatus
from orderapi.meta import ObjectMeta, OwnerReference
from tests.kubectl_order.build import (
    BEGUN,
    DNS_NAME,
    FIRST,
    NOW,
    RFC2136_SOLVER,
    a_certificate,
    a_chain,
    a_challenge,
    a_condition,
    a_diagnosis,
    a_request,
    ago,
    ahead,
    an_order,
    an_ordered_chain,
)
from tests.kubectl_order.explain.spoken import (
    a_problem,
    errored,
    failed,
    found,
    held,
    ordered,
    refused,
    unproved,
    waiting,
)

LACKING = of_challenge.propagation("DNS-01", "ns1.example.com (192.0.2.1): no such name")
REFUSED = refused("DNS-01", a_problem("caa", "forbidden"))
NAMES = ("a.example.com", "b.example.com", "c.example.com")
SILENT = [None] * len(RULES)


def challenges(*told: tuple[str, str]) -> Chain:
    """Challenges of a.example.com, b.example.com, … with state and reason."""
    made = [
        a_challenge(state, reason, index=n, dns_name=NAMES[n], solver=RFC2136_SOLVER)
        for n, (state, reason) in enumerate(told)
    ]
    return an_ordered_chain(*made, order=an_order(dns_names=NAMES))


def test_what_failed_is_the_cause_and_not_what_waits() -> None:
    finding = found(challenges(("pending", LACKING), ("invalid", REFUSED)))
    assert (finding.cause, finding.on.name) == ("ca-caa", "web-1-2233-1")
    assert finding.standing is Standing.FAILED


def test_a_cause_that_nobody_knows_counts_where_it_failed() -> None:
    finding = found(challenges(("invalid", "something of tomorrow"), ("pending", LACKING)))
    assert finding.cause == "challenge-failed"
    assert "something of tomorrow" in finding.headline


def test_the_other_names_in_danger_are_told() -> None:
    finding = found(challenges(*[("pending", LACKING)] * 3))
    assert finding.evidence[-1] == "2 more names wait too: b.example.com, c.example.com."
    finding = found(challenges(*[("invalid", REFUSED)] * 2))
    assert finding.evidence[-1] == "1 more name failed too: b.example.com."


def test_a_challenge_that_ended_with_its_order_is_not_the_cause() -> None:
    reason = ordered("finalize", a_problem("badCSR", "weak key"))
    order = an_order("errored", reason, failed=NOW)
    one = a_challenge("expired", of_challenge.order_failed(reason))
    finding = found(an_ordered_chain(one, order=order))
    assert (finding.cause, finding.on.kind) == ("ca-bad-csr", "Order")


def test_an_order_that_repeats_its_challenges_is_read_where_they_are_gone() -> None:
    one, other = (
        a_challenge("invalid", REFUSED, dns_name=name, solver=RFC2136_SOLVER) for name in NAMES[:2]
    )
    finding = found(errored(of_order.failed_challenges(None, [one, other]), dns_names=NAMES))
    assert finding.headline == "CAA records of a.example.com forbid the CA at acme.example to issue"
    assert (finding.on.kind, finding.since) == ("Order", NOW)


def test_an_order_that_waits_for_challenges_is_read_where_they_are_gone() -> None:
    slow = of_order.slow([a_challenge(reason=LACKING, dns_name="a.example.com")])
    assert found(held(slow)).headline.startswith("The name server of a.example.com lacks")


@pytest.mark.parametrize("kind", ["CertificateRequest", "Certificate"])
def test_what_is_repeated_of_an_order_that_is_gone_is_read(kind: str) -> None:
    order = an_order("errored", ordered("create", a_problem("rejectedIdentifier", "no")))
    text = of_request.order_failed(order)
    if kind == "CertificateRequest":
        chain = a_chain(
            request=a_request(a_condition("Ready", "False", "Failed", text)),
            certificate=a_certificate(CertificateStatus()),
        )
    else:
        beginning = "The certificate request has failed to complete and will be retried: "
        issuing = a_condition("Issuing", "False", "Failed", f"{beginning}{text}")
        chain = a_chain(certificate=a_certificate(CertificateStatus(conditions=(issuing,))))
    finding = found(chain)
    assert (finding.cause, finding.on.kind) == ("ca-rejected-identifier", kind)
    assert (finding.since, finding.standing) == (BEGUN, Standing.FAILED)


def test_nothing_is_told_of_the_last_attempt_once_another_has_begun() -> None:
    chain = errored(ordered("create", a_problem("rejectedIdentifier", "no")))
    request = a_request(a_condition("Ready", "False", "Failed", "no"))
    status = msgspec.structs.replace(FIRST, next_private_key_secret_name="web-key2")
    again = a_chain(certificate=a_certificate(status), request=request, order=chain.order)
    assert [rule(again) for rule in RULES] == SILENT


@pytest.mark.parametrize(
    "chain",
    [
        pytest.param(an_ordered_chain(), id="published"),
        pytest.param(unproved(an_ordered_chain(order=an_order("processing"))), id="processing"),
        pytest.param(
            an_ordered_chain(a_challenge("expired", "old"), order=an_order("valid")), id="valid"
        ),
        pytest.param(a_chain(), id="no Order"),
    ],
)
def test_nothing_is_told_where_nothing_is_wrong(chain: Chain) -> None:
    assert [rule(chain) for rule in RULES] == SILENT


def test_an_order_that_expired_tells_what_it_waited_for() -> None:
    slow = of_order.slow([a_challenge(reason=LACKING, solver=RFC2136_SOLVER)])
    finding = found(errored(of_order.expired(slow, ago(hours=1))))
    assert finding.cause == "order-expired"
    assert finding.headline == (
        f"The order for {DNS_NAME} expired while it waited: the name server of "
        f"{DNS_NAME} lacks the TXT record: ns1.example.com (192.0.2.1): no such name"
    )
    assert (finding.who, finding.command) == ("dns", "kubectl order retry web -n shop")
    assert finding.until is None


def test_an_order_that_expired_without_a_word() -> None:
    finding = found(errored(of_order.expired("", ago(hours=1))))
    assert (finding.cause, finding.who) == ("order-expired", "nobody")


FALLBACKS = [
    pytest.param(
        failed("HTTP-01", "odd"),
        "challenge-failed",
        f"The challenge for {DNS_NAME} failed (invalid): odd",
        "kubectl order retry web -n shop",
        id="challenge failed",
    ),
    pytest.param(
        errored("odd"),
        "order-failed",
        f"The order for {DNS_NAME} failed (errored): odd",
        "kubectl order retry web -n shop",
        id="order failed",
    ),
    pytest.param(
        errored("", dns_names=NAMES),
        "order-failed",
        "The order for a.example.com and 2 more names failed (errored): it gives no reason",
        "kubectl order why web --live -n shop",
        id="order failed without a reason",
    ),
    pytest.param(
        waiting("HTTP-01", "odd"),
        "challenge-waiting",
        f"The challenge for {DNS_NAME} waits: odd",
        "kubectl order why web --live -n shop",
        id="challenge waits",
    ),
    pytest.param(
        held("odd"),
        "order-waiting",
        f"The order for {DNS_NAME} waits: odd",
        "kubectl order why web --live -n shop",
        id="order waits",
    ),
]


@pytest.mark.parametrize(("chain", "cause", "headline", "command"), FALLBACKS)
def test_words_that_nobody_knows_are_quoted(
    chain: Chain, cause: str, headline: str, command: str
) -> None:
    finding = found(chain)
    assert (finding.cause, finding.headline, finding.command) == (cause, headline, command)


def an_order_of(owner: OwnerReference | None, state: str) -> Chain:
    """An Order alone, with that owner."""
    owners = (owner,) if owner is not None else ()
    metadata = ObjectMeta(name="old", namespace="shop", owner_references=owners)
    return a_chain(certificate=None, order=an_order(state, metadata=metadata))


OWNER = OwnerReference(
    api_version="cert-manager.io/v1",
    kind="CertificateRequest",
    name="web-1",
    uid="u",
    controller=True,
)


@pytest.mark.parametrize(
    ("owner", "evidence"),
    [
        pytest.param(None, "No CertificateRequest owns it", id="without an owner"),
        pytest.param(OWNER, 'its CertificateRequest "web-1" is gone', id="the owner is gone"),
    ],
)
@pytest.mark.parametrize("state", ["valid", "pending"])
def test_an_order_that_nobody_asked_for(
    owner: OwnerReference | None, evidence: str, state: str
) -> None:
    finding = found(an_order_of(owner, state))
    assert finding.cause == "orphan-order"
    assert finding.evidence[0].startswith(evidence)
    assert finding.command == "kubectl delete order old -n shop"


def test_an_orphan_that_failed_tells_of_what_and_offers_no_retry() -> None:
    order = an_order("errored", ordered("create", a_problem("caa", "forbidden")))
    finding = found(a_chain(certificate=None, order=order))
    assert finding.cause == "ca-caa"
    assert finding.command == "kubectl order why web-1-2233 --live -n shop"


def test_an_orphan_has_no_certificate_to_edit() -> None:
    order = an_order("errored", ordered("create", a_problem("rejectedIdentifier", "no")))
    finding = found(a_chain(certificate=None, order=order))
    assert finding.command == "kubectl describe order web-1-2233 -n shop"


def test_no_order_is_an_orphan_where_requests_may_not_be_read() -> None:
    chain = a_chain(certificate=None, order=an_order(), unread=("CertificateRequests: forbidden",))
    assert [rule(chain) for rule in RULES] == SILENT


@pytest.mark.parametrize(
    ("status", "until"),
    [
        pytest.param(
            CertificateStatus(diagnosis=a_diagnosis("caa", retry=ahead(hours=3))),
            ahead(hours=3),
            id="by the diagnosis",
        ),
        pytest.param(
            CertificateStatus(last_failure_time=ago(minutes=10), failed_issuance_attempts=3),
            ago(minutes=10) + timedelta(hours=4),
            id="as cert-manager does, which does not say",
        ),
        pytest.param(
            CertificateStatus(last_failure_time=ago(minutes=10), failed_issuance_attempts=99),
            ago(minutes=10) + timedelta(hours=32),
            id="as cert-manager does at most",
        ),
        pytest.param(
            CertificateStatus(last_failure_time=datetime.max.replace(tzinfo=UTC)),
            None,
            id="after the end of time",
        ),
        pytest.param(CertificateStatus(), None, id="not known"),
    ],
)
def test_when_the_next_attempt_comes(status: CertificateStatus, until: datetime | None) -> None:
    chain = failed("DNS-01", REFUSED)
    certificate = a_certificate(status)
    finding = found(an_ordered_chain(*chain.challenges, order=chain.order, certificate=certificate))
    assert finding.until == until


def test_when_a_waiting_challenge_is_looked_at_again() -> None:
    diagnosis = a_diagnosis("propagation", LACKING, retry=ahead(seconds=10))
    one = a_challenge(reason=LACKING, solver=RFC2136_SOLVER, diagnosis=diagnosis)
    finding = found(an_ordered_chain(one))
    assert (finding.since, finding.until) == (BEGUN, ahead(seconds=10))

"""The chains that pages are tried on, each as it is read from a cluster."""

from kubectl_order.facts import Absent, Chain, Unread
from orderapi.certificate import CertificateStatus
from orderapi.diagnosis import Attempt
from orderapi.names import ISSUING, READY
from orderapi.order import OrderStatus
from tests.kubectl_order.build import (
    ISSUED,
    RFC2136_SOLVER,
    a_certificate,
    a_chain,
    a_challenge,
    a_condition,
    a_diagnosis,
    a_leader,
    a_request,
    a_secret,
    ago,
    ahead,
    an_authorization,
    an_issuer,
    an_order,
    meta,
)

UNSEEN = (
    "Waiting for DNS-01 challenge propagation: ns1.example.com (10.0.0.1): has the value; "
    "ns2.example.com (10.0.0.2): no TXT record"
)
REFUSED = (
    "Error accepting authorization: 403 urn:ietf:params:acme:error:caa: CAA record for "
    "www.example.com prevents issuance. Our own DNS-01 check had found the answer: ns1.example.com "
    "(10.0.0.1): has the value"
)


def pending() -> Chain:
    """One name is proved, the TXT record of the other is not visible at one of two servers."""
    names = ("www.example.com", "*.example.com")
    return a_chain(
        certificate=a_certificate(dns_names=names),
        request=a_request(a_condition(READY, "False", "Pending", 'Created Order resource "o"')),
        order=an_order(dns_names=names),
        challenges=(
            a_challenge(solver=RFC2136_SOLVER, state="valid", reason="Successfully authorized"),
            a_challenge(
                "pending",
                UNSEEN,
                index=1,
                dns_name="example.com",
                wildcard=True,
                solver=RFC2136_SOLVER,
                diagnosis=a_diagnosis("check", UNSEEN, retry=ahead(seconds=20)),
            ),
        ),
        issuer=an_issuer(solvers=(RFC2136_SOLVER,)),
    )


def failed() -> Chain:
    """The CA refused because of CAA; the certificate before is still good."""
    told = f'Challenge "web-1-2233-0" for "www.example.com" failed: {REFUSED}'
    waiting = (
        f"The certificate request has failed to complete and will be retried: Failed to wait for "
        f'order resource "web-1-2233" to become ready: order is in "invalid" state: {told}'
    )
    attempts = [Attempt(time=ago(minutes=2), outcome="caa", message=told)]
    status = CertificateStatus(
        conditions=(
            *ISSUED.conditions,
            a_condition(ISSUING, "False", "Failed", waiting, since=ago(minutes=2)),
        ),
        not_before=ISSUED.not_before,
        not_after=ISSUED.not_after,
        renewal_time=ISSUED.renewal_time,
        revision=1,
        failed_issuance_attempts=1,
        last_failure_time=ago(minutes=2),
        diagnosis=a_diagnosis("caa", told, retry=ahead(hours=23), attempts=attempts),
    )
    return a_chain(
        certificate=a_certificate(status),
        request=a_request(
            a_condition(READY, "False", "Failed", told), revision=2, failed=ago(minutes=2)
        ),
        order=an_order("invalid", told, failed=ago(minutes=2)),
        challenges=(
            a_challenge("invalid", REFUSED, solver=RFC2136_SOLVER, diagnosis=a_diagnosis("caa")),
        ),
        secret=a_secret(),
        issuer=an_issuer(solvers=(RFC2136_SOLVER,)),
    )


def fine() -> Chain:
    """All is well."""
    return a_chain(
        certificate=a_certificate(ISSUED),
        request=a_request(a_condition(READY, reason="Issued")),
        order=an_order("valid"),
        secret=a_secret(),
    )


def orphan() -> Chain:
    """An Order that somebody made by hand."""
    return a_chain(certificate=None, order=an_order("", metadata=meta("by-hand")), secret=None)


def untouched() -> Chain:
    """Nobody has looked at the Certificate: it has no status; and the controller is down."""
    return a_chain(
        certificate=a_certificate(CertificateStatus(), metadata=meta("web", created=ago(hours=2))),
        leader=a_leader(renewed=ago(hours=3)),
    )


def order_alone() -> Chain:
    """A viewer who may read nothing but the Order."""
    return a_chain(
        certificate=None,
        order=an_order(),
        secret=None,
        issuer=Unread("forbidden"),
        leader=Unread("forbidden"),
        unread=(
            'CertificateRequests in namespace "shop" may not be read',
            'Challenges in namespace "shop" may not be read',
        ),
    )


def overdue() -> Chain:
    """The certificate has expired; its Secret is gone, too."""
    status = CertificateStatus(
        conditions=(a_condition(READY, "False", "Expired", "Certificate expired"),),
        not_before=ago(days=91),
        not_after=ago(days=1),
        renewal_time=ago(days=31),
        revision=3,
    )
    return a_chain(certificate=a_certificate(status), secret=Absent())


def without_challenges() -> Chain:
    """The CA knows one name already; the Challenge for the other is not made yet."""
    authorizations = (an_authorization(state="valid"), an_authorization("example.com"))
    return a_chain(
        order=an_order(
            dns_names=("www.example.com", "example.com"),
            status=OrderStatus(state="pending", authorizations=authorizations),
        )
    )

"""The namespace `shop` as the transcripts see it: a certificate that is there, one on its way, one
whose last attempt failed, and the Order of somebody who needs no Certificate."""

from datetime import timedelta
from typing import Final

from kubectl_order.reading.kinds import LEASE, NAMESPACE, SECRET, Lease, LeaseSpec
from orderapi import names
from orderapi.attempts import Attempt, names_digest, written
from orderapi.certificate import Certificate, CertificateStatus
from orderapi.certificaterequest import CertificateRequest
from orderapi.conditions import Condition
from orderapi.diagnosis import Attempt as Failure
from orderapi.meta import Object, ObjectMeta
from orderapi.order import Order
from orderapi.references import IssuerRef
from orderapi.resources import CERTIFICATE, CERTIFICATE_REQUEST, CHALLENGE, ISSUER, ORDER
from tests.kubectl_order import build
from tests.kubectl_order.recorded import Recorded

REFUSED: Final = (
    "400 urn:ietf:params:acme:error:rejectedIdentifier: Order included an identifier for which "
    'issuance is forbidden by policy: "mail.example.com"'
)
ERRORED: Final = f"Failed to create Order: {REFUSED}"
FAILED: Final = "The certificate request has failed to complete and will be retried: "
UNSEEN: Final = "The TXT record is not there yet at ns1.example.com (10.0.0.1:53)"


def shop() -> Recorded:
    """A server of all that."""
    recorded = Recorded()
    recorded.put(NAMESPACE, Object(metadata=ObjectMeta(name="shop", uid="uid-shop")))
    recorded.put(ISSUER, build.an_issuer(solvers=(build.RFC2136_SOLVER,)))
    lease = LeaseSpec(
        holder_identity="order-controller-7d9f",
        lease_duration_seconds=15,
        renew_time=build.NOW - timedelta(seconds=3),
    )
    where = build.meta("cert-manager-controller", namespace="cert-manager")
    recorded.put(LEASE, Lease(metadata=where, spec=lease))
    _ready(recorded)
    _pending(recorded)
    _failed(recorded)
    _alone(recorded)
    return recorded


def chain_of(
    recorded: Recorded, certificate: Certificate, order: Order, *conditions: Condition
) -> Order:
    """Put a Certificate, its first request and its Order; the Order as it is served."""
    recorded.put(CERTIFICATE, certificate)
    request = request_for(certificate, *conditions)
    recorded.put(CERTIFICATE_REQUEST, request, owner=CERTIFICATE.typed(certificate))
    name = names.order_name(certificate.metadata.name, request.metadata.uid, 0)
    placed = Order(
        metadata=build.meta(name, annotations={names.CERTIFICATE_NAME: certificate.metadata.name}),
        spec=order.spec,
        status=order.status,
    )
    recorded.put(ORDER, placed, owner=CERTIFICATE_REQUEST.typed(request))
    return ORDER.typed(placed)


def request_for(
    certificate: Certificate, *conditions: Condition, attempts: int = 1
) -> CertificateRequest:
    """The first request of a Certificate, which tells of so many attempts within the hour."""
    name = certificate.metadata.name
    plain = build.a_request(*conditions, certificate=name)
    digest = names_digest(certificate.spec)
    made = [Attempt(build.ago(minutes=4 + 10 * each), digest) for each in range(attempts)]
    annotations = plain.metadata.annotations | {names.ATTEMPTS: written(made)}
    return CertificateRequest(
        metadata=build.meta(f"{name}-1", annotations=annotations),
        spec=plain.spec,
        status=plain.status,
    )


def tried(recorded: Recorded, certificate: Certificate, attempts: int) -> None:
    """Have the request of a Certificate tell of so many attempts."""
    request = request_for(certificate, attempts=attempts)
    recorded.put(CERTIFICATE_REQUEST, request, owner=CERTIFICATE.typed(certificate))


def ready() -> Certificate:
    """`web`, which has all it wants."""
    return build.a_certificate(build.ISSUED)


def failed() -> Certificate:
    """`mail`, whose last attempt the CA refused."""
    told = f"The last attempt failed: {ERRORED}"
    failure = Failure(time=build.BEGUN, outcome="rejectedIdentifier", message=ERRORED)
    status = CertificateStatus(
        conditions=(
            build.not_ready(
                "DoesNotExist", f"Issuing certificate as Secret does not exist. {told}"
            ),
            build.a_condition(names.ISSUING, "False", "Failed", FAILED + ERRORED),
        ),
        failed_issuance_attempts=1,
        last_failure_time=build.BEGUN,
        diagnosis=build.a_diagnosis(
            "rejectedIdentifier", told, retry=build.ahead(hours=23), attempts=[failure]
        ),
    )
    return build.a_certificate(
        status, name="mail", dns_names=["mail.example.com"], secret="mail-tls"
    )


def pending() -> Certificate:
    """`api`, on its way."""
    return build.a_certificate(name="api", dns_names=["api.example.com"], secret="api-tls")


def _ready(recorded: Recorded) -> None:
    issued = build.a_condition(names.READY, "True", "Issued", "Certificate fetched from issuer")
    chain_of(recorded, ready(), build.an_order("valid"), issued)
    recorded.put(SECRET, build.a_secret())


def _pending(recorded: Recorded) -> None:
    order = chain_of(recorded, pending(), build.an_order(dns_names=["api.example.com"]))
    challenge = build.a_challenge(
        reason=UNSEEN,
        order=order.metadata.name,
        dns_name="api.example.com",
        solver=build.RFC2136_SOLVER,
    )
    recorded.put(CHALLENGE, challenge, owner=order)


def _failed(recorded: Recorded) -> None:
    told = build.a_condition(names.READY, "False", "Failed", ERRORED)
    order = build.an_order("errored", ERRORED, dns_names=["mail.example.com"], failed=build.BEGUN)
    chain_of(recorded, failed(), order, told)


def _alone(recorded: Recorded) -> None:
    order = build.an_order(
        "invalid", "unauthorized", name="alone", issuer=IssuerRef(name="acme"), failed=build.BEGUN
    )
    recorded.put(ORDER, order)

"""What keeps an attempt from becoming an Order, and requests that ended: one row for each way."""

import msgspec
import pytest

from controller.requests import sentences
from controller.requests.observed import Asked
from kubectl_order.explain import explain
from kubectl_order.facts import Chain
from kubectl_order.finding import Actor, Standing
from orderapi.conditions import Condition
from tests.kubectl_order.build import (
    a_certificate,
    a_chain,
    a_condition,
    a_diagnosis,
    a_request,
    ago,
    ahead,
    an_order,
    an_ordered_chain,
    not_ready,
)
from tests.kubectl_order.explain.rows import Row, check, failed, held, waiting

WEBHOOKS = "kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations"
EDIT = "kubectl edit certificate web -n shop"


def not_created(why: str) -> Chain:
    """A request whose Order the API server refuses."""
    text = sentences.not_created("shop", "web-22", f"creating the Order: 403 Forbidden: {why}")
    return a_chain(request=a_request(not_ready("Pending", text)))


def invalid(text: str, reason: str = "InvalidOrder") -> Chain:
    """A request that is refused for what it asks."""
    return a_chain(
        certificate=failed(text),
        request=a_request(
            a_condition("InvalidRequest", "True", reason, text), not_ready("Failed", text)
        ),
    )


def ended(text: str) -> Chain:
    """A request that failed."""
    return a_chain(certificate=failed(text), request=a_request(not_ready("Failed", text)))


DENIED = a_condition("Denied", "True", "policy.example.org", "names of other teams are not for you")

ROWS = (
    Row(
        id="approval-pending",
        chain=a_chain(request=a_request(approved=False)),
        cause="approval-pending",
        headline='Nobody has approved CertificateRequest "web-1"',
        who=Actor.ADMIN,
        command="kubectl describe certificaterequest web-1 -n shop",
    ),
    Row(
        id="denied",
        chain=a_chain(
            certificate=failed("names of other teams are not for you"),
            request=a_request(DENIED, not_ready("Denied", sentences.DENIED), approved=False),
        ),
        cause="denied",
        headline='CertificateRequest "web-1" was denied: names of other teams are not for you',
        who=Actor.ADMIN,
        command="kubectl order retry web -n shop",
        standing=Standing.FAILED,
    ),
    Row(
        id="a CA certificate",
        chain=invalid(sentences.ca_certificate()),
        cause="request-invalid",
        headline='CertificateRequest "web-1" is invalid: it asks for a CA certificate',
        who=Actor.YOU,
        command=EDIT,
        standing=Standing.FAILED,
    ),
    Row(
        id="a common name",
        chain=invalid(
            sentences.strange_common_name(
                Asked(common_name="x", dns_names=("y",), ip_addresses=(), key_digest="k")
            )
        ),
        cause="request-invalid",
        headline='CertificateRequest "web-1" is invalid: its common name is not among its names',
        who=Actor.YOU,
        command=EDIT,
        standing=Standing.FAILED,
    ),
    Row(
        id="no names",
        chain=invalid(sentences.no_names()),
        cause="request-invalid",
        headline='CertificateRequest "web-1" is invalid: it names no DNS name and no IP address',
        who=Actor.YOU,
        command=EDIT,
        standing=Standing.FAILED,
    ),
    Row(
        id="other names",
        chain=invalid(sentences.unsupported_names(["the URI spiffe://example.com/web"])),
        cause="request-invalid",
        headline='CertificateRequest "web-1" is invalid: it asks for the URI '
        "spiffe://example.com/web, and ACME is for DNS names and IP addresses only",
        who=Actor.YOU,
        command=EDIT,
        standing=Standing.FAILED,
    ),
    Row(
        id="an unreadable request",
        chain=invalid(sentences.undecodable_request("it is no PEM"), "RequestParsingError"),
        cause="request-invalid",
        headline='CertificateRequest "web-1" is invalid: its signing request cannot be read',
        who=Actor.YOU,
        command=EDIT,
        standing=Standing.FAILED,
    ),
    Row(
        id="a webhook",
        chain=not_created('admission webhook "guard.example.org" denied the request: not here'),
        cause="webhook-refused",
        headline='Admission webhook "guard.example.org" refuses the Order: not here',
        who=Actor.ADMIN,
        command=WEBHOOKS,
    ),
    Row(
        id="a policy",
        chain=a_chain(
            certificate=waiting(
                "Failed to create CertificateRequest: 422 Invalid: ValidatingAdmissionPolicy "
                "'judge' with binding 'all' denied request: there are none of these here"
            )
        ),
        cause="webhook-refused",
        headline='ValidatingAdmissionPolicy "judge" refuses the CertificateRequest: there are none '
        "of these here",
        who=Actor.ADMIN,
        command="kubectl get validatingadmissionpolicies",
    ),
    Row(
        id="a webhook that is not there",
        chain=an_ordered_chain(
            order=an_order(
                reason='Challenge "web-0" could not be created: Internal error occurred: failed '
                'calling webhook "guard.example.org": failed to call webhook: Post '
                '"https://guard": connection refused'
            )
        ),
        cause="webhook-unreachable",
        headline='The API server cannot reach admission webhook "guard.example.org" for a '
        'Challenge: Post "https://guard": connection refused',
        who=Actor.ADMIN,
        command=WEBHOOKS,
    ),
    Row(
        id="a quota",
        chain=not_created(
            "exceeded quota: few, requested: count/orders=1, used: count/orders=2, limited: 2"
        ),
        cause="quota-refused",
        headline='ResourceQuota "few" of namespace "shop" has no room for the Order: requested: '
        "count/orders=1, used: count/orders=2, limited: 2",
        who=Actor.ADMIN,
        command="kubectl describe resourcequota -n shop",
    ),
    Row(
        id="no right",
        chain=not_created(
            'orders.acme.cert-manager.io is forbidden: User "system:serviceaccount:cm:ctl" cannot '
            'create resource "orders" in API group "acme.cert-manager.io" in the namespace "shop"'
        ),
        cause="rights-missing",
        headline='The controller has no right to create orders in namespace "shop"',
        who=Actor.ADMIN,
        command="kubectl auth can-i create orders.acme.cert-manager.io -n shop "
        "--as=system:serviceaccount:cm:ctl",
    ),
    Row(
        id="a namespace that goes",
        chain=not_created(
            "unable to create new content in namespace shop because it is being terminated"
        ),
        cause="namespace-terminating",
        headline='Namespace "shop" is being terminated: nothing can be made in it',
        who=Actor.YOU,
        command="kubectl describe namespace shop",
    ),
    Row(
        id="two owners",
        chain=a_chain(
            certificate=held(
                "DuplicateSecretName",
                'Certificate "shop" has the same secretName "web-tls", and it is the older one. '
                "This Certificate is not issued until one of the two names another Secret.",
            )
        ),
        cause="secret-owned-by-two",
        headline='Secret "web-tls" of Certificate "web" belongs to Certificate "shop" already',
        who=Actor.YOU,
        command="kubectl get certificates.cert-manager.io -n shop",
    ),
    Row(
        id="somebody's Secret",
        chain=a_chain(
            certificate=held(
                "SecretNotAdopted",
                'Secret "web-tls" has an entry "password", which no certificate has. It is left '
                "alone, and no certificate is asked for: set spec.secretName to another name, or "
                "delete that Secret.",
            )
        ),
        cause="secret-not-adopted",
        headline='Certificate "web" may not write to Secret "web-tls": it has an entry "password", '
        "which no certificate has",
        who=Actor.YOU,
        command="kubectl get secret web-tls -n shop",
    ),
    Row(
        id="a spec",
        chain=a_chain(
            certificate=held(
                "InvalidSpec",
                "No request can be made of this spec: spec.renewBefore: 1m is too short. Change "
                "the spec; nothing is tried before.",
            )
        ),
        cause="certificate-spec-invalid",
        headline='Certificate "web" cannot be requested: spec.renewBefore: 1m is too short',
        who=Actor.YOU,
        command=EDIT,
    ),
    Row(
        id="windows",
        chain=a_chain(
            certificate=held("WindowError", "Could not calculate renewal time: no such time zone")
        ),
        cause="certificate-spec-invalid",
        headline='The renewal windows of Certificate "web" cannot be kept: no such time zone',
        who=Actor.YOU,
        command=EDIT,
    ),
    Row(
        id="a key",
        chain=a_chain(
            certificate=held(
                "CannotRegenerateKey",
                'User intervention required: existing private key in Secret "web-tls" does not '
                "match requirements on Certificate resource, mismatching fields: "
                "[spec.privateKey.algorithm]. It is kept.",
            )
        ),
        cause="key-cannot-be-kept",
        headline='The private key in Secret "web-tls" is to be kept, and does not fit Certificate '
        '"web": it differs in [spec.privateKey.algorithm]',
        who=Actor.YOU,
        command=EDIT,
    ),
    Row(
        id="a password",
        chain=a_chain(certificate=waiting('JKS keystore password Secret "pass" not found')),
        cause="keystore-password-missing",
        headline='Certificate "web" cannot be put into its Secret: Secret "pass" with the password '
        "of its JKS key store does not exist",
        who=Actor.YOU,
        command="kubectl get secret pass -n shop",
    ),
    Row(
        id="a budget",
        chain=a_chain(
            certificate=waiting(
                "5 requests were made within an hour, which is as many as a CA should get. The "
                "next one is made at 2026-11-24T09:40:00Z."
            )
        ),
        cause="budget-spent",
        headline='Certificate "web" had 5 requests within an hour, as many as a CA should get: it '
        "waits until 2026-11-24 09:40 UTC",
        who=Actor.NOBODY,
        command="kubectl order history web -n shop",
    ),
    Row(
        id="a Secret that cannot be written",
        chain=a_chain(
            certificate=waiting("The Secret could not be written as the spec asks: too large")
        ),
        cause="certificate-refused",
        headline='Certificate "web" does not go on: The Secret could not be written as the spec '
        "asks: too large",
        who=Actor.YOU,
        command="kubectl describe certificate web -n shop",
    ),
    Row(
        id="another key",
        chain=ended(sentences.other_key(an_order("valid"))),
        cause="certificate-for-another-key",
        headline='CertificateRequest "web-1" failed: the CA returned a certificate for another key',
        who=Actor.CA,
        command="kubectl order retry web -n shop",
        standing=Standing.FAILED,
    ),
    Row(
        id="any failure",
        chain=ended('Failed to decode returned certificate of order "web": it is no PEM'),
        cause="request-failed",
        headline='CertificateRequest "web-1" failed: Failed to decode returned certificate of '
        'order "web": it is no PEM',
        who=Actor.YOU,
        command="kubectl order retry web -n shop",
        standing=Standing.FAILED,
    ),
    Row(
        id="a failure that is over",
        chain=a_chain(
            certificate=failed(
                "the moon was in the way",
                diagnosis=a_diagnosis("moon", "The last attempt failed.", retry=ahead(minutes=6)),
                attempts=3,
            )
        ),
        cause="backing-off",
        headline='The last attempt for Certificate "web" failed, and the next one is made at '
        "2026-11-24 09:06 UTC: the moon was in the way",
        who=Actor.YOU,
        command="kubectl order retry web -n shop",
        standing=Standing.FAILED,
    ),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_each_way(row: Row) -> None:
    check(row)


def test_an_approver_gets_a_moment() -> None:
    request = a_request(approved=False)
    young = msgspec.structs.replace(request.metadata, creation_timestamp=ago(seconds=5))
    chain = a_chain(request=msgspec.structs.replace(request, metadata=young))
    assert explain(chain).cause == "in-flight"


def test_the_budget_tells_what_failed_before() -> None:
    outlook = (
        ". 5 requests were made within an hour, which is as many as a CA should get. The next one "
        "is made at 2026-11-24T09:40:00Z."
    )
    request = a_request(not_ready("Failed", "the moon was in the way"))
    certificate = failed("the moon was in the way", outlook=outlook, attempts=5)
    found = explain(a_chain(certificate=certificate, request=request))
    assert (found.cause, found.until) == ("budget-spent", ahead(minutes=40))
    assert found.headline.endswith(
        'The last one failed: CertificateRequest "web-1" failed: the moon was in the way'
    )
    assert found.evidence == ("the moon was in the way.",)
    found = explain(a_chain(certificate=certificate))
    assert found.evidence == ("The last attempt failed: the moon was in the way.",)


def test_a_failure_says_how_often_and_until_when() -> None:
    diagnosis = a_diagnosis("moon", "It is tried again.", retry=ahead(minutes=6))
    certificate = failed("the moon was in the way", diagnosis=diagnosis, attempts=3)
    request = a_request(not_ready("Failed", "the moon was in the way"))
    found = explain(a_chain(certificate=certificate))
    assert found.until == ahead(minutes=6)
    assert "3 attempts failed one after the other." in found.evidence
    found = explain(a_chain(certificate=certificate, request=request))
    assert (found.cause, found.until) == ("request-failed", ahead(minutes=6))


def test_an_obstacle_of_an_earlier_spec_does_not_count() -> None:
    certificate = held("InvalidSpec", "spec.dnsNames is empty")
    ready: Condition = msgspec.structs.replace(
        certificate.status.conditions[1], observed_generation=1
    )
    status = msgspec.structs.replace(certificate.status, conditions=(ready,))
    changed = msgspec.structs.replace(certificate.metadata, generation=2)
    found = explain(a_chain(certificate=a_certificate(status, metadata=changed)))
    assert found.cause == "not-yet-started"
    assert found.headline == (
        'The spec of Certificate "web" was changed, and has not been looked at by the controller '
        "yet"
    )


def test_an_attempt_that_begins_is_not_blamed_for_the_last_one() -> None:
    certificate = a_certificate()
    old = a_request(not_ready("Failed", "the moon was in the way"))
    keyed = msgspec.structs.replace(
        old.metadata, annotations={"cert-manager.io/private-key-secret-name": "web-key0"}
    )
    chain = a_chain(
        certificate=certificate,
        request=msgspec.structs.replace(old, metadata=keyed),
        order=an_order("invalid", "the moon was in the way"),
    )
    assert explain(chain).cause == "in-flight"


def test_a_request_without_a_certificate() -> None:
    chain = a_chain(certificate=None, request=a_request(not_ready("Failed", "no"), revision=3))
    found = explain(chain)
    assert found.cause == "request-failed"
    assert found.command == "kubectl describe certificaterequest web-3 -n shop"

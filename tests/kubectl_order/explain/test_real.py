"""Texts as they came up in a cluster, of CAs, DNS servers and API servers: what is made of them."""

from dataclasses import dataclass, replace

import msgspec
import pytest

from kubectl_order.explain import explain
from kubectl_order.facts import Chain
from kubectl_order.finding import Finding, Standing
from orderapi.certificate import CertificateSpec
from orderapi.keystores import JksKeystore, Keystores
from orderapi.references import IssuerRef, SecretKeySelector
from tests.kubectl_order.build import (
    ISSUER_REF,
    NOW,
    RFC2136_SOLVER,
    a_certificate,
    a_chain,
    a_challenge,
    a_condition,
    a_request,
    ago,
    an_issuer,
    an_order,
    an_ordered_chain,
    not_ready,
)
from tests.kubectl_order.explain.rows import failed, held, waiting

URN = "urn:ietf:params:acme:error:"
RECORD = "_acme-challenge.www.example.com"
LIVE = "kubectl order why web --live -n shop"
WEBHOOKS = "kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations"
OUTLOOK = (
    ". 5 requests were made within an hour, which is as many as a CA should get. The next one is "
    "made at 2026-11-24T09:40:00Z."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Real:
    """A chain, and what is to be said: parts of the headline and of the fix."""

    id: str
    chain: Chain
    cause: str
    who: str
    headline: tuple[str, ...]
    fix: str
    command: str


def order(reason: str, state: str = "errored") -> Chain:
    """An Order that says so, without a Challenge."""
    ended = NOW if state == "errored" else None
    return replace(an_ordered_chain(order=an_order(state, reason, failed=ended)), challenges=())


def challenge(reason: str, state: str = "pending", *, seconds: int = 300) -> Chain:
    """A DNS-01 Challenge that says so, some seconds after it was presented."""
    one = a_challenge(state, reason, solver=RFC2136_SOLVER, presented_at=ago(seconds=seconds))
    given = an_order("invalid", failed=NOW) if state == "invalid" else an_order()
    return an_ordered_chain(one, order=given)


def seen(evidence: str, *, seconds: int) -> Chain:
    """A Challenge whose record is looked for."""
    return challenge(f"Waiting for DNS-01 challenge propagation: {evidence}", seconds=seconds)


def request(
    reason: str, message: str, *, seconds: int = 45, issuer: IssuerRef = ISSUER_REF
) -> Chain:
    """A request without an Order, which has said so for some seconds."""
    told = a_condition("Ready", "False", reason, message, since=ago(seconds=seconds))
    return a_chain(request=a_request(told, issuer=issuer))


def with_stores() -> Chain:
    """A Certificate whose key store wants a password."""
    one = waiting('JKS keystore password Secret "store-password" not found')
    ref = SecretKeySelector(name="store-password", key="jks")
    stores = Keystores(jks=JksKeystore(create=True, password_secret_ref=ref))
    spec: CertificateSpec = msgspec.structs.replace(one.spec, keystores=stores)
    return a_chain(certificate=msgspec.structs.replace(one, spec=spec), request=a_request())


REJECTED = (
    f"Failed to create Order: 400 {URN}rejectedIdentifier: Error creating new order :: Cannot "
    'issue for "www.example.com": The ACME server refuses to issue a certificate for this domain '
    "name, because it is forbidden by policy (and 1 more problems. Refer to sub-problems for more "
    "information.) [www.example.com: rejectedIdentifier: The ACME server refuses to issue a "
    "certificate for this domain name, because it is forbidden by policy; second.example.com: "
    "malformed: Domain name contains an invalid character]."
)
SPENT = replace(
    order(REJECTED),
    certificate=failed(f'order is in "errored" state: {REJECTED}', outlook=OUTLOOK),
)

ROWS = (
    Real(
        id="several names rejected",
        chain=order(REJECTED),
        cause="ca-rejected-identifier",
        who="you",
        headline=(
            "The CA at acme.example does not issue for www.example.com: The ACME server refuses",
            "forbidden by policy",
        ),
        fix="Take www.example.com and second.example.com out of spec.dnsNames",
        command="kubectl edit certificate web -n shop",
    ),
    Real(
        id="a spent budget tells what spent it",
        chain=SPENT,
        cause="budget-spent",
        who="you",
        headline=("until 2026-11-24 09:40 UTC", "the CA at acme.example does not issue for"),
        fix="second.example.com out of spec.dnsNames",
        command="kubectl order history web -n shop",
    ),
    Real(
        id="a CA that fails is tried again",
        chain=order(
            f"Failed to create Order: 500 {URN}serverInternal: Error creating new order. It is "
            "tried again by itself.",
            "pending",
        ),
        cause="ca-server-internal",
        who="nobody",
        headline=("The CA at acme.example failed on its own side",),
        fix="Nothing is to be changed here",
        command="kubectl order watch web -n shop",
    ),
    Real(
        id="a profile that is not offered",
        chain=order(
            f"Failed to create Order: {URN}invalidProfile: acme: certificate authority does not "
            "advertise a profile with name nonesuch; it offers default, shortlived."
        ),
        cause="ca-invalid-profile",
        who="you",
        headline=('does not offer profile "nonesuch": it offers default, shortlived',),
        fix="Set spec.acme.profile",
        command="kubectl edit issuer acme -n shop",
    ),
    Real(
        id="a link that is not the CA's alone",
        chain=order(
            f"Failed to create Order: 403 {URN}userActionRequired: no [bold red]for you[/] "
            "[link=https://evil.example]here[/link] fine."
        ),
        cause="ca-user-action-required",
        who="ca",
        headline=("The CA at acme.example wants",),
        fix="at https://evil.example, for",
        command="kubectl order retry web -n shop",
    ),
    Real(
        id="no TXT record found",
        chain=challenge(
            f"Error accepting authorization: 403 {URN}unauthorized: No TXT records found for DNS "
            "challenge. Our own DNS-01 check was not made.",
            "invalid",
        ),
        cause="ca-unauthorized",
        who="dns",
        headline=(f"The CA at acme.example found no TXT record {RECORD}:",),
        fix=f"Have every name server of the zone give {RECORD}",
        command=LIVE,
    ),
    Real(
        id="a young record on one of two servers",
        chain=seen("192.0.2.2:53: no such name; 192.0.2.1:53: has the value", seconds=7),
        cause="txt-not-visible",
        who="nobody",
        headline=("1 of 2 name servers of www.example.com lacks the TXT record",),
        fix="If it stays so: have every name server",
        command=LIVE,
    ),
    Real(
        id="a record that stays away",
        chain=seen("192.0.2.1:53: no TXT record", seconds=300),
        cause="txt-not-visible",
        who="dns",
        headline=("The name server of www.example.com lacks the TXT record",),
        fix="Have every name server",
        command=LIVE,
    ),
    Real(
        id="a left-over value on one of two",
        chain=seen("192.0.2.2:53: 1 other value; 192.0.2.1:53: has the value", seconds=7),
        cause="txt-other-values",
        who="nobody",
        headline=(RECORD, "on 1 of 2 name servers: 192.0.2.2:53: 1 other value"),
        fix="If it stays so: delete left-over TXT values",
        command=LIVE,
    ),
    Real(
        id="a resolver that refuses",
        chain=challenge(
            f"Failed to publish the answer: The SOA record of {RECORD} could not be looked up: "
            "192.0.2.1:53 answered REFUSED. It is tried again by itself."
        ),
        cause="dns-lookup-failed",
        who="admin",
        headline=(RECORD, "answered REFUSED"),
        fix="Name recursive DNS servers",
        command=LIVE,
    ),
    Real(
        id="an account key as a certificate's Secret",
        chain=a_chain(
            certificate=held(
                "SecretNotAdopted",
                'Secret "web-tls" holds the account key of Issuer "own". It is left alone, and no '
                "certificate is asked for: set spec.secretName to another name, or delete that "
                "Secret.",
            )
        ),
        cause="secret-not-adopted",
        who="you",
        headline=('holds the account key of Issuer "own"',),
        fix="That Secret must stay",
        command="kubectl edit certificate web -n shop",
    ),
    Real(
        id="the entry of a password",
        chain=with_stores(),
        cause="keystore-password-missing",
        who="you",
        headline=('Secret "store-password" with the password of its JKS key store',),
        fix='in entry "jks"',
        command="kubectl get secret store-password -n shop",
    ),
    Real(
        id="a server of ACME v1",
        chain=a_chain(
            request=a_request(),
            issuer=an_issuer(
                not_ready(
                    "InvalidConfig",
                    "Your ACME server URL is set to a v1 endpoint "
                    "(https://acme-v01.api.letsencrypt.org/directory). You should update the "
                    "spec.acme.server field to "
                    '"https://acme-v02.api.letsencrypt.org/directory"',
                )
            ),
        ),
        cause="issuer-invalid",
        who="you",
        headline=("v1 endpoint (https://acme-v01.api.letsencrypt.org/directory)",),
        fix="Set spec.acme.server",
        command="kubectl edit issuer acme -n shop",
    ),
    Real(
        id="an Order that nobody made",
        chain=request(
            "Pending", 'Waiting on certificate issuance from order shop/web-1970887: "pending"'
        ),
        cause="order-not-made",
        who="admin",
        headline=('Order "web-1970887" was to be made 45 s ago, and does not exist',),
        fix="admission webhook",
        command=WEBHOOKS,
    ),
    Real(
        id="a webhook that does not answer",
        chain=request(
            "Pending",
            "Failed create new order resource shop/web-1970887: create orders.acme.cert-manager.io "
            "shop/web-1970887: 500 InternalError: Internal error occurred: failed calling webhook "
            '"judge.example.org": failed to call webhook: Post "https://127.0.0.1:1/?timeout=1s": '
            "dial tcp 127.0.0.1:1: connect: connection refused; it is tried again",
        ),
        cause="webhook-unreachable",
        who="admin",
        headline=('cannot reach admission webhook "judge.example.org" for the Order',),
        fix='Start what serves webhook "judge.example.org"',
        command=WEBHOOKS,
    ),
    Real(
        id="a key that a policy refuses",
        chain=a_chain(
            certificate=waiting(
                "Failed to create the Secret for the private key: create secrets shop/web-2bfb543c:"
                ' 422 Invalid: secrets "web-2bfb543c" is forbidden: ValidatingAdmissionPolicy '
                "'judge' with binding 'judge' denied request: there are none of these here"
            )
        ),
        cause="webhook-refused",
        who="admin",
        headline=('"judge" refuses the Secret for the private key: there are none of these here',),
        fix="allow what the controller makes",
        command="kubectl get validatingadmissionpolicies",
    ),
    Real(
        id="what is not asked for through ACME",
        chain=a_chain(
            request=a_request(
                not_ready("Failed", "isCA"),
                a_condition(
                    "InvalidRequest",
                    reason="InvalidOrder",
                    message="The request asks for a CA certificate (isCA): an ACME CA does not "
                    "issue CA certificates. Remove spec.isCA, and spec.nameConstraints with it, or "
                    "use an issuer of another type",
                ),
            )
        ),
        cause="request-invalid",
        who="you",
        headline=("asks for a CA certificate",),
        fix="Remove spec.isCA, and spec.nameConstraints with it",
        command="kubectl edit certificate web -n shop",
    ),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_what_is_made_of_real_texts(row: Real) -> None:
    found: Finding = explain(row.chain)
    assert (found.cause, found.who, found.command) == (row.cause, row.who, row.command)
    assert [part for part in row.headline if part not in found.headline] == []
    assert row.fix in found.fix


def test_a_young_order_may_be_on_its_way() -> None:
    text = 'Waiting on certificate issuance from order shop/web-1970887: "pending"'
    assert explain(request("Pending", text, seconds=20)).cause == "in-flight"


def test_orders_that_may_not_be_read_are_not_missed() -> None:
    text = 'Waiting on certificate issuance from order shop/web-1970887: "pending"'
    chain = replace(
        request("Pending", text), unread=('Orders in namespace "shop" may not be read',)
    )
    found = explain(chain)
    assert (found.cause, found.standing) == ("in-flight", Standing.MOVING)


def test_a_request_of_another_group_tells_whose_it_is() -> None:
    signer = IssuerRef(group="signers.example.org", kind="Signer", name="by-hand")
    one = a_request(approved=False, issuer=signer)
    found = explain(a_chain(certificate=a_certificate(issuer=signer), request=one))
    assert found.cause == "approval-pending"
    assert found.headline.endswith('which is for an issuer of group "signers.example.org"')
    assert 'verb approve for signers of group "signers.example.org"' in found.fix

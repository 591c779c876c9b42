"""Issuers that are not there, not ours, or not ready: one row for each way."""

import pytest

from controller.issuers import sentences
from controller.issuers.observed import Fault, Inputs, Trouble
from controller.requests import sentences as of_requests
from controller.verdict import FailureFacts
from kubectl_order.explain import explain
from kubectl_order.facts import Absent, Chain, Unread
from kubectl_order.finding import Actor, Standing
from orderapi.conditions import Condition
from orderapi.references import IssuerRef
from tests.kubectl_order.build import (
    CLUSTER_ISSUER_REF,
    ISSUED,
    ISSUER_REF,
    NOW,
    a_certificate,
    a_chain,
    a_condition,
    a_request,
    a_secret,
    ahead,
    an_issuer,
    an_order,
    an_ordered_chain,
    meta,
    not_ready,
)
from tests.kubectl_order.explain.rows import Row, check

URN = "urn:ietf:params:acme:error:"
HERE = 'Issuer "acme" in namespace "shop"'
DESCRIBE = "kubectl describe issuer acme -n shop"
EDIT = "kubectl edit issuer acme -n shop"
EDITED = frozenset(
    {
        "issuer-eab-required",
        "issuer-server-no-tls",
        "issuer-server-untrusted",
        "issuer-account-deactivated",
        "issuer-contact-invalid",
        "issuer-invalid",
    }
)
"""Causes that a change of the issuer's spec ends."""


def by(reason: str, message: str) -> Chain:
    """A request that waits for an Issuer which says so."""
    return a_chain(request=a_request(), issuer=an_issuer(not_ready(reason, message)))


def refused(message: str, *, kind: str = "", lasting: bool = False) -> str:
    """What our controller says of an account that the CA does not give."""
    facts = FailureFacts(message=message, kind=kind, lasting=lasting)
    trouble = Trouble(
        reason=sentences.REGISTER_FAILED,
        facts=facts,
        inputs=Inputs(generation=1, key="k"),
        at=NOW,
    )
    return sentences.failed(trouble, None if lasting else ahead(minutes=30))


def issuer_row(cause: str, reason: str, message: str, why: str, **others: object) -> Row:
    """A row about the Issuer, whose owner must act."""
    command = EDIT if cause in EDITED else DESCRIBE
    given = {"who": Actor.YOU, "command": command, "id": cause} | others
    return Row(
        chain=by(reason, message),
        cause=cause,
        headline=f"{HERE} is not ready: {why}",
        **given,  # type: ignore[arg-type]
    )


REGISTER, VERIFY = sentences.REGISTER_FAILED, sentences.VERIFY_FAILED

ROWS = (
    Row(
        id="missing",
        chain=a_chain(request=a_request(), issuer=Absent()),
        cause="issuer-missing",
        headline=f"{HERE} does not exist",
        who=Actor.YOU,
        command="kubectl get issuers.cert-manager.io,clusterissuers.cert-manager.io -n shop",
    ),
    Row(
        id="missing, as the request says",
        chain=a_chain(
            certificate=a_certificate(issuer=CLUSTER_ISSUER_REF),
            request=a_request(
                not_ready("Pending", of_requests.issuer_missing(CLUSTER_ISSUER_REF, "shop")),
                issuer=CLUSTER_ISSUER_REF,
            ),
            issuer=Unread("forbidden"),
        ),
        cause="issuer-missing",
        headline='ClusterIssuer "acme" does not exist',
        who=Actor.ADMIN,
        command="kubectl get issuers.cert-manager.io,clusterissuers.cert-manager.io -n shop",
    ),
    Row(
        id="a kind that is none",
        chain=a_chain(
            request=a_request(issuer=IssuerRef(name="acme", kind="Isuer")), issuer=Absent()
        ),
        cause="issuer-missing",
        headline='There is no kind "Isuer" of issuers: spec.issuerRef.kind must be Issuer or '
        "ClusterIssuer",
        who=Actor.YOU,
        command="kubectl get issuers.cert-manager.io,clusterissuers.cert-manager.io -n shop",
    ),
    Row(
        id="of one namespace",
        chain=a_chain(
            request=a_request(
                not_ready(
                    "Pending",
                    of_requests.issuer_missing(CLUSTER_ISSUER_REF, "shop", only_namespace="shop"),
                ),
                issuer=CLUSTER_ISSUER_REF,
            ),
            issuer=an_issuer(cluster=True),
        ),
        cause="clusterissuer-with-namespaced-controller",
        headline='ClusterIssuer "acme" is not looked at: the controller runs for one namespace '
        "only",
        who=Actor.YOU,
        command="kubectl get issuers.cert-manager.io -n shop",
    ),
    Row(
        id="another group",
        chain=a_chain(
            request=a_request(issuer=IssuerRef(name="x", kind="Signer", group="example.org")),
            issuer=None,
        ),
        cause="issuer-other-group",
        headline='CertificateRequest "web-1" waits for the controller of Signer "x" of group '
        '"example.org", which is not this one',
        who=Actor.ADMIN,
        command="kubectl describe certificaterequest web-1 -n shop",
    ),
    Row(
        id="new",
        chain=a_chain(request=a_request(), issuer=an_issuer(fresh=True)),
        cause="issuer-new",
        headline=f"{HERE} has not been looked at by a controller yet",
        who=Actor.NOBODY,
        command=DESCRIBE,
    ),
    issuer_row(
        "issuer-account-key-missing",
        VERIFY,
        sentences.key_missing("acme-account", "shop"),
        'the Secret "acme-account" with its account key does not exist',
        command="kubectl get secret acme-account -n shop",
    ),
    issuer_row(
        "issuer-account-key-invalid",
        VERIFY,
        sentences.key_invalid(
            Fault("k", 'entry "tls.key" of Secret "acme-account": the account key is encrypted')
        ),
        'the Secret "acme-account" holds no account key that can be used',
        command="kubectl get secret acme-account -n shop",
    ),
    issuer_row(
        "issuer-account-key-invalid",
        VERIFY,
        'ACME private key in "acme-account" is not of type RSA',
        "its account key cannot be used",
        id="issuer-account-key-invalid at cert-manager",
    ),
    issuer_row(
        "issuer-secret-unreadable",
        VERIFY,
        sentences.key_invalid(Fault("k", sentences.secret_refused("acme-account", "shop"))),
        'the controller may not read the Secret "acme-account"',
        who=Actor.ADMIN,
    ),
    issuer_row(
        "issuer-eab-missing",
        REGISTER,
        refused(
            sentences.binding_wrong(Fault("eab", sentences.secret_missing("eab", "shop"))),
            lasting=True,
        ),
        'the Secret "eab" of its external account binding does not exist',
        command="kubectl get secret eab -n shop",
    ),
    issuer_row(
        "issuer-eab-missing",
        REGISTER,
        refused(sentences.binding_wrong(Fault("eab", sentences.entry_missing("eab", "mac")))),
        'the Secret "eab" of its external account binding has no entry "mac"',
        command="kubectl get secret eab -n shop",
        id="issuer-eab-missing entry",
    ),
    issuer_row(
        "issuer-eab-invalid",
        REGISTER,
        refused(
            sentences.binding_wrong(
                Fault(
                    "eab",
                    'secret "eab": the key of the external account binding is neither base64url '
                    "nor base64; store it as the CA shows it, not encoded once more",
                )
            ),
            lasting=True,
        ),
        'its external account binding with Secret "eab" cannot be used',
    ),
    issuer_row(
        "issuer-eab-invalid",
        REGISTER,
        refused(f"401 {URN}unauthorized: the field 'kid' references a key that is not known"),
        "its external account binding is not accepted by its CA",
        id="issuer-eab-invalid at the CA",
    ),
    issuer_row(
        "issuer-eab-required",
        REGISTER,
        refused(f"403 {URN}externalAccountRequired: a binding is needed", lasting=True),
        "its CA demands an external account binding",
    ),
    issuer_row(
        "issuer-server-unreachable",
        REGISTER,
        refused("asking acme.example for its directory failed: connection refused"),
        "its ACME server cannot be reached: asking acme.example for its directory failed: "
        "connection refused",
    ),
    issuer_row(
        "issuer-server-unreachable",
        REGISTER,
        'Failed to register ACME account: Get "https://acme.example": dial tcp: lookup '
        "acme.example: no such host",
        'its ACME server cannot be reached: Get "https://acme.example": dial tcp: lookup '
        "acme.example: no such host",
        id="issuer-server-unreachable at cert-manager",
    ),
    issuer_row(
        "issuer-server-no-tls",
        REGISTER,
        refused('"http://acme.example" is not used: an ACME server is spoken to over https alone'),
        "its ACME server does not speak HTTPS",
    ),
    issuer_row(
        "issuer-server-untrusted",
        REGISTER,
        refused(
            "asking acme.example for its directory failed: its TLS certificate is not trusted: "
            "unable to get local issuer certificate; is it of a private CA (caBundle)?"
        ),
        "the certificate of its ACME server is not trusted: unable to get local issuer certificate",
    ),
    issuer_row(
        "issuer-solver-secret-missing",
        sentences.INVALID_SOLVER,
        sentences.invalid_solver([Fault("tsig", sentences.secret_missing("tsig", "shop"))]),
        'the Secret "tsig" of a solver does not exist',
        command="kubectl get secret tsig -n shop",
    ),
    issuer_row(
        "issuer-solver-secret-missing",
        sentences.INVALID_SOLVER,
        sentences.invalid_solver([Fault("tsig", sentences.entry_missing("tsig", "key"))]),
        'the Secret "tsig" of a solver has no entry "key"',
        command="kubectl get secret tsig -n shop",
        id="issuer-solver-secret-missing entry",
    ),
    issuer_row(
        "issuer-account-deactivated",
        REGISTER,
        refused(sentences.account_ended("https://acme.example/acct/1", "deactivated")),
        "its account at the CA is deactivated",
    ),
    issuer_row(
        "issuer-terms",
        REGISTER,
        refused(f"403 {URN}userActionRequired: agree at https://acme.example/terms"),
        "its CA demands that somebody agrees to its terms",
        who=Actor.CA,
    ),
    issuer_row(
        "issuer-contact-invalid",
        REGISTER,
        refused(f"400 {URN}invalidContact: example.com is not a domain for mail"),
        "its CA does not take the contact in spec.acme.email",
    ),
    issuer_row(
        "issuer-rate-limited",
        REGISTER,
        refused(f"429 {URN}rateLimited: too many", kind="rateLimited"),
        "its CA limits how often it may be asked (rateLimited)",
        who=Actor.NOBODY,
    ),
    issuer_row(
        "issuer-type-unsupported",
        sentences.UNSUPPORTED_TYPE,
        sentences.unsupported("Issuer", "vault"),
        'it is of type "vault", and only acme is served',
    ),
    issuer_row(
        "issuer-invalid",
        sentences.INVALID_CONFIG,
        sentences.no_key_name(),
        "spec.acme.privateKeySecretRef.name is empty: it names the Secret of the account key",
    ),
    issuer_row(
        "issuer-not-ready",
        "Strange",
        "the moon is in the way.",
        "the moon is in the way",
    ),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_each_way(row: Row) -> None:
    check(row)


def test_a_cluster_issuer_is_the_admins() -> None:
    text = sentences.key_missing("acme-account", "cert-manager")
    issuer = an_issuer(not_ready(VERIFY, text), cluster=True)
    certificate = a_certificate(issuer=CLUSTER_ISSUER_REF)
    request = a_request(issuer=CLUSTER_ISSUER_REF)
    found = explain(a_chain(certificate=certificate, request=request, issuer=issuer))
    assert found.headline.startswith('ClusterIssuer "acme" is not ready: the Secret "acme-account"')
    assert found.who is Actor.ADMIN
    assert found.command == "kubectl get secret acme-account -n cert-manager"


def test_a_ca_that_asks_for_patience_says_until_when() -> None:
    text = refused(f"429 {URN}rateLimited: too many", kind="rateLimited")
    assert explain(by(REGISTER, text)).until == ahead(minutes=30)


def test_what_an_issuer_says_is_read_from_who_waits_for_it() -> None:
    told = not_ready(VERIFY, sentences.key_missing("acme-account", "shop"))
    text = of_requests.issuer_not_ready(ISSUER_REF, told)
    request = a_request(not_ready("Pending", text))
    found = explain(a_chain(request=request, issuer=Unread("forbidden")))
    assert found.cause == "issuer-account-key-missing"
    assert found.evidence[0].startswith('CertificateRequest "web-1" says: ')


def test_an_order_tells_of_the_account() -> None:
    reason = (
        'The account of the issuer cannot be used: the account of Issuer "acme" is being looked '
        'into: Secret "acme-account" with its key is gone. It is tried again by itself.'
    )
    found = explain(an_ordered_chain(order=an_order("", reason)))
    assert found.cause == "issuer-account-key-missing"


@pytest.mark.parametrize(
    "chain",
    [
        an_ordered_chain(
            order=an_order("invalid", "refused"), issuer=an_issuer(not_ready("X", "y"))
        ),
        a_chain(
            request=a_request(not_ready("Pending", 'Referenced "Issuer" not found: it is not')),
        ),
    ],
    ids=["an order that has failed", "said before it was there"],
)
def test_an_issuer_that_is_not_in_the_way_is_not_spoken_of(chain: Chain) -> None:
    assert not explain(chain).cause.startswith("issuer")


def test_what_an_issuer_said_of_an_earlier_spec_does_not_count() -> None:
    said: Condition = a_condition("Ready", "False", "InvalidConfig", "v1 endpoint", generation=1)
    issuer = an_issuer(said, metadata=meta("acme", generation=2))
    found = explain(a_chain(request=a_request(), issuer=issuer))
    assert found.cause == "issuer-new"
    assert found.headline == f"{HERE} was changed, and is being looked into"


def test_no_name_out_of_a_text_becomes_part_of_a_command() -> None:
    text = 'failed to get secret "x; rm -rf ~": there is none in namespace "shop"'
    found = explain(by("InvalidSolver", text))
    assert found.command == DESCRIBE


def test_the_next_renewal_meets_an_issuer_that_is_not_ready() -> None:
    chain = a_chain(
        certificate=a_certificate(ISSUED),
        secret=a_secret(),
        issuer=an_issuer(not_ready("InvalidSolver", "no key")),
    )
    found = explain(chain)
    assert (found.cause, found.standing) == ("fine", Standing.FINE)
    assert found.evidence == (f"{HERE} is not ready now: no key.",)

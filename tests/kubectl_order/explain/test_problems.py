"""What a CA has against a name, an order or an account: the cause, the headline, who must act."""

from datetime import UTC, datetime

import msgspec
import pytest

from controller.acme.problem import Misconfigured, Problem, Subproblem, Unreachable, Violation
from controller.challenges import sentences as of_challenge
from controller.orders import sentences as of_order
from controller.verdict import FailureFacts
from kubectl_order.facts import Chain
from kubectl_order.finding import Standing
from tests.kubectl_order.build import (
    NOW,
    RFC2136_SOLVER,
    a_chain,
    a_challenge,
    a_request,
    an_issuer,
    an_order,
    an_ordered_chain,
)
from tests.kubectl_order.explain.spoken import (
    UNTIL,
    a_problem,
    errored,
    failed,
    found,
    held,
    of_step,
    ordered,
    refused,
    waiting,
)

URN = "urn:ietf:params:acme:error:"
LIVE = "kubectl order why web --live -n shop"
RETRY = "kubectl order retry web -n shop"
WATCH = "kubectl order watch web -n shop"
EDIT = "kubectl edit certificate web -n shop"
EDIT_ISSUER = "kubectl edit issuer acme -n shop"
DESCRIBE_ISSUER = "kubectl describe issuer acme -n shop"


def by_ca(kind: str, type_: str, detail: str, *, seen: str = "") -> Chain:
    """A Challenge that the CA refused."""
    return failed(kind, refused(kind, a_problem(type_, detail, 400), seen))


def created(type_: str, detail: str, *subproblems: Subproblem, status: int = 403) -> Chain:
    """An Order that the CA did not take."""
    return errored(ordered("create", a_problem(type_, detail, status, *subproblems)))


CONNECTION = "192.0.2.1: Fetching http://www.example.com/: Connection refused"

ROWS = [
    pytest.param(
        by_ca("HTTP-01", "connection", CONNECTION),
        "ca-connection",
        f"The CA at acme.example could not connect to www.example.com: {CONNECTION}",
        "router",
        LIVE,
        id="connection",
    ),
    pytest.param(
        by_ca("HTTP-01", "tls", "bad handshake"),
        "ca-connection",
        "The CA at acme.example could not connect to www.example.com: bad handshake",
        "router",
        LIVE,
        id="TLS",
    ),
    pytest.param(
        by_ca("DNS-01", "dns", "DNS problem: NXDOMAIN looking up TXT"),
        "ca-dns",
        "The CA at acme.example could not look up www.example.com in DNS: NXDOMAIN looking up TXT",
        "dns",
        LIVE,
        id="dns",
    ),
    pytest.param(
        by_ca("HTTP-01", "unauthorized", "192.0.2.1: Invalid response: 404"),
        "ca-unauthorized",
        "The CA at acme.example got something else from www.example.com than the challenge's "
        "answer: 192.0.2.1: Invalid response: 404",
        "router",
        LIVE,
        id="wrong content",
    ),
    pytest.param(
        by_ca("DNS-01", "unauthorized", 'Incorrect TXT record "x" found'),
        "ca-unauthorized",
        "The CA at acme.example found another TXT record for www.example.com than the challenge's: "
        'Incorrect TXT record "x" found',
        "dns",
        LIVE,
        id="wrong TXT",
    ),
    pytest.param(
        by_ca("DNS-01", "incorrectResponse", "no"),
        "ca-unauthorized",
        "The CA at acme.example found another TXT record for www.example.com than the challenge's: "
        "no",
        "dns",
        LIVE,
        id="incorrect response",
    ),
    pytest.param(
        by_ca("DNS-01", "caa", "CAA record for example.com prevents issuance"),
        "ca-caa",
        "CAA records of www.example.com forbid the CA at acme.example to issue",
        "dns",
        RETRY,
        id="CAA",
    ),
    pytest.param(
        created("compound", "several", Subproblem("caa", "forbidden", "b.example.com")),
        "ca-caa",
        "CAA records of b.example.com forbid the CA at acme.example to issue",
        "dns",
        RETRY,
        id="CAA in a compound problem",
    ),
    pytest.param(
        created("rejectedIdentifier", "policy forbids issuing for name"),
        "ca-rejected-identifier",
        "The CA at acme.example does not issue for www.example.com: policy forbids issuing for "
        "name",
        "you",
        EDIT,
        id="rejected identifier",
    ),
    pytest.param(
        created(
            "rejectedIdentifier", "policy", Subproblem("rejectedIdentifier", "no", "b.example.com")
        ),
        "ca-rejected-identifier",
        "The CA at acme.example does not issue for b.example.com: policy",
        "you",
        EDIT,
        id="one of several names rejected",
    ),
    pytest.param(
        created("unsupportedIdentifier", "no IP addresses"),
        "ca-unsupported-identifier",
        "The CA at acme.example issues no certificates for names such as www.example.com: no IP "
        "addresses",
        "you",
        EDIT,
        id="unsupported identifier",
    ),
    pytest.param(
        errored(ordered("finalize", a_problem("badCSR", "weak key"))),
        "ca-bad-csr",
        "The CA at acme.example refuses the signing request: weak key",
        "you",
        EDIT,
        id="bad CSR",
    ),
    pytest.param(
        created("badPublicKey", "weak key"),
        "ca-bad-csr",
        "The CA at acme.example refuses the signing request: weak key",
        "you",
        EDIT,
        id="bad public key",
    ),
    pytest.param(
        created("userActionRequired", "agree at https://ca.test/terms."),
        "ca-user-action-required",
        "The CA at acme.example wants whoever has the account to act first: agree at "
        "https://ca.test/terms",
        "ca",
        RETRY,
        id="user action required",
    ),
    pytest.param(
        created("serverInternal", "boom", status=500),
        "ca-server-internal",
        "The CA at acme.example failed on its own side: serverInternal: boom",
        "ca",
        RETRY,
        id="server internal",
    ),
    pytest.param(
        created("strange", "boom", status=503),
        "ca-server-internal",
        "The CA at acme.example failed on its own side: strange: boom",
        "ca",
        RETRY,
        id="another 5xx",
    ),
    pytest.param(
        held(
            ordered(
                "create",
                Unreachable("POST acme.example (new_order) answered 503 with text/html"),
                waits=True,
            )
        ),
        "ca-server-internal",
        "The CA at acme.example failed on its own side: POST acme.example (new_order) answered 503 "
        "with text/html",
        "nobody",
        WATCH,
        id="5xx without a problem document",
    ),
    pytest.param(
        created("malformed", "unexpected field"),
        "ca-malformed",
        "The CA at acme.example calls the request for www.example.com malformed: unexpected field",
        "you",
        EDIT,
        id="malformed",
    ),
    pytest.param(
        created("unauthorized", "not for this account"),
        "ca-unauthorized",
        "The CA at acme.example does not let this account order www.example.com: not for this "
        "account",
        "ca",
        EDIT_ISSUER,
        id="account not authorized",
    ),
    pytest.param(
        created("accountDoesNotExist", "no such account"),
        "ca-account-unknown",
        'The CA at acme.example does not know the account of Issuer "acme" in namespace "shop": no '
        "such "
        "account",
        "you",
        DESCRIBE_ISSUER,
        id="account unknown",
    ),
    pytest.param(
        created("externalAccountRequired", "EAB is needed"),
        "ca-external-account-required",
        'The CA at acme.example wants Issuer "acme" in namespace "shop" to be bound to an account '
        "there: "
        "EAB is needed",
        "you",
        EDIT_ISSUER,
        id="external account",
    ),
    pytest.param(
        errored(
            ordered(
                "create",
                Misconfigured(
                    "acme: certificate authority does not advertise a profile with name x",
                    kind="invalidProfile",
                ),
            )
        ),
        "ca-invalid-profile",
        'The CA at acme.example does not offer profile "x"',
        "you",
        EDIT_ISSUER,
        id="profile",
    ),
    pytest.param(
        errored("Failed to create Order: acme: certificate authority does not support profiles"),
        "ca-invalid-profile",
        "The CA at acme.example does not offer the profile that is asked for: certificate "
        "authority does not support profiles",
        "you",
        EDIT_ISSUER,
        id="profile, by cert-manager",
    ),
    pytest.param(
        created("frobnicated", "oh"),
        "ca-refused",
        "The CA at acme.example refused www.example.com (frobnicated): oh",
        "ca",
        RETRY,
        id="a type of tomorrow",
    ),
    pytest.param(
        held(
            ordered(
                "create",
                Unreachable("POST acme.example (new_order) failed: no answer in time"),
                waits=True,
            )
        ),
        "ca-unreachable",
        "The CA at acme.example cannot be reached: no answer in time",
        "admin",
        LIVE,
        id="unreachable",
    ),
    pytest.param(
        held(
            ordered(
                "read",
                Unreachable(
                    "GET acme.example (directory) failed: its TLS certificate is not trusted"
                ),
                waits=True,
            )
        ),
        "ca-unreachable",
        "The CA at acme.example cannot be reached: its TLS certificate is not trusted",
        "you",
        EDIT_ISSUER,
        id="not trusted",
    ),
    pytest.param(
        held(
            ordered(
                "create",
                Violation("POST acme.example (new_order) answered 200 OK with text/html: no JSON"),
                waits=True,
            )
        ),
        "ca-protocol",
        "The CA at acme.example answered against the protocol: POST acme.example (new_order) "
        "answered 200 OK with text/html: no JSON",
        "ca",
        EDIT_ISSUER,
        id="against the protocol",
    ),
    pytest.param(
        errored(
            ordered(
                "download",
                Violation("POST acme.example (cert) answered 200 OK with text/html: no chain"),
            )
        ),
        "chain-problem",
        "The certificate chain from the CA at acme.example cannot be used: POST acme.example "
        "(cert) answered 200 OK with text/html: no chain",
        "ca",
        RETRY,
        id="chain",
    ),
    pytest.param(
        errored(of_order.MISMATCH),
        "certificate-mismatch",
        "The CA at acme.example handed out a certificate for another key than the one asked for "
        "www.example.com",
        "nobody",
        RETRY,
        id="another key",
    ),
    pytest.param(
        errored(of_order.lost("https://acme.example/order/7", f"404 {URN}malformed: gone")),
        "order-lost",
        "The CA at acme.example no longer knows the order for www.example.com",
        "nobody",
        RETRY,
        id="order lost",
    ),
    pytest.param(
        failed("HTTP-01", of_challenge.lost(f"404 {URN}malformed: gone")),
        "authorization-lost",
        "The CA at acme.example no longer knows the authorization for www.example.com",
        "nobody",
        RETRY,
        id="authorization lost",
    ),
    pytest.param(
        failed("HTTP-01", of_challenge.NOT_OFFERED),
        "authorization-lost",
        "The CA at acme.example no longer knows the authorization for www.example.com",
        "nobody",
        RETRY,
        id="challenge not offered any more",
    ),
    pytest.param(
        an_ordered_chain(a_challenge("expired")),
        "authorization-lost",
        "The CA at acme.example no longer knows the authorization for www.example.com",
        "nobody",
        RETRY,
        id="authorization lost, by cert-manager, which gives no reason",
    ),
    pytest.param(
        held(of_order.working("processing")),
        "ca-slow",
        "The CA at acme.example has the signing request and has not issued yet for www.example.com",
        "nobody",
        WATCH,
        id="processing",
    ),
    pytest.param(
        held(of_order.working("pending")),
        "ca-slow",
        "The CA at acme.example has all it wants and does not go on yet with www.example.com",
        "nobody",
        WATCH,
        id="slow to be ready",
    ),
    pytest.param(
        waiting("HTTP-01", of_challenge.undecided()),
        "ca-slow",
        "The CA at acme.example was told of the answer and looks at it, for www.example.com",
        "nobody",
        WATCH,
        id="undecided",
    ),
    pytest.param(
        errored(ordered("finalize", a_problem("orderNotReady", "patience"))),
        "ca-slow",
        "The CA at acme.example is not ready for the order yet: patience",
        "nobody",
        WATCH,
        id="not ready",
    ),
    pytest.param(
        held(of_step("account", FailureFacts(message="Issuer is not ready"), waits=True)),
        "account-unavailable",
        "The account of the issuer cannot be used: Issuer is not ready",
        "you",
        DESCRIBE_ISSUER,
        id="account",
    ),
    pytest.param(
        an_ordered_chain(
            a_challenge(
                "invalid",
                "Error accepting authorization: acme: authorization error for www.example.com: "
                f"400 {URN}connection: 192.0.2.1: Timeout during connect",
            )
        ),
        "ca-connection",
        "The CA at acme.example could not connect to www.example.com: 192.0.2.1: Timeout during "
        "connect",
        "router",
        LIVE,
        id="connection, by cert-manager",
    ),
]


@pytest.mark.parametrize(("chain", "cause", "headline", "who", "command"), ROWS)
def test_the_words_of_a_ca_are_told(
    chain: Chain, cause: str, headline: str, who: str, command: str
) -> None:
    finding = found(chain)
    assert (finding.cause, finding.headline) == (cause, headline)
    assert (finding.who, finding.command) == (who, command)
    assert finding.fix


@pytest.mark.parametrize(
    ("server", "name", "record"),
    [
        pytest.param(
            "https://acme-v02.api.letsencrypt.org/directory",
            "www.example.com",
            '"0 issue \\"letsencrypt.org\\"" at www.example.com',
            id="the CA's own identity",
        ),
        pytest.param(
            "https://ca.test/dir",
            "*.example.com",
            "with the tag issuewild and the name that the CA goes by (caaIdentities in its "
            "directory) at example.com",
            id="wildcard",
        ),
    ],
)
def test_the_caa_record_to_add_is_written_out(server: str, name: str, record: str) -> None:
    one = a_challenge(
        "invalid",
        refused("DNS-01", a_problem("caa", "forbidden")),
        dns_name=name.removeprefix("*."),
        wildcard=name.startswith("*."),
        solver=RFC2136_SOLVER,
    )
    order = an_order("invalid", "", dns_names=[name])
    finding = found(an_ordered_chain(one, order=order, issuer=an_issuer(server=server)))
    assert f"Add a CAA record {record}" in finding.fix


def test_a_ca_without_a_host_is_the_ca() -> None:
    order = an_order("errored", ordered("create", a_problem("caa", "forbidden")))
    order = msgspec.structs.replace(order, status=msgspec.structs.replace(order.status, url=""))
    chain = a_chain(request=a_request(), order=order, issuer=an_issuer(server="https://["))
    assert found(chain).headline == "CAA records of www.example.com forbid the CA to issue"


LIMITS = [
    pytest.param(
        "too many certificates (5) already issued for this exact set of identifiers in the last "
        "168h0m0s, retry after 2026-11-30 06:27:45 UTC: see https://letsencrypt.org",
        "its limit of 5 certificates for the same set of names is reached",
        id="same names",
    ),
    pytest.param(
        "Error creating new order :: too many certificates already issued for exact set of "
        "domains: a.example.com",
        "its limit of certificates for the same set of names is reached",
        id="same names, old words",
    ),
    pytest.param(
        'too many certificates (50) already issued for "example.com" in the last 168h0m0s',
        "its limit of 50 certificates for the domain example.com is reached",
        id="domain",
    ),
    pytest.param(
        "too many certificates already issued for: example.com",
        "its limit of certificates for the domain example.com is reached",
        id="domain, old words",
    ),
    pytest.param(
        'too many failed authorizations (5) for "www.example.com" in the last 1h0m0s',
        "its limit of 5 failed validations of www.example.com is reached",
        id="failed validations",
    ),
    pytest.param(
        "too many failed authorizations recently",
        "its limit of failed validations is reached",
        id="failed validations, old words",
    ),
    pytest.param(
        "too many new orders (300) from this account in the last 3h0m0s",
        "its limit of 300 new orders of the account is reached",
        id="new orders",
    ),
    pytest.param("slow down", "too many requests: slow down", id="unknown"),
]


@pytest.mark.parametrize(("detail", "words"), LIMITS)
def test_a_rate_limit_names_what_is_limited_and_until_when(detail: str, words: str) -> None:
    finding = found(held(ordered("create", a_problem("rateLimited", detail, 429), waits=True)))
    assert finding.cause == "ca-rate-limited"
    assert finding.headline == (
        f"The CA at acme.example does not take an order for www.example.com now, until 2026-11-24 "
        f"09:30 UTC: {words}"
    )
    assert (finding.until, finding.who) == (UNTIL, "nobody")
    assert finding.standing is Standing.WAITING
    assert "Nothing helps but to wait" in finding.fix


def test_a_rate_limit_without_a_time_says_so() -> None:
    finding = found(errored(f"Failed to create Order: 429 {URN}rateLimited: slow down"))
    assert finding.until is None
    assert ", until" not in finding.headline
    assert "does not say until when" in finding.fix


def test_the_time_in_the_ca_s_own_words_counts() -> None:
    detail = "too many new orders (300) from this account, retry after 2026-11-30 06:27:45 UTC"
    finding = found(errored(f"Failed to create Order: 429 {URN}rateLimited: {detail}"))
    assert finding.until == datetime(2026, 11, 30, 6, 27, 45, tzinfo=UTC)


PAUSED = (
    "Your account is temporarily prevented from requesting certificates for www.example.com and "
    "possibly others. Please visit: https://portal.letsencrypt.org/sfe/v1/unpause?jwt="
)


def test_the_link_that_ends_a_pause_is_told() -> None:
    problem = a_problem("rateLimited", f"{PAUSED}eyJhbGciOiJIUzI1NiJ9.e30.abc", 429)
    finding = found(held(ordered("create", problem, waits=True)))
    assert finding.headline == (
        "The CA at acme.example has paused the account for www.example.com: too many failed "
        "validations in "
        "a row"
    )
    assert finding.who == "ca"
    assert (
        "Open https://portal.letsencrypt.org/sfe/v1/unpause?jwt=eyJhbGciOiJIUzI1NiJ9.e30.abc "
        in (finding.fix)
    )


def test_a_link_that_was_cut_is_not_handed_on() -> None:
    problem = a_problem("rateLimited", f"{PAUSED}eyJhbGciOiJIUzI1NiJ9.[key authorization]", 429)
    finding = found(held(ordered("create", problem, waits=True)))
    assert "its link was cut" in finding.fix
    assert "jwt=" not in finding.fix


def test_what_our_own_check_had_seen_is_evidence_beside_the_ca_s_words() -> None:
    finding = found(by_ca("HTTP-01", "connection", CONNECTION))
    assert finding.evidence == (
        f'Challenge "web-1-2233-0" says: Error accepting authorization: 400 {URN}connection: '
        f"{CONNECTION}.",
        "Our own check had found the answer: seen.",
    )
    assert finding.since == NOW
    assert finding.standing is Standing.FAILED


def test_where_the_ca_gives_no_reason_our_own_check_tells() -> None:
    seen = "ns2.example.com (192.0.2.2): no such name; ns1.example.com (192.0.2.1): has the value"
    finding = found(failed("DNS-01", refused("DNS-01", Problem(), seen)))
    assert finding.cause == "txt-not-visible"
    assert finding.standing is Standing.FAILED

"""DNS-01: who did not take the record, who lacks it, and what DNS fails at."""

from datetime import timedelta

import dns.exception
import dns.message
import dns.name
import dns.rcode
import dns.tsig
import pytest

from controller.challenges import sentences as of_challenge
from controller.solvers.dns01 import refusal
from controller.solvers.dns01.cname import Followed
from controller.solvers.dns01.solver import _notes
from controller.solvers.dns01.statements import Heard, Statement, verdict
from controller.solvers.dns01.tsig import signing_key
from controller.solvers.errors import (
    BadCredentials,
    LookupFailed,
    SolverError,
    Unreachable,
    UpdateRefused,
)
from kubectl_order.facts import Chain
from orderapi.solver import Cloudflare, Dns01, Rfc2136, Solver
from tests.controller.solvers.dns01.build import SECRET, a_secret
from tests.kubectl_order.build import (
    CLUSTER_ISSUER_REF,
    NOW,
    RFC2136_SOLVER,
    a_challenge,
    an_issuer,
    an_order,
    an_ordered_chain,
)
from tests.kubectl_order.explain.spoken import found, published, waiting

KEY = signing_key(
    Rfc2136(
        nameserver="n",
        tsig_key_name="order",
        tsig_algorithm="HMACSHA256",
        tsig_secret_secret_ref=SECRET,
    ),
    a_secret("MDEyMzQ1Njc4OWFiY2RlZg=="),
)
RECORD = "_acme-challenge.www.example.com"
ATTEMPT = refusal.Attempt("10.0.0.1", RECORD, "example.com", KEY)
LIVE = "kubectl order why web --live -n shop"
EDIT_ISSUER = "kubectl edit issuer acme -n shop"
EDIT_SECRET = "kubectl edit secret tsig -n shop"


def not_taken(error: SolverError) -> Chain:
    """A Challenge whose record could not be published."""
    return waiting("DNS-01", published(error), presented=False)


def signed(error: type[dns.exception.DNSException]) -> Chain:
    """An update whose signature was refused."""
    return waiting("DNS-01", unsigned_by(error), presented=False)


def unsigned_by(error: type[dns.exception.DNSException]) -> str:
    """The reason for that."""
    return published(UpdateRefused(refusal.signature_refusal(error(), ATTEMPT)))


def answered(code: str) -> Chain:
    """An update that was answered with that return code."""
    message = dns.message.Message()
    message.set_rcode(dns.rcode.from_text(code))
    return not_taken(UpdateRefused(refusal.update_refusal(message, ATTEMPT)))


def seen(evidence: str) -> Chain:
    """A Challenge whose record is not seen."""
    return waiting("DNS-01", of_challenge.propagation("DNS-01", evidence))


def heard(*words: str) -> str:
    """Evidence of name servers ns1, ns2, … that said that."""
    statements = [
        Statement(
            f"ns{n}.example.com (192.0.2.{n})",
            f"ns{n}.example.com.",
            Heard.VALUE if each == "has the value" else Heard.SOMETHING_ELSE,
            each,
        )
        for n, each in enumerate(words, start=1)
    ]
    return verdict(statements).evidence


def by_cert_manager(text: str) -> Chain:
    """A Challenge that could not be presented, in cert-manager's words."""
    return waiting("DNS-01", text, presented=False)


REFUSALS = [
    pytest.param(
        signed(dns.tsig.PeerBadKey),
        "rfc2136-key-unknown",
        'DNS server 10.0.0.1 does not know TSIG key "order" (BADKEY)',
        "dns",
        EDIT_ISSUER,
        id="BADKEY",
    ),
    pytest.param(
        signed(dns.tsig.PeerBadSignature),
        "rfc2136-secret-wrong",
        'DNS server 10.0.0.1 has another secret for TSIG key "order" (BADSIG)',
        "you",
        EDIT_SECRET,
        id="BADSIG",
    ),
    pytest.param(
        signed(dns.tsig.PeerBadTime),
        "rfc2136-clock",
        "The clocks of DNS server 10.0.0.1 and of the controller differ by more than 5 min "
        "(BADTIME)",
        "admin",
        LIVE,
        id="BADTIME",
    ),
    pytest.param(
        signed(dns.tsig.PeerBadTruncation),
        "rfc2136-untrusted",
        "The answer of DNS server 10.0.0.1 is not signed as it must be, and is not trusted",
        "you",
        EDIT_ISSUER,
        id="BADTRUNC",
    ),
    pytest.param(
        not_taken(UpdateRefused(refusal.unsigned_answer(ATTEMPT))),
        "rfc2136-untrusted",
        "The answer of DNS server 10.0.0.1 is not signed as it must be, and is not trusted",
        "you",
        EDIT_ISSUER,
        id="unsigned",
    ),
    pytest.param(
        answered("REFUSED"),
        "rfc2136-refused",
        'DNS server 10.0.0.1 does not let TSIG key "order" change zone example.com (REFUSED)',
        "dns",
        LIVE,
        id="REFUSED",
    ),
    pytest.param(
        answered("NOTAUTH"),
        "rfc2136-zone",
        "DNS server 10.0.0.1 is not the primary of zone example.com, or does not accept TSIG key "
        '"order" (NOTAUTH)',
        "you",
        EDIT_ISSUER,
        id="NOTAUTH",
    ),
    pytest.param(
        answered("NOTZONE"),
        "rfc2136-zone",
        "DNS server 10.0.0.1 does not have the name in zone example.com (NOTZONE)",
        "you",
        EDIT_ISSUER,
        id="NOTZONE",
    ),
    pytest.param(
        not_taken(
            LookupFailed(
                f"DNS server 10.0.0.1 does not hold the zone of {RECORD}: it refers to "
                "ns1.example.com, ns2.example.com. Name that zone's primary in rfc2136.nameserver."
            )
        ),
        "rfc2136-zone",
        f"DNS server 10.0.0.1 does not hold the zone of {RECORD}: it refers to ns1.example.com, "
        "ns2.example.com",
        "you",
        EDIT_ISSUER,
        id="referral",
    ),
    pytest.param(
        answered("SERVFAIL"),
        "rfc2136-failed",
        f"DNS server 10.0.0.1 failed at the update of {RECORD}: it failed at the update of zone "
        "example.com (SERVFAIL)",
        "dns",
        LIVE,
        id="SERVFAIL",
    ),
    pytest.param(
        answered("NOTIMP"),
        "rfc2136-failed",
        f"DNS server 10.0.0.1 failed at the update of {RECORD}: it takes no updates (NOTIMP)",
        "dns",
        LIVE,
        id="NOTIMP",
    ),
    pytest.param(
        not_taken(
            Unreachable(
                f"The change of {RECORD} was not confirmed: over UDP, DNS server 10.0.0.1 timed "
                "out after 5 s."
            )
        ),
        "rfc2136-unreachable",
        f"DNS server 10.0.0.1 does not answer the update of {RECORD}: timed out after 5 s",
        "admin",
        LIVE,
        id="unreachable",
    ),
    pytest.param(
        not_taken(LookupFailed("The address of DNS server ns:53 was not found: no such name.")),
        "rfc2136-unreachable",
        f"DNS server ns:53 does not answer the update of {RECORD}: no such name",
        "admin",
        LIVE,
        id="name of the server",
    ),
    pytest.param(
        not_taken(
            BadCredentials(
                'Secret "tsig" in namespace "shop", which the solver names, does not exist. Create '
                "it, or correct the solver of the issuer."
            )
        ),
        "credentials-missing",
        f'The credentials for {RECORD} are missing: Secret "tsig" does not exist',
        "you",
        EDIT_ISSUER,
        id="no Secret",
    ),
    pytest.param(
        not_taken(BadCredentials('Secret "tsig" has no entry "secret", or does not exist.')),
        "credentials-missing",
        f'The credentials for {RECORD} are missing: Secret "tsig", entry "secret", does not exist',
        "you",
        EDIT_ISSUER,
        id="no entry",
    ),
    pytest.param(
        not_taken(
            BadCredentials(
                'Secret "tsig", entry "secret", holds no TSIG key: it must be the base64 text'
            )
        ),
        "credentials-invalid",
        'Secret "tsig", entry "secret", holds no TSIG key',
        "you",
        EDIT_SECRET,
        id="no key in it",
    ),
    pytest.param(
        by_cert_manager("DNS update failed. Server replied: REFUSED"),
        "rfc2136-refused",
        f'DNS server 10.0.0.1:53 does not let TSIG key "order" change {RECORD} (REFUSED)',
        "dns",
        LIVE,
        id="REFUSED, by cert-manager",
    ),
    pytest.param(
        by_cert_manager("DNS update failed. Server replied: NOTAUTH"),
        "rfc2136-zone",
        f"DNS server 10.0.0.1:53 is not the primary of the zone of {RECORD}, or does not accept "
        'TSIG key "order" (NOTAUTH)',
        "you",
        EDIT_ISSUER,
        id="NOTAUTH, by cert-manager",
    ),
    pytest.param(
        by_cert_manager("DNS update failed. Server replied: SERVFAIL"),
        "rfc2136-failed",
        f"DNS server 10.0.0.1:53 failed at the update of {RECORD}: SERVFAIL",
        "dns",
        LIVE,
        id="SERVFAIL, by cert-manager",
    ),
    pytest.param(
        by_cert_manager("DNS update failed: dns: bad signature"),
        "rfc2136-secret-wrong",
        'DNS server 10.0.0.1:53 has another secret for TSIG key "order" (BADSIG)',
        "you",
        EDIT_SECRET,
        id="BADSIG, by cert-manager",
    ),
    pytest.param(
        by_cert_manager("DNS update failed: read udp 10.1.1.1:333->10.0.0.1:53: i/o timeout"),
        "rfc2136-unreachable",
        f"DNS server 10.0.0.1:53 does not answer the update of {RECORD}: read udp "
        "10.1.1.1:333->10.0.0.1:53: i/o timeout",
        "admin",
        LIVE,
        id="time-out, by cert-manager",
    ),
    pytest.param(
        by_cert_manager('error getting rfc2136 service account: secrets "tsig" not found'),
        "credentials-missing",
        f'The credentials for {RECORD} are missing: Secret "tsig" does not exist',
        "you",
        EDIT_ISSUER,
        id="no Secret, by cert-manager",
    ),
]

LOOKUPS = [
    pytest.param(
        not_taken(
            LookupFailed(
                f"No zone was found for {RECORD}: DNS knows none of the names above it. Check that "
                "the domain is registered and delegated."
            )
        ),
        "zone-not-found",
        f"No DNS zone holds {RECORD}: the domain is not registered, or not delegated",
        id="zone",
    ),
    pytest.param(
        by_cert_manager(
            "Could not find the SOA record in the DNS tree for the domain "
            f"'{RECORD}.' using nameservers [10.96.0.10:53]"
        ),
        "zone-not-found",
        f"No DNS zone holds {RECORD}: the domain is not registered, or not delegated",
        id="zone, by cert-manager",
    ),
    pytest.param(
        seen(f"The CNAMEs of {RECORD} lead in a circle: {RECORD} → a.example.net → {RECORD}."),
        "cname-loop",
        f"The CNAMEs of {RECORD} lead nowhere: {RECORD} → a.example.net → {RECORD}",
        id="circle",
    ),
    pytest.param(
        seen(f"{RECORD} leads through more than 10 CNAMEs: a → b → c → d and so on."),
        "cname-loop",
        f"The CNAMEs of {RECORD} lead nowhere: more than 10 CNAMEs: a → b → c → d and so on",
        id="too many aliases",
    ),
    pytest.param(
        by_cert_manager(
            f'Found recursive CNAME record to "a.example.net." when looking up "{RECORD}."'
        ),
        "cname-loop",
        f"The CNAMEs of {RECORD} lead in a circle: to a.example.net",
        id="circle, by cert-manager",
    ),
    pytest.param(
        seen(
            f"{RECORD} is an alias of a.example.net; The SOA record of a.example.net could not be "
            "looked up: 10.0.0.53 answered SERVFAIL."
        ),
        "cname-unresolvable",
        f"{RECORD} is an alias of a.example.net, which cannot be looked up: 10.0.0.53 answered "
        "SERVFAIL",
        id="alias",
    ),
    pytest.param(
        seen(f"The CNAME record of {RECORD} could not be looked up: 10.0.0.53 answered SERVFAIL."),
        "dns-servfail",
        f"DNS fails for {RECORD}: 10.0.0.53 answered SERVFAIL",
        id="SERVFAIL",
    ),
    pytest.param(
        seen(f"NS ns1.example.com.:53 returned SERVFAIL for {RECORD}."),
        "dns-servfail",
        f"DNS fails for {RECORD}: NS ns1.example.com.:53 returned SERVFAIL for {RECORD}",
        id="SERVFAIL, by cert-manager",
    ),
    pytest.param(
        seen("Zone example.com names no name servers."),
        "dns-servfail",
        "DNS fails for example.com: the zone names no name servers",
        id="no name servers",
    ),
    pytest.param(
        seen("The SOA record of example.com could not be looked up: 10.0.0.53 timed out."),
        "dns-lookup-failed",
        "example.com could not be looked up: 10.0.0.53 timed out",
        id="silence",
    ),
]

SEEN = [
    pytest.param(
        heard("has the value", "no such name"),
        "txt-not-visible",
        "1 of 2 name servers of www.example.com lacks the TXT record: ns2.example.com (192.0.2.2): "
        "no such name",
        id="one of two",
    ),
    pytest.param(
        heard("no TXT record", "3 other values"),
        "txt-not-visible",
        "2 of 2 name servers of www.example.com lack the TXT record: ns1.example.com (192.0.2.1): "
        "no TXT record",
        id="both",
    ),
    pytest.param(
        heard("2 other values", "2 other values"),
        "txt-other-values",
        f"The TXT record {RECORD} has other values than this challenge's: ns1.example.com "
        "(192.0.2.1): 2 other values",
        id="left-over values",
    ),
    pytest.param(
        heard("has the value", "1 other value"),
        "txt-other-values",
        f"The TXT record {RECORD} has other values than this challenge's on 1 of 2 name servers: "
        "ns2.example.com (192.0.2.2): 1 other value",
        id="left-over values on one",
    ),
    pytest.param(
        heard("has the value", "timed out after 2 s"),
        "name-server-silent",
        "1 of 2 name servers of www.example.com does not answer: ns2.example.com (192.0.2.2): "
        "timed out after 2 s",
        id="silent",
    ),
    pytest.param(
        heard("has the value", "does not hold the zone, refers to other servers"),
        "name-server-lame",
        "1 of 2 name servers of www.example.com does not serve the zone: ns2.example.com "
        "(192.0.2.2): does not hold the zone, refers to other servers",
        id="lame",
    ),
    pytest.param(
        heard("has the value", "answered SERVFAIL"),
        "dns-servfail",
        "1 of 2 name servers of www.example.com fails: ns2.example.com (192.0.2.2): answered "
        "SERVFAIL",
        id="failing",
    ),
    pytest.param(
        "10.0.0.53:5353: no such name",
        "txt-not-visible",
        "The name server of www.example.com lacks the TXT record: 10.0.0.53:5353: no such name",
        id="a recursive server",
    ),
    pytest.param(
        'DNS record for "www.example.com" not yet propagated',
        "txt-not-visible",
        f"The TXT record {RECORD} is not seen by the controller yet: DNS record for "
        '"www.example.com" not yet propagated',
        id="by cert-manager",
    ),
]


@pytest.mark.parametrize(("chain", "cause", "headline", "who", "command"), REFUSALS)
def test_who_did_not_take_the_record(
    chain: Chain, cause: str, headline: str, who: str, command: str
) -> None:
    finding = found(chain)
    assert (finding.cause, finding.headline) == (cause, headline)
    assert (finding.who, finding.command) == (who, command)


@pytest.mark.parametrize(("chain", "cause", "headline"), LOOKUPS)
def test_what_dns_fails_at(chain: Chain, cause: str, headline: str) -> None:
    finding = found(chain)
    assert (finding.cause, finding.headline, finding.command) == (cause, headline, LIVE)
    assert finding.who == ("admin" if cause == "dns-lookup-failed" else "dns")


@pytest.mark.parametrize(("evidence", "cause", "headline"), SEEN)
def test_which_servers_lack_the_record(evidence: str, cause: str, headline: str) -> None:
    finding = found(seen(evidence))
    assert (finding.cause, finding.headline) == (cause, headline)
    assert (finding.who, finding.command) == ("dns", LIVE)


def test_what_each_server_said_is_evidence() -> None:
    finding = found(seen(heard("has the value", "no such name")))
    assert finding.evidence == (
        "ns2.example.com (192.0.2.2): no such name.",
        "ns1.example.com (192.0.2.1): has the value.",
    )


def test_a_name_server_with_a_silent_address_does_not_lack_the_record() -> None:
    statements = (
        "ns1.example.com (2001:db8::1): cannot be reached: network is unreachable; "
        "ns2.example.com (192.0.2.2): no such name; ns1.example.com (192.0.2.1): has the value"
    )
    assert found(seen(statements)).headline.startswith("1 of 2 name servers")


def test_servers_that_have_the_record_are_not_blamed() -> None:
    statements = (
        "ns1.example.com (2001:db8::1): timed out after 2 s; ns1.example.com (192.0.2.1): has the "
        "value"
    )
    assert "seen by the controller" in found(seen(statements)).headline


def test_a_record_that_has_just_been_written_is_nobody_s_fault() -> None:
    young = NOW - timedelta(seconds=20)
    reason = of_challenge.propagation("DNS-01", heard("no such name"))
    one = a_challenge(reason=reason, solver=RFC2136_SOLVER, presented_at=young)
    finding = found(an_ordered_chain(one))
    assert (finding.cause, finding.who) == ("txt-not-visible", "nobody")
    assert finding.since == young


def test_an_alias_that_the_solver_does_not_follow() -> None:
    alias = Followed(
        dns.name.from_text("a.example.net"),
        (dns.name.from_text(RECORD),),
        f"{RECORD} is an alias of a.example.net",
    )
    notes = "; ".join(_notes(alias, Dns01()))
    finding = found(seen(f"{notes}; {heard('no such name')}"))
    assert finding.cause == "cname-not-followed"
    assert finding.headline == (
        f"{RECORD} is an alias of a.example.net, and the TXT record was not written there"
    )
    assert "cnameStrategy: Follow" in finding.fix
    assert (finding.who, finding.command) == ("you", EDIT_ISSUER)


def test_a_check_that_cannot_tell() -> None:
    until = "2026-11-24T09:02:00Z"
    finding = found(waiting("DNS-01", of_challenge.cannot_tell("DNS-01", "no server", until)))
    assert (finding.cause, finding.who) == ("cannot-tell", "nobody")
    assert finding.until is not None
    assert finding.until.isoformat() == "2026-11-24T09:02:00+00:00"


def test_the_words_of_another_provider_are_quoted() -> None:
    solver = Solver(dns01=Dns01(cloudflare=Cloudflare()))
    one = a_challenge(
        reason="while querying the Cloudflare API: 6003: Invalid request headers",
        solver=solver,
        presented=False,
    )
    finding = found(an_ordered_chain(one))
    assert finding.cause == "dns-provider-error"
    assert finding.headline == (
        "cloudflare did not take the TXT record of www.example.com: while querying the Cloudflare "
        "API: 6003: Invalid request headers"
    )


def test_the_credentials_of_a_cluster_issuer_are_the_admin_s() -> None:
    reason = unsigned_by(dns.tsig.PeerBadSignature)
    one = a_challenge(
        reason=reason, solver=RFC2136_SOLVER, presented=False, issuer=CLUSTER_ISSUER_REF
    )
    order = an_order(issuer=CLUSTER_ISSUER_REF)
    finding = found(an_ordered_chain(one, order=order, issuer=an_issuer(cluster=True)))
    assert (finding.who, finding.command) == ("admin", "kubectl edit clusterissuer acme")
    assert "the controller's own namespace for them" in finding.fix

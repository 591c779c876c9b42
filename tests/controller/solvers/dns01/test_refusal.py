"""The sentences for an update that was refused: which server, which key, what to check."""

import dns.exception
import dns.message
import dns.name
import dns.rcode
import dns.tsig
import dns.update
import pytest

from controller.solvers.dns01.refusal import (
    Attempt,
    signature_refusal,
    unsigned_answer,
    update_refusal,
)
from controller.solvers.dns01.tsig import signing_key
from orderapi.solver import Rfc2136
from tests.controller.solvers.dns01.build import SECRET, a_secret

TEXT = "MDEyMzQ1Njc4OWFiY2RlZg=="
KEY = signing_key(
    Rfc2136(
        nameserver="n",
        tsig_key_name="acme-key",
        tsig_algorithm="HMACSHA256",
        tsig_secret_secret_ref=SECRET,
    ),
    a_secret(TEXT),
)
SIGNED = Attempt("10.0.0.53", "_acme-challenge.example.com", "example.com", KEY)
UNSIGNED = Attempt("10.0.0.53", "_acme-challenge.example.com", "example.com", None)


@pytest.mark.parametrize(
    ("error", "parts"),
    [
        pytest.param(
            dns.tsig.PeerBadKey,
            ["10.0.0.53 does not know TSIG key", '"acme-key" (hmac-sha256)', "BADKEY"],
            id="BADKEY",
        ),
        pytest.param(
            dns.tsig.PeerBadSignature,
            ['"acme-key"', "BADSIG", 'Check Secret "tsig", entry "secret", against'],
            id="BADSIG",
        ),
        pytest.param(dns.tsig.PeerBadTime, ["BADTIME", "clocks of both"], id="BADTIME"),
        pytest.param(dns.tsig.BadTime, ["BADTIME", "clocks of both"], id="our clock"),
        pytest.param(dns.tsig.PeerBadTruncation, ["refused the signature"], id="BADTRUNC"),
        pytest.param(dns.tsig.BadSignature, ["not trusted", "may have been made"], id="forged"),
        pytest.param(dns.message.UnknownTSIGKey, ["not trusted"], id="another key"),
    ],
)
def test_signatures(error: type[dns.exception.DNSException], parts: list[str]) -> None:
    sentence = signature_refusal(error(), SIGNED)
    assert all(part in sentence for part in parts), sentence
    assert TEXT not in sentence


@pytest.mark.parametrize(
    ("code", "attempt", "parts"),
    [
        pytest.param(
            "NOTAUTH",
            SIGNED,
            ["not the primary of zone example.com, or does not accept TSIG key", 'entry "secret".'],
            id="NOTAUTH",
        ),
        pytest.param(
            "NOTAUTH",
            UNSIGNED,
            ["does not accept an unsigned update", "whether the zone takes unsigned updates."],
            id="NOTAUTH, unsigned",
        ),
        pytest.param(
            "REFUSED",
            SIGNED,
            [
                'does not let TSIG key "acme-key"',
                "allow-update",
                "_acme-challenge.example.com must",
            ],
            id="REFUSED",
        ),
        pytest.param("NOTZONE", SIGNED, ["not in zone example.com there"], id="NOTZONE"),
        pytest.param("SERVFAIL", SIGNED, ["Its log says why", "journal"], id="SERVFAIL"),
        pytest.param("NOTIMP", SIGNED, ["takes no updates (NOTIMP)"], id="NOTIMP"),
        pytest.param("YXRRSET", SIGNED, ["answered YXRRSET"], id="another"),
    ],
)
def test_return_codes(code: str, attempt: Attempt, parts: list[str]) -> None:
    answer = dns.message.make_response(dns.update.UpdateMessage("example.com"))
    answer.set_rcode(dns.rcode.from_text(code))
    sentence = update_refusal(answer, attempt)
    start = "DNS server 10.0.0.53 did not change _acme-challenge.example.com: "
    assert sentence.startswith(start)
    assert all(part in sentence for part in parts), sentence
    assert TEXT not in sentence


def test_a_success_without_signature() -> None:
    assert "not trusted" in unsigned_answer(SIGNED)


def test_no_part_shows_the_key() -> None:
    assert TEXT not in repr(SIGNED)

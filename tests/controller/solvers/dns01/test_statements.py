"""What servers said, and what follows: every voice must have the value."""

import dns.message
import dns.name
import dns.rdatatype
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.solvers.check import EVIDENCE_LIMIT, Check, bounded
from controller.solvers.dns01.statements import (
    Heard,
    Statement,
    passed,
    statement_of,
    verdict,
)
from controller.solvers.lookup.exchange import question
from tests.controller.solvers.dns01.scripted import reply

NAME = "_acme-challenge.example.com."
ASKED = question(dns.name.from_text(NAME), dns.rdatatype.TXT, recursive=False)
SOA = "example.com. 60 IN SOA ns1.example.com. h.example.com. 1 1 1 1 1"


@pytest.mark.parametrize(
    ("answer", "heard", "words"),
    [
        pytest.param(
            reply(ASKED, f"{NAME} 60 IN TXT other", f"{NAME} 60 IN TXT value"),
            Heard.VALUE,
            "has the value",
            id="among others",
        ),
        pytest.param(
            reply(ASKED, f'{NAME} 60 IN TXT "va" "lue"'),
            Heard.VALUE,
            "has the value",
            id="in parts",
        ),
        pytest.param(
            reply(ASKED, f"{NAME} 60 IN CNAME x.example.net.", "x.example.net. 60 IN TXT value"),
            Heard.VALUE,
            "has the value",
            id="behind an alias",
        ),
        pytest.param(
            reply(ASKED, f"{NAME} 60 IN TXT other"), Heard.SOMETHING_ELSE, "1 other value", id="one"
        ),
        pytest.param(
            reply(ASKED, f"{NAME} 60 IN TXT VALUE", f"{NAME} 60 IN TXT value2"),
            Heard.SOMETHING_ELSE,
            "2 other values",
            id="two others",
        ),
        pytest.param(
            reply(ASKED, authority=(SOA,)), Heard.SOMETHING_ELSE, "no TXT record", id="no data"
        ),
        pytest.param(
            reply(ASKED, authority=(SOA,), rcode="NXDOMAIN"),
            Heard.SOMETHING_ELSE,
            "no such name",
            id="no name",
        ),
        pytest.param(
            reply(ASKED, rcode="SERVFAIL"), Heard.SOMETHING_ELSE, "answered SERVFAIL", id="error"
        ),
        pytest.param(
            reply(ASKED, authority=("example.com. 60 IN NS n.example.net.",), authoritative=False),
            Heard.SOMETHING_ELSE,
            "does not hold the zone, refers to other servers",
            id="lame",
        ),
    ],
)
def test_what_an_answer_says(answer: dns.message.Message, heard: Heard, words: str) -> None:
    said = statement_of(answer, "value", who="ns1 (192.0.2.1)", voice="ns1")
    assert (said.heard, said.words) == (heard, words)


def said(voice: str, heard: Heard) -> Statement:
    return Statement(f"{voice} (192.0.2.1)", voice, heard, heard.name.lower())


V, E, N = Heard.VALUE, Heard.SOMETHING_ELSE, Heard.NOTHING


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        pytest.param([], False, id="nobody was asked"),
        pytest.param([("a", V)], True, id="one has it"),
        pytest.param([("a", V), ("b", V)], True, id="all have it"),
        pytest.param([("a", V), ("b", E)], False, id="one lacks it"),
        pytest.param([("a", V), ("b", N)], False, id="a name server is silent"),
        pytest.param([("a", V), ("a", N)], True, id="one address of two is silent"),
        pytest.param([("a", E), ("a", N)], False, id="the address that speaks lacks it"),
        pytest.param([("a", V), ("a", E)], False, id="addresses of one name server differ"),
        pytest.param([("a", N)], False, id="all are silent"),
    ],
)
def test_who_must_have_the_value(heard: list[tuple[str, Heard]], expected: bool) -> None:
    assert passed([said(voice, kind) for voice, kind in heard]) is expected


HEARD = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(Heard)), max_size=8)


@given(HEARD)
def test_a_pass_needs_a_value_from_every_voice(heard: list[tuple[str, Heard]]) -> None:
    if passed([said(voice, kind) for voice, kind in heard]):
        assert all((voice, V) in heard for voice, _ in heard)
        assert all(kind is not E for _, kind in heard)


@given(HEARD)
def test_the_order_of_answers_does_not_matter(heard: list[tuple[str, Heard]]) -> None:
    one = [said(voice, kind) for voice, kind in heard]
    assert passed(one) is passed(list(reversed(one)))


def test_those_who_lack_the_value_are_named_first() -> None:
    heard = [
        Statement("ns1.example.com (192.0.2.1)", "ns1", V, "has the value"),
        Statement("ns2.example.com (192.0.2.2)", "ns2", E, "no such name"),
    ]
    assert verdict(heard, notes=["a is an alias of b"]) == Check(
        False,
        "a is an alias of b; ns2.example.com (192.0.2.2): no such name; "
        "ns1.example.com (192.0.2.1): has the value",
    )


@given(st.lists(st.text(max_size=400), max_size=40))
def test_evidence_is_bounded(parts: list[str]) -> None:
    assert len(bounded(parts)) <= EVIDENCE_LIMIT


def test_what_does_not_fit_is_counted() -> None:
    parts = [f"ns{n}.example.com (192.0.2.{n}): timed out after 2 s" for n in range(60)]
    assert bounded(parts).endswith("timed out after 2 s; … and 41 more")
    assert bounded(["x" * 2_000]) == "x" * 999 + "…"

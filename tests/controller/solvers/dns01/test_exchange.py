"""One question to one server: truncation, silence, nonsense, forged packets."""

import asyncio

import dns.flags
import dns.message
import dns.name
import dns.rdatatype
import pytest

from controller.solvers.lookup.exchange import Silence, exchange, is_definite, is_referral, question
from controller.solvers.lookup.servers import Server
from devcluster.process import free_port
from tests.controller.solvers.dns01.scripted import reply, scripted

NAME = dns.name.from_text("_acme-challenge.example.com")


def asking(recursive: bool = False) -> dns.message.QueryMessage:
    return question(NAME, dns.rdatatype.TXT, recursive=recursive)


async def test_a_truncated_answer_is_fetched_over_tcp() -> None:
    texts = [f'{NAME} 60 IN TXT "{letter * 200}"' for letter in "abcdefghij"]

    def answer(query: dns.message.Message) -> dns.message.Message:
        if running.asked[-1].startswith("tcp"):
            return reply(query, *texts)
        short = reply(query)
        short.flags |= dns.flags.TC
        return short

    async with scripted(answer) as running:
        got = await exchange(running.server, asking(), seconds=2)
    assert sum(len(rrset) for rrset in got.answer) == 10
    assert [line.split()[0] for line in running.asked] == ["udp", "tcp"]


async def test_tcp_alone_where_it_is_asked_for() -> None:
    async with scripted(reply) as running:
        await exchange(running.server, asking(), seconds=2, tcp=True)
    assert running.asked == ["tcp _acme-challenge.example.com. TXT"]


async def test_silence_ends_after_its_time() -> None:
    loop = asyncio.get_running_loop()
    async with scripted(lambda _: None) as running:
        began = loop.time()
        with pytest.raises(Silence, match=r"^timed out after 0\.2 s$"):
            await exchange(running.server, asking(), seconds=0.2)
        assert loop.time() - began < 1


async def test_a_closed_connection_is_silence() -> None:
    async with scripted(lambda _: None) as running:
        with pytest.raises(Silence, match="closed the connection without an answer"):
            await exchange(running.server, asking(), seconds=2, tcp=True)


@pytest.mark.parametrize("tcp", [False, True])
async def test_a_port_that_nobody_listens_on_is_found_out_at_once(tcp: bool) -> None:
    with pytest.raises(Silence, match="cannot be reached: connection refused"):
        await exchange(Server("127.0.0.1", free_port()), asking(), seconds=2, tcp=tcp)


async def test_an_address_without_a_route_is_found_out_at_once() -> None:
    with pytest.raises(Silence, match="cannot be reached: "):
        await exchange(Server("255.255.255.255"), asking(), seconds=2)


async def test_ipv6() -> None:
    async with scripted(reply, host="::1") as running:
        for tcp in (False, True):
            await exchange(running.server, asking(), seconds=2, tcp=tcp)
    assert len(running.asked) == 2


async def test_nonsense_over_tcp_is_silence() -> None:
    async with scripted(lambda _: b"HTTP/1.1 400 Bad Request") as running:
        with pytest.raises(Silence, match="sent something that is no answer to the question"):
            await exchange(running.server, asking(), seconds=2, tcp=True)


async def test_answers_to_other_questions_are_waited_past() -> None:
    def with_another_id(query: dns.message.Message) -> bytes:
        wrong = reply(query)
        wrong.id ^= 1
        return wrong.to_wire()

    async with scripted(with_another_id) as running:
        with pytest.raises(Silence, match="timed out"):
            await exchange(running.server, asking(), seconds=0.2)


def test_recursion_is_asked_for_only_where_it_is_wanted() -> None:
    assert not asking().flags & dns.flags.RD
    assert asking(recursive=True).flags & dns.flags.RD


def test_ids_are_random() -> None:
    assert len({asking().id for _ in range(50)}) > 40


SOA = "example.com. 60 IN SOA ns1.example.com. h.example.com. 1 1 1 1 1"
REFERRAL = "sub.example.com. 60 IN NS ns1.elsewhere.net."


@pytest.mark.parametrize(
    ("answer", "definite", "referral"),
    [
        pytest.param(reply(asking(), f"{NAME} 60 IN TXT a"), True, False, id="answer"),
        pytest.param(reply(asking(), authority=(SOA,)), True, False, id="no data"),
        pytest.param(reply(asking(), rcode="NXDOMAIN"), True, False, id="no name"),
        pytest.param(reply(asking(), rcode="SERVFAIL"), False, False, id="servfail"),
        pytest.param(reply(asking(), rcode="REFUSED"), False, False, id="refused"),
        pytest.param(
            reply(asking(), authority=(REFERRAL,), authoritative=False), False, True, id="referral"
        ),
        pytest.param(reply(asking(), authority=(REFERRAL,)), True, False, id="authoritative"),
    ],
)
def test_which_answers_say_something(
    answer: dns.message.Message, definite: bool, referral: bool
) -> None:
    assert is_definite(answer) is definite
    assert is_referral(answer) is referral

"""The responder over real sockets: many requests, many clients, and where it listens."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from controller.solvers.http01.answers import Answers
from controller.solvers.http01.responder import Bounds, serving
from tests.controller.solvers.http01.asking import (
    FOUND,
    GET,
    NOT_FOUND,
    PATH,
    TOKEN,
    a_challenge,
    asked,
    connected,
    knowing,
    on_both_loops,
    request,
    responding,
)


@on_both_loops
async def test_who_sends_a_body_without_an_end_is_cut() -> None:
    async with (
        responding(bounds=Bounds(leaving=60)) as address,
        connected(address) as client,
    ):
        client.send(request(PATH + TOKEN, "Transfer-Encoding: chunked"))
        with pytest.raises((ConnectionError, RuntimeError)):
            await flooding(client.writer)


@on_both_loops
async def test_many_requests_on_one_connection() -> None:
    async with responding() as address, connected(address) as client:
        for _ in range(3):
            assert await client.ask(GET) == FOUND
            assert await client.ask(request("/x", "Content-Length: 0")) == NOT_FOUND
            assert await client.ask(b"\r\n" + GET) == FOUND


@on_both_loops
async def test_pipelined_requests_are_answered_in_their_order() -> None:
    outcomes: list[str] = []
    async with responding(outcomes=outcomes) as address, connected(address) as client:
        client.send((GET + request("/x")) * 500)
        for _ in range(500):
            assert await client.answer() == FOUND
            assert await client.answer() == NOT_FOUND
    assert outcomes == ["answered", "not_found"] * 500


@on_both_loops
async def test_byte_by_byte() -> None:
    async with responding() as address, connected(address) as client:
        for byte in GET:
            client.send(bytes([byte]))
            await asyncio.sleep(0)
        assert await client.answer() == FOUND


@on_both_loops
async def test_an_answer_that_comes_in_time_is_given_in_its_turn() -> None:
    early = a_challenge(presented=None)
    answers = knowing(early)
    async with responding(answers) as address, connected(address) as client:
        client.send(GET + request("/x"))
        await asyncio.sleep(0.2)
        answers.heard(early, a_challenge())
        assert await client.answer() == FOUND
        assert await client.answer() == NOT_FOUND


@on_both_loops
async def test_an_answer_that_does_not_come_is_not_found_after_a_second() -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert await asked(GET, knowing(a_challenge(presented=None))) == NOT_FOUND
    assert 0.9 < loop.time() - began < 5


@on_both_loops
async def test_who_leaves_while_it_waits_is_forgotten() -> None:
    answers = knowing(a_challenge(presented=None))
    async with responding(answers) as address:
        async with connected(address) as client:
            client.send(GET)
            await asyncio.sleep(0.05)
            assert answers._waiting == 1
        await asyncio.sleep(1.2)
        assert answers._waiting == 0


@on_both_loops
async def test_at_the_end_who_waits_for_us_is_answered_and_nobody_is_waited_for() -> None:
    answers = knowing(a_challenge(presented=None))
    async with AsyncExitStack() as clients:
        async with responding(answers) as address:
            waiting = await clients.enter_async_context(connected(address))
            idle = await clients.enter_async_context(connected(address))
            waiting.send(GET)
            idle.send(b"GET")
            await asyncio.sleep(0.05)
            began = asyncio.get_running_loop().time()
        assert asyncio.get_running_loop().time() - began < 0.5
        assert await waiting.rest() == NOT_FOUND
        assert await idle.rest() == b""


HURRIED = Bounds(connections=3, idle=0.4, sending=0.2, stuck=0.2, leaving=0.2, every=0.02)


@on_both_loops
async def test_times() -> None:
    """An idle client may stay longer than one that does not come to the end of a request."""
    loop, outcomes = asyncio.get_running_loop(), list[str]()
    began = loop.time()
    async with (
        responding(outcomes=outcomes, bounds=HURRIED) as address,
        connected(address) as silent,
        connected(address) as slow,
        connected(address) as idle,
    ):
        assert await idle.ask(GET) == FOUND
        drip = loop.create_task(dripping(slow.writer))
        assert await silent.rest() == await slow.rest() == b""
        early = loop.time() - began
        assert await idle.rest() == b""
        drip.cancel()
        assert early < loop.time() - began
        assert early >= 0.2
        assert loop.time() - began >= 0.4
        assert outcomes == ["answered", "refused"]


async def dripping(writer: asyncio.StreamWriter) -> None:
    for byte in GET + b"a" * 1000:
        writer.write(bytes([byte]))
        await asyncio.sleep(0.02)


@on_both_loops
async def test_with_too_many_the_oldest_idle_one_goes() -> None:
    bounds = Bounds(connections=3)
    async with (
        responding(bounds=bounds) as address,
        connected(address) as first,
        connected(address) as second,
        connected(address) as third,
    ):
        for client in (second, third, first, second):
            assert await client.ask(GET) == FOUND
        async with connected(address) as fourth:
            assert await fourth.ask(GET) == FOUND
            assert await third.rest() == b""
            assert await first.ask(GET) == FOUND
            assert await second.ask(GET) == FOUND


@on_both_loops
async def test_who_does_not_read_is_cut() -> None:
    outcomes: list[str] = []
    async with (
        responding(outcomes=outcomes, bounds=Bounds(stuck=0.3, every=0.05)) as address,
        connected(address) as client,
    ):
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        with pytest.raises((ConnectionError, RuntimeError)):
            await flooding(client.writer)
        assert len(outcomes) < 200_000


async def flooding(writer: asyncio.StreamWriter) -> None:
    """For 20 seconds at most."""
    async with asyncio.timeout(20):
        while True:
            writer.write(request("/x") * 1000)
            await writer.drain()


@on_both_loops
async def test_who_reads_late_gets_all() -> None:
    async with responding() as address, connected(address) as client:
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        sending = asyncio.get_running_loop().create_task(told(client.writer, GET * 20_000))
        await asyncio.sleep(0.3)
        client.writer.transport.resume_reading()  # type: ignore[attr-defined]
        for _ in range(20_000):
            assert await client.answer() == FOUND
        await sending


async def told(writer: asyncio.StreamWriter, raw: bytes) -> None:
    writer.write(raw)
    await writer.drain()


@pytest.mark.parametrize("address", ["", "0"])
@on_both_loops
async def test_nothing_is_served_where_none_is_wanted(address: str) -> None:
    async with serving(address, Answers()) as bound:
        assert bound == ""


@pytest.mark.parametrize("address", ["127.0.0.1:0", "localhost:0", "[::1]:0"])
@on_both_loops
async def test_the_address_in_use_can_be_connected_to(address: str) -> None:
    async with serving(address, knowing(a_challenge())) as bound, connected(bound) as client:
        assert await client.ask(GET) == FOUND


@on_both_loops
async def test_without_a_host_both_kinds_of_address_are_served() -> None:
    async with serving(":0", knowing(a_challenge())) as bound:
        port = bound.rpartition(":")[2]
        for host in ("127.0.0.1", "[::1]"):
            async with connected(f"{host}:{port}") as client:
                assert await client.ask(GET) == FOUND

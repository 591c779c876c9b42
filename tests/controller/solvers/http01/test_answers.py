"""Which answers the Challenges give, and who waits for one."""

import asyncio
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.runtime.cache import Cache
from controller.solvers.fingerprint import fingerprint
from controller.solvers.http01.answers import (
    LONGEST_WAIT,
    MOST_WAITING,
    MOST_WAITING_PER_HOST,
    Answers,
    canonical,
)
from orderapi.challenge import DNS01, Challenge
from orderapi.states import FINAL
from tests.controller.solvers.http01.asking import HOST, KEY, PRINT, TOKEN, a_challenge, knowing

pytestmark = pytest.mark.looptime


@pytest.mark.parametrize(
    ("spelt", "name"),
    [
        ("WWW.Example.COM", "www.example.com"),
        ("www.example.com.", "www.example.com"),
        ("www.example.com..", "www.example.com."),
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.01", "192.0.2.01"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("1.example.2", "1.example.2"),
        ("", ""),
    ],
)
def test_a_host_has_one_spelling(spelt: str, name: str) -> None:
    assert canonical(spelt) == name


@given(st.text(max_size=30) | st.ip_addresses().map(str))
def test_what_is_spelt_so_stays_so(text: str) -> None:
    once = canonical(text.rstrip("."))
    assert canonical(once) == once


@given(st.ip_addresses(v=6))
def test_an_address_is_found_in_any_spelling(address: object) -> None:
    long = getattr(address, "exploded", "")
    assert knowing(a_challenge(host=str(address))).now(long.upper(), TOKEN) == KEY


def test_shown_is_what_was_presented() -> None:
    answers = knowing(a_challenge())
    assert answers.now(HOST, TOKEN) == KEY
    assert answers.now(HOST.upper(), TOKEN) == KEY
    assert answers.now(HOST, TOKEN.lower()) is None
    assert answers.now("example.com", TOKEN) is None


@pytest.mark.parametrize(
    ("challenge", "live"),
    [
        (a_challenge(presented=None), True),
        (a_challenge(presented=False), True),
        (a_challenge(presented_solver="of another solver"), True),
        (a_challenge(key="two.parts." + PRINT), True),
        (a_challenge(key=TOKEN), True),
        (a_challenge(key=f"{TOKEN}.{PRINT}t"), True),
        (a_challenge(key=f"{TOKEN}.{PRINT}\n"), True),
        (a_challenge(key=f"another.{PRINT}"), True),
        (a_challenge(token=""), True),
        (a_challenge(token="t" * 257), True),
        (a_challenge(token="a/b"), True),
        (a_challenge(kind=DNS01), False),
        (a_challenge(deleted=True), False),
        *((a_challenge(state=state), False) for state in sorted(FINAL)),
    ],
)
def test_not_shown(challenge: Challenge, live: bool) -> None:
    answers = knowing(challenge)
    assert answers.now(HOST, challenge.spec.token) is None
    assert answers.may_come(HOST) is live


def test_shown_for_the_solver_that_presented_it() -> None:
    challenge = a_challenge(presented_solver=fingerprint(a_challenge().spec))
    assert knowing(challenge).now(HOST, TOKEN) == KEY


def test_an_answer_stays_until_the_last_that_gives_it_is_gone() -> None:
    one, two = a_challenge("one"), a_challenge("two", key=f"{TOKEN}.{'u' * 43}")
    answers = knowing(one, two)
    assert answers.now(HOST, TOKEN) == KEY
    answers.heard(one, None)
    assert answers.now(HOST, TOKEN) == two.spec.key
    answers.heard(two, a_challenge("two", state="valid"))
    assert answers.now(HOST, TOKEN) is None
    assert not answers.may_come(HOST)


def test_a_challenge_that_changes_counts_once() -> None:
    early, shown = a_challenge(presented=None), a_challenge()
    answers = knowing(early)
    answers.heard(early, shown)
    answers.heard(shown, early)
    assert answers.now(HOST, TOKEN) is None
    assert answers.may_come(HOST)
    answers.heard(early, None)
    assert not answers.may_come(HOST)


def test_it_listens_to_a_cache() -> None:
    cache: Cache[Challenge] = Cache()
    answers = Answers()
    cache.listen(answers.heard)
    challenge = a_challenge()
    first = msgspec.structs.replace(challenge.metadata, resource_version="1")
    cache.feed(msgspec.structs.replace(challenge, metadata=first))
    assert answers.now(HOST, TOKEN) == KEY
    cache.drop(msgspec.structs.replace(challenge, metadata=first))
    assert answers.now(HOST, TOKEN) is None


def test_nothing_secret_is_shown() -> None:
    answers = knowing(a_challenge())
    for text in (repr(answers), repr(vars(answers))):
        assert PRINT not in text
    assert repr(answers) == "<Answers of 1 Challenges for 1 hosts>"


HOSTS = ("a.example.com", "A.example.com", "2001:db8::1")
TOKENS = ("one", "two")
changed = st.builds(
    a_challenge,
    st.sampled_from(["p", "q", "r"]),
    host=st.sampled_from(HOSTS),
    token=st.sampled_from(TOKENS),
    key=st.sampled_from([None, None, f"one.{'u' * 43}", "broken"]),
    kind=st.sampled_from(["HTTP-01", "HTTP-01", "DNS-01"]),
    deleted=st.sampled_from([False, False, True]),
    presented=st.sampled_from([True, True, None]),
    state=st.sampled_from(["", "pending", "valid"]),
)
removed = st.sampled_from(["p", "q", "r"])


@given(st.lists(changed | removed, max_size=30))
def test_what_is_known_is_what_the_challenges_say(changes: list[Challenge | str]) -> None:
    answers, there = Answers(), dict[str, Challenge]()
    for change in changes:
        name = change if isinstance(change, str) else change.metadata.name
        old, new = there.pop(name, None), None if isinstance(change, str) else change
        if new is not None:
            there[name] = new
        answers.heard(old, new)
        for host in HOSTS:
            live = [c for c in there.values() if is_live(c) and same(c.spec.dns_name, host)]
            assert answers.may_come(host) is bool(live)
            for token in TOKENS:
                keys = {c.spec.key for c in live if gives(c, token)}
                found = answers.now(host, token)
                assert found in keys if keys else found is None
    assert set(answers._shown) == {("default", n) for n, c in there.items() if is_live(c)}


def is_live(challenge: Challenge) -> bool:
    meta, spec = challenge.metadata, challenge.spec
    final = challenge.status.state == "valid"
    return spec.type == "HTTP-01" and not final and meta.deletion_timestamp is None


def gives(challenge: Challenge, token: str) -> bool:
    spec = challenge.spec
    whole = spec.key in (f"{spec.token}.{PRINT}", f"{spec.token}.{'u' * 43}")
    return bool(challenge.status.presented) and whole and spec.token == token


def same(one: str, other: str) -> bool:
    return one.lower() == other.lower()


async def took(find: Callable[[], asyncio.Future[str | None]]) -> tuple[str | None, float]:
    loop = asyncio.get_running_loop()
    began = loop.time()
    found = await find()
    return found, round(loop.time() - began, 6)


def finding(answers: Answers, host: str = HOST, token: str = TOKEN) -> "asyncio.Task[str | None]":
    return asyncio.get_running_loop().create_task(answers.find(host, token))


async def test_nobody_waits_for_what_is_there_or_for_a_strange_host() -> None:
    answers = knowing(a_challenge())
    assert await took(lambda: finding(answers)) == (KEY, 0.0)
    assert await took(lambda: finding(answers, "other.example.com")) == (None, 0.0)


async def test_an_answer_that_comes_is_waited_for() -> None:
    early = a_challenge(presented=None)
    answers = knowing(early)
    asyncio.get_running_loop().call_later(0.4, answers.heard, early, a_challenge())
    assert await took(lambda: finding(answers)) == (KEY, 0.4)


async def test_an_answer_that_does_not_come_is_waited_for_one_second() -> None:
    answers = knowing(a_challenge())
    assert await took(lambda: finding(answers, token="two")) == (None, LONGEST_WAIT)
    assert answers._hosts[canonical(HOST)].waiting == {}


async def test_with_the_last_challenge_the_wait_ends() -> None:
    challenge = a_challenge()
    answers = knowing(challenge)
    asyncio.get_running_loop().call_later(0.25, answers.heard, challenge, None)
    assert await took(lambda: finding(answers, token="two")) == (None, 0.25)


async def test_few_wait_for_one_host() -> None:
    answers = knowing(a_challenge(), a_challenge("b", host="b.example.com"))
    waiting = [finding(answers, token=str(n)) for n in range(MOST_WAITING_PER_HOST)]
    await asyncio.sleep(0)
    assert await took(lambda: finding(answers, token="more")) == (None, 0.0)
    assert await took(lambda: finding(answers, "b.example.com")) == (KEY, 0.0)
    assert answers.may_come("b.example.com")
    assert await asyncio.gather(*waiting) == [None] * MOST_WAITING_PER_HOST
    assert answers.may_come(HOST)


async def test_not_too_many_wait_in_all_and_who_gives_up_makes_room() -> None:
    hosts = [f"{n}.example.com" for n in range(MOST_WAITING // MOST_WAITING_PER_HOST + 1)]
    answers = knowing(*(a_challenge(host, host=host) for host in hosts))
    waiting = [
        finding(answers, host, token="two")
        for host in hosts[:-1]
        for _ in range(MOST_WAITING_PER_HOST)
    ]
    await asyncio.sleep(0)
    assert await took(lambda: finding(answers, hosts[-1], "two")) == (None, 0.0)
    waiting[0].cancel()
    await asyncio.sleep(0)
    assert answers.may_come(hosts[-1])
    await asyncio.gather(*waiting, return_exceptions=True)
    assert answers._waiting == 0


async def test_at_the_end_nobody_waits() -> None:
    answers = knowing(a_challenge())
    waiting = [finding(answers, token=token) for token in ("two", "three")]
    asyncio.get_running_loop().call_later(0.25, answers.close)
    assert await took(lambda: finding(answers, token="two")) == (None, 0.25)
    assert [task.result() for task in waiting] == [None, None]
    assert not answers.may_come(HOST)
    assert await took(lambda: finding(answers, token="four")) == (None, 0.0)
    assert answers.now(HOST, TOKEN) == KEY

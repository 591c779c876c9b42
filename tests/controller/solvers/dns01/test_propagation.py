"""The check: every address of every name server, or the recursive ones, and what they said."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager

import dns.message
import pytest

from controller.solvers.check import Check
from controller.solvers.credentials import Credentials
from controller.solvers.dns01 import Dns01
from controller.solvers.errors import Misconfigured, Unsupported
from devcluster import zone as zone_tools
from devcluster.process import free_port
from devcluster.servers import Dns, start_dns
from tests.controller.solvers.dns01.build import OTHER_VALUE, VALUE, a_solver, solver_for
from tests.controller.solvers.dns01.scripted import Answer, Scripted, reply, scripted, zone

RECORD = "_acme-challenge.www.example.com."
NOTHING = Credentials({})
SOLVER = a_solver("10.0.0.53")


def a_zone(*, texts: list[str], **addresses: list[str]) -> Answer:
    """example.com with the given name servers (ns1=["127.1.0.1"]) and values of the record."""
    records = {
        ("example.com.", "NS"): [f"{label}.example.com." for label in addresses],
        (RECORD, "TXT"): texts,
    }
    for label, found in addresses.items():
        records[f"{label}.example.com.", "A"] = [a for a in found if ":" not in a]
        records[f"{label}.example.com.", "AAAA"] = [a for a in found if ":" in a]
    return zone("example.com.", {key: data for key, data in records.items() if data})


@asynccontextmanager
async def servers(**by_host: Answer) -> AsyncIterator[dict[str, Scripted]]:
    """Scripted servers on one port: the name is the last part of 127.1.0.x, `n1` for 127.1.0.1."""
    port = free_port()
    async with AsyncExitStack() as stack:
        yield {
            name: await stack.enter_async_context(
                scripted(answer, host=f"127.1.0.{name.removeprefix('n')}", port=port)
            )
            for name, answer in by_host.items()
        }


async def checked(recursive: Scripted, *, allow: bool = True) -> Check:
    solving = Dns01(
        (f"{recursive.server.address}:{recursive.server.port}",),
        recursive_only=False,
        allow_special_addresses=allow,
        port=recursive.server.port,
    )
    return await solving.check("www.example.com", VALUE, SOLVER, NOTHING)


TWO = {"ns1": ["127.1.0.1"], "ns2": ["127.1.0.2"]}


def two(*texts: str) -> Answer:
    return a_zone(texts=list(texts), **TWO)


async def test_all_name_servers_have_the_value() -> None:
    async with servers(n1=two(VALUE), n2=two(OTHER_VALUE, VALUE)) as running:
        check = await checked(running["n1"])
    port = running["n1"].server.port
    assert check == Check(
        True,
        f"ns1.example.com (127.1.0.1:{port}): has the value; "
        f"ns2.example.com (127.1.0.2:{port}): has the value",
    )


@pytest.mark.parametrize(
    ("second", "words"),
    [
        pytest.param(zone("example.com.", {}), "no such name", id="no name"),
        pytest.param(two(OTHER_VALUE, "old"), "2 other values", id="other values"),
        pytest.param(two(), "no such name", id="no record"),
        pytest.param(lambda query: reply(query, rcode="REFUSED"), "answered REFUSED", id="refused"),
        pytest.param(lambda _: None, "timed out after 2 s", id="silent"),
    ],
)
async def test_one_name_server_lacks_the_value(second: Answer, words: str) -> None:
    async with servers(n1=two(VALUE), n2=second) as running:
        check = await checked(running["n1"])
    assert not check.passed
    assert check.evidence.startswith(f"ns2.example.com (127.1.0.2:{running['n1'].server.port}): ")
    assert words in check.evidence.split("; ")[0]


async def test_a_silent_address_beside_one_that_speaks_is_evidence_and_no_failure() -> None:
    answer = a_zone(texts=[VALUE], ns1=["127.1.0.1", "127.1.0.9", "2001:db8::1"])
    async with servers(n1=answer, n9=lambda _: None) as running:
        check = await checked(running["n1"])
    assert check.passed
    assert "(127.1.0.9:" in check.evidence
    assert "(127.1.0.1:" in check.evidence
    assert "([2001:db8::1]:" in check.evidence


async def test_silent_servers_are_waited_for_at_the_same_time() -> None:
    labels = {f"ns{n}": [f"127.1.0.{n}"] for n in range(1, 6)}
    silent: dict[str, Answer] = {f"n{n}": lambda _: None for n in range(2, 6)}
    loop = asyncio.get_running_loop()
    async with servers(n1=a_zone(texts=[VALUE], **labels), **silent) as running:
        began = loop.time()
        check = await checked(running["n1"])
        took = loop.time() - began
    assert not check.passed
    assert check.evidence.count("timed out after 2 s") == 4
    assert took < 5  # one after the other: 8 s


async def test_a_name_server_without_address_fails_the_check() -> None:
    async with servers(n1=a_zone(texts=[VALUE], ns1=["127.1.0.1"], ns2=[])) as running:
        check = await checked(running["n1"])
    assert not check.passed
    assert check.evidence.startswith("ns2.example.com: has no address; ")


async def test_special_addresses_of_name_servers_are_not_asked() -> None:
    async with servers(n1=two(VALUE), n2=two(VALUE)) as running:
        check = await checked(running["n1"], allow=False)
    assert not check.passed
    assert "not asked: 127.1.0.1 is a loopback address" in check.evidence
    assert running["n2"].asked == []


async def test_a_zone_without_name_servers_is_told() -> None:
    async with servers(n1=zone("example.com.", {(RECORD, "TXT"): [VALUE]})) as running:
        check = await checked(running["n1"])
    assert check == Check(False, "Zone example.com names no name servers.")


async def test_failed_look_ups_fail_the_check_and_say_why() -> None:
    async with servers(n1=lambda query: reply(query, rcode="SERVFAIL")) as running:
        check = await checked(running["n1"])
    assert not check.passed
    assert "could not be looked up: 127.1.0.1" in check.evidence
    assert "answered SERVFAIL" in check.evidence


async def test_cnames_are_followed_for_the_check_whatever_the_strategy() -> None:
    delegated = zone(
        "example.com.",
        {
            (RECORD, "CNAME"): ["elsewhere.example.com."],
            ("elsewhere.example.com.", "TXT"): [VALUE],
            ("example.com.", "NS"): ["ns1.example.com."],
            ("ns1.example.com.", "A"): ["127.1.0.1"],
        },
    )
    async with servers(n1=delegated) as running:
        check = await checked(running["n1"])
    assert check.passed
    assert check.evidence.startswith(
        "_acme-challenge.www.example.com is an alias of elsewhere.example.com; "
        "cnameStrategy is not Follow, so the value was not written there; ns1.example.com"
    )


async def recursive_check(*servers: Scripted, by_solver: bool = False) -> Check:
    texts = tuple(str(each.server) for each in servers)
    solver = a_solver("10.0.0.53", nameservers=texts if by_solver else ())
    flags = ("127.0.0.1:1",) if by_solver else texts
    solving = Dns01(flags, recursive_only=not by_solver, allow_special_addresses=True)
    return await solving.check("www.example.com", VALUE, solver, NOTHING)


@pytest.mark.parametrize("by_solver", [False, True])
async def test_recursive_servers_are_asked_alone(by_solver: bool) -> None:
    async with servers(n1=two(VALUE), n2=two(OTHER_VALUE)) as running:
        n1, n2 = running["n1"], running["n2"]
        assert await recursive_check(n1, by_solver=by_solver) == Check(
            True, f"{n1.server}: has the value"
        )
        assert await recursive_check(n1, n2, by_solver=by_solver) == Check(
            False, f"{n2.server}: 1 other value; {n1.server}: has the value"
        )
    assert not any("NS" in line.split() for line in n1.asked)


async def test_a_silent_recursive_server_is_no_failure_while_another_speaks() -> None:
    async with servers(n1=lambda _: None, n2=two(VALUE)) as running:
        check = await recursive_check(running["n1"], running["n2"])
    assert check.passed
    assert check.evidence.endswith(f"{running['n2'].server}: has the value")


async def test_a_record_that_has_just_come_is_seen_by_the_next_check() -> None:
    texts: list[str] = []

    def answer(query: dns.message.Message) -> dns.message.Message | bytes | None:
        return two(*texts)(query)

    async with servers(n1=answer) as running:
        assert not (await recursive_check(running["n1"])).passed
        texts.append(VALUE)
        assert (await recursive_check(running["n1"])).passed


async def test_settings_that_nothing_can_be_asked_with() -> None:
    for text, kind in (("https://d.example/q", Unsupported), ("nonsense:", Misconfigured)):
        solving = Dns01((text,), recursive_only=True, allow_special_addresses=True)
        with pytest.raises(kind, match=r"^--dns01-recursive-nameservers "):
            await solving.check("www.example.com", VALUE, SOLVER, NOTHING)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Dns, Dns]]:
    """Two real servers, ns1 and ns2 of example.com, that do not copy from each other."""
    folder, port = tmp_path_factory.mktemp("pair"), free_port()
    first = start_dns(
        folder,
        listen=f"127.1.0.1:{port}",
        name_servers=["ns1.example.com.", "ns2.example.com."],
        address="127.1.0.1",
        name="first",
        die_with_parent=True,
    )
    second = start_dns(
        folder,
        listen=f"127.1.0.2:{port}",
        name="second",
        tsig_secret=first.tsig_secret,
        die_with_parent=True,
    )
    zone_tools.add(first, "example.com", "ns2", "A", "127.1.0.2")
    yield first, second
    for server in (first, second):
        server.process.stop()


async def test_real_servers_one_after_the_other(pair: tuple[Dns, Dns]) -> None:
    first, second = pair
    port = int(first.address.rpartition(":")[2])
    solving = Dns01((first.address,), False, allow_special_addresses=True, port=port)
    domain = "www.example.com"

    async def check() -> Check:
        return await solving.check(domain, VALUE, SOLVER, NOTHING)

    assert (await check()).evidence.count("no such name") == 2
    await solving.present(domain, VALUE, *solver_for(first))
    halfway = await check()
    assert not halfway.passed
    assert halfway.evidence.startswith(f"ns2.example.com (127.1.0.2:{port}): no such name; ns1")
    await solving.present(domain, VALUE, *solver_for(second))
    assert (await check()).passed
    zone_tools.hold(second, "example.com")
    assert not (await check()).passed
    zone_tools.release(second, "example.com")
    assert (await check()).passed

"""Zones and CNAMEs through recursive servers: what is concluded, and what never is."""

import re
from collections.abc import Callable
from pathlib import Path

import dns.message
import dns.name
import dns.rdatatype
import pytest

from controller.solvers.dns01.cname import Followed, follow
from controller.solvers.dns01.zone import find_zone, zone_in
from controller.solvers.errors import LookupFailed
from controller.solvers.lookup.exchange import question
from controller.solvers.lookup.resolver import Resolver, system_servers
from controller.solvers.lookup.servers import Server
from tests.controller.solvers.dns01.scripted import Answer, reply, scripted, zone

EXAMPLE = "example.com. 60 IN SOA ns1.example.com. h.example.com. 1 1 1 1 1"
ELSEWHERE = "elsewhere.net. 60 IN SOA ns1.elsewhere.net. h.elsewhere.net. 1 1 1 1 1"
ROOT = ". 60 IN SOA a.root. h.root. 1 1 1 1 1"


def name(text: str) -> dns.name.Name:
    return dns.name.from_text(text)


WWW = name("_acme-challenge.www.example.com")


def soa_question(text: str) -> dns.message.QueryMessage:
    return question(name(text), dns.rdatatype.SOA, recursive=True)


@pytest.mark.parametrize(
    ("asked", "answer", "authority", "expected"),
    [
        pytest.param("example.com", (EXAMPLE,), (), "example.com.", id="the name is a zone"),
        pytest.param("www.example.com", (), (EXAMPLE,), "example.com.", id="negative answer"),
        pytest.param("www.example.com", (), (), None, id="nothing: ask the parent"),
        pytest.param("www.example.com", (), (ELSEWHERE,), None, id="SOA of another zone"),
        pytest.param(
            "www.example.com",
            ("www.example.com. 60 IN CNAME www.example.com.edge.net.",),
            (EXAMPLE,),
            None,
            id="an alias: its SOA is not looked at",
        ),
        pytest.param(
            "www.example.com",
            ("www.example.com. 60 IN CNAME elsewhere.net.", ELSEWHERE),
            (),
            None,
            id="an alias of a zone's apex",
        ),
    ],
)
def test_what_one_answer_tells_of_the_zone(
    asked: str, answer: tuple[str, ...], authority: tuple[str, ...], expected: str | None
) -> None:
    message = reply(soa_question(asked), *answer, authority=authority)
    found = zone_in(message, name(asked))
    assert found == (name(expected) if expected else None)


async def test_the_zone_comes_with_the_first_negative_answer() -> None:
    async with scripted(zone("example.com.", {})) as running:
        assert await find_zone(WWW, Resolver([running.server]).lookup) == name("example.com")
    assert running.asked == ["udp _acme-challenge.www.example.com. SOA"]


async def test_names_without_an_soa_are_climbed() -> None:
    def shy(query: dns.message.Message) -> dns.message.Message:
        if query.question[0].name == name("example.com"):
            return reply(query, EXAMPLE)
        return reply(query, rcode="NXDOMAIN")

    async with scripted(shy) as running:
        assert await find_zone(WWW, Resolver([running.server]).lookup) == name("example.com")
    assert len(running.asked) == 3


async def test_an_alias_of_something_broken_has_a_zone_all_the_same() -> None:
    def answer(query: dns.message.Message) -> dns.message.Message | bytes | None:
        asked = query.question[0]
        if asked.name != WWW:
            return zone("example.com.", {})(query)
        if asked.rdtype == dns.rdatatype.CNAME:
            return reply(query, f"{WWW} 60 IN CNAME broken.elsewhere.net.")
        return reply(query, rcode="SERVFAIL")

    async with scripted(answer) as running:
        assert await find_zone(WWW, Resolver([running.server]).lookup) == name("example.com")


async def test_a_name_below_the_root_alone_has_no_zone() -> None:
    async with scripted(lambda query: reply(query, authority=(ROOT,), rcode="NXDOMAIN")) as running:
        with pytest.raises(LookupFailed, match=r"No zone was found for _acme-challenge\.www"):
            await find_zone(WWW, Resolver([running.server]).lookup)


@pytest.mark.parametrize("rcode", ["SERVFAIL", "REFUSED", "NOTIMP", "FORMERR"])
async def test_an_error_is_never_taken_for_an_absent_record(rcode: str) -> None:
    async with scripted(lambda query: reply(query, rcode=rcode)) as running:
        lookup = Resolver([running.server]).lookup
        said = f"{running.server} answered {rcode}"
        with pytest.raises(LookupFailed, match=f"The SOA record of .* {re.escape(said)}"):
            await find_zone(WWW, lookup)
        with pytest.raises(
            LookupFailed, match=f"The CNAME record of .* {re.escape(said)}"
        ) as raised:
            await follow(WWW, lookup)
    assert raised.value.retryable


async def test_a_referral_is_no_answer() -> None:
    referral = "com. 60 IN NS a.nic.com."
    async with scripted(
        lambda query: reply(query, authority=(referral,), authoritative=False)
    ) as running:
        with pytest.raises(LookupFailed, match="refers to other servers"):
            await follow(WWW, Resolver([running.server]).lookup)


async def test_the_next_server_is_asked_and_a_dead_one_only_once() -> None:
    async with (
        scripted(lambda _: None) as dead,
        scripted(lambda query: reply(query, rcode="SERVFAIL")) as sick,
        scripted(zone("example.com.", {})) as well,
    ):
        resolver = Resolver([dead.server, sick.server, well.server])
        await resolver.lookup(WWW, dns.rdatatype.CNAME)
        await resolver.lookup(WWW, dns.rdatatype.CNAME)
    assert (len(dead.asked), len(sick.asked), len(well.asked)) == (1, 2, 2)


async def test_no_answer_is_kept() -> None:
    records: dict[tuple[str, str], list[str]] = {}
    async with scripted(zone("example.com.", records)) as running:
        resolver = Resolver([running.server])
        assert not (await resolver.lookup(WWW, dns.rdatatype.TXT)).answer
        records[str(WWW), "TXT"] = ["now"]
        assert (await resolver.lookup(WWW, dns.rdatatype.TXT)).answer


def cnames(**targets: str) -> Answer:
    """A zone example.com. whose names (underscores for dots, below the zone) have these CNAMEs."""
    owners = {(f"{owner}.example.com.", "CNAME"): [to] for owner, to in targets.items()}
    return zone("example.com.", owners)


@pytest.mark.parametrize(
    ("answer", "start", "expected"),
    [
        pytest.param(cnames(), "a.example.com", Followed(name("a.example.com")), id="no CNAME"),
        pytest.param(
            cnames(a="b.example.com."),
            "a.example.com",
            Followed(
                name("b.example.com"),
                (name("a.example.com"),),
                "a.example.com is an alias of b.example.com",
            ),
            id="one CNAME",
        ),
        pytest.param(
            cnames(a="B.example.com.", b="c.example.com."),
            "a.example.com",
            Followed(
                name("c.example.com"),
                (name("a.example.com"), name("b.example.com")),
                "a.example.com is an alias of c.example.com",
            ),
            id="two, in another case",
        ),
    ],
)
async def test_cnames_are_followed(answer: Answer, start: str, expected: Followed) -> None:
    async with scripted(answer) as running:
        assert await follow(name(start), Resolver([running.server]).lookup) == expected


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        pytest.param(
            cnames(a="b.example.com.", b="a.example.com."),
            "lead in a circle: a.example.com → b.example.com → a.example.com",
            id="circle of two",
        ),
        pytest.param(cnames(a="a.example.com."), "lead in a circle", id="circle of one"),
        pytest.param(
            cnames(a="n0.example.com.", **{f"n{i}": f"n{i + 1}.example.com." for i in range(99)}),
            "through more than 10 CNAMEs: a.example.com → n0.example.com →",
            id="too long",
        ),
        pytest.param(
            cnames(a="b.elsewhere.net."),
            "The CNAME record of b.elsewhere.net ",
            id="target refused",
        ),
    ],
)
async def test_chains_that_lead_nowhere(answer: Answer, message: str) -> None:
    async with scripted(answer) as running:
        with pytest.raises(LookupFailed, match=re.escape(message)):
            await follow(name("a.example.com"), Resolver([running.server]).lookup)


def wildcard(real: dict[str, str], target: Callable[[str], str]) -> Answer:
    """Every name is an alias of target(name), but for the real ones and names of elsewhere.net."""

    def answer(query: dns.message.Message) -> dns.message.Message:
        asked = str(query.question[0].name)
        if asked.endswith("elsewhere.net."):
            return reply(query, authority=(ELSEWHERE,))
        return reply(query, f"{asked} 60 IN CNAME {real.get(asked, target(asked))}")

    return answer


async def test_a_cname_that_a_wildcard_makes_up_is_not_followed() -> None:
    async with scripted(wildcard({}, lambda _: "lb.elsewhere.net.")) as running:
        found = await follow(WWW, Resolver([running.server]).lookup)
    note = "the CNAME to lb.elsewhere.net is a wildcard's and is not followed"
    assert found == Followed(WWW, (), note)
    assert "_no-such-" in running.asked[1]
    assert running.asked[1].endswith(".www.example.com. CNAME")


async def test_a_real_cname_beside_a_wildcard_is_followed() -> None:
    real = {str(WWW): "www.acme.elsewhere.net."}
    async with scripted(wildcard(real, lambda _: "lb.elsewhere.net.")) as running:
        found = await follow(WWW, Resolver([running.server]).lookup)
    assert found.name == name("www.acme.elsewhere.net")


async def test_a_dname_is_followed() -> None:
    def renamed(asked: str) -> str:
        return asked.replace("example.com.", "elsewhere.net.")

    async with scripted(wildcard({}, renamed)) as running:
        found = await follow(WWW, Resolver([running.server]).lookup)
    assert found.name == name("_acme-challenge.www.elsewhere.net")


async def test_a_failed_look_at_the_wildcard_is_an_error() -> None:
    def answer(query: dns.message.Message) -> dns.message.Message:
        if query.question[0].name == WWW:
            return reply(query, f"{WWW} 60 IN CNAME lb.elsewhere.net.")
        return reply(query, rcode="SERVFAIL")

    async with scripted(answer) as running:
        with pytest.raises(LookupFailed, match="answered SERVFAIL"):
            await follow(WWW, Resolver([running.server]).lookup)


def test_the_systems_servers_are_read_anew(tmp_path: Path) -> None:
    file = tmp_path / "resolv.conf"
    file.write_text("search example.com\nnameserver 192.0.2.53\nnameserver 2001:db8::53\n")
    assert system_servers(str(file)) == (Server("192.0.2.53"), Server("2001:db8::53"))
    file.write_text("nameserver 192.0.2.54\n")
    assert system_servers(str(file)) == (Server("192.0.2.54"),)


@pytest.mark.parametrize("content", ["", "search example.com\n", None])
def test_a_system_without_servers_is_told_so(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "resolv.conf"
    if content is not None:
        file.write_text(content)
    with pytest.raises(LookupFailed, match=r"resolv\.conf names no DNS server"):
        system_servers(str(file))

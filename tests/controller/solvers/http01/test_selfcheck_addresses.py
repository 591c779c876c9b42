"""Names with several addresses, and names with none: which of them decides, and what DNS says."""

from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from itertools import count

import dns.message
import pytest

from controller.solvers.check import Check
from controller.solvers.http01.addresses import BROKEN_ZONE, CREATE_RECORD
from controller.solvers.http01.look import Patience
from controller.solvers.http01.selfcheck import SelfCheck
from controller.solvers.http01.verdicts import DEAD_ADDRESS, FROM_HERE
from devcluster import servers, zone
from devcluster.process import free_port
from tests.controller.solvers.dns01.scripted import Answer, reply, scripted
from tests.controller.solvers.http01.checked_server import (
    KEY,
    TOKEN,
    black_hole,
    checked,
    keyed,
    look,
    respond,
    selfcheck,
)

LABELS = count()
SOA = "example.com. 60 IN SOA ns1.example.com. h.example.com. 1 1 1 1 1"


@contextmanager
def named(dns: servers.Dns, *values: str, kind: str = "") -> Iterator[str]:
    """A name with these addresses (or records of that kind), until the block ends."""
    label = f"selfcheck{next(LABELS)}"
    for value in values:
        zone.add(dns, "example.com", label, kind or ("AAAA" if ":" in value else "A"), value)
    yield f"{label}.example.com"
    zone.remove(dns, "example.com", label)


async def test_every_address_is_asked(dns: servers.Dns) -> None:
    with named(dns, "127.0.0.1", "127.0.0.2") as name:
        async with checked(keyed) as one, checked(keyed, host="127.0.0.2", port=one.port) as two:
            found = await look(dns, one, name)
    assert found.passed
    assert [one.connections, two.connections] == [1, 1]
    assert [request.headers["host"] for request in two.requests] == [f"{name}:{one.port}"]


async def test_the_address_where_nothing_listens_is_named(dns: servers.Dns) -> None:
    with named(dns, "127.0.0.1", "127.0.0.2") as name:
        async with checked(keyed) as server:
            found = await look(dns, server, name)
    assert (found.passed, found.unknown) == (False, False)
    assert found.evidence == (
        f"TCP: {name} at 127.0.0.2 port {server.port}: connection refused: nothing listens there; "
        f"{name} at 127.0.0.1 port {server.port} answered with the key authorization. "
        "See which router should listen there"
    )


async def test_the_address_that_answers_otherwise_is_named(dns: servers.Dns) -> None:
    with named(dns, "127.0.0.1", "127.0.0.2") as name:
        async with (
            checked(keyed) as one,
            checked(lambda _: respond("It works"), host="127.0.0.2", port=one.port),
        ):
            found = await look(dns, one, name)
    assert (found.passed, found.unknown) == (False, False)
    assert found.evidence.startswith(f"body: {name} at 127.0.0.2 port {one.port}: answered 200")


async def test_a_silent_address_beside_a_good_one_is_dead(dns: servers.Dns) -> None:
    with named(dns, "127.0.0.1", "127.0.0.2") as name, black_hole("127.0.0.2") as port:
        async with checked(keyed, port=port) as server:
            found = await look(dns, server, name, seconds=0.8)
    assert (found.passed, found.unknown) == (False, False)
    assert found.evidence.startswith(f"TCP: {name} at 127.0.0.2 port {port}: no connection within")
    assert found.evidence.endswith(DEAD_ADDRESS)


async def test_a_family_that_is_out_of_reach_is_mentioned_alone(dns: servers.Dns) -> None:
    # To a multicast address the kernel makes no TCP connection: as if it had no way there.
    with named(dns, "127.0.0.1", "ff02::1") as name:
        async with checked(keyed) as server:
            found = await look(dns, server, name)
    assert found.passed
    assert found.evidence.startswith(
        f"TCP: {name} at ff02::1 port {server.port}: cannot be reached from here: "
    )


async def test_an_address_that_the_guard_refuses_is_mentioned(dns: servers.Dns) -> None:
    with named(dns, "127.0.0.1", "169.254.169.254") as name:
        async with checked(keyed) as server:
            found = await look(dns, server, name, allow=False)
    assert (found.passed, found.unknown, server.connections) == (False, True, 0)
    assert "belongs to a cloud's metadata service" in found.evidence


async def test_at_most_eight_addresses_are_asked(dns: servers.Dns) -> None:
    many = [f"127.0.1.{number}" for number in range(1, 13)]
    with named(dns, *many) as name:
        found = await selfcheck(dns, free_port()).check(name, TOKEN, KEY)
    assert "127.0.1.8 port" in found.evidence
    assert "127.0.1.9 port" not in found.evidence
    assert "4 more of its 12 addresses not tried" in found.evidence
    assert len(found.evidence) <= 1_000


async def test_an_alias_is_followed(dns: servers.Dns) -> None:
    with named(dns, "127.0.0.2") as target, named(dns, f"{target}.", kind="CNAME") as name:
        async with checked(keyed, host="127.0.0.2") as server:
            found = await look(dns, server, name)
    assert found.passed
    assert server.requests[0].headers["host"] == f"{name}:{server.port}"


async def test_a_name_that_does_not_exist_fails(dns: servers.Dns) -> None:
    found = await selfcheck(dns, 80).check("_nowhere.example.com", TOKEN, KEY)
    words = "DNS: _nowhere.example.com: there is no such name (NXDOMAIN)"
    assert found == Check(False, f"{words}. {CREATE_RECORD}")


@pytest.mark.parametrize("name", ["a..example.com", "x" * 64 + ".example.com", "a b", "", "a/b"])
async def test_what_is_no_name_fails(dns: servers.Dns, name: str) -> None:
    found = await selfcheck(dns, 80).check(name, TOKEN, KEY)
    assert (found.passed, found.unknown) == (False, False)
    assert found.evidence.startswith(f"DNS: {name}: not a name that ")


async def against(answer: Answer) -> Check:
    async with scripted(answer) as running:
        patience = Patience(dns=0.5)
        check = SelfCheck(
            [str(running.server)], allow_special_addresses=True, port=free_port(), patience=patience
        )
        return await check.check("www.example.com", TOKEN, KEY)


async def test_a_name_without_an_address_fails() -> None:
    found = await against(lambda query: reply(query, authority=(SOA,)))
    words = "DNS: www.example.com: there is neither an A nor an AAAA record"
    assert found == Check(False, f"{words}. {CREATE_RECORD}")


async def test_an_alias_of_nothing_names_the_target() -> None:
    chain = (
        "www.example.com. 60 IN CNAME a.example.com.",
        "a.example.com. 60 IN CNAME gone.example.net.",
    )
    found = await against(lambda query: reply(query, *chain, rcode="NXDOMAIN"))
    assert found.evidence.startswith(
        "DNS: www.example.com: an alias of gone.example.net, and of that there is no such name "
        "(NXDOMAIN)"
    )


async def test_servfail_fails() -> None:
    found = await against(lambda query: reply(query, rcode="SERVFAIL"))
    assert (found.passed, found.unknown) == (False, False)
    assert found.evidence.startswith(
        "DNS: www.example.com: The A record of www.example.com could not be looked up: 127.0.0.1:"
    )
    assert "answered SERVFAIL" in found.evidence
    assert found.evidence.endswith(BROKEN_ZONE)


async def test_a_server_that_does_not_serve_us_tells_nothing() -> None:
    found = await against(lambda query: reply(query, rcode="REFUSED"))
    assert (found.passed, found.unknown) == (False, True)
    assert "answered REFUSED" in found.evidence


async def test_silent_dns_tells_nothing() -> None:
    found = await against(lambda _: None)
    words = f"DNS: www.example.com: no answer within 0.5 s. {FROM_HERE}"
    assert found == Check(False, words, unknown=True)


async def test_dns_that_cannot_be_reached_tells_nothing() -> None:
    check = SelfCheck([f"127.0.0.1:{free_port()}"], allow_special_addresses=True)
    found = await check.check("www.example.com", TOKEN, KEY)
    assert (found.passed, found.unknown) == (False, True)
    assert "cannot be reached: connection refused" in found.evidence


async def test_one_failed_question_does_not_spoil_the_other() -> None:
    def answer(query: dns.message.Message) -> dns.message.Message:
        if " AAAA" in query.question[0].to_text():
            return reply(query, rcode="SERVFAIL")
        return reply(query, "www.example.com. 60 IN A 127.0.0.1")

    found = await against(answer)
    assert found.evidence.startswith("TCP: www.example.com at 127.0.0.1 port ")
    assert "DNS: The AAAA record of www.example.com could not be looked up" in found.evidence


async def test_a_circle_of_aliases_ends() -> None:
    circle = (
        "www.example.com. 60 IN CNAME a.example.com.",
        "a.example.com. 60 IN CNAME www.example.com.",
    )
    found = await against(lambda query: reply(query, *circle, authority=(SOA,)))
    assert (found.passed, found.unknown) == (False, False)
    assert "neither an A nor an AAAA record" in found.evidence


async def test_both_families_get_their_turn() -> None:
    fours = tuple(f"www.example.com. 60 IN A 127.0.1.{n}" for n in range(1, 20))
    sixes = ("www.example.com. 60 IN AAAA ff02::1",)

    def answer(query: dns.message.Message) -> dns.message.Message:
        return reply(query, *(sixes if " AAAA" in query.question[0].to_text() else fours))

    found = await against(answer)
    assert "12 more of its 20 addresses not tried" in found.evidence
    assert found.evidence.count("connection refused") == 7
    assert ip_address("ff02::1").compressed in found.evidence

"""Updates: against a real server, and against one that says what real ones say in bad times."""

import logging

import dns.message
import dns.name
import dns.opcode
import dns.rdataclass
import dns.rdatatype
import dns.tsig
import dns.update
import pytest

from controller.solvers.dns01 import Dns01, Written
from controller.solvers.dns01.rfc2136 import Primary
from controller.solvers.errors import LookupFailed, Unreachable, UpdateRefused
from controller.solvers.lookup.resolver import Resolver
from controller.solvers.lookup.servers import Server
from devcluster import zone as zone_tools
from devcluster.process import free_port
from devcluster.servers import Dns
from tests.controller.solvers.dns01.build import (
    OTHER_VALUE,
    VALUE,
    a_secret,
    a_solver,
    solver_for,
)
from tests.controller.solvers.dns01.scripted import Answer, reply, scripted, zone

EXAMPLE = zone("example.com.", {})


@pytest.fixture
def solving(dns: Dns) -> Dns01:
    """A solver that asks the real server about zones, too."""
    return Dns01((dns.address,), recursive_only=True, allow_special_addresses=True)


def at(dns: Dns, name: str) -> list[str]:
    return sorted(zone_tools.records(dns, "example.com").get(f"{name}.", []))


@pytest.mark.parametrize("protocol", [None, "UDP", "TCP"])
async def test_a_value_comes_and_goes(dns: Dns, solving: Dns01, protocol: str | None) -> None:
    solver, credentials = solver_for(dns, protocol=protocol)
    written = await solving.present("www.example.com", VALUE, solver, credentials)
    assert written == Written("_acme-challenge.www.example.com", "example.com", dns.address)
    assert at(dns, written.record) == [VALUE]
    assert await solving.clean_up("www.example.com", VALUE, solver, credentials) == written
    assert at(dns, written.record) == []


async def test_values_of_apex_and_wildcard_live_side_by_side(dns: Dns, solving: Dns01) -> None:
    solver, credentials = solver_for(dns)
    record = "_acme-challenge.example.com"
    await solving.present("example.com", VALUE, solver, credentials)
    await solving.present("*.example.com", OTHER_VALUE, solver, credentials)
    assert at(dns, record) == sorted([VALUE, OTHER_VALUE])
    await solving.clean_up("example.com", VALUE, solver, credentials)
    assert at(dns, record) == [OTHER_VALUE]
    await solving.clean_up("*.example.com", OTHER_VALUE, solver, credentials)
    assert at(dns, record) == []


async def test_twice_is_the_same_as_once(dns: Dns, solving: Dns01) -> None:
    solver, credentials = solver_for(dns)
    for _ in range(2):
        await solving.present("twice.example.com", VALUE, solver, credentials)
        assert at(dns, "_acme-challenge.twice.example.com") == [VALUE]
    for _ in range(2):
        await solving.clean_up("twice.example.com", VALUE, solver, credentials)
        assert at(dns, "_acme-challenge.twice.example.com") == []


async def test_a_delegation_is_followed_where_the_solver_says_so(dns: Dns, solving: Dns01) -> None:
    zone_tools.add(dns, "example.com", "_acme-challenge.gone", "CNAME", "gone.example.net.")
    solver, credentials = solver_for(dns, cname_strategy="Follow")
    written = await solving.present("gone.example.com", VALUE, solver, credentials)
    assert written == Written("gone.example.net", "example.net", dns.address)
    assert zone_tools.records(dns, "example.net")["gone.example.net."] == [VALUE]
    assert (await solving.check("gone.example.com", VALUE, solver, credentials)).passed
    await solving.clean_up("gone.example.com", VALUE, solver, credentials)
    assert zone_tools.records(dns, "example.net") == {}
    zone_tools.remove(dns, "example.com", "_acme-challenge.gone")


async def test_another_secret_is_refused_by_the_real_server(dns: Dns, solving: Dns01) -> None:
    solver, _ = solver_for(dns)
    with pytest.raises(UpdateRefused, match=r"\(NOTAUTH\)\. Check rfc2136\.nameserver") as raised:
        await solving.present("www.example.com", VALUE, solver, a_secret())
    assert raised.value.retryable


async def test_a_zone_that_the_server_does_not_have(dns: Dns) -> None:
    async with scripted(zone("example.org.", {})) as elsewhere:
        solving = Dns01((str(elsewhere.server),), True, allow_special_addresses=True)
        solver, credentials = solver_for(dns)
        with pytest.raises(UpdateRefused, match=r"not the primary of zone example\.org"):
            await solving.present("www.example.org", VALUE, solver, credentials)


def updating(answer: Answer, update: Answer) -> Answer:
    """Questions go to the first, updates to the second."""

    def either(query: dns.message.Message) -> dns.message.Message | bytes | None:
        return update(query) if query.opcode() == dns.opcode.UPDATE else answer(query)

    return either


async def present_at(answer: Answer, *, tcp: bool = False) -> Written:
    """Present unsigned at a server that answers so."""
    async with scripted(answer) as running:
        solver = a_solver(str(running.server), key_name=None, protocol="TCP" if tcp else "UDP")
        solving = Dns01((str(running.server),), True, allow_special_addresses=True)
        return await solving.present("www.example.com", VALUE, solver, a_secret())


async def test_the_update_names_one_record_and_its_ttl() -> None:
    seen: list[str] = []

    def note(query: dns.message.Message) -> dns.message.Message:
        assert isinstance(query, dns.update.UpdateMessage)
        seen.extend(str(rrset) for rrset in [*query.zone, *query.prerequisite, *query.update])
        return reply(query)

    await present_at(updating(EXAMPLE, note))
    name = "_acme-challenge.www.example.com."
    assert seen == ["example.com. IN SOA", f'{name} 60 IN TXT "{VALUE}"']


@pytest.mark.parametrize(
    "rcode", ["REFUSED", "NOTZONE", "SERVFAIL", "NOTIMP", "NOTAUTH", "FORMERR"]
)
async def test_refusals_say_what_to_check_and_whether_nothing_was_written(rcode: str) -> None:
    answer = updating(EXAMPLE, lambda query: reply(query, rcode=rcode))
    with pytest.raises(UpdateRefused, match=rf"did not change .*\({rcode}\)") as raised:
        await present_at(answer)
    assert raised.value.nothing_written == (rcode != "SERVFAIL")


async def test_after_an_address_that_was_silent_a_refusal_is_not_certain() -> None:
    refusing = updating(EXAMPLE, lambda query: reply(query, rcode="REFUSED"))
    async with scripted(refusing) as running:
        servers = Server("127.0.0.1", free_port()), running.server
        both = Primary(servers, key=None, tcp=False, lookup=Resolver(servers).lookup)
        with pytest.raises(UpdateRefused, match="REFUSED") as raised:
            await both.change("add", dns.name.from_text("www.example.com."), VALUE)
    assert not raised.value.nothing_written


async def test_a_truncated_answer_is_asked_for_again_over_tcp() -> None:
    sent: list[int] = []

    def short(query: dns.message.Message) -> dns.message.Message:
        sent.append(query.id)
        answer = reply(query)
        if len(sent) == 1:
            answer.flags |= dns.flags.TC
        return answer

    await present_at(updating(EXAMPLE, short))
    assert len(sent) == 2


async def test_a_silent_server_ends_after_five_seconds() -> None:
    with pytest.raises(Unreachable, match=r"over UDP, DNS server .* timed out after 5 s") as raised:
        await present_at(updating(EXAMPLE, lambda _: None))
    assert not raised.value.nothing_written


async def test_a_server_that_does_not_answer_questions_gets_its_zone_from_the_resolvers() -> None:
    refusing: Answer = lambda query: reply(query, rcode="REFUSED")  # noqa: E731
    async with scripted(updating(refusing, reply)) as primary, scripted(EXAMPLE) as recursive:
        solver = a_solver(str(primary.server), key_name=None)
        solving = Dns01((str(recursive.server),), True, allow_special_addresses=True)
        written = await solving.present("www.example.com", VALUE, solver, a_secret())
    assert written.zone == "example.com"
    assert len(recursive.asked) == 1


async def test_a_delegated_name_is_not_written_above_its_delegation() -> None:
    referral = "www.example.com. 60 IN NS ns.elsewhere.net."
    answer = updating(lambda query: reply(query, authority=(referral,), authoritative=False), reply)
    with pytest.raises(LookupFailed, match=r"it refers to ns\.elsewhere\.net\. Name that zone's"):
        await present_at(answer)


KEY_TEXT = "MDEyMzQ1Njc4OWFiY2RlZg=="
KEY = dns.tsig.Key("kubectl-order.", KEY_TEXT, dns.tsig.HMAC_SHA256)


def with_tsig_error(code: int) -> Answer:
    """The server's complaint: NOTAUTH, with an unsigned TSIG record (RFC 8945 section 5.3.2)."""

    def answer(query: dns.message.Message) -> bytes:
        response = reply(query, rcode="NOTAUTH")
        response.use_tsig(KEY, tsig_error=code)
        response.request_mac = query.mac or b""
        return response.to_wire()

    return answer


def signed_with(key: dns.tsig.Key) -> Answer:
    def answer(query: dns.message.Message) -> bytes:
        response = reply(query)
        response.use_tsig(key)
        response.request_mac = query.mac or b""
        return response.to_wire()

    return answer


FORGER = dns.tsig.Key("kubectl-order.", b"another key", dns.tsig.HMAC_SHA256)
STRANGER = dns.tsig.Key("stranger.", b"another key", dns.tsig.HMAC_SHA256)


@pytest.mark.parametrize(
    ("update", "message", "untouched"),
    [
        pytest.param(with_tsig_error(16), r"\(BADSIG\)", True, id="BADSIG"),
        pytest.param(with_tsig_error(17), r"\(BADKEY\)", True, id="BADKEY"),
        pytest.param(with_tsig_error(18), r"\(BADTIME\)", True, id="BADTIME"),
        pytest.param(signed_with(FORGER), "not signed with", False, id="forged"),
        pytest.param(signed_with(STRANGER), "not signed with", False, id="another key"),
        pytest.param(reply, "without the signature", False, id="unsigned success"),
        pytest.param(lambda q: reply(q, rcode="REFUSED"), "REFUSED", True, id="unsigned refusal"),
    ],
)
async def test_signatures_are_verified(
    update: Answer, message: str, *, untouched: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with scripted(updating(EXAMPLE, update)) as running:
        solving = Dns01((str(running.server),), True, allow_special_addresses=True)
        with pytest.raises(UpdateRefused, match=message) as raised:
            await solving.present(
                "www.example.com", VALUE, a_solver(str(running.server)), a_secret(KEY_TEXT)
            )
    assert raised.value.nothing_written == untouched
    assert KEY_TEXT not in str(raised.value) + caplog.text


async def test_a_good_signature_is_accepted() -> None:
    async with scripted(updating(EXAMPLE, signed_with(KEY))) as running:
        solving = Dns01((str(running.server),), True, allow_special_addresses=True)
        await solving.present(
            "www.example.com", VALUE, a_solver(str(running.server)), a_secret(KEY_TEXT)
        )


async def test_a_wildcards_cname_is_not_followed_into_a_foreign_zone() -> None:
    def everything_is_the_balancer(query: dns.message.Message) -> dns.message.Message:
        asked = query.question[0]
        if asked.rdtype == dns.rdatatype.CNAME:
            return reply(query, f"{asked.name} 60 IN CNAME lb.elsewhere.net.")
        soa = EXAMPLE(query)
        assert isinstance(soa, dns.message.Message)
        return soa

    async with scripted(updating(everything_is_the_balancer, reply)) as running:
        solver = a_solver(str(running.server), key_name=None, cname_strategy="Follow")
        solving = Dns01((str(running.server),), True, allow_special_addresses=True)
        written = await solving.present("www.example.com", VALUE, solver, a_secret())
    assert (written.record, written.zone) == ("_acme-challenge.www.example.com", "example.com")


async def test_what_is_logged_names_the_record_and_not_the_value(
    dns: Dns, solving: Dns01, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="controller")
    solver, credentials = solver_for(dns)
    await solving.present("logged.example.com", VALUE, solver, credentials)
    await solving.clean_up("logged.example.com", VALUE, solver, credentials)
    lines = [vars(line) for line in caplog.records if line.name.startswith("controller")]
    assert [line["change"] for line in lines] == ["add", "remove"]
    assert all(VALUE not in str(line) and dns.tsig_secret not in str(line) for line in lines)

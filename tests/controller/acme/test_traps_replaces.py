"""The traps of `replaces`: every CA refuses it in words of its own, and none may end a renewal."""

import asyncio

import pytest

from controller.acme import (
    AccountKey,
    Client,
    NewOrder,
    Problem,
    Unreachable,
)
from devcluster import servers
from tests.controller.acme.conftest import MakeClient
from tests.controller.acme.faults import (
    Fault,
    Front,
    answering,
    changed,
    problem,
)
from tests.controller.acme.issuing import (
    a_name,
    ari_id,
    dns_names,
    issue,
)

HTML = b"<html><body><h1>429 Too Many Requests</h1><hr>nginx s3cret</body></html>"


def _replaces(front: Front) -> list[str | None]:
    """What each newOrder that the CA or the front answered has said of `replaces`."""
    return [call.payload.get("replaces") for call in front.to("/order-plz")]


async def _asked_until(statuses: list[int], client: Client, front: Front, new: NewOrder) -> None:
    """Ask for the order until the CA answers so: Pebble notes what it issued a moment later."""
    for _ in range(40):
        front.calls.clear()
        assert (await client.new_order(new)).url
        if [call.status for call in front.to("/order-plz")] == statuses:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"{front.to('/order-plz')}, not {statuses}")


async def test_trap_1_replaces_is_sent_under_the_same_account(
    behind: Client, front: Front, dns: servers.Dns
) -> None:
    names = dns_names(a_name())
    old = ari_id(await issue(behind, dns, NewOrder(names)))
    await _asked_until([201], behind, front, NewOrder(names, replaces=old))
    assert _replaces(front) == [old]


async def test_trap_1_replaces_is_not_sent_to_a_ca_without_renewal_information(
    make_client: MakeClient, front: Front
) -> None:
    front.inject("/dir", changed(json_members={"renewalInfo": None}))
    client = make_client(front.directory_url)
    await client.register(())
    assert (await client.new_order(NewOrder(dns_names(a_name()), replaces="a.b"))).url
    assert _replaces(front) == [None]


async def test_trap_2_replaces_of_another_account(
    behind: Client, front: Front, dns: servers.Dns, make_client: MakeClient
) -> None:
    name = a_name()
    old = ari_id(await issue(behind, dns, NewOrder(dns_names(name))))
    other = make_client(front.directory_url, await AccountKey.generate("ES256"))
    await other.register(())
    await _asked_until([403, 201], other, front, NewOrder(dns_names(name), replaces=old))
    assert _replaces(front) == [old, None]


async def test_trap_2_replaces_of_a_certificate_that_is_replaced_already(
    behind: Client, front: Front, dns: servers.Dns
) -> None:
    names = dns_names(a_name())
    old = ari_id(await issue(behind, dns, NewOrder(names)))
    await _asked_until([201], behind, front, NewOrder(names, replaces=old))
    await issue(behind, dns, NewOrder(names, replaces=old))
    await _asked_until([409, 201], behind, front, NewOrder(names, replaces=old))


async def test_trap_2_replaces_without_a_shared_name(
    behind: Client, front: Front, dns: servers.Dns
) -> None:
    old = ari_id(await issue(behind, dns, NewOrder(dns_names(a_name()))))
    await _asked_until([500, 201], behind, front, NewOrder(dns_names(a_name()), replaces=old))
    assert _replaces(front) == [old, None]


@pytest.mark.parametrize(
    "replaces",
    [
        pytest.param("junk", id="junk"),
        pytest.param("AAAA.AQ", id="unknown issuer"),
        pytest.param("not base64.!!", id="not base64"),
    ],
)
async def test_trap_2_replaces_that_the_ca_does_not_know(
    replaces: str, behind: Client, front: Front
) -> None:
    assert (await behind.new_order(NewOrder(dns_names(a_name()), replaces=replaces))).url
    assert _replaces(front) == [replaces, None]


async def test_trap_2_replaces_of_an_unknown_serial(
    behind: Client, front: Front, dns: servers.Dns
) -> None:
    names = dns_names(a_name())
    issuer, _, _ = ari_id(await issue(behind, dns, NewOrder(names))).partition(".")
    unknown = f"{issuer}.AQIDBA"
    await _asked_until([500, 201], behind, front, NewOrder(names, replaces=unknown))
    assert _replaces(front) == [unknown, None]


@pytest.mark.parametrize(
    ("fault", "dropped"),
    [
        pytest.param(problem(403, "unauthorized"), True, id="unauthorized"),
        pytest.param(problem(404, "malformed"), True, id="malformed"),
        pytest.param(problem(409, "alreadyReplaced"), True, id="alreadyReplaced"),
        pytest.param(problem(500, "serverInternal"), True, id="a plain 500"),
        pytest.param(answering(500), True, id="a 500 that explains nothing"),
        pytest.param(answering(502, HTML), True, id="a gateway"),
        pytest.param(problem(500, "serverInternal", Retry_After="60"), False, id="500, later"),
        pytest.param(answering(503, Retry_After="60"), False, id="503, later"),
        pytest.param(problem(429, "rateLimited"), False, id="rateLimited"),
        pytest.param(problem(503, "rateLimited"), False, id="rateLimited as 503"),
        pytest.param(answering(429, HTML), False, id="429 with HTML"),
    ],
)
async def test_trap_2_when_replaces_is_given_up(
    fault: Fault, dropped: bool, behind: Client, front: Front
) -> None:
    front.inject("/order-plz", fault)
    new = NewOrder(dns_names(a_name()), replaces="AAAA.AQ")
    if dropped:
        assert (await behind.new_order(new)).url
        assert _replaces(front) == ["AAAA.AQ", None]
    else:
        with pytest.raises((Problem, Unreachable)):
            await behind.new_order(new)
        assert _replaces(front) == ["AAAA.AQ"]


async def test_trap_2_a_second_refusal_counts(behind: Client, front: Front) -> None:
    front.inject("/order-plz", problem(403, "unauthorized"), problem(400, "rejectedIdentifier"))
    with pytest.raises(Problem) as caught:
        await behind.new_order(NewOrder(dns_names(a_name()), replaces="AAAA.AQ"))
    assert caught.value.kind == "rejectedIdentifier"


async def test_trap_2_without_replaces_nothing_is_tried_again(behind: Client, front: Front) -> None:
    front.inject("/order-plz", problem(500, "serverInternal"))
    with pytest.raises(Problem):
        await behind.new_order(NewOrder(dns_names(a_name())))
    assert len(front.to("/order-plz")) == 1

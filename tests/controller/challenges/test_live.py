"""Challenges on real parts: what is published, told, waited for, and taken away."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from controller.orders.sentences import MISMATCH
from controller.runtime.errors import NotFound
from controller.runtime.objects import NAMESPACE, SECRET
from devcluster import servers, zone
from orderapi.challenge import Challenge
from orderapi.meta import owner_reference
from orderapi.resources import CHALLENGE, ORDER
from tests.controller.acme.faults import Forward, Reply, problem
from tests.controller.orders.live import SECRETS, ZONE, Live, a_label, a_solver


@contextmanager
def held_back(live: Live) -> Iterator[None]:
    """Nobody sees a TXT record of the zone meanwhile."""
    zone.hold(live.dns, ZONE)
    try:
        yield
    finally:
        zone.release(live.dns, ZONE)


async def the_challenge(live: Live, part: str) -> Challenge:
    """The one Challenge, once its reason has that text."""

    async def told() -> Challenge | None:
        found = await live.challenges()
        return found[0] if found and part in found[0].status.reason else None

    return await live.until(told)


async def presented(live: Live, number: int = 1) -> list[Challenge]:
    """The Challenges, once so many are published."""

    async def there() -> list[Challenge] | None:
        found = [one for one in await live.challenges() if one.status.presented]
        return found if len(found) >= number else None

    return await live.until(there)


async def gone(live: Live, seconds: float) -> float:
    """How long it takes from the deletion of the first Challenge until none is left.

    The deletion itself may be late: the garbage collector learns of new kinds every 30 seconds.
    """
    await live.until_deleting(35)
    began = time.monotonic()
    await live.until_no_challenges(seconds)
    return time.monotonic() - began


async def test_what_is_not_seen_is_told_and_goes_on_when_it_is(live: Live) -> None:
    await live.start()
    label = a_label()
    with held_back(live):
        order = await live.order(f"{label}.{ZONE}")
        told = await the_challenge(live, "Waiting for DNS-01 challenge propagation: ")
        assert live.dns.address in told.status.reason
        assert (told.status.state, told.status.processing) == ("pending", True)
        assert told.status.presented_solver
        await live.sleep(3)
        assert live.requests["patch", "challenges/status"] == 2
    done = await live.until_state(order, "valid", seconds=30)
    assert done.status.reason == ""
    await live.until_no_challenges()
    assert live.records(label) == {}


@pytest.mark.slow
async def test_a_secret_that_appears_later(live: Live) -> None:
    name, key = f"{live.namespace}-tsig", {"secret": live.dns.tsig_secret.encode()}
    await live.kube.delete(SECRET, SECRETS, name)
    await live.start()
    order = await live.order(f"{a_label()}.{ZONE}")
    told = await the_challenge(live, f'Secret "{name}" in namespace "{SECRETS}"')
    assert told.status.presented is None
    await live.make_secret(name, {"other": b"x"})
    await the_challenge(live, 'has no entry "secret"')
    patch = {"data": {"secret": msgspec.to_builtins(key["secret"])}}
    await live.kube.patch(SECRET, SECRETS, name, patch)
    await live.until_state(order, "valid")


async def test_credentials_in_memory_clean_up_though_the_secret_goes_first(live: Live) -> None:
    await live.start()
    label = a_label()
    with held_back(live):
        order = await live.order(f"{label}.{ZONE}")
        await presented(live)
        await live.kube.delete(SECRET, SECRETS, f"{live.namespace}-tsig")
        await live.kube.delete(ORDER, live.namespace, order.metadata.name)
        assert await gone(live, 20) < 8
    assert live.records(label) == {}


async def test_after_a_restart_without_the_secret_the_leftover_is_told(live: Live) -> None:
    await live.start()
    label = a_label()
    with held_back(live):
        order = await live.order(f"{label}.{ZONE}")
        (challenge,) = await presented(live)
        await live.crash()
        await live.kube.delete(SECRET, SECRETS, f"{live.namespace}-tsig")
        await live.start()
        await live.kube.delete(ORDER, live.namespace, order.metadata.name)
        assert await gone(live, 20) < 8
    assert len(live.records(label)) == 1
    events = await live.events_of(challenge, "CleanUpError")
    assert "may be left behind at _acme-challenge." in events[0]


@pytest.fixture
def short_lived_dns(tmp_path: Path) -> Iterator[servers.Dns]:
    """A DNS server that a test may stop."""
    server = servers.start_dns(tmp_path, die_with_parent=True)
    yield server
    server.process.stop()


async def test_a_terminating_namespace_is_not_held_up_by_a_dead_dns_server(
    live: Live, short_lived_dns: servers.Dns
) -> None:
    await live.make_secret(f"{live.namespace}-other", {"secret": b""})
    secret = {"data": {"secret": msgspec.to_builtins(short_lived_dns.tsig_secret.encode())}}
    await live.kube.patch(SECRET, SECRETS, f"{live.namespace}-other", secret)
    await live.set_solvers((a_solver(short_lived_dns, f"{live.namespace}-other"),))
    await live.start()
    for _ in range(3):
        await live.order(f"{a_label()}.{ZONE}")
    await presented(live, 3)
    short_lived_dns.process.stop()
    await live.kube.delete(NAMESPACE, "", live.namespace)
    assert await gone(live, 40) < 15  # the namespace controller takes 5 s of it


@pytest.mark.slow
async def test_a_deletion_waits_for_a_dns_server_that_comes_back(
    live: Live, short_lived_dns: servers.Dns, tmp_path: Path
) -> None:
    secret = short_lived_dns.tsig_secret
    await live.make_secret(f"{live.namespace}-other", {"secret": secret.encode()})
    await live.set_solvers((a_solver(short_lived_dns, f"{live.namespace}-other"),))
    await live.start()
    order = await live.order(f"{a_label()}.{ZONE}")
    await presented(live)
    short_lived_dns.process.stop()
    await live.kube.delete(ORDER, live.namespace, order.metadata.name)
    with pytest.raises(AssertionError):
        await gone(live, 5)
    again = servers.start_dns(
        tmp_path, listen=short_lived_dns.address, tsig_secret=secret, die_with_parent=True
    )
    try:
        await gone(live, 60)
    finally:
        again.process.stop()


async def test_what_no_order_made_is_left_alone_or_removed(live: Live) -> None:
    await live.start()
    label = a_label()
    with held_back(live):
        order = await live.order(f"{a_label()}.{ZONE}")
        (real,) = await presented(live)
        spec = msgspec.structs.replace(real.spec, dns_name=f"{label}.{ZONE}")
        meta = msgspec.structs.replace(
            real.metadata, name="orphan", uid="", resource_version="", owner_references=()
        )
        orphan = await live.kube.create(
            CHALLENGE, CHALLENGE.typed(Challenge(metadata=meta, spec=spec))
        )
        owned = msgspec.structs.replace(
            meta, name="forged", owner_references=(owner_reference(ORDER, order),)
        )
        await live.kube.create(CHALLENGE, CHALLENGE.typed(Challenge(metadata=owned, spec=spec)))

        async def removed() -> bool:
            return "forged" not in [one.metadata.name for one in await live.challenges()]

        await live.until(removed)
        assert live.records(label) == {}
        left = await live.kube.get(CHALLENGE, live.namespace, "orphan")
        assert left.metadata.resource_version == orphan.metadata.resource_version
        await live.kube.delete(CHALLENGE, live.namespace, "orphan")
    await live.until_state(order, "valid", seconds=30)
    with pytest.raises(NotFound):
        await live.kube.get(CHALLENGE, live.namespace, "orphan")


async def test_an_edited_solver_makes_the_challenge_anew(live: Live) -> None:
    await live.start()
    label = a_label()
    with held_back(live):
        order = await live.order(f"{label}.{ZONE}")
        (first,) = await presented(live)
        await live.set_solvers(live.solvers_that_wait("1h"))

        async def another() -> Challenge | None:
            found = await presented(live)
            return found[0] if found[0].metadata.uid != first.metadata.uid else None

        second = await live.until(another)
        assert second.metadata.name == first.metadata.name
        assert second.spec.solver.wait_instead_of_self_check == "1h"
        assert len(live.records(label)) == 1
        await live.set_solvers(live.solvers)
    await live.until_state(order, "valid", seconds=30)
    assert len(live.front.to("/order-plz")) == 1


async def test_two_orders_that_share_one_at_the_ca(live: Live) -> None:
    await live.start()
    label = a_label()
    with held_back(live):
        first = await live.order(f"{label}.{ZONE}", name="a-1")
        await presented(live)
        recorded = await live.look(first)

        async def the_same(forward: Forward) -> Reply:
            reply = await forward()
            if reply.status != 201:
                return reply
            status = recorded.status
            members = json.loads(reply.body) | {
                "finalize": status.finalize_url,
                "authorizations": [one.url for one in status.authorizations],
            }
            reply.headers["Location"] = status.url
            return Reply(reply.status, json.dumps(members).encode(), reply.headers)

        live.front.inject("/order-plz", the_same)
        second = await live.order(f"{label}.{ZONE}", name="b-1")
        await presented(live, 2)
    ends = [await live.until_state(order, "valid", seconds=40) for order in (first, second)]
    assert ends[0].status.url == ends[1].status.url
    assert sorted(order.status.reason for order in ends) == ["", MISMATCH]
    await live.until_no_challenges()
    assert live.records(label) == {}


async def test_a_rate_limit_on_the_answer_is_waited_for(live: Live) -> None:
    await live.start()
    live.front.inject("/chalZ/", problem(429, "rateLimited", "slow down", Retry_After="2"))
    order = await live.order(f"{a_label()}.{ZONE}")
    told = await the_challenge(live, "The CA asks to wait until")
    assert told.status.state == "pending"
    await live.until_state(order, "valid")


@pytest.mark.parametrize("flags", [{"max_concurrent_challenges": 4}])
async def test_one_namespace_has_half_of_the_places(live: Live) -> None:
    await live.start()
    orders = [await live.order(f"{a_label()}.{ZONE}") for _ in range(7)]
    most = 0

    async def all_valid() -> bool:
        nonlocal most
        working = [one for one in await live.challenges() if one.status.processing]
        most = max(most, len(working))
        return all([(await live.look(order)).status.state == "valid" for order in orders])

    await live.until(all_valid, 60)
    assert most == 2

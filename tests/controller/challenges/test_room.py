"""The room with an API server in memory and a DNS server of the test's own: which updates are sent,
and which never are.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import dns.message
import dns.opcode
import msgspec
import pytest

from controller.challenges.room import Challenges
from controller.challenges.sentences import FOREIGN_KEY
from controller.runtime.objects import NAMESPACE, SECRET, Namespace
from controller.runtime.schedule import Again, At, OnChange, key_of
from controller.settings import Settings
from controller.solvers.fingerprint import fingerprint
from orderapi.challenge import Challenge
from orderapi.meta import ObjectMeta
from orderapi.order import Order
from orderapi.resources import CHALLENGE
from orderapi.solver import Solver
from tests.controller.challenges.build import ORDER
from tests.controller.issuers.build import KEY, Process, a_registered, a_server
from tests.controller.orders.build import NOW, a_challenge, placed
from tests.controller.solvers.dns01.build import a_solver
from tests.controller.solvers.dns01.scripted import Scripted, reply, scripted, zone

TSIG = b"MDEyMzQ1Njc4OWFiY2RlZg=="
MINUTE = timedelta(minutes=1)


class Primary:
    """The DNS server of example.com: answers updates with `rcode`, and counts them."""

    def __init__(self) -> None:
        self.rcode = "NOTAUTH"
        self.updates = 0
        self._zone = zone("example.com.", {})

    def answer(self, query: dns.message.Message) -> dns.message.Message | bytes | None:
        if query.opcode() != dns.opcode.UPDATE:
            return self._zone(query)
        self.updates += 1
        return reply(query, rcode=self.rcode)


@dataclass
class World:
    """One life of the room; its issuer has one solver, which writes to the primary."""

    primary: Primary
    process: Process
    room: Challenges
    solver: Solver

    def made(self, order: Order = ORDER, *, key: str = "", **status: Any) -> Challenge:
        """What the Order makes of its authorization."""
        made = a_challenge(order, solver=self.solver, **status)
        key = key or KEY.dns01_value(made.spec.token)
        return msgspec.structs.replace(made, spec=msgspec.structs.replace(made.spec, key=key))

    def published(self, order: Order = ORDER, **parts: Any) -> Challenge:
        """The same, and its status says that it is published: true or not."""
        made = self.made(order, presented=True, state="pending", **parts)
        status = msgspec.structs.replace(made.status, presented_solver=fingerprint(made.spec))
        return msgspec.structs.replace(made, status=status)

    def put(self, challenge: Challenge) -> Challenge:
        """Have it at the API server and in the cache."""
        stored = self.process.server.put(CHALLENGE, challenge)
        self.process.cluster.challenges.feed(stored)
        return stored

    async def look(self, challenge: Challenge) -> Again:
        """One look at it."""
        return await self.room.reconcile(key_of(challenge))

    async def delete(self, challenge: Challenge) -> Again:
        """Somebody deletes it, and it is looked at."""
        return await self.look(self.put(named(challenge, deletion_timestamp=NOW)))

    def is_let_go(self, challenge: Challenge) -> bool:
        """Whether nothing of ours holds it any more."""
        meta = challenge.metadata
        return self.process.cluster.challenges.get(meta.namespace, meta.name) is None

    @property
    def leftovers(self) -> list[str]:
        """What was told of records that may stay behind."""
        heard = self.process.ear.heard
        return [note for _, reason, note in heard if reason == "CleanUpError"]


def named(challenge: Challenge, **meta: Any) -> Challenge:
    """The Challenge with that in its metadata."""
    changed = msgspec.structs.replace(challenge.metadata, **meta)
    return msgspec.structs.replace(challenge, metadata=changed)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """The issuer is registered, and its Secrets are there."""
    primary = Primary()
    async with scripted(primary.answer) as running:
        made = _world(primary, running)
        yield made
        await made.process.accounts.close()


def _world(primary: Primary, running: Scripted) -> World:
    solver = Solver(dns01=a_solver(str(running.server)))
    process = Process(a_server(a_registered(cluster=True, solvers=(solver,))))
    process.put_secret("account", namespace="certs", tls_key=KEY.pem())
    process.put_secret("tsig", namespace="certs", secret=TSIG)
    process.server.put(NAMESPACE, Namespace(metadata=ObjectMeta(name="shop")))
    process.cluster.orders.feed(ORDER)
    settings = Settings(
        cluster_resource_namespace="certs",
        dns01_recursive_nameservers=(str(running.server),),
        dns01_recursive_nameservers_only=True,
        allow_special_addresses=True,
    )
    return World(primary, process, Challenges(process.cluster, settings, process.accounts), solver)


@pytest.mark.parametrize(
    "secret", [{"secret": TSIG}, {"another": TSIG}, None], ids=["refused", "wrong", "missing"]
)
async def test_what_was_certainly_not_published_needs_no_clean_up(
    world: World, secret: dict[str, bytes] | None
) -> None:
    world.process.server.remove(SECRET, world.process.secret("tsig", namespace="certs"))
    if secret is not None:
        world.process.put_secret("tsig", namespace="certs", **secret)
    made = world.put(world.made())
    for _ in range(2):
        await world.look(made)
        world.process.server.clock.time += MINUTE
    tries = world.primary.updates
    assert tries == (2 if secret == {"secret": TSIG} else 0)
    assert await world.delete(made) == OnChange()
    assert world.is_let_go(made)
    assert world.primary.updates == tries
    assert world.leftovers == []


async def test_an_earlier_try_that_may_have_published_it_is_not_forgotten(world: World) -> None:
    made = world.put(world.made())
    for rcode in ("SERVFAIL", "NOTAUTH"):
        world.primary.rcode = rcode
        await world.look(made)
        world.process.server.clock.time += MINUTE
    assert world.primary.updates == 2
    assert isinstance(await world.delete(made), At)
    assert world.primary.updates == 3
    assert not world.is_let_go(made)


async def test_a_published_answer_is_taken_away(world: World) -> None:
    world.primary.rcode = "SERVFAIL"
    made = world.put(world.published())
    assert isinstance(await world.delete(made), At)
    assert world.primary.updates == 1


@pytest.mark.parametrize("state", ["pending", "valid"])
@pytest.mark.parametrize("owned", [True, False], ids=["edited", "hand-made"])
async def test_no_update_is_sent_for_a_key_that_is_not_the_account_s_answer(
    world: World, state: str, *, owned: bool
) -> None:
    """The digest in status fits: whoever may write status can work it out."""
    claimed = world.published(key="another-programs-proof-of-43-characters-----")
    claimed = msgspec.structs.replace(
        claimed, status=msgspec.structs.replace(claimed.status, state=state)
    )
    if not owned:
        claimed = named(claimed, name="eraser", owner_references=())
    stored = world.put(claimed)
    assert await world.delete(stored) == OnChange()
    assert world.is_let_go(stored)
    assert world.primary.updates == 0
    (told,) = world.leftovers
    assert FOREIGN_KEY in told


async def test_a_key_that_is_not_the_account_s_answer_is_not_published(world: World) -> None:
    stored = world.put(world.made(key="v" * 43))
    await world.look(stored)
    assert world.primary.updates == 0
    (found,) = world.process.server.all(CHALLENGE)
    assert (found.status.state, found.status.reason) == ("errored", FOREIGN_KEY)


def _another(**parts: Any) -> Order:
    """Another Order with the same authorization."""
    order = placed(state=parts.pop("state", "pending"))
    meta = msgspec.structs.replace(order.metadata, name="web-2", uid="uid-2", **parts)
    return msgspec.structs.replace(order, metadata=meta)


async def test_a_record_that_another_order_needs_too_stays(world: World) -> None:
    world.process.cluster.orders.feed(_another())
    world.put(world.published(_another()))
    made = world.put(world.published())
    assert await world.delete(made) == OnChange()
    assert world.is_let_go(made)
    assert world.primary.updates == 0


@pytest.mark.parametrize(
    ("order", "meta"),
    [
        pytest.param(_another(), {"owner_references": ()}, id="without-owner"),
        pytest.param(_another(), {"name": "copy"}, id="not-called-so"),
        pytest.param(None, {}, id="order-gone"),
        pytest.param(_another(deletion_timestamp=NOW), {}, id="order-deleted"),
        pytest.param(_another(state="valid"), {}, id="order-ended"),
    ],
)
async def test_no_record_is_kept_for_what_no_order_in_work_makes(
    world: World, order: Order | None, meta: dict[str, Any]
) -> None:
    if order is not None:
        world.process.cluster.orders.feed(order)
    world.put(named(world.published(_another()), **meta))
    made = world.put(world.published())
    await world.delete(made)
    assert world.primary.updates == 1

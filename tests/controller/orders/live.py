"""The rooms of Orders and Challenges at work on a real control plane, a real CA and real DNS.

What stands in for the other rooms: the issuer's account is registered here, and Orders are made
here.
"""

import asyncio
import random
import string
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import SystemRandom
from typing import Any, TypeVar

import msgspec

from controller.accounts import Accounts
from controller.acme import AccountKey, Proxies
from controller.challenges.indexes import CHALLENGE_INDEXES
from controller.challenges.room import Challenges
from controller.cluster import Cluster
from controller.orders.room import Orders
from controller.runtime.cache import Cache
from controller.runtime.clock import SystemClock
from controller.runtime.errors import NotFound
from controller.runtime.informer import Informer
from controller.runtime.kube import Kube
from controller.runtime.named import NamedWatches
from controller.runtime.objects import EVENT, NAMESPACE, SECRET, Namespace, Secret
from controller.runtime.recorder import Recorder
from controller.runtime.worker import Room, Worker
from controller.settings import Settings
from devcluster import servers, zone
from orderapi.challenge import Challenge
from orderapi.conditions import Condition
from orderapi.issuer import (
    AcmeIssuer,
    AcmeIssuerStatus,
    ClusterIssuer,
    IssuerSpec,
    IssuerStatus,
)
from orderapi.meta import Object, ObjectMeta, OwnerReference, controller_of
from orderapi.order import Order, OrderSpec
from orderapi.references import IssuerRef, SecretKeySelector
from orderapi.resources import CHALLENGE, CLUSTER_ISSUER, ISSUER, ORDER
from orderapi.solver import Dns01, Rfc2136, Selector, Solver
from tests.controller.acme.faults import Front
from tests.controller.acme.issuing import a_csr, dns_names

T = TypeVar("T")
ZONE = "example.com"
SECRETS = "cert-manager"


def a_label() -> str:
    """A word that no test has used before."""
    return "".join(random.choices(string.ascii_lowercase, k=10))  # noqa: S311


@dataclass
class Live:
    """A namespace, an issuer that is ready, and the rooms at work on them.

    `kube` is the test's connection, `work` that of the rooms; `requests` counts the latter's.
    """

    kube: Kube
    work: Kube
    settings: Settings
    dns: servers.Dns
    front: Front
    namespace: str
    issuer: ClusterIssuer
    requests: Counter[tuple[str, str]] = field(default_factory=Counter)
    running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start both rooms anew, knowing nothing, as after a crash; returns when they work."""
        ready = asyncio.Event()
        self.running = asyncio.create_task(self._work(ready))
        await asyncio.wait_for(ready.wait(), 20)

    async def crash(self) -> None:
        """End them without a word."""
        if self.running is not None:
            self.running.cancel()
            with suppress(asyncio.CancelledError):
                await self.running
        self.running = None

    async def _work(self, ready: asyncio.Event) -> None:
        rng, cluster = SystemRandom(), _cluster(self.work)
        accounts = Accounts(
            cluster, self.settings, proxies=Proxies(), on_request=lambda request: None
        )
        rooms: list[Room] = [
            Orders(cluster, accounts),
            Challenges(cluster, self.settings, accounts),
        ]
        workers = [
            Worker(room, clock=cluster.clock, workers=5, rng=rng, named=cluster.named)
            for room in rooms
        ]
        informers: list[Informer[Any]] = [
            Informer(self.work, ORDER, cluster.orders, rng=rng, namespace=self.namespace),
            Informer(self.work, CHALLENGE, cluster.challenges, rng=rng, namespace=self.namespace),
            Informer(self.work, ISSUER, cluster.issuers, rng=rng, namespace=self.namespace),
            Informer(self.work, CLUSTER_ISSUER, cluster.cluster_issuers, rng=rng),
        ]
        try:
            async with asyncio.TaskGroup() as group:
                for run in (
                    *(one.run for one in informers),
                    cluster.recorder.run,
                    cluster.named.run,
                ):
                    group.create_task(run())
                for informer in informers:
                    await informer.synced.wait()
                for worker in workers:
                    group.create_task(worker.run())
                ready.set()
        finally:
            await accounts.close()

    order_resource = ORDER

    async def sleep(self, seconds: float) -> None:
        """Let the rooms work."""
        await asyncio.sleep(seconds)

    async def until(self, what: Callable[[], Awaitable[T | None]], seconds: float = 20) -> T:
        """What `what` gives once it gives something."""
        return await until(what, seconds, self._everything)

    async def set_solvers(self, solvers: tuple[Solver, ...]) -> None:
        """Edit the issuer, and have its room notice."""
        patch = {"spec": {"acme": {"solvers": msgspec.to_builtins(solvers)}}}
        name = self.issuer.metadata.name
        edited = await self.kube.patch(CLUSTER_ISSUER, "", name, patch)
        (ready,) = edited.status.conditions
        ready = msgspec.structs.replace(ready, observed_generation=edited.metadata.generation)
        seen = {"status": {"conditions": [msgspec.to_builtins(ready)]}}
        await self.kube.patch(CLUSTER_ISSUER, "", name, seen, subresource="status")

    async def select_only(self, zone: str) -> tuple[Solver, ...]:
        """Edit the issuer's solver to be for that zone alone; returns those before."""
        before = self.solvers
        only = Selector(dns_zones=(zone,))
        await self.set_solvers(tuple(msgspec.structs.replace(one, selector=only) for one in before))
        return before

    @property
    def solvers(self) -> tuple[Solver, ...]:
        """The issuer's, as it was made."""
        acme = self.issuer.spec.acme
        assert acme is not None
        return acme.solvers

    def solvers_that_wait(self, wait: str) -> tuple[Solver, ...]:
        """The issuer's solvers with a wait in place of the self-check."""
        return tuple(
            msgspec.structs.replace(one, wait_instead_of_self_check=wait) for one in self.solvers
        )

    async def order(self, *names: str, name: str = "", issuer: str = "", **spec: Any) -> Order:
        """Make an Order for these names, with a signing request of its own."""
        order = ORDER.typed(
            Order(
                metadata=ObjectMeta(name=name or a_label(), namespace=self.namespace),
                spec=OrderSpec(
                    request=a_csr(*dns_names(*names)),
                    issuer_ref=IssuerRef(
                        name=issuer or self.issuer.metadata.name, kind="ClusterIssuer"
                    ),
                    dns_names=names,
                    profile="default",
                    **spec,
                ),
            )
        )
        return await self.kube.create(ORDER, order)

    async def look(self, order: Order) -> Order:
        """The Order as it is now."""
        return await self.kube.get(ORDER, self.namespace, order.metadata.name)

    async def challenges(self) -> list[Challenge]:
        """The Challenges of the namespace, by name."""
        listed = await self.kube.list(CHALLENGE, self.namespace)
        return sorted(listed.items, key=lambda one: one.metadata.name)

    async def events(self) -> dict[str, list[str]]:
        """What was told about each object of the namespace, as `Reason: message`."""
        told: dict[str, list[str]] = {}
        for event in (await self.kube.list(EVENT, self.namespace)).items:
            name = f"{event.involved_object.kind}/{event.involved_object.name}"
            told.setdefault(name, []).append(f"{event.reason}: {event.message}")
        return told

    async def events_of(self, obj: Object, reason: str) -> list[str]:
        """The messages of the events with that reason about the object, once there is one."""
        name = f"{obj.kind or 'Challenge'}/{obj.metadata.name}"

        async def told() -> list[str] | None:
            events = (await self.events()).get(name, [])
            return [text for text in events if text.startswith(f"{reason}: ")]

        return await self.until(told)

    async def make_secret(self, name: str, data: dict[str, bytes]) -> None:
        """Make a Secret where the issuer's are."""
        await _secret(self.kube, name, data)

    async def until_state(self, order: Order, *states: str, seconds: float = 20) -> Order:
        """Wait for one of these states."""

        async def reached() -> Order | None:
            found = await self.look(order)
            return found if found.status.state in states else None

        return await until(reached, seconds, lambda: self._told(order))

    async def until_reason(self, order: Order, part: str, seconds: float = 20) -> Order:
        """Wait for a reason with that text."""

        async def told() -> Order | None:
            found = await self.look(order)
            return found if part in found.status.reason else None

        return await until(told, seconds, lambda: self._told(order))

    async def until_deleting(self, seconds: float) -> None:
        """Wait until some Challenge is being deleted, or none is left."""

        async def going() -> bool:
            found = await self.challenges()
            return not found or any(one.metadata.deletion_timestamp for one in found)

        await self.until(going, seconds)

    async def until_no_challenges(self, seconds: float = 20) -> None:
        """Wait until none is left."""

        async def gone() -> bool:
            return not await self.challenges()

        await self.until(gone, seconds)

    async def until_released(self, seconds: float = 20) -> list[Challenge]:
        """Wait until no Challenge has a finalizer."""

        async def free() -> list[Challenge] | None:
            found = await self.challenges()
            return found if not any(one.metadata.finalizers for one in found) else None

        return await self.until(free, seconds)

    def records(self, label: str) -> dict[str, list[str]]:
        """The TXT records in the zone whose name contains the label."""
        found = zone.records(self.dns, ZONE)
        return {name: values for name, values in found.items() if label in name}

    async def _told(self, order: Order) -> str:
        status = (await self.look(order)).status
        return f"{msgspec.json.encode(status).decode()}\n{await self._everything()}"

    async def _everything(self) -> str:
        return "\n".join(msgspec.json.encode(c.status).decode() for c in await self.challenges())


async def until(
    what: Callable[[], Awaitable[T | None]], seconds: float, told: Callable[[], Awaitable[str]]
) -> T:
    """What `what` gives once it gives something; looks every 50 ms."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while True:
        found = await what()
        if found:
            return found
        if loop.time() > deadline:
            raise AssertionError(f"not within {seconds} s: {await told()}")
        await asyncio.sleep(0.05)


@asynccontextmanager
async def running(
    kubeconfig: Path, dns: servers.Dns, front: Front, ca_bundle: bytes, **flags: Any
) -> AsyncIterator[Live]:
    """A Live in a namespace of its own, its rooms not yet started."""
    counted: Counter[tuple[str, str]] = Counter()

    def observe(verb: str, resource: str, code: int, seconds: float) -> None:
        counted[verb, resource.replace(".acme.cert-manager.io", "")] += 1

    kube = await Kube.connect(str(kubeconfig), user_agent="test")
    work = await Kube.connect(str(kubeconfig), user_agent="rooms", observe=observe)
    settings = Settings(
        cluster_resource_namespace=SECRETS,
        dns01_recursive_nameservers=(dns.address,),
        dns01_recursive_nameservers_only=True,
        allow_special_addresses=True,
        acme_max_in_flight=2,
        **flags,
    )
    word = a_label()
    await _namespace(kube, SECRETS)
    await _namespace(kube, word)
    await _secret(kube, f"{word}-tsig", {"secret": dns.tsig_secret.encode()})
    issuer = await _issuer(kube, settings, dns, front, ca_bundle, word)
    live = Live(kube, work, settings, dns, front, word, issuer, requests=counted)
    try:
        yield live
    finally:
        await live.crash()
        for one in await live.challenges():
            patch = {"metadata": {"finalizers": None}}
            with suppress(NotFound):
                await kube.patch(CHALLENGE, word, one.metadata.name, patch)
        await kube.delete(NAMESPACE, "", word)
        await kube.delete(CLUSTER_ISSUER, "", word)
        await kube.close()
        await work.close()


def a_solver(dns: servers.Dns, secret: str) -> Solver:
    """An rfc2136 solver for that DNS server."""
    rfc2136 = Rfc2136(
        nameserver=dns.address,
        tsig_key_name=dns.tsig_name,
        tsig_algorithm=dns.tsig_algorithm,
        tsig_secret_secret_ref=SecretKeySelector(name=secret, key="secret"),
    )
    return Solver(dns01=Dns01(rfc2136=rfc2136))


async def _issuer(
    kube: Kube,
    settings: Settings,
    dns: servers.Dns,
    front: Front,
    ca_bundle: bytes,
    word: str,
) -> ClusterIssuer:
    """A ClusterIssuer as its own room leaves it: key in its Secret, registered, ready."""
    key = await AccountKey.generate("ES256")
    await _secret(kube, f"{word}-account", {"tls.key": key.pem()})
    acme = AcmeIssuer(
        server=front.directory_url,
        private_key_secret_ref=SecretKeySelector(name=f"{word}-account"),
        ca_bundle=ca_bundle,
        solvers=(a_solver(dns, f"{word}-tsig"),),
    )
    issuer = ClusterIssuer(metadata=ObjectMeta(name=word), spec=IssuerSpec(acme=acme))
    made = await kube.create(CLUSTER_ISSUER, CLUSTER_ISSUER.typed(issuer))
    cluster = _cluster(kube)
    accounts = Accounts(cluster, settings, proxies=Proxies(), on_request=lambda request: None)
    client = await accounts.open(made, key)
    account = await client.register(())
    await accounts.close()
    ready = Condition(
        type="Ready",
        status="True",
        reason="ACMEAccountRegistered",
        last_transition_time=cluster.clock.now(),
        observed_generation=made.metadata.generation,
    )
    status = IssuerStatus(
        conditions=(ready,),
        acme=AcmeIssuerStatus(uri=account.url, last_private_key_hash=key.digest()),
    )
    patch = {"status": msgspec.to_builtins(status)}
    front.calls.clear()
    return await kube.patch(CLUSTER_ISSUER, "", word, patch, subresource="status")


def _cluster(kube: Kube) -> Cluster:
    rng, clock, owned = SystemRandom(), SystemClock(), {"owner": _owners}
    return Cluster(
        kube=kube,
        clock=clock,
        recorder=Recorder(kube, clock=clock, rng=rng, instance="test"),
        named=NamedWatches(kube, rng=rng),
        certificates=Cache(),
        requests=Cache(),
        orders=Cache(owned),
        challenges=Cache({**owned, **CHALLENGE_INDEXES}),
        issuers=Cache(),
        cluster_issuers=Cache(),
        secrets=Cache(),
    )


async def _namespace(kube: Kube, name: str) -> None:
    try:
        await kube.get(NAMESPACE, "", name)
    except NotFound:
        made = Namespace(metadata=ObjectMeta(name=name))
        await kube.create(NAMESPACE, NAMESPACE.typed(made))


async def _secret(kube: Kube, name: str, data: dict[str, bytes]) -> None:
    made = Secret(metadata=ObjectMeta(name=name, namespace=SECRETS), data=data)
    await kube.create(SECRET, SECRET.typed(made))


def _owners(obj: Object) -> list[str]:
    owner: OwnerReference | None = controller_of(obj)
    return [owner.uid] if owner is not None else []

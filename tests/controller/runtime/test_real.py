"""The same parts against a real control plane: what the small server could get wrong."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from controller.runtime import errors
from controller.runtime.cache import Cache
from controller.runtime.clock import SystemClock
from controller.runtime.credentials import Credentials
from controller.runtime.informer import Informer
from controller.runtime.kube import Kube
from controller.runtime.lease import Lease, Times
from controller.runtime.named import NamedWatches
from controller.runtime.objects import EVENT, LEASE, NAMESPACE, SECRET, Namespace, Secret
from controller.runtime.recorder import Recorder
from controller.runtime.schedule import Key
from devcluster.cluster import Cluster
from orderapi.meta import ObjectMeta
from tests.controller.runtime.build import chance


@pytest.fixture
async def kube(devcluster: Cluster) -> AsyncIterator[Kube]:
    connected = await Kube.connect(str(devcluster.kubeconfig), user_agent="runtime-tests")
    yield connected
    await connected.close()


@pytest.fixture
async def namespace(kube: Kube) -> AsyncIterator[str]:
    made = await kube.create(NAMESPACE, Namespace(metadata=ObjectMeta(generate_name="runtime-")))
    yield made.metadata.name
    await kube.delete(NAMESPACE, "", made.metadata.name)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110  what is awaited has no event of its own
            await asyncio.sleep(0.02)


def a_secret(namespace: str, name: str = "a", **labels: str) -> Secret:
    meta = ObjectMeta(name=name, namespace=namespace, labels=labels)
    return Secret(metadata=meta, type="Opaque", data={"key": b"\x00value"})


async def test_the_verbs_and_their_errors(kube: Kube, namespace: str) -> None:
    made = await kube.create(SECRET, a_secret(namespace))
    assert made.data == {"key": b"\x00value"}
    with pytest.raises(errors.AlreadyExists):
        await kube.create(SECRET, a_secret(namespace))
    guard = {"metadata": {"resourceVersion": made.metadata.resource_version}}
    changed = await kube.patch(SECRET, namespace, "a", guard | {"data": {"key": None}})
    assert changed.data == {}
    with pytest.raises(errors.Conflict):
        await kube.patch(SECRET, namespace, "a", guard | {"data": {"key": "eA=="}})
    with pytest.raises(errors.Conflict):
        await kube.patch(SECRET, namespace, "a", {"metadata": {"uid": "another"}})
    applied = await kube.apply(
        SECRET,
        {"metadata": {"name": "a", "namespace": namespace}, "data": {"new": "eA=="}},
        manager="tests",
    )
    assert applied.data == {"new": b"x"}
    with pytest.raises(errors.Conflict):
        await kube.delete(SECRET, namespace, "a", uid="another")
    assert await kube.delete(SECRET, namespace, "a", uid=made.metadata.uid) is None
    with pytest.raises(errors.NotFound):
        await kube.delete(SECRET, namespace, "a")


async def test_a_body_that_cannot_be_read_is_not_quoted(kube: Kube, namespace: str) -> None:
    await kube.create(SECRET, a_secret(namespace))
    with pytest.raises(errors.Invalid) as caught:
        await kube.patch(SECRET, namespace, "a", {"data": {"key": 5, "other": "c2VjcmV0"}})
    assert "c2VjcmV0" not in str(caught.value)


async def test_a_finalizer_holds_what_is_deleted(kube: Kube, namespace: str) -> None:
    await kube.create(SECRET, a_secret(namespace))
    await kube.patch(SECRET, namespace, "a", {"metadata": {"finalizers": ["runtime.test/hold"]}})
    held = await kube.delete(SECRET, namespace, "a")
    assert held is not None
    assert held.metadata.deletion_timestamp is not None
    await kube.patch(SECRET, namespace, "a", {"metadata": {"finalizers": None}})
    with pytest.raises(errors.NotFound):
        await kube.get(SECRET, namespace, "a")


async def test_an_informer_follows_what_is_labelled(kube: Kube, namespace: str) -> None:
    await kube.create(SECRET, a_secret(namespace, "before", x="y"))
    await kube.create(SECRET, a_secret(namespace, "foreign"))
    cache: Cache[Secret] = Cache()
    informer = Informer(
        kube, SECRET, cache, rng=chance(), namespace=namespace, label_selector="x=y"
    )
    task = asyncio.create_task(informer.run())

    def has(*names: str) -> Callable[[], bool]:
        return lambda: sorted(obj.metadata.name for obj in cache.all()) == list(names)

    await informer.synced.wait()
    assert has("before")()
    await kube.create(SECRET, a_secret(namespace, "after", x="y"))
    await until(has("after", "before"))
    await kube.patch(SECRET, namespace, "after", {"metadata": {"labels": {"x": None}}})
    await until(has("before"))
    await kube.patch(SECRET, namespace, "after", {"metadata": {"labels": {"x": "y"}}})
    await until(has("after", "before"))
    await kube.delete(SECRET, namespace, "before")
    await until(has("after"))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_lease_is_made_renewed_released_and_taken_over(kube: Kube, namespace: str) -> None:
    times = Times(duration=4, renew=2, retry=0.3)

    def lease(holder: str) -> Lease:
        return Lease(
            kube,
            namespace=namespace,
            name="l",
            holder=holder,
            clock=SystemClock(),
            rng=chance(holder),
            times=times,
        )

    async with lease("first"):
        made = (await kube.get(LEASE, namespace, "l")).spec
        assert made.holder_identity == "first"
        await asyncio.sleep(1)
        renewed = (await kube.get(LEASE, namespace, "l")).spec
        assert (renewed.renew_time or "") > (made.renew_time or "")
        assert renewed.acquire_time == made.acquire_time
    assert (await kube.get(LEASE, namespace, "l")).spec.holder_identity == ""
    async with asyncio.timeout(2), lease("second"):
        taken = (await kube.get(LEASE, namespace, "l")).spec
        assert (taken.holder_identity, taken.lease_transitions) == ("second", 1)


async def test_events_are_accepted_counted_and_in_order(kube: Kube, namespace: str) -> None:
    recorder = Recorder(kube, clock=SystemClock(), instance="pod-1", rng=chance())
    secret = await kube.create(SECRET, a_secret(namespace))
    task = asyncio.create_task(recorder.run())
    for number in range(5):
        recorder.event(SECRET, secret, "Normal", "Tested", f"note {number}")
    recorder.event(SECRET, secret, "Warning", "Tested", "x" * 5000)
    await asyncio.sleep(0.5)
    recorder.event(SECRET, secret, "Normal", "Tested", "note 0")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    events = (await kube.list(EVENT, namespace)).items
    assert [event.message for event in events[:5]] == [f"note {number}" for number in range(5)]
    assert [event.count for event in events] == [2, 1, 1, 1, 1, 1]
    assert {event.source.component for event in events} == {"cert-manager"}


async def test_one_name_is_waited_for(kube: Kube, namespace: str) -> None:
    named = NamedWatches(kube, rng=chance())
    woken: list[Key] = []
    named.connect("rooms", woken.append)
    task = asyncio.create_task(named.run())
    named.want(SECRET, namespace, "a", room="rooms", key=Key(namespace, "k"))
    await asyncio.sleep(0.3)
    await kube.create(SECRET, a_secret(namespace, "b"))
    await kube.create(SECRET, a_secret(namespace, "a"))
    await until(lambda: woken == [Key(namespace, "k")])
    await kube.delete(SECRET, namespace, "a")
    await until(lambda: len(woken) == 2)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_namespace_that_goes_away_takes_nothing_new(kube: Kube) -> None:
    made = await kube.create(
        NAMESPACE,
        Namespace(metadata=ObjectMeta(generate_name="runtime-", finalizers=("runtime.test/hold",))),
    )
    name = made.metadata.name
    await kube.delete(NAMESPACE, "", name)
    with pytest.raises(errors.NamespaceTerminating):
        await kube.create(SECRET, a_secret(name))
    await kube.patch(NAMESPACE, "", name, {"metadata": {"finalizers": None}})


async def test_another_certificate_authority_is_refused(devcluster: Cluster) -> None:
    stranger = Kube(Credentials(server=devcluster.api.url), user_agent="runtime-tests")
    with pytest.raises(errors.Unavailable, match=r"(?i)certificate"):
        await stranger.list(SECRET)
    await stranger.close()

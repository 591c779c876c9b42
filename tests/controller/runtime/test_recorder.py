"""The recorder on virtual time: what is posted when, and what is not."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from controller.runtime import errors
from controller.runtime.metrics import Metrics
from controller.runtime.objects import Event
from controller.runtime.recorder import Recorder
from controller.runtime.telling import cut
from orderapi.issuer import ClusterIssuer, IssuerSpec
from orderapi.meta import ObjectMeta
from orderapi.order import Order, OrderSpec
from orderapi.references import IssuerRef
from orderapi.resources import CLUSTER_ISSUER, ORDER
from tests.controller.runtime.build import START, LoopClock, chance, lines

pytestmark = pytest.mark.looptime


class Sink:
    """Takes Events; `troubles` are raised, one for each call, first."""

    def __init__(self, *troubles: Exception, slow: float = 0.0) -> None:
        self.troubles = list(troubles)
        self.slow = slow
        self.created: list[Event] = []
        self.patched: list[tuple[float, str, Mapping[str, Any]]] = []
        self.tried: list[str] = []

    async def _meet(self, name: str) -> None:
        self.tried.append(name)
        await asyncio.sleep(self.slow)
        if self.troubles:
            raise self.troubles.pop(0)

    async def create(self, resource: Any, obj: Event) -> Event:
        await self._meet(obj.metadata.name)
        self.created.append(obj)
        return obj

    async def patch(
        self, resource: Any, namespace: str, name: str, patch: Mapping[str, Any]
    ) -> Event:
        await self._meet(name)
        self.patched.append((asyncio.get_running_loop().time(), name, patch))
        return Event()


def an_order(name: str = "o", uid: str = "u") -> Order:
    return Order(
        metadata=ObjectMeta(name=name, namespace="shop", uid=uid, resource_version="9"),
        spec=OrderSpec(request=b"", issuer_ref=IssuerRef(name="le")),
    )


def tell(recorder: Recorder, note: str = "Order completed successfully", **order: str) -> None:
    recorder.event(ORDER, an_order(**order), "Normal", "OrderValid", note)


@asynccontextmanager
async def recording(sink: Sink, **options: Any) -> AsyncIterator[Recorder]:
    recorder = Recorder(sink, clock=LoopClock(), instance="pod-1", rng=chance(), **options)
    task = asyncio.create_task(recorder.run())
    try:
        yield recorder
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_an_event_has_what_people_and_tools_look_for() -> None:
    sink = Sink()
    async with recording(sink) as recorder:
        tell(recorder)
        await asyncio.sleep(1)
    (event,) = sink.created
    assert re.fullmatch(r"o\.[0-9a-f]{16}", event.metadata.name)
    assert event.metadata.namespace == "shop"
    about = event.involved_object
    assert (about.api_version, about.kind) == ("acme.cert-manager.io/v1", "Order")
    assert (about.namespace, about.name, about.uid) == ("shop", "o", "u")
    assert (event.type, event.reason) == ("Normal", "OrderValid")
    assert event.message == "Order completed successfully"
    assert event.source.component == event.reporting_component == "cert-manager"
    assert event.reporting_instance == "pod-1"
    assert event.first_timestamp == event.last_timestamp == START
    assert event.count == 1


async def test_names_of_events_sort_by_time_even_within_a_moment() -> None:
    sink = Sink()
    async with recording(sink) as recorder:
        for number in range(20):
            tell(recorder, f"note {number}")
        await asyncio.sleep(1)
    by_name = sorted(sink.created, key=lambda event: event.metadata.name)
    assert [event.message for event in by_name] == [f"note {number}" for number in range(20)]


async def test_an_event_about_a_cluster_scoped_object_is_in_default() -> None:
    sink = Sink()
    async with recording(sink) as recorder:
        issuer = ClusterIssuer(metadata=ObjectMeta(name="le", uid="u"), spec=IssuerSpec())
        recorder.event(CLUSTER_ISSUER, issuer, "Warning", "ErrInitIssuer", "m")
        await asyncio.sleep(1)
    assert sink.created[0].metadata.namespace == "default"
    assert sink.created[0].involved_object.namespace == ""


async def test_the_same_again_is_counted_in_one_patch() -> None:
    sink = Sink()
    async with recording(sink) as recorder:
        for _ in range(50):
            tell(recorder)
            await asyncio.sleep(0.1)
        await asyncio.sleep(20)
    assert len(sink.created) == 1
    ((time, name, patch),) = sink.patched
    assert time == 10
    assert name == sink.created[0].metadata.name
    assert patch == {"count": 50, "lastTimestamp": datetime(2026, 3, 1, 12, 0, 4, tzinfo=UTC)}


async def test_after_ten_quiet_minutes_it_is_told_anew() -> None:
    sink = Sink()
    async with recording(sink) as recorder:
        tell(recorder)
        await asyncio.sleep(601)
        tell(recorder)
        await asyncio.sleep(20)
    assert [event.count for event in sink.created] == [1, 1]
    assert sink.patched == []


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"uid": "another"}, id="another object"),
        pytest.param({"note": "other words"}, id="other words"),
    ],
)
async def test_what_differs_is_not_the_same(other: dict[str, str]) -> None:
    sink = Sink()
    async with recording(sink) as recorder:
        tell(recorder)
        tell(recorder, **other)
        await asyncio.sleep(20)
    assert len(sink.created) == 2


async def test_an_event_that_has_expired_is_told_anew_with_its_count() -> None:
    sink = Sink()
    async with recording(sink) as recorder:
        tell(recorder)
        await asyncio.sleep(1)
        tell(recorder)
        sink.troubles = [errors.NotFound(404, "NotFound", "gone")]
        await asyncio.sleep(20)
    assert [event.count for event in sink.created] == [1, 2]


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(errors.NamespaceTerminating(403, "", "m"), id="the namespace goes away"),
        pytest.param(errors.NotFound(404, "", "m"), id="the namespace is gone"),
    ],
)
async def test_nobody_left_to_tell_is_no_trouble(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    sink = Sink(error)
    async with recording(sink) as recorder:
        tell(recorder)
        await asyncio.sleep(60)
    assert sink.tried == [sink.tried[0]]
    assert lines(caplog) == []


async def test_no_answer_is_tried_again_under_the_same_name() -> None:
    sink = Sink(errors.Unavailable(0, "", "cut"), errors.Unavailable(0, "", "cut"))
    async with recording(sink) as recorder:
        tell(recorder)
        await asyncio.sleep(60)
    assert len(sink.created) == 1
    assert len(set(sink.tried)) == 1


async def test_an_answer_lost_on_the_way_is_not_told_twice() -> None:
    sink = Sink(errors.Unavailable(0, "", "cut"), errors.AlreadyExists(409, "", "taken"))
    async with recording(sink) as recorder:
        tell(recorder)
        await asyncio.sleep(60)
    assert len(sink.tried) == 2
    assert sink.created == []


async def test_a_taken_name_is_exchanged() -> None:
    sink = Sink(errors.AlreadyExists(409, "", "taken"))
    async with recording(sink) as recorder:
        tell(recorder)
        await asyncio.sleep(1)
    assert len(set(sink.tried)) == 2
    assert len(sink.created) == 1


async def test_a_busy_server_is_left_alone_as_long_as_it_asks() -> None:
    sink = Sink(errors.TooManyRequests(429, "", "m", retry_after=30))
    async with recording(sink) as recorder:
        tell(recorder)
        await asyncio.sleep(29)
        assert sink.created == []
        await asyncio.sleep(2)
        assert len(sink.created) == 1


async def test_a_refusal_is_said_once_a_minute_and_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    metrics = Metrics()
    sink = Sink(*[errors.Forbidden(403, "", "create events: no rule")] * 9)
    async with recording(sink, metrics=metrics) as recorder:
        for number in range(9):
            tell(recorder, f"note {number}")
            await asyncio.sleep(10)
    assert len(lines(caplog, "an event was not posted")) == 2
    assert 'recorder_events_total{result="dropped"} 9.0' in metrics.page().decode()


async def test_the_queue_is_bounded_and_drops_the_oldest() -> None:
    metrics = Metrics()
    sink = Sink()
    recorder = Recorder(
        sink, clock=LoopClock(), instance="i", rng=chance(), metrics=metrics, most_waiting=10
    )
    for number in range(15):
        tell(recorder, f"note {number}")
    task = asyncio.create_task(recorder.run())
    await asyncio.sleep(1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert sorted(e.message for e in sink.created) == sorted(f"note {n}" for n in range(5, 15))
    assert 'recorder_events_total{result="dropped"} 5.0' in metrics.page().decode()


async def test_the_end_posts_what_is_left_counts_included() -> None:
    sink = Sink(slow=0.1)
    async with recording(sink) as recorder:
        tell(recorder)
        await asyncio.sleep(1)
        tell(recorder)
        tell(recorder, "the last words")
    assert [event.message for event in sink.created][-1] == "the last words"
    assert [patch["count"] for _, _, patch in sink.patched] == [2]


async def test_the_end_takes_two_seconds_at_most(caplog: pytest.LogCaptureFixture) -> None:
    sink = Sink(slow=100)
    async with recording(sink) as recorder:
        tell(recorder)
        await asyncio.sleep(1)
        ended = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - ended == 2
    assert lines(caplog, "events not posted at the end")


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        pytest.param("short", "short", id="short"),
        pytest.param("x" * 1024, "x" * 1024, id="just fits"),
        pytest.param("x" * 1025, "x" * 1021 + "…", id="cut"),
        pytest.param("ü" * 600, "ü" * 510 + "…", id="bytes count, and none is halved"),
    ],
)
def test_a_note_is_cut_to_its_limit(note: str, expected: str) -> None:
    assert cut(note) == expected
    assert len(cut(note).encode()) <= 1024


async def test_a_long_name_leaves_room_for_the_suffix() -> None:
    sink = Sink()
    async with recording(sink) as recorder:
        tell(recorder, name="a." * 126 + "a")
        await asyncio.sleep(1)
    name = sink.created[0].metadata.name
    assert len(name) <= 253
    assert ".." not in name

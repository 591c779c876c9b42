"""What Prometheus is told about the runtime: API requests, queues, looks, events, leadership.

Names are cert-manager's and client-go's where they have the same thing. Rooms add their own to
`registry`. Labels have few values by construction: never a name of an object, never free text.
"""

from collections.abc import Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

_SECONDS: Final = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class PlainCount(Collector):
    """A count without the suffix `_total`, for the names that dashboards already use."""

    def __init__(
        self, name: str, text: str, labels: tuple[str, ...], registry: CollectorRegistry
    ) -> None:
        self._name = name
        self._text = text
        self._labels = labels
        self._counts: dict[tuple[str, ...], int] = {}
        registry.register(self)

    def inc(self, *labels: str) -> None:
        """One more with these values of the labels."""
        self._counts[labels] = self._counts.get(labels, 0) + 1

    def collect(self) -> Iterator[Metric]:
        """For Prometheus. Untyped: its library gives each counter the suffix."""
        metric = Metric(self._name, self._text, "unknown")
        for labels, count in tuple(self._counts.items()):  # counted on in another thread meanwhile
            metric.add_sample(self._name, dict(zip(self._labels, labels, strict=True)), count)
        yield metric


class QueueMetrics:
    """The numbers of one queue and its worker."""

    def __init__(self, metrics: "Metrics", name: str) -> None:
        self._name = name
        self._calls = metrics.sync_calls
        self._errors = metrics.sync_errors
        self.depth = metrics.depth.labels(name)
        self.added = metrics.added.labels(name)
        self.retries = metrics.retries.labels(name)
        self.waited = metrics.waited.labels(name)
        self.worked = metrics.worked.labels(name)

    def looked(self, seconds: float) -> None:
        """A look at one key took so long."""
        self._calls.inc(self._name)
        self.worked.observe(seconds)

    def failed(self) -> None:
        """A look ended in an error that was not merely a conflict."""
        self._errors.inc(self._name)


class Metrics:
    """All numbers of the runtime, in a registry of their own."""

    def __init__(self) -> None:
        self.registry: Final = CollectorRegistry()
        self._make_requests()
        self._make_queues()
        self.lists = self._counter(
            "informer_lists_total", "Lists made, at start and again.", "resource"
        )
        self.events = self._counter(
            "recorder_events_total",
            "Events by what became of them: created, counted, dropped.",
            "result",
        )
        self.leading = self._gauge(
            "leader_election_master_status", "1 while this process leads.", "name"
        )
        self._requested: dict[tuple[str, str, int], Counter] = {}
        self._took: dict[str, Histogram] = {}

    def _make_requests(self) -> None:
        self.requests = self._counter(
            "kubernetes_requests_total",
            "Requests to the API server; code 0 is no answer.",
            "verb",
            "resource",
            "code",
        )
        self.request_seconds = self._seconds(
            "kubernetes_request_seconds",
            "How long the API server took to answer; for a watch, to begin.",
            "verb",
        )

    def _make_queues(self) -> None:
        self.sync_calls = PlainCount(
            "certmanager_controller_sync_call_count",
            "Looks at an object.",
            ("controller",),
            self.registry,
        )
        self.sync_errors = PlainCount(
            "certmanager_controller_sync_error_count",
            "Looks at an object that ended in an error; conflicts are none.",
            ("controller",),
            self.registry,
        )
        self.depth = self._gauge("workqueue_depth", "Keys that wait for a worker.", "name")
        self.added = self._counter("workqueue_adds_total", "Keys put into the queue.", "name")
        self.retries = self._counter(
            "workqueue_retries_total", "Keys put back after an error.", "name"
        )
        self.waited = self._seconds(
            "workqueue_queue_duration_seconds", "How long a key waited for a worker.", "name"
        )
        self.worked = self._seconds(
            "controller_reconcile_seconds", "How long a look at an object took.", "controller"
        )

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(name, text, labels, registry=self.registry)

    def _seconds(self, name: str, text: str, *labels: str) -> Histogram:
        return Histogram(name, text, labels, buckets=_SECONDS, registry=self.registry)

    def queue(self, name: str) -> QueueMetrics:
        """The numbers of the queue of one room."""
        return QueueMetrics(self, name)

    def requested(self, verb: str, resource: str, code: int, seconds: float) -> None:
        """A request to the API server was answered, or (code 0) was not."""
        key = (verb, resource, code)
        if key not in self._requested:
            self._requested[key] = self.requests.labels(verb, resource, str(code))
            self._took[verb] = self.request_seconds.labels(verb)
        self._requested[key].inc()
        self._took[verb].observe(seconds)

    def page(self) -> bytes:
        """All of it in Prometheus' text form."""
        return generate_latest(self.registry)

"""What Prometheus is told: requests and their verdicts, how long they took, the certificate's days.

Labels have few values by construction: what a request brings is shown only where it is known.
"""

from collections.abc import Callable
from typing import Final, get_args

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

from webhook.request import Request
from webhook.rules import dispatch
from webhook.verdict import Rule

ALLOWED: Final = "allowed"
DENIED: Final = "denied"
MALFORMED: Final = "malformed"

RESOURCES: Final = frozenset(
    f"{resource}/{subresource}" if subresource else resource
    for _, resource, subresource in dispatch.RULES
)
OPERATIONS: Final = frozenset({"CREATE", "UPDATE", "DELETE"})
RULES: Final = frozenset(get_args(Rule))
OTHER: Final = "other"
_SECONDS: Final = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1.0, 5.0)

DaysLeft = Callable[[], float]
"""Days until the serving certificate ends; NaN while there is none."""


class Metrics:
    """All numbers of the webhook, in a registry of their own."""

    def __init__(self, *, version: str, days_left: DaysLeft) -> None:
        self.registry: Final = CollectorRegistry()
        self._requests = Counter(
            "order_webhook_requests",
            "Requests judged; the rule is that of the first fault.",
            ("resource", "operation", "verdict", "rule"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "order_webhook_request_seconds",
            "How long an answer took, from the request's body to the answer's.",
            ("resource",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        Gauge(
            "order_webhook_serving_certificate_days_left",
            "Days until the serving certificate ends; NaN while there is none.",
            registry=self.registry,
        ).set_function(days_left)
        Gauge(
            "order_webhook_build_info", "1; the version.", ("version",), registry=self.registry
        ).labels(version).set(1)
        ProcessCollector(registry=self.registry)
        self._counters: dict[tuple[str, str, str, str], Counter] = {}
        self._histograms: dict[str, Histogram] = {}

    def judged(self, request: Request, verdict: str, rule: str, seconds: float) -> None:
        """A request was answered; the rule is empty where it was allowed."""
        resource = request.resource.resource
        if request.sub_resource:
            resource = f"{resource}/{request.sub_resource}"
        self._count(resource, request.operation, verdict, rule)
        self._took(resource if resource in RESOURCES else OTHER, seconds)

    def malformed(self) -> None:
        """What came was no review."""
        self._count("", "", MALFORMED, "unreadable")

    def _count(self, resource: str, operation: str, verdict: str, rule: str) -> None:
        labels = (resource, operation, verdict, rule)
        counter = self._counters.get(labels)
        if counter is None:
            known = (
                _known(resource, RESOURCES),
                _known(operation, OPERATIONS),
                verdict,
                _known(rule, RULES),
            )
            counter = self._requests.labels(*known)
            if known == labels:
                self._counters[known] = counter
        counter.inc()

    def _took(self, resource: str, seconds: float) -> None:
        histogram = self._histograms.get(resource)
        if histogram is None:
            histogram = self._histograms[resource] = self._seconds.labels(resource)
        histogram.observe(seconds)

    def page(self) -> bytes:
        """All of it in Prometheus' text form."""
        return generate_latest(self.registry)


def _known(value: str, values: frozenset[str]) -> str:
    return value if not value or value in values else OTHER

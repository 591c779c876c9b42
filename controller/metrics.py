"""What Prometheus is told of our objects, and of the requests to ACME servers.

Names and labels are cert-manager's where it has the same thing. Objects are counted when they are
asked for, from the caches: nothing has to be kept up to date. Free text is never a label.
"""

from collections import Counter as Tally
from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

from prometheus_client import CollectorRegistry, Counter, Summary
from prometheus_client.core import GaugeMetricFamily, Metric, Sample
from prometheus_client.registry import Collector

from controller.acme import NO_ANSWER, RequestMade
from controller.cluster import Cluster
from controller.runtime.metrics import PlainCount
from orderapi import names
from orderapi.certificate import Certificate
from orderapi.challenge import Challenge
from orderapi.conditions import find
from orderapi.defaults import issuer_group, issuer_kind
from orderapi.issuer import ClusterIssuer, Issuer
from orderapi.order import Order
from orderapi.states import ALL, UNKNOWN

STATUSES: Final = ("True", "False", "Unknown")
MOST_HOSTS: Final = 100
OTHER_HOST: Final = "other"
"""Tenants choose the servers of their Issuers: further hosts are counted as one."""


_Labelled: TypeAlias = tuple[Certificate, dict[str, str]]


class AcmeMetrics:
    """Counts requests to ACME servers; `made` is the callback of a client."""

    def __init__(self, registry: CollectorRegistry) -> None:
        labels = ("scheme", "host", "action", "method", "status")
        self._hosts: set[str] = set()
        self._count = PlainCount(
            "certmanager_http_acme_client_request_count",
            "Requests to ACME servers; status 999 is no answer.",
            labels,
            registry,
        )
        self._seconds = Summary(
            "certmanager_http_acme_client_request_duration_seconds",
            "How long ACME servers took to answer.",
            labels,
            registry=registry,
        )

    def made(self, request: RequestMade) -> None:
        """A request was answered, or was not."""
        host = self._host(request.host)
        labels = ("https", host, request.action, request.method, str(request.status))
        self._count.inc(*labels)
        if request.status != NO_ANSWER:
            self._seconds.labels(*labels).observe(request.seconds)

    def _host(self, host: str) -> str:
        if len(self._hosts) < MOST_HOSTS:
            self._hosts.add(host)
        return host if host in self._hosts else OTHER_HOST


class ResponderMetrics:
    """Counts requests to the HTTP-01 responder; `answered` is its callback."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._count = Counter(
            "kubectl_order_http01_requests",
            "Requests to the HTTP-01 responder by what came of them.",
            ("outcome",),
            registry=registry,
        )

    def answered(self, outcome: str) -> None:
        """A request came; the outcome is answered, not_found, probed or refused."""
        self._count.labels(outcome).inc()


class ObjectMetrics(Collector):
    """Certificates, issuers, Orders and Challenges, as the caches hold them when asked."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def describe(self) -> Iterable[Metric]:
        """Nothing: names need not be checked at registration."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """For Prometheus."""
        cluster = self._cluster
        certificates = [(each, _whose(each)) for each in cluster.certificates.all()]
        yield _ready_certificates(certificates)
        yield from _certificate_times(certificates)
        yield _ready_issuers("certmanager_issuer_ready_status", cluster.issuers.all(), True)
        yield _ready_issuers(
            "certmanager_clusterissuer_ready_status", cluster.cluster_issuers.all(), False
        )
        yield _states("certmanager_order_states", "Orders", cluster.orders.all())
        yield _states("certmanager_challenge_states", "Challenges", cluster.challenges.all())
        yield _challenges(cluster.challenges.all())


def _ready_certificates(certificates: Iterable[_Labelled]) -> Metric:
    metric = GaugeMetricFamily(
        "certmanager_certificate_ready_status",
        "1 for the status that the Certificate's Ready condition has.",
    )
    for certificate, whose in certificates:
        ready = find(certificate.status.conditions, names.READY)
        held = ready.status if ready else "Unknown"
        for status in STATUSES:
            labels = {"condition": status, **whose}
            metric.samples.append(Sample(metric.name, labels, float(status == held)))
    return metric


def _certificate_times(certificates: Iterable[_Labelled]) -> Iterator[Metric]:
    for name, text, attribute in (
        ("expiration", "When the certificate ends (Unix time).", "not_after"),
        ("not_after", "When the certificate ends (Unix time).", "not_after"),
        ("not_before", "When the certificate begins (Unix time).", "not_before"),
        ("renewal", "When the certificate will be renewed (Unix time).", "renewal_time"),
    ):
        metric = GaugeMetricFamily(f"certmanager_certificate_{name}_timestamp_seconds", text)
        for certificate, whose in certificates:
            time = getattr(certificate.status, attribute)
            seconds = time.timestamp() if time else 0.0
            metric.samples.append(Sample(metric.name, whose, seconds))
        yield metric


def _whose(certificate: Certificate) -> dict[str, str]:
    """The labels, made once for all of a Certificate's samples, in the order of the text form."""
    ref = certificate.spec.issuer_ref
    meta = certificate.metadata
    return {
        "issuer_group": issuer_group(ref),
        "issuer_kind": issuer_kind(ref),
        "issuer_name": ref.name,
        "name": meta.name,
        "namespace": meta.namespace,
    }


def _ready_issuers(
    name: str, issuers: Iterable[Issuer | ClusterIssuer], in_namespace: bool
) -> Metric:
    labels = ("name", "namespace", "condition") if in_namespace else ("name", "condition")
    metric = GaugeMetricFamily(
        name, "1 for the status that the Ready condition has.", labels=labels
    )
    for issuer in issuers:
        meta = issuer.metadata
        whose = (meta.name, meta.namespace) if in_namespace else (meta.name,)
        ready = find(issuer.status.conditions, names.READY)
        held = ready.status if ready else "Unknown"
        for status in STATUSES:
            metric.add_metric((*whose, status), float(status == held))
    return metric


def _states(name: str, plural: str, objects: Iterable[Order] | Iterable[Challenge]) -> Metric:
    metric = GaugeMetricFamily(name, f"{plural} by state; empty: not begun.", labels=("state",))
    tally = Tally(obj.status.state for obj in objects)
    for state in (UNKNOWN, *ALL):
        metric.add_metric((state,), float(tally[state]))
    return metric


def _challenges(challenges: Iterable[Challenge]) -> Metric:
    labels = ("name", "namespace", "domain", "type", "processing", "status")
    text = "1 for the state that the Challenge is in."
    metric = GaugeMetricFamily("certmanager_certificate_challenge_status", text, labels=labels)
    for challenge in challenges:
        meta, spec, status = challenge.metadata, challenge.spec, challenge.status
        processing = str(bool(status.processing)).lower()
        whose = (meta.name, meta.namespace, spec.dns_name, spec.type, processing)
        for state in (UNKNOWN, *ALL):
            metric.add_metric((*whose, state), float(state == status.state))
    return metric

"""What a scrape shows: bounded by us where tenants choose, and the same text for every object."""

import msgspec
from prometheus_client import CollectorRegistry, generate_latest

from controller.acme import RequestMade
from controller.metrics import AcmeMetrics, ObjectMetrics
from tests.controller.certificates.build import a_certificate
from tests.controller.issuers.build import NOW, Process, a_ready, a_registered, a_server


def test_tenants_do_not_choose_how_many_hosts_are_counted() -> None:
    registry = CollectorRegistry()
    metrics = AcmeMetrics(registry)
    for number in (*range(150), 7):
        metrics.made(RequestMade("discover", "GET", f"ca{number}.test", 200, 0.1))
    page = generate_latest(registry).decode()
    lines = [
        line
        for line in page.splitlines()
        if line.startswith("certmanager_http_acme_client_request_count{")
    ]
    assert len(lines) == 101
    labels = 'action="discover",host="{}",method="GET",scheme="https",status="200"'
    assert f"_request_count{{{labels.format('ca7.test')}}} 2.0" in page
    assert f"_request_count{{{labels.format('other')}}} 50.0" in page
    assert f"_seconds_count{{{labels.format('other')}}} 50.0" in page


async def test_the_samples_of_a_certificate() -> None:
    process = Process(a_server(a_registered()))
    certificate = a_certificate()
    status = msgspec.structs.replace(certificate.status, conditions=(a_ready(),), not_after=NOW)
    process.cluster.certificates.feed(msgspec.structs.replace(certificate, status=status))
    registry = CollectorRegistry()
    registry.register(ObjectMetrics(process.cluster))
    page = generate_latest(registry).decode()
    ref, meta = certificate.spec.issuer_ref, certificate.metadata
    issuer = f'issuer_group="cert-manager.io",issuer_kind="Issuer",issuer_name="{ref.name}"'
    whose = f'{issuer},name="{meta.name}",namespace="{meta.namespace}"'
    prefix = "certmanager_certificate_"
    for condition, value in (("True", 1.0), ("False", 0.0), ("Unknown", 0.0)):
        line = f'{prefix}ready_status{{condition="{condition}",{whose}}} {value}'
        assert line in page.splitlines()
    assert f"{prefix}not_after_timestamp_seconds{{{whose}}} 1.7955108e+09" in page
    assert f"{prefix}renewal_timestamp_seconds{{{whose}}} 0.0" in page
    assert 'certmanager_issuer_ready_status{condition="True",name="acme"' in page

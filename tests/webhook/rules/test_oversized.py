"""A spec that is too long is refused by its length alone; one that is stored may be updated."""

import time
from typing import Any

import pytest

from orderapi.names import GROUP
from tests.webhook.rules.build import (
    TENANT,
    Json,
    certificate_request,
    changed,
    create,
    settle,
    update,
)
from webhook.request import Request
from webhook.rules.dispatch import judge
from webhook.rules.undecoded import LONGEST_SPEC
from webhook.verdict import Verdict

MANY = 300_000
CERTIFICATE: Json = {
    "apiVersion": f"{GROUP}/v1",
    "kind": "Certificate",
    "metadata": {"name": "many", "namespace": "shop"},
    "spec": {"secretName": "many", "issuerRef": {"name": "acme"}, "dnsNames": ["a.example.com"]},
}
ISSUER: Json = {
    "apiVersion": f"{GROUP}/v1",
    "kind": "Issuer",
    "metadata": {"name": "many", "namespace": "shop"},
    "spec": {
        "acme": {
            "server": "https://acme.example.com/directory",
            "privateKeySecretRef": {"name": "account"},
            "solvers": [],
        }
    },
}
CASES: list[tuple[str, Json, str, list[Any]]] = [
    ("Certificate", CERTIFICATE, "spec.dnsNames", [""] * MANY),
    ("Certificate", CERTIFICATE, "spec.usages", [""] * MANY),
    ("Issuer", ISSUER, "spec.acme.solvers", [{}] * MANY),
    ("CertificateRequest", certificate_request(), "spec.usages", [""] * MANY),
]


@pytest.mark.parametrize(("kind", "obj", "path", "value"), CASES, ids=lambda part: str(part)[:20])
def test_it_is_refused_at_once(kind: str, obj: Json, path: str, value: list[Any]) -> None:
    request = create(kind, changed(obj, path, value), TENANT)
    began = time.process_time()
    verdict = _judged(request)
    assert time.process_time() - began < 0.1
    assert [fault.path for fault in verdict.faults] == ["spec"]
    assert f"{LONGEST_SPEC:,}" in verdict.faults[0].text


@pytest.mark.parametrize(
    ("kind", "obj", "path", "value"), CASES[:3], ids=lambda part: str(part)[:20]
)
def test_one_that_is_stored_may_be_updated(
    kind: str, obj: Json, path: str, value: list[Any]
) -> None:
    old = changed(obj, path, value)
    assert _judged(update(kind, old, changed(old, path, value[1:]), TENANT)).allowed
    assert not _judged(update(kind, obj, old, TENANT)).allowed


def test_one_may_be_made_short() -> None:
    old = changed(CERTIFICATE, "spec.dnsNames", [""] * MANY)
    assert _judged(update("Certificate", old, CERTIFICATE, TENANT)).allowed
    bad = changed(CERTIFICATE, "spec.dnsNames", [""])
    assert not _judged(update("Certificate", old, bad, TENANT)).allowed


def _judged(request: Request) -> Verdict:
    return settle(judge(request, frozenset()), lambda _: ())

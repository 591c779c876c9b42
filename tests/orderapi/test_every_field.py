"""Every field of the schemas survives being read into the Structs and written again."""

from typing import Any

import msgspec
import pytest

from orderapi.certificate import CertificateStatus
from orderapi.crds import definitions
from orderapi.resources import (
    CERTIFICATE,
    CERTIFICATE_REQUEST,
    CHALLENGE,
    CLUSTER_ISSUER,
    ISSUER,
    ORDER,
)
from tests.orderapi import maximal

KINDS = {
    resource.kind: resource.type
    for resource in (
        CERTIFICATE,
        CERTIFICATE_REQUEST,
        ISSUER,
        CLUSTER_ISSUER,
        ORDER,
        CHALLENGE,
    )
}
OBJECTS = [obj for definition in definitions() for obj in maximal.objects(definition)]


@pytest.mark.parametrize("obj", OBJECTS, ids=lambda obj: obj["metadata"]["name"])
def test_reading_and_writing_loses_nothing(obj: dict[str, Any]) -> None:
    read = msgspec.json.decode(msgspec.json.encode(obj), type=KINDS[obj["kind"]])
    assert msgspec.json.decode(msgspec.json.encode(read)) == obj


def test_the_maximal_objects_are_large() -> None:
    """A generator that went wrong would prove nothing."""
    sizes = {obj["kind"]: len(msgspec.json.encode(obj)) for obj in OBJECTS}
    assert sizes["Issuer"] > 12_000
    assert sizes["Certificate"] > 2_500


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_an_odd_object_still_reads(kind: type[Any]) -> None:
    """Values outside an enum, fields of a later version, and absent statuses."""
    odd = {
        "apiVersion": "v9",
        "kind": "Odd",
        "metadata": {"name": "odd", "managedFields": [{"manager": "x"}]},
        "spec": {
            "secretName": "s",
            "issuerRef": {"name": "i", "namespace": "later"},
            "request": "",
            "url": "u",
            "authorizationURL": "a",
            "dnsName": "d",
            "type": "DNS-PERSIST-01",
            "token": "t",
            "key": "k",
            "solver": {"dns01": {"cnameStrategy": "Guess"}, "later": 1},
            "usages": ["telepathy"],
            "privateKey": {"algorithm": "ML-DSA", "encoding": "COSE"},
        },
        "status": {
            "state": "deactivated",
            "conditions": [{"type": "Ready", "status": "Perhaps"}],
        },
        "later": {},
    }
    read = msgspec.convert(odd, kind)
    assert msgspec.to_builtins(read)["metadata"] == {"name": "odd"}


@pytest.mark.parametrize("kind", [CERTIFICATE.type, CERTIFICATE_REQUEST.type])
def test_an_object_without_spec_reads_and_writes_as_it_was(kind: type[Any]) -> None:
    read = msgspec.json.decode(b'{"metadata":{"name":"empty"}}', type=kind)
    assert read.spec.issuer_ref.name == ""
    assert msgspec.json.encode(read) == b'{"metadata":{"name":"empty"}}'


def test_times_are_aware() -> None:
    read = msgspec.convert(
        {"metadata": {}, "status": {"notAfter": "2026-01-02T03:04:05Z"}}, CERTIFICATE.type
    )
    assert read.status.not_after is not None
    assert read.status.not_after.tzinfo is not None


@pytest.mark.parametrize(
    ("written", "read"),
    [
        pytest.param("2026-01-02t03:04:05z", "2026-01-02T03:04:05Z", id="lower case"),
        pytest.param(
            "2026-01-02T03:04:05.123456789Z", "2026-01-02T03:04:05.123457Z", id="nanoseconds"
        ),
        pytest.param("2026-01-02T03:04:05+02:00", "2026-01-02T03:04:05+02:00", id="offset"),
    ],
)
def test_other_forms_of_time_that_an_api_server_accepts(written: str, read: str) -> None:
    status = msgspec.convert({"notAfter": written}, CertificateStatus)
    assert msgspec.to_builtins(status) == {"notAfter": read}

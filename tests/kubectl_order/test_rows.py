import json
from typing import Any

import pytest

from kubectl_order import rows
from kubectl_order.rows import CertificateRow, OrderRow, metadata_in, rows_in


def orders_in(page: bytes) -> list[OrderRow]:
    return list(rows_in(page, OrderRow))


def certificates_in(page: bytes) -> list[CertificateRow]:
    return list(rows_in(page, CertificateRow))


META = {"name": "web-1-7", "namespace": "shop", "annotations": {"x": "y" * 99}}
ORDER: dict[str, Any] = {
    "metadata": META
    | {
        "annotations": {"cert-manager.io/certificate-name": "web", "else": "no"},
        "creationTimestamp": "2026-11-24T09:00:00Z",
    },
    "spec": {
        "request": "AAAA",
        "issuerRef": {"name": "acme", "kind": "ClusterIssuer"},
        "dnsNames": ["www.example.com"],
    },
    "status": {
        "state": "errored",
        "reason": "why",
        "certificate": "Q0hBSU4=",
        "authorizations": [{"url": "u", "challenges": [{"token": "TOKEN"}]}],
        "diagnosis": {"cause": "dns", "nextRetryTime": "2026-11-24T10:00:00Z", "attempts": []},
    },
}


def page(*items: object) -> bytes:
    return json.dumps({"kind": "List", "items": list(items)}).encode()


def test_an_order_is_told_by_the_fields_of_a_list_and_no_others() -> None:
    (row,) = orders_in(page(ORDER))
    assert row.certificate == "web"
    assert row.spec.dns_names == ("www.example.com",)
    assert row.status.diagnosis is not None
    assert row.status.diagnosis.cause == "dns"
    assert row.metadata.creation_timestamp is not None
    assert not {"TOKEN", "Q0hBSU4=", "AAAA"} & set(repr(row).split("'"))


@pytest.mark.parametrize("read", [orders_in, certificates_in, metadata_in, rows.raw_in])
@pytest.mark.parametrize("body", [b'{"items": null}', b'{"items": []}', b"{}"])
def test_an_empty_list_has_no_rows(read: Any, body: bytes) -> None:
    assert list(read(body)) == []


def test_an_object_without_anything_is_a_row() -> None:
    assert [row.metadata.name for row in orders_in(page({}))] == [""]


def test_an_order_that_does_not_decode_is_a_row_that_says_why() -> None:
    bad = {"metadata": META, "status": {"state": 7, "certificate": "Q0hBSU4="}}
    good, odd = orders_in(page(ORDER, bad))
    assert good.status.state == "errored"
    assert (odd.metadata.name, odd.metadata.namespace) == ("web-1-7", "shop")
    assert odd.status.diagnosis is not None
    assert odd.status.diagnosis.message.startswith(rows.UNREADABLE)
    assert "$.status.state" in odd.status.diagnosis.message


def test_a_certificate_that_does_not_decode_is_a_row_that_says_why() -> None:
    bad = {"metadata": META, "status": {"notAfter": "tomorrow"}}
    (odd,) = certificates_in(page(bad))
    assert odd.status.diagnosis is not None
    assert "$.status.notAfter" in odd.status.diagnosis.message


def test_an_object_whose_metadata_do_not_decode_is_still_counted() -> None:
    (odd,) = orders_in(page({"metadata": {"name": 7}}))
    assert odd.metadata.name == "?"

"""How an issuer is spoken of, and which one an object names."""

from typing import Any

import msgspec
import pytest

from orderapi.references import IssuerRef
from webhook.request import Unreadable
from webhook.rules.issuerref import described, of, same_issuer
from webhook.rules.undecoded import parts


@pytest.mark.parametrize(
    ("ref", "text"),
    [
        (IssuerRef(name="a"), 'Issuer "a"'),
        (IssuerRef(name="a", kind="ClusterIssuer", group="cert-manager.io"), 'ClusterIssuer "a"'),
        (IssuerRef(name="a", kind="Widget", group="b.example"), 'Widget "a" of "b.example"'),
        (IssuerRef(name="a\n", kind="odd kind"), '"odd kind" "a\\n"'),
    ],
)
def test_a_foreign_group_alone_is_told(ref: IssuerRef, text: str) -> None:
    assert described(ref) == text


def test_equal_by_meaning() -> None:
    spelled = IssuerRef(name="a", kind="Issuer", group="cert-manager.io")
    assert same_issuer(IssuerRef(name="a"), spelled)
    assert not same_issuer(IssuerRef(name="a", kind="ClusterIssuer"), spelled)


@pytest.mark.parametrize(
    ("spec", "name"),
    [({"issuerRef": {"name": "a"}, "x": 1}, "a"), ({"issuerRef": None}, ""), ({}, ""), (None, "")],
)
def test_the_issuer_of_an_object(spec: Any, name: str) -> None:
    obj = msgspec.json.encode({"metadata": {}, "spec": spec})
    assert of(parts(msgspec.Raw(obj))) == IssuerRef(name=name)


def test_what_is_no_reference_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        of(parts(msgspec.Raw(b'{"metadata":{},"spec":{"issuerRef":1}}')))

"""Who signs."""

import pytest

from orderapi.references import IssuerRef
from orderapi.validation.references import issuer_ref_faults
from tests.orderapi.validation.build import sentences


@pytest.mark.parametrize(
    "ref",
    [
        IssuerRef(name="a"),
        IssuerRef(name="a", kind="Issuer"),
        IssuerRef(name="a", kind="ClusterIssuer", group="cert-manager.io"),
        IssuerRef(name="a", kind="Foo", group="example.com"),
        IssuerRef(name="a", group="example.com"),
    ],
    ids=str,
)
def test_references(ref: IssuerRef) -> None:
    assert sentences(issuer_ref_faults(ref)) == []


def test_a_forgotten_group_is_hinted_at() -> None:
    assert sentences(issuer_ref_faults(IssuerRef(name="a", kind="Foo"))) == [
        'spec.issuerRef.kind: "Foo" is not one of Issuer, ClusterIssuer; for a kind of another API '
        "group, set spec.issuerRef.group"
    ]


def test_all_at_once() -> None:
    ref = IssuerRef(name="", kind="clusterissuer", group="cert-manager.io")
    assert sentences(issuer_ref_faults(ref)) == [
        "spec.issuerRef.name: is empty; it names who signs",
        'spec.issuerRef.kind: "clusterissuer" is not one of Issuer, ClusterIssuer',
    ]

"""Ownership and resources."""

from orderapi.meta import ObjectMeta, OwnerReference, controller_of, owner_reference
from orderapi.order import Order, OrderSpec
from orderapi.references import IssuerRef
from orderapi.resources import CHALLENGE, CLUSTER_ISSUER, ORDER, Resource

OWNER = OwnerReference(api_version="v1", kind="Thing", name="other", uid="1")
SPEC = OrderSpec(request=b"csr", issuer_ref=IssuerRef(name="ca"))
AN_ORDER = Order(metadata=ObjectMeta(name="example-com-1", uid="abc"), spec=SPEC)


def test_the_controlling_owner_is_found_among_others() -> None:
    controller = owner_reference(ORDER, AN_ORDER)
    child = Order(metadata=ObjectMeta(owner_references=(OWNER, controller)), spec=SPEC)
    assert controller_of(child) == controller
    assert controller_of(AN_ORDER) is None
    assert controller_of(Order(metadata=ObjectMeta(owner_references=(OWNER,)), spec=SPEC)) is None


def test_an_owner_reference_names_kind_and_object() -> None:
    assert owner_reference(ORDER, AN_ORDER) == OwnerReference(
        api_version="acme.cert-manager.io/v1",
        kind="Order",
        name="example-com-1",
        uid="abc",
        controller=True,
        block_owner_deletion=True,
    )


def test_resources() -> None:
    assert CHALLENGE.api_version == "acme.cert-manager.io/v1"
    assert not CLUSTER_ISSUER.namespaced
    core = Resource(
        group="", version="v1", plural="things", kind="Thing", namespaced=True, type=Order
    )
    assert core.api_version == "v1"


def test_typed_names_the_kind() -> None:
    typed = ORDER.typed(AN_ORDER)
    assert (typed.api_version, typed.kind) == ("acme.cert-manager.io/v1", "Order")
    assert typed.spec is AN_ORDER.spec

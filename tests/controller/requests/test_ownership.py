"""Which Orders are a request's, where others may make Orders too."""

from typing import Any

import msgspec
import pytest

from controller.pki.csr import build_csr
from controller.requests.observe import read_asked
from controller.requests.observed import Asked, Unreadable
from controller.requests.ownership import is_its_own, leading
from controller.requests.refusals import REFUSED_AGAIN
from controller.requests.submission import name_of, order_for
from controller.runtime.schedule import At, OnChange
from orderapi.conditions import find
from orderapi.order import Order
from orderapi.references import IssuerRef
from orderapi.resources import ORDER, Resource
from tests.controller.pki.build import Signer, a_key, a_spec
from tests.controller.requests.build import (
    CSR,
    NOW,
    FlakyServer,
    Process,
    a_request,
    a_server,
    an_issuer,
    an_order,
    set_order,
)

OTHER = IssuerRef(name="other")
OTHER_CSR = build_csr(a_spec(), a_key())
FORGERIES = [
    pytest.param({"issuer_ref": OTHER}, id="another issuer"),
    pytest.param({"issuer_ref": IssuerRef(name="acme", kind="ClusterIssuer")}, id="another kind"),
    pytest.param({"issuer_ref": IssuerRef(name="acme", group="example.com")}, id="another group"),
    pytest.param({"request": OTHER_CSR}, id="another signing request"),
    pytest.param({"dns_names": ("other.example",)}, id="another name"),
    pytest.param({"dns_names": ("example.com", "other.example")}, id="one name more"),
    pytest.param({"dns_names": ()}, id="no name"),
    pytest.param({"ip_addresses": ("192.0.2.1",)}, id="an address more"),
    pytest.param({"common_name": "other.example"}, id="a common name"),
]


def forged(order: Order | None = None, **spec: Any) -> Order:
    """An Order with the request's uid, changed in `spec`."""
    order = order or an_order()
    return msgspec.structs.replace(order, spec=msgspec.structs.replace(order.spec, **spec))


@pytest.mark.parametrize("spec", FORGERIES)
def test_an_order_that_asks_for_something_else_is_a_strangers(spec: dict[str, Any]) -> None:
    assert not is_its_own(a_request(), read_asked(CSR), forged(**spec))


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({}, id="as we make it"),
        pytest.param(
            {"issuer_ref": IssuerRef(name="acme", kind="Issuer", group="cert-manager.io")},
            id="defaults",
        ),
        pytest.param({"profile": "shortlived", "duration": "160h"}, id="before the issuer's edit"),
        pytest.param({"dns_names": ("EXAMPLE.com",)}, id="in capitals"),
    ],
)
def test_an_order_that_asks_for_the_same_is_its_own(spec: dict[str, Any]) -> None:
    assert is_its_own(a_request(), read_asked(CSR), forged(**spec))


def test_the_order_of_names_is_all_one() -> None:
    csr = build_csr(a_spec(dns_names=("b.example", "a.example")), a_key())
    order = forged(request=csr, dns_names=("a.example", "b.example"))
    assert is_its_own(a_request(data=csr), read_asked(csr), order)


def test_another_owner_or_an_unreadable_request_has_no_order() -> None:
    order, asked = an_order(), read_asked(CSR)
    meta = msgspec.structs.replace(order.metadata, owner_references=())
    assert not is_its_own(a_request(), asked, msgspec.structs.replace(order, metadata=meta))
    assert not is_its_own(a_request(), Unreadable(why="broken"), order)
    assert not is_its_own(a_request(), None, order)


def test_of_several_the_first_with_a_name_of_ours_counts() -> None:
    first, second = (an_order("pending", name=name_of(a_request(), salt)) for salt in (0, 5))
    orders = (an_order("valid", certificate=b"x"), second, first)
    assert leading(a_request(), orders) == first
    assert leading(a_request(), orders[:2]) == second


class Changing(FlakyServer):
    """An API server where a webhook gives every Order another issuer."""

    async def create(self, resource: Resource[Any], obj: Any) -> Any:
        spec = msgspec.structs.replace(obj.spec, issuer_ref=OTHER)
        return await super().create(resource, msgspec.structs.replace(obj, spec=spec))


async def test_where_admission_changes_orders_they_are_not_made_in_a_row() -> None:
    server = a_server(kind=Changing)
    process = Process(server)
    for _ in range(3):
        assert await process.look() == At(NOW + REFUSED_AGAIN)
    assert len(server.all(ORDER)) == 1
    ready = find(process.request.status.conditions, "Ready")
    assert ready is not None
    assert "it was changed as it was made" in ready.message


@pytest.mark.parametrize("names", [("B.example", "*.a.example"), ("example.com",)])
def test_what_we_make_is_always_its_own(names: tuple[str, ...]) -> None:
    csr = build_csr(a_spec(dns_names=names, ip_addresses=("2001:DB8::1", "192.0.2.1")), a_key())
    asked, acme = read_asked(csr), an_issuer().spec.acme
    assert isinstance(asked, Asked)
    assert acme is not None
    request = a_request(data=csr)
    assert is_its_own(request, asked, order_for(request, acme, asked, salt=3))


@pytest.mark.parametrize("spec", FORGERIES)
@pytest.mark.parametrize("state", ["valid", "pending", "errored"])
@pytest.mark.parametrize("early", [True, False], ids=["before ours", "after ours"])
async def test_a_forged_order_changes_nothing(
    spec: dict[str, Any], state: str, *, early: bool
) -> None:
    server = a_server()
    process = Process(server)
    chain = Signer().sign(CSR)
    certificate = chain if state == "valid" else b""
    made = an_order(state, name="forged", of=process.request, certificate=certificate)
    forgery = forged(made, **spec)
    if early:
        server.put(ORDER, forgery)
        process.hear()
    await process.look()
    if not early:
        server.put(ORDER, forgery)
        process.hear()
        assert await process.look() == OnChange()
    (order,) = (each for each in server.all(ORDER) if each.metadata.name != "forged")
    assert order.metadata.name == name_of(process.request)
    ready = find(process.request.status.conditions, "Ready")
    assert ready is not None
    assert ready.reason == "Pending"
    assert order.metadata.name in ready.message
    set_order(server, order, state="valid", certificate=chain)
    process.hear()
    await process.look()
    assert process.request.status.certificate == chain


@pytest.mark.parametrize("heard", [True, False], ids=["in the cache", "found when it is made"])
async def test_a_forged_order_under_its_name_is_passed_over(*, heard: bool) -> None:
    server = a_server()
    process = Process(server)
    name = name_of(process.request)
    server.put(ORDER, forged(an_order("valid", name=name, of=process.request), issuer_ref=OTHER))
    if heard:
        process.hear()
    await process.look()
    assert {order.metadata.name for order in server.all(ORDER)} == {
        name,
        name_of(process.request, 1),
    }
    ready = find(process.request.status.conditions, "Ready")
    assert ready is not None
    assert name_of(process.request, 1) in ready.message

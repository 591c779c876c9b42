"""The room at work: what it writes, what it tells whom, and what wakes it."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from controller.pki.csr import build_csr
from controller.requests.observe import read_asked
from controller.requests.observed import Asked, Unreadable
from controller.requests.ownership import MOST_STRANGERS
from controller.requests.perform import Performer
from controller.requests.refusals import REFUSED_AGAIN, Refusals
from controller.requests.room import Requests
from controller.requests.submission import name_of
from controller.runtime.errors import (
    ApiError,
    Forbidden,
    NamespaceTerminating,
    WebhookUnreachable,
)
from controller.runtime.schedule import At, Key, OnChange
from controller.settings import Settings
from orderapi.certificate import Certificate
from orderapi.conditions import FALSE, find
from orderapi.meta import ObjectMeta
from orderapi.names import CERTIFICATE_NAME
from orderapi.order import Order
from orderapi.references import IssuerRef
from orderapi.resources import CERTIFICATE, ORDER, Resource
from tests.controller.pki.build import Signer, a_key, a_spec
from tests.controller.requests.build import (
    CSR,
    NOW,
    OF_A_CERTIFICATE,
    FlakyServer,
    Process,
    a_request,
    a_server,
    an_issuer,
    an_order,
    set_order,
)


async def test_from_a_new_request_to_its_certificate_in_three_writes() -> None:
    server = a_server()
    process = Process(server)
    assert await process.look() == OnChange()
    (order,) = server.all(ORDER)
    assert order.metadata.name == name_of(process.request)
    assert order.spec.request == CSR
    chain = Signer().sign(CSR)
    set_order(server, order, state="valid", certificate=chain)
    process.hear()
    assert await process.look() == OnChange()
    assert process.request.status.certificate == chain
    assert [(call.verb, call.kind) for call in server.calls] == [
        ("patch", "CertificateRequest"),
        ("create", "Order"),
        ("patch", "CertificateRequest"),
    ]
    assert process.ear.heard == [
        ("Normal", "OrderCreated", f'Created Order resource "{order.metadata.name}"'),
        ("Normal", "CertificateIssued", "Certificate fetched from issuer successfully"),
    ]


async def test_a_certificate_for_another_key_fails_it() -> None:
    server = a_server()
    process = Process(server)
    await process.look()
    (order,) = server.all(ORDER)
    chain = Signer().sign(build_csr(a_spec(), a_key()))
    set_order(server, order, state="valid", certificate=chain)
    process.hear()
    await process.look()
    ready = find(process.request.status.conditions, "Ready")
    assert ready is not None
    assert ready.reason == "Failed"
    assert "for another key" in ready.message


@pytest.mark.parametrize("count", [1, 3])
async def test_names_that_strangers_hold_are_passed_over(count: int) -> None:
    server = a_server()
    process = Process(server)
    for salt in range(count):
        _stranger(server, name_of(process.request, salt))
    await process.look()
    own = [order for order in server.all(ORDER) if order.metadata.owner_references]
    assert [order.metadata.name for order in own] == [name_of(process.request, count)]
    ready = find(process.request.status.conditions, "Ready")
    assert ready is not None
    assert name_of(process.request, count) in ready.message


async def test_it_gives_up_passing_strangers_and_says_so() -> None:
    server = a_server()
    process = Process(server)
    for salt in range(MOST_STRANGERS):
        _stranger(server, name_of(process.request, salt))
    assert await process.look() == At(NOW + REFUSED_AGAIN)
    ready = find(process.request.status.conditions, "Ready")
    assert ready is not None
    assert "others hold this name" in ready.message


class Refusing(FlakyServer):
    """An API server that takes no Order."""

    error: ApiError
    attempts = 0

    async def create(self, resource: Resource[Any], obj: Any) -> Any:
        self.attempts += 1
        raise self.error


async def test_a_refused_order_is_told_once_and_tried_again() -> None:
    server = _refusing(Forbidden(403, "Forbidden", "exceeded quota: orders"))
    process = Process(server)
    for count in range(1, 4):
        for _ in range(3):
            assert await process.look() == At(server.clock.time + REFUSED_AGAIN)
        assert server.attempts == count
        server.clock.time += REFUSED_AGAIN
    ready = find(process.request.status.conditions, "Ready")
    assert ready is not None
    assert ready.reason == "Pending"
    assert "exceeded quota: orders" in ready.message
    assert [(kind, reason) for kind, reason, _ in process.ear.heard] == [
        ("Warning", "OrderCreatingError")
    ]


async def test_a_refusal_in_other_words_each_time_is_no_reason_to_hurry() -> None:
    server = _refusing(Forbidden(403, "Forbidden", "request 1 denied"))
    process = Process(server)
    for count in range(1, 4):
        server.error = Forbidden(403, "Forbidden", f"request {count} denied")
        for waited in (timedelta(), timedelta(seconds=59)):
            server.clock.time = NOW + REFUSED_AGAIN * (count - 1) + waited
            process.hear()  # of its own write
            assert await process.look() == At(NOW + REFUSED_AGAIN * count)
        assert server.attempts == count
        ready = find(process.request.status.conditions, "Ready")
        assert ready is not None
        assert f"request {count} denied" in ready.message
        server.clock.time = NOW + REFUSED_AGAIN * count


async def test_a_webhook_that_cannot_be_reached_is_told_from_the_second_time_on() -> None:
    words = 'failed calling webhook "judge.example.org": connection refused'
    server = _refusing(WebhookUnreachable(500, "InternalError", words))
    process = Process(server)
    with pytest.raises(WebhookUnreachable):
        await process.look()
    assert "Failed create" not in _ready_message(process)
    for count in range(2, 5):
        for _ in range(3):
            assert await process.look() == At(server.clock.time + REFUSED_AGAIN)
        assert server.attempts == count
        server.clock.time += REFUSED_AGAIN
    assert _ready_message(process).endswith(f": {words}; it is tried again")
    assert [reason for _, reason, _ in process.ear.heard] == ["OrderCreatingError"]


def test_refusals_that_are_over_are_forgotten() -> None:
    refusals = Refusals()
    assert refusals.refused("a", NOW) == refusals.until("a") == NOW + REFUSED_AGAIN
    refusals.refused("b", NOW + REFUSED_AGAIN / 2)
    refusals.refused("c", NOW + REFUSED_AGAIN)
    assert refusals.until("a") is None
    assert refusals.until("b") is not None


async def test_the_room_remembers_refusals_and_its_one_namespace() -> None:
    server = _refusing(Forbidden(403, "Forbidden", "exceeded quota: orders"))
    process = Process(server)
    room = Requests(process.cluster, Settings(namespace="shop"))
    for _ in range(2):
        assert await room.reconcile(Key("shop", "web-1")) == At(NOW + REFUSED_AGAIN)
    assert server.attempts == 1
    ref = IssuerRef(name="acme", kind="ClusterIssuer")
    process = Process(a_server(a_request(ref=ref)))
    room = Requests(process.cluster, Settings(namespace="shop"))
    assert await room.reconcile(Key("shop", "web-1")) == OnChange()
    ready = find(process.request.status.conditions, "Ready")
    assert ready is not None
    assert "for one namespace only (--namespace=shop)" in ready.message


async def test_a_namespace_that_goes_away_is_no_reason_to_write() -> None:
    server = _refusing(NamespaceTerminating(403, "Forbidden", "going away"))
    process = Process(server)
    assert await process.look() == OnChange()
    assert process.ear.heard == []


async def test_the_order_is_told_on_the_certificate_where_people_look() -> None:
    server = a_server()
    process = Process(server)
    certificate = Certificate(
        metadata=ObjectMeta(name="web", namespace="shop", uid="cert-uid", resource_version="1"),
        spec=a_spec(),
    )
    process.cluster.certificates.feed(certificate)
    told = Performer(process.cluster, Refusals()).told(process.request)
    assert told == (CERTIFICATE, certificate)
    stranger = msgspec.structs.replace(OF_A_CERTIFICATE, uid="another")
    assert Performer(process.cluster, Refusals()).told(a_request(owner=stranger))[1] != certificate


async def test_a_request_without_certificate_names_its_order_after_itself() -> None:
    bare = a_request(approved=False, owner=None)
    meta = msgspec.structs.replace(bare.metadata, annotations={CERTIFICATE_NAME: ""})
    server = a_server(msgspec.structs.replace(bare, metadata=meta))
    process = Process(server)
    await process.look()
    (order,) = server.all(ORDER)
    assert order.metadata.name.startswith("web-1-")


def test_an_issuer_wakes_those_who_wait_for_it_and_no_others() -> None:
    process = Process(a_server())
    room = Requests(process.cluster, Settings())
    wakes = next(keys for cache, keys in room.watches() if cache is process.cluster.issuers)
    assert list(wakes(an_issuer(FALSE))) == [Key("shop", "web-1")]
    elsewhere = msgspec.structs.replace(an_issuer().metadata, namespace="another")
    assert list(wakes(msgspec.structs.replace(an_issuer(), metadata=elsewhere))) == []
    assert list(wakes(an_issuer(cluster=True))) == []
    process.cluster.requests.drop(process.request)
    assert list(wakes(an_issuer())) == []


def test_an_order_wakes_its_request() -> None:
    process = Process(a_server())
    room = Requests(process.cluster, Settings())
    wakes = next(keys for cache, keys in room.watches() if cache is process.cluster.orders)
    assert list(wakes(an_order())) == [Key("shop", "web-1")]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (
            {"dns_names": ("a.example", "*.a.example")},
            Asked(dns_names=("a.example", "*.a.example")),
        ),
        ({"dns_names": (), "ip_addresses": ("2001:DB8::1",)}, Asked(ip_addresses=("2001:db8::1",))),
        (
            {"dns_names": (), "uris": ("spiffe://a/b",), "email_addresses": ("me@example.com",)},
            Asked(unsupported=('URI "spiffe://a/b"', 'e-mail address "me@example.com"')),
        ),
    ],
    ids=["names", "address", "what ACME has no identifier for"],
)
def test_what_a_signing_request_asks_for(spec: dict[str, Any], expected: Asked) -> None:
    found = read_asked(build_csr(a_spec(**spec), a_key()))
    assert isinstance(found, Asked)
    assert found.key_digest
    assert (
        Asked(
            dns_names=found.dns_names,
            ip_addresses=found.ip_addresses,
            unsupported=found.unsupported,
        )
        == expected
    )


@pytest.mark.parametrize("is_ca", [True, False])
def test_whether_a_ca_is_asked_for_is_read(is_ca: bool) -> None:
    found = read_asked(build_csr(a_spec(is_ca=is_ca), a_key()))
    assert isinstance(found, Asked)
    assert found.is_ca is is_ca


async def test_what_acme_cannot_do_costs_one_write_and_no_order() -> None:
    server = a_server(a_request(data=build_csr(a_spec(is_ca=True), a_key()), approved=False))
    process = Process(server)
    for _ in range(2):
        assert await process.look() == OnChange()
        process = Process(server)
    assert [(call.verb, call.kind) for call in server.calls] == [("patch", "CertificateRequest")]
    told = {each.type: each.reason for each in process.request.status.conditions}
    assert told == {
        "Approved": "cert-manager.io",
        "Ready": "Failed",
        "InvalidRequest": "InvalidOrder",
    }


def test_bytes_that_are_no_signing_request() -> None:
    found = read_asked(b"hello")
    assert isinstance(found, Unreadable)
    assert "hello" not in found.why


def _ready_message(process: Process) -> str:
    ready = find(process.request.status.conditions, "Ready")
    return ready.message if ready is not None else ""


def _refusing(error: ApiError) -> Refusing:
    refusing = a_server(kind=Refusing)
    assert isinstance(refusing, Refusing)
    refusing.error = error
    return refusing


def _stranger(server: FlakyServer, name: str) -> Order:
    other = an_order(name=name)
    meta = msgspec.structs.replace(other.metadata, owner_references=())
    return server.put(ORDER, msgspec.structs.replace(other, metadata=meta))

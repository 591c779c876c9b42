"""The shims at work: what they write, what they tell whom, and what wakes them."""

import msgspec
import pytest

from controller.gatewayapi import GATEWAY
from controller.networking import (
    INGRESS,
    Ingress,
)
from controller.runtime.schedule import Key, OnChange
from controller.settings import Settings
from orderapi import names
from orderapi.certificate import OutputFormat, PrivateKey
from orderapi.meta import controller_of
from orderapi.references import IssuerRef
from orderapi.resources import CERTIFICATE
from tests.controller.shims.build import (
    NOW,
    a_gateway,
    a_listener,
    an_ingress,
    tls,
)
from tests.controller.shims.world import (
    Process,
    Server,
    a_server,
    certificates,
    change,
    edit,
    relabel,
    writes,
)


async def test_a_certificate_for_each_secret_in_one_write_each() -> None:
    server = a_server(an_ingress(tls("a", "a.example"), tls("b", "b.example", "10.0.0.1")))
    process = Process(server)
    assert await process.look() == OnChange()
    assert writes(server) == [("create", "a"), ("create", "b")]
    found = certificates(server)
    assert found["b"].spec.dns_names == ("b.example",)
    assert found["b"].spec.ip_addresses == ("10.0.0.1",)
    assert found["a"].spec.issuer_ref == IssuerRef(
        name="acme", kind="Issuer", group="cert-manager.io"
    )
    owner = controller_of(found["a"])
    assert owner is not None
    assert owner.uid == server.all(INGRESS)[0].metadata.uid
    assert process.take_heard() == [
        ("Normal", "CreateCertificate", 'Successfully created Certificate "a"'),
        ("Normal", "CreateCertificate", 'Successfully created Certificate "b"'),
    ]
    process.hear()
    assert await process.look() == OnChange()
    assert writes(server) == []


@pytest.mark.parametrize(
    "changed",
    [
        an_ingress(tls("web-tls", "web.example.com", "new.example")),
        an_ingress(tls("web-tls", "10.0.0.1")),
        an_ingress(also={names.USAGES: "server auth"}),
        an_ingress(also={names.EMAIL_SANS: "me@example.com"}),
        an_ingress(also={names.SUBJECT_ORGANIZATIONS: "Example"}),
        an_ingress(also={names.RENEW_BEFORE_PERCENTAGE: "20"}),
        an_ingress(also={names.SECRET_TEMPLATE: '{"labels": {"a": "b"}}'}),
        an_ingress(also={names.ISSUER_GROUP: "g.example"}),
        an_ingress(also={names.PRIVATE_KEY_SIZE: "4096"}),
        an_ingress(also={names.HTTP01_EDIT_IN_PLACE: "true"}),
        an_ingress(also={names.HTTP01_INGRESS_CLASS_NAME: "nginx"}),
        an_ingress(also={"extra.example/a": "b"}),
        an_ingress(annotations={names.INGRESS_CLUSTER_ISSUER: "acme"}),
        an_ingress(labels={"team": "web"}),
    ],
    ids=[
        "hosts",
        "an address",
        "usages",
        "e-mail addresses",
        "subject",
        "percentage",
        "template",
        "group of the issuer",
        "private key",
        "edit in place",
        "class",
        "extra annotation",
        "kind of the issuer",
        "labels",
    ],
)
async def test_every_change_reaches_the_certificate_and_is_taken_back(changed: Ingress) -> None:
    settings = Settings(extra_certificate_annotations=("extra.example/a",))
    server = a_server()
    process = Process(server, settings)
    await process.look()
    before = certificates(server)["web-tls"]
    change(server, changed)
    fresh = a_server(changed)
    await Process(fresh, settings).look()
    wanted = certificates(fresh)["web-tls"]
    process.hear()
    process.take_heard()
    await process.look()
    after = certificates(server)["web-tls"]
    assert after.spec == wanted.spec
    assert after.metadata.annotations == wanted.metadata.annotations
    assert after.metadata.labels == wanted.metadata.labels
    assert process.take_heard() == [
        ("Normal", "UpdateCertificate", 'Successfully updated Certificate "web-tls"')
    ]
    change(server, an_ingress())
    process.hear()
    await process.look()
    again = certificates(server)["web-tls"]
    assert again.spec == before.spec
    assert again.metadata.annotations == before.metadata.annotations
    # Who set a label cannot be told: one that the source had is not taken off again.
    assert again.metadata.labels == wanted.metadata.labels


async def test_an_edit_is_undone_and_what_no_annotation_sets_stays() -> None:
    server = a_server(an_ingress(labels={"team": "web"}))
    process = Process(server)
    await process.look()
    edit(
        server,
        "web-tls",
        dns_names=("evil.example",),
        private_key=PrivateKey(size=4096),
        additional_output_formats=(OutputFormat(type="DER"),),
        is_ca=False,
    )
    relabel(
        server,
        "web-tls",
        labels={"team": "other", "mine": "1"},
        annotations={"mine": "2", names.HTTP01_OVERRIDE_INGRESS_NAME: "other"},
    )
    process.hear()
    await process.look()
    found = certificates(server)["web-tls"]
    assert found.spec.dns_names == ("web.example.com",)
    assert found.spec.private_key is None
    assert found.spec.additional_output_formats == (OutputFormat(type="DER"),)
    assert found.spec.is_ca is False
    assert found.metadata.labels == {"team": "web", "mine": "1"}
    assert found.metadata.annotations == {"mine": "2"}


async def test_a_secret_that_is_named_no_more_loses_its_certificate() -> None:
    server = a_server(an_ingress(tls("a"), tls("b", "b.example")))
    process = Process(server)
    await process.look()
    change(server, an_ingress(tls("a")))
    process.hear()
    process.take_heard()
    assert await process.look() == OnChange()
    assert set(certificates(server)) == {"a"}
    assert process.take_heard() == [
        ("Normal", "DeleteCertificate", 'Successfully deleted unrequired Certificate "b"')
    ]


async def test_a_secret_that_is_named_again_gets_its_certificate_at_once() -> None:
    server = a_server(an_ingress(tls("a"), tls("b", "b.example")))
    process = Process(server)
    for ingress in (server.all(INGRESS)[0], an_ingress(tls("a")), server.all(INGRESS)[0]):
        change(server, ingress)
        process.hear()
        assert await process.look() == OnChange()
    assert writes(server) == [("create", "a"), ("create", "b"), ("delete", "b"), ("create", "b")]


async def test_a_secret_in_a_skipped_block_keeps_its_certificate() -> None:
    server = a_server(an_ingress(tls("a"), tls("b", "b.example")))
    process = Process(server)
    await process.look()
    bad = msgspec.structs.replace(tls("b"), hosts=())
    change(server, an_ingress(tls("a"), bad))
    process.hear()
    await process.look()
    assert set(certificates(server)) == {"a", "b"}


async def test_a_deletion_that_was_done_already_is_done() -> None:
    server = a_server(an_ingress(tls("a"), tls("b", "b.example")))
    process = Process(server)
    await process.look()
    change(server, an_ingress(tls("a")))
    process.hear()
    server.remove(CERTIFICATE, certificates(server)["b"])
    process.take_heard()
    assert await process.look() == OnChange()
    assert process.take_heard() == []


async def test_what_is_being_deleted_is_awaited() -> None:
    server = a_server(an_ingress(tls("a"), tls("b", "b.example")))
    process = Process(server)
    await process.look()
    for name in ("a", "b"):
        relabel(server, name, finalizers=("test/hold",))
    relabel(server, "a", deletion_timestamp=NOW)
    change(server, an_ingress(tls("a", "new.example")))
    process.hear()
    writes(server)
    for _ in range(2):
        assert await process.look() == OnChange()
    assert writes(server) == [("delete", "b")]


async def test_a_new_process_writes_nothing() -> None:
    server = a_server(an_ingress(tls("a"), tls("b", "b.example"), also={names.DURATION: "24h"}))
    await Process(server).look()
    writes(server)
    process = Process(server)
    assert await process.look() == OnChange()
    assert writes(server) == []
    assert process.take_heard() == []


async def test_a_gateway_gets_its_certificates() -> None:
    server = Server()
    server.put(GATEWAY, a_gateway(a_listener(), a_listener("b", None)))
    process = Process(server, gateways=True)
    assert await process.look() == OnChange()
    found = certificates(server)["web-tls"]
    assert found.metadata.annotations == {
        names.HTTP01_PARENT_REF_KIND: "Gateway",
        names.HTTP01_PARENT_REF_NAME: "web",
    }
    assert process.woken_by(found) == {Key("shop", "web")}
    assert [reason for _, reason, _ in process.take_heard()] == ["BadConfig", "CreateCertificate"]
    server.put(GATEWAY, a_gateway(a_listener("a", "other.example")))
    process.hear()
    await process.look()
    assert certificates(server)["web-tls"].spec.dns_names == ("other.example",)


def test_the_rooms_have_their_names() -> None:
    assert Process(Server()).room.name == "ingress-shim"
    assert Process(Server(), gateways=True).room.name == "gateway-shim"

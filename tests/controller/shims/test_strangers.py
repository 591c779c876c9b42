"""Certificates that are not the source's: left alone, told once, awaited."""

import msgspec
import pytest

from controller.networking import INGRESS
from controller.runtime.schedule import Key, OnChange
from orderapi.certificate import Certificate
from orderapi.resources import CERTIFICATE
from tests.controller.shims.build import (
    a_stranger,
    an_ingress,
    an_owner,
    tls,
)
from tests.controller.shims.world import Process, a_server, certificates, change, writes


async def test_an_owner_in_another_namespace_is_no_owner() -> None:
    server = a_server(an_ingress(tls("a")))
    process = Process(server)
    uid = server.all(INGRESS)[0].metadata.uid
    stranger = a_stranger("b", owner=an_owner("web", uid=uid))
    elsewhere = msgspec.structs.replace(stranger.metadata, namespace="elsewhere")
    server.put(CERTIFICATE, msgspec.structs.replace(stranger, metadata=elsewhere))
    process.hear()
    await process.look()
    assert writes(server) == [("create", "a")]


@pytest.mark.parametrize(
    ("stranger", "told"),
    [
        (a_stranger(), "nothing controls it"),
        (a_stranger(owner=an_owner()), 'Ingress "other" controls it, not this Ingress'),
        (a_stranger(owner=an_owner("web", "Gateway")), 'Gateway "web" controls it'),
    ],
    ids=["nobody", "another Ingress", "a Gateway of its name"],
)
async def test_a_stranger_is_left_alone_and_told_once(stranger: Certificate, told: str) -> None:
    server = a_server(an_ingress(tls(), tls("b", "b.example")))
    server.put(CERTIFICATE, stranger)
    process = Process(server)
    before = certificates(server)["web-tls"]
    for _ in range(3):
        process.hear()
        assert await process.look() == OnChange()
    assert writes(server) == [("create", "b")]
    assert certificates(server)["web-tls"] == before
    (warning,) = (note for type_, _, note in process.take_heard() if type_ == "Warning")
    assert warning.startswith('Certificate "web-tls" is left as it is: ')
    assert told in warning
    assert 'It lacks "web.example.com"' in warning


async def test_it_says_when_the_strangers_certificate_fits() -> None:
    server = a_server()
    server.put(CERTIFICATE, a_stranger(owner=an_owner(), dns_names=("web.example.com",)))
    process = Process(server)
    await process.look()
    ((_, _, note),) = process.take_heard()
    assert "It has all names that are asked for here" in note


async def test_when_the_stranger_goes_the_certificate_is_made() -> None:
    server = a_server()
    stranger = server.put(CERTIFICATE, a_stranger(owner=an_owner()))
    process = Process(server)
    await process.look()
    assert process.woken_by(stranger) == {Key("shop", "web"), Key("shop", "other")}
    server.remove(CERTIFICATE, stranger)
    process.hear()
    await process.look()
    assert writes(server) == [("create", "web-tls")]


async def test_what_is_left_of_a_source_of_this_name_is_waited_for_in_silence() -> None:
    server = a_server()
    old = server.put(CERTIFICATE, a_stranger(owner=an_owner("web", uid="of-old")))
    process = Process(server)
    assert await process.look() == OnChange()
    assert process.take_heard() == []
    server.remove(CERTIFICATE, old)
    process.hear()
    await process.look()
    assert writes(server) == [("create", "web-tls")]


async def test_who_asks_for_nothing_is_not_woken_by_strangers() -> None:
    server = a_server()
    process = Process(server)
    await process.look()
    change(server, an_ingress(annotations={}))
    process.hear()
    await process.look()
    assert process.woken_by(a_stranger()) == set()


async def test_two_ingresses_with_one_secret_do_not_fight() -> None:
    server = a_server(an_ingress(), an_ingress(name="second"))
    process = Process(server)
    for _ in range(2):
        for name in ("web", "second"):
            process.hear()
            assert await process.look(name) == OnChange()
    assert writes(server) == [("create", "web-tls")]
    warnings = [note for type_, _, note in process.take_heard() if type_ == "Warning"]
    assert len(warnings) == 1
    assert 'Ingress "web" controls it' in warnings[0]


async def test_another_certificate_of_the_name_is_not_deleted() -> None:
    server = a_server(an_ingress(tls("a"), tls("b", "b.example")))
    process = Process(server)
    await process.look()
    change(server, an_ingress(tls("a")))
    process.hear()
    server.remove(CERTIFICATE, certificates(server)["b"])
    server.put(CERTIFICATE, a_stranger("b"))
    assert await process.look() == OnChange()
    assert set(certificates(server)) == {"a", "b"}

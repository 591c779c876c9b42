"""Certificates that are not the source's: left alone, told where they do not serve, awaited."""

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
from tests.controller.shims.world import Process, a_server, certificates, change, edit, writes


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


@pytest.mark.parametrize(
    "stranger",
    [
        a_stranger(dns_names=("web.example.com",), ip_addresses=("2001:DB8:0::1", "::2")),
        a_stranger(dns_names=("a.example", "WEB.example.com"), ip_addresses=("2001:db8::1",)),
        a_stranger(owner=an_owner(), dns_names=("*.example.com",), ip_addresses=("2001:db8::1",)),
    ],
    ids=["from Git", "in another spelling", "wildcard"],
)
async def test_a_strangers_certificate_with_all_names_is_nothing_to_tell(
    stranger: Certificate,
) -> None:
    server = a_server(an_ingress(tls("web-tls", "web.example.com", "2001:db8::1")))
    server.put(CERTIFICATE, stranger)
    process = Process(server)
    assert await process.look() == OnChange()
    assert writes(server) == []
    assert process.take_heard() == []
    edit(server, "web-tls", dns_names=("example.com", "*.web.example.com"), ip_addresses=())
    process.hear()
    await process.look()
    ((_, reason, note),) = process.take_heard()
    assert reason == "BadConfig"
    assert 'It lacks "web.example.com", "2001:db8::1": name another Secret here' in note


async def test_a_strangers_certificate_for_another_secret_is_told() -> None:
    server = a_server()
    names = ("web.example.com",)
    server.put(CERTIFICATE, a_stranger(dns_names=names))
    edit(server, "web-tls", secret_name="other-tls")
    process = Process(server)
    await process.look()
    ((_, _, note),) = process.take_heard()
    assert 'Its certificate goes into Secret "other-tls": name that Secret here' in note


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


@pytest.mark.parametrize(
    ("host", "told"),
    [("web.example.com", []), ("b.example", ['It lacks "b.example"'])],
    ids=["the same host", "another host"],
)
async def test_two_ingresses_with_one_secret_do_not_fight(host: str, told: list[str]) -> None:
    server = a_server(an_ingress(), an_ingress(tls("web-tls", host), name="second"))
    process = Process(server)
    for _ in range(2):
        for name in ("web", "second"):
            process.hear()
            assert await process.look(name) == OnChange()
    assert writes(server) == [("create", "web-tls")]
    warnings = [note for type_, _, note in process.take_heard() if type_ == "Warning"]
    assert len(warnings) == len(told)
    for warning, part in zip(warnings, told, strict=True):
        assert 'Ingress "web" controls it, not this Ingress. ' in warning
        assert part in warning


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

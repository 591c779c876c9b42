"""What is wrong with a source is told once and changes nothing; what is gone is forgotten."""

import pytest

from controller.networking import Ingress
from controller.runtime.schedule import Key, OnChange
from controller.shims.knowledge import Notebook
from orderapi import names
from tests.controller.shims.build import (
    NOW,
    SETTINGS,
    an_ingress,
    tls,
)
from tests.controller.shims.world import Process, a_server, certificates, change, writes


@pytest.mark.parametrize(
    "changed",
    [
        an_ingress(annotations={}),
        an_ingress(annotations={}, labels={"team": "web"}),
        an_ingress(also={names.DURATION: "x"}),
        an_ingress(tls("a"), tls("a", "b.example")),
        an_ingress(annotations={names.INGRESS_ISSUER: ""}),
        an_ingress(tls("b", "b.example"), deletion_timestamp=NOW),
    ],
    ids=["no annotation", "label", "bad value", "twice", "no issuer", "going"],
)
async def test_what_is_not_clear_changes_nothing(changed: Ingress) -> None:
    server = a_server()
    process = Process(server)
    await process.look()
    writes(server)
    before = certificates(server)
    change(server, changed)
    process.hear()
    assert await process.look() == OnChange()
    assert writes(server) == []
    assert certificates(server) == before


async def test_a_fault_is_told_once_until_the_source_changes() -> None:
    server = a_server(an_ingress(also={names.DURATION: "x"}))
    process = Process(server)
    for _ in range(3):
        process.hear()
        assert await process.look() == OnChange()
    ((type_, reason, note),) = process.take_heard()
    assert (type_, reason) == ("Warning", "BadConfig")
    assert f'{names.DURATION}: "x" is not a duration' in note
    change(server, an_ingress(also={names.DURATION: "x", "noise.example/a": "b"}))
    process.hear()
    await process.look()
    assert process.take_heard() == []
    change(server, an_ingress(also={names.DURATION: "x", names.USAGES: "server auth"}))
    process.hear()
    await process.look()
    assert process.take_heard() == [("Warning", "BadConfig", note)]
    change(server, an_ingress(also={names.DURATION: "24h"}))
    process.hear()
    await process.look()
    assert [reason for _, reason, _ in process.take_heard()] == ["CreateCertificate"]


async def test_of_many_faults_ten_are_told() -> None:
    blocks = [tls("", f"{number}.example") for number in range(15)]
    process = Process(a_server(an_ingress(*blocks)))
    await process.look()
    heard = [note for _, _, note in process.take_heard()]
    assert len(heard) == 11
    assert heard[-1] == "There are 5 more faults of this kind."


def test_what_is_gone_is_forgotten() -> None:
    notebook, source = Notebook(SETTINGS), an_ingress()
    notebook.names(source, [Key("shop", "a"), Key("shop", "b")])
    notebook.names(source, [Key("shop", "b")])
    assert notebook.tell(source, "x")
    assert not notebook.tell(source, "x")
    assert notebook.naming(Key("shop", "a")) == ()
    assert notebook.naming(Key("shop", "b")) == (Key("shop", "web"),)
    notebook.forget(Key("shop", "web"))
    assert len(notebook) == 0
    assert notebook.naming(Key("shop", "b")) == ()

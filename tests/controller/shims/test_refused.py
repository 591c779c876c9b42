"""What the API server refuses or others undo is told once, and tried ever more seldom."""

from datetime import timedelta
from typing import Any

import pytest

from controller.runtime.errors import (
    Forbidden,
    Invalid,
    NamespaceTerminating,
    Unavailable,
)
from controller.runtime.schedule import At, OnChange
from controller.shims.knowledge import AGAIN, REFUSED_AGAIN, SELDOM
from tests.controller.shims.build import (
    NOW,
    an_ingress,
    tls,
)
from tests.controller.shims.world import (
    Process,
    a_server,
    certificates,
    change,
    edit,
    refuse,
    writes,
)


async def test_a_lost_answer_makes_no_second_certificate() -> None:
    server = a_server()
    process = Process(server)
    server.deaf = True
    with pytest.raises(Unavailable):
        await process.look()
    server.deaf = False
    assert await process.look() == OnChange()
    assert writes(server) == [("create", "web-tls"), ("create", "web-tls")]
    assert process.take_heard() == []


@pytest.mark.parametrize(
    "error",
    [
        Invalid(422, "Invalid", "metadata.name: no"),
        Forbidden(403, "Forbidden", "exceeded quota: certificates"),
    ],
    ids=["invalid", "quota"],
)
async def test_a_refusal_is_told_once_and_tried_ever_more_seldom(error: Any) -> None:
    server = a_server(an_ingress(tls("a"), tls("b", "b.example")))
    process = Process(server)
    refuse(server, "create", error)
    wait = REFUSED_AGAIN
    for _ in range(6):
        now = server.clock.time
        for _ in range(2):
            assert await process.look() == At(now + wait)
        assert writes(server) == [("create", "a"), ("create", "b")]
        server.clock.time += wait
        wait = min(wait * 2, SELDOM)
    warnings = process.take_heard()
    assert [reason for _, reason, _ in warnings] == ["BadConfig", "BadConfig"]
    assert 'Could not create Certificate "a"' in warnings[0][2]
    assert str(error) in warnings[0][2]
    change(server, an_ingress(tls("a", "new.example")))
    process.hear()
    server.refusals.clear()
    assert await process.look() == OnChange()
    assert set(certificates(server)) == {"a"}


async def test_a_refusal_in_other_words_is_not_told_again() -> None:
    server = a_server()
    process = Process(server)
    for number in range(3):
        refuse(server, "create", Invalid(422, "Invalid", f"request {number} denied"))
        await process.look()
        server.clock.time += SELDOM
    assert len(process.take_heard()) == 1


async def test_a_missing_rule_is_not_the_users_to_hear() -> None:
    server = a_server()
    process = Process(server)
    refuse(server, "create", Forbidden(403, "Forbidden", 'User "x" cannot create resource'))
    with pytest.raises(Forbidden):
        await process.look()
    assert process.take_heard() == []


async def test_a_namespace_that_goes_away_is_left_alone() -> None:
    server = a_server()
    process = Process(server)
    refuse(server, "create", NamespaceTerminating(403, "Forbidden", "going away"))
    assert await process.look() == OnChange()
    assert process.take_heard() == []


async def test_what_admission_undoes_is_not_tried_without_end() -> None:
    server = a_server()
    server.undoes = {"spec": {"privateKey": {"size": 4096}}}
    process = Process(server)
    assert await process.look() == At(NOW + AGAIN)
    assert writes(server) == [("create", "web-tls"), ("patch", "web-tls")]
    server.clock.time += AGAIN
    assert await process.look() == At(NOW + AGAIN * 3)
    assert writes(server) == [("patch", "web-tls")]
    told = [(reason, note) for _, reason, note in process.take_heard()]
    assert [reason for reason, _ in told] == ["CreateCertificate", "BadConfig"]
    assert "undoes the change" in told[1][1]


async def test_a_fight_gets_slower() -> None:
    server = a_server()
    process = Process(server)
    await process.look()
    start = server.clock.time
    for _ in range(600):
        edit(server, "web-tls", dns_names=("other.example",))
        process.hear()
        await process.look()
        server.clock.time += timedelta(seconds=10)
    assert server.clock.time - start == timedelta(minutes=100)
    assert len(writes(server)) < 20

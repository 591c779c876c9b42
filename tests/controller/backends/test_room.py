"""The room at work: what it leaves alone, what it says, what wakes it, and how much it asks."""

import logging
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from controller.backends.knowledge import TRIED_AGAIN
from controller.backing import obstacle
from controller.gatewayapi import REFERENCE_GRANT, ReferenceGrant
from controller.networking import (
    ENDPOINT_SLICE,
    SERVICE,
    EndpointSlice,
    Service,
)
from controller.runtime.errors import Forbidden, NamespaceTerminating, NotFound, Unavailable
from controller.runtime.schedule import At, Key, OnChange
from controller.settings import Settings
from orderapi.meta import ObjectMeta
from orderapi.resources import CHALLENGE
from tests.controller.backends.build import (
    DNS,
    GATEWAY,
    HERE,
    INGRESS,
    KEY,
    LABELS,
    NOW,
    UP,
    Process,
    Server,
    a_challenge,
    a_server,
    a_slice,
)
from tests.controller.certificates.world import Call

NAME = "cm-acme-http-solver"


def a_world(*solvers: Any, responder: EndpointSlice = UP) -> Server:
    """A server with a Challenge for each solver, and the responder."""
    server = a_server()
    for number, solver in enumerate(solvers):
        server.put(CHALLENGE, a_challenge(solver, name=f"web-{number}"))
    server.put(ENDPOINT_SLICE, responder)
    return server


def a_service(**meta: Any) -> Service:
    return Service(metadata=ObjectMeta(**({"name": NAME, "namespace": HERE} | meta)))


async def test_two_writes_for_the_first_challenge_and_none_for_the_next() -> None:
    server = a_world(INGRESS)
    process = Process(server)
    assert await process.look() == OnChange()
    assert server.calls == [
        Call("create", "Service", NAME),
        Call("create", "EndpointSlice", f"{NAME}-ipv4"),
    ]
    server.calls.clear()
    server.put(CHALLENGE, a_challenge(name="another"))
    process.hear()
    assert await process.look() == OnChange()
    assert server.calls == []


async def test_what_was_made_without_an_answer_is_adopted() -> None:
    server = a_world(INGRESS)
    process = Process(server)
    server.put(SERVICE, a_service(labels=LABELS))
    assert await process.look() == OnChange()
    (service,) = server.all(SERVICE)
    assert service.metadata.annotations == {"auth.istio.io/8089": "NONE"}
    assert [call.verb for call in server.calls] == ["create", "get", "patch", "create"]


async def test_a_stranger_is_left_alone_and_told_of_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = a_world(INGRESS, GATEWAY)
    process = Process(server)
    theirs = server.put(SERVICE, a_service())
    for _ in range(3):
        assert await process.look() == At(server.clock.time + TRIED_AGAIN)
        server.clock.time += timedelta(seconds=61)
    assert server.all(SERVICE) == [theirs]
    assert [one for one in server.all(ENDPOINT_SLICE) if one.metadata.namespace == HERE] == []
    assert len(server.all(REFERENCE_GRANT)) == 1
    (told,) = (one for one in caplog.records if one.levelno >= logging.WARNING)
    assert told.__dict__["object"] == f"Service {HERE}/{NAME}"
    assert "taken by what is not ours" in told.getMessage()
    said = obstacle(process.cluster, process.settings, HERE)
    assert said.startswith(f"Service {HERE}/{NAME}, which lets the router reach the responder")
    server.remove(SERVICE, theirs)
    assert await process.look() == OnChange()
    assert obstacle(process.cluster, process.settings, HERE) == ""


async def test_within_the_minute_a_taken_name_is_not_tried_again() -> None:
    server = a_world(INGRESS)
    process = Process(server)
    server.put(SERVICE, a_service())
    await process.look()
    server.calls.clear()
    server.clock.time += timedelta(seconds=59)
    assert await process.look() == At(NOW + TRIED_AGAIN)
    assert server.calls == []


async def test_what_was_found_out_is_forgotten_with_the_last_challenge() -> None:
    server = a_world(INGRESS)
    process = Process(server)
    theirs = server.put(SERVICE, a_service())
    assert await process.look() == At(NOW + TRIED_AGAIN)
    for challenge in server.all(CHALLENGE):
        server.remove(CHALLENGE, challenge)
    server.remove(SERVICE, theirs)
    process.hear()
    assert await process.look() == OnChange()
    server.put(CHALLENGE, a_challenge(name="another"))
    process.hear()
    assert await process.look() == OnChange()
    assert len(server.all(SERVICE)) == 1


async def test_without_the_gateway_api_the_rest_stands_and_it_is_told_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = a_world(GATEWAY, INGRESS)
    server.refusals["create", "ReferenceGrant"] = NotFound(404, "NotFound", "no such kind")
    process = Process(server)
    for _ in range(3):
        assert await process.look() == At(server.clock.time + TRIED_AGAIN)
        server.clock.time += TRIED_AGAIN
    assert [one.metadata.name for one in server.all(SERVICE)] == [NAME]
    assert len([call for call in server.calls if call.kind == "ReferenceGrant"]) == 3
    (told,) = (one for one in caplog.records if one.levelno >= logging.WARNING)
    assert "is the Gateway API installed?" in told.getMessage()
    said = obstacle(process.cluster, process.settings, HERE)
    assert said.startswith(f"ReferenceGrant cert-manager/{NAME}-{HERE}")
    server.refusals.clear()
    assert await process.look() == OnChange()
    assert len(server.all(REFERENCE_GRANT)) == 1


async def test_a_refusal_waits_a_minute_and_a_missing_rule_is_an_error() -> None:
    server = a_world(INGRESS)
    process = Process(server)
    server.refusals["create", "Service"] = Forbidden(403, "Forbidden", "exceeded quota: services")
    assert await process.look() == At(NOW + TRIED_AGAIN)
    server.clock.time += TRIED_AGAIN
    server.refusals["create", "Service"] = Forbidden(
        403, "Forbidden", 'services is forbidden: User "x" cannot create resource "services"'
    )
    with pytest.raises(Forbidden):
        await process.look()
    server.refusals["create", "Service"] = Unavailable(503, "", "no")
    with pytest.raises(Unavailable):
        await process.look()


async def test_a_namespace_that_goes_away_is_left() -> None:
    server = a_world(INGRESS)
    refusal = NamespaceTerminating(403, "Forbidden", "going away")
    server.refusals["create", "Service"] = refusal
    assert await Process(server).look() == OnChange()
    assert len(server.calls) == 1


async def test_what_another_has_removed_is_no_trouble() -> None:
    server = a_world(INGRESS)
    process = Process(server)
    await process.look()
    for challenge in server.all(CHALLENGE):
        server.remove(CHALLENGE, challenge)
    (service,) = server.all(SERVICE)
    server.remove(SERVICE, service)
    server.put(SERVICE, a_service(labels=LABELS))  # another of that name, not heard of yet
    process.cluster.challenges.gone(process.cluster.challenges.all()[0])
    assert await process.look() == OnChange()
    assert len(server.all(SERVICE)) == 1
    process.hear()
    assert await process.look() == OnChange()
    assert server.all(SERVICE) == []


async def test_what_a_finalizer_holds_is_waited_for() -> None:
    server = a_world()
    server.put(SERVICE, a_service(labels=LABELS, finalizers=("example.com/hold",)))
    process = Process(server)
    assert await process.look() == OnChange()
    server.put(CHALLENGE, a_challenge())
    process.hear()
    assert await process.look() == OnChange()
    (dying,) = server.all(SERVICE)
    assert dying.metadata.deletion_timestamp is not None
    assert [call.verb for call in server.calls if call.kind == "Service"] == ["delete"]
    server.remove(SERVICE, dying)
    process.hear()
    assert await process.look() == OnChange()
    (fresh,) = server.all(SERVICE)
    assert fresh.metadata.deletion_timestamp is None


async def test_what_wakes_it() -> None:
    server = a_world(INGRESS)
    server.put(CHALLENGE, a_challenge(DNS, name="dns", namespace="records"))
    over = a_challenge(name="over", namespace="done", state="valid")
    server.put(CHALLENGE, over)
    server.put(SERVICE, a_service(namespace="left", labels=LABELS))
    others = ObjectMeta(name=f"{NAME}-x7k2p", namespace="foreign", labels=LABELS)
    server.put(SERVICE, Service(metadata=others))
    server.put(ENDPOINT_SLICE, EndpointSlice(metadata=others, address_type="IPv4"))
    ours = msgspec.structs.replace(others, name=f"{NAME}-ipv6", namespace="half")
    server.put(ENDPOINT_SLICE, EndpointSlice(metadata=ours, address_type="IPv6"))
    for name in (f"{NAME}-granted", "of-others"):
        meta = ObjectMeta(name=name, namespace="cert-manager", labels=LABELS)
        server.put(REFERENCE_GRANT, ReferenceGrant(metadata=meta))
    process = Process(server)
    woken = process.enqueued()
    assert woken == {Key(name, "http01") for name in (HERE, "done", "left", "half", "granted")}
    by_responder = {
        key
        for cache, of in process.room.watches()
        if cache is process.cluster.network.responders
        for key in of(UP)
    }
    assert by_responder == {KEY, Key("half", "http01")}
    for key in woken:
        await process.look(key)
    left = [*server.all(SERVICE), *server.all(REFERENCE_GRANT)]
    names = sorted((one.metadata.namespace, one.metadata.name) for one in left)
    assert names == [
        ("cert-manager", "of-others"),
        ("foreign", f"{NAME}-x7k2p"),
        (HERE, NAME),
    ]


async def test_grants_of_namespaces_that_are_not_looked_at_are_left_alone() -> None:
    """Two processes, each for its namespace, would otherwise take away each other's for ever."""
    server = a_world(GATEWAY)
    server.put(CHALLENGE, a_challenge(GATEWAY, namespace="bakery"))
    lives = [Process(server, Settings(namespace=name)) for name in (HERE, "bakery")]
    for process, name in zip(lives, (HERE, "bakery"), strict=True):
        for challenge in process.cluster.challenges.all():
            if challenge.metadata.namespace != name:
                process.cluster.challenges.gone(challenge)
        await process.look(Key(name, "http01"))
    for process, name in zip(lives, (HERE, "bakery"), strict=True):
        process.cluster.network.grants.feed(server.all(REFERENCE_GRANT)[0])
        process.cluster.network.grants.feed(server.all(REFERENCE_GRANT)[1])
        assert {key for key in process.enqueued() if key.namespace != name} == set()
        assert Key(name, "http01") in process.enqueued()
    assert len(server.all(REFERENCE_GRANT)) == 2


@pytest.mark.parametrize("ready", [True, False])
async def test_whether_a_replica_is_ready_comes_first(ready: bool) -> None:
    process = Process(a_world(INGRESS, responder=a_slice("10.0.0.1", ready=ready)))
    await process.look()
    said = obstacle(process.cluster, process.settings, HERE)
    told = "Service cert-manager/order-responder has no ready endpoint" in said
    assert told is not ready
    assert bool(said) is not ready


async def test_where_nothing_is_needed_nothing_is_missed() -> None:
    process = Process(a_world(DNS))
    assert obstacle(process.cluster, process.settings, HERE) == ""
    by_name = Settings(http01_responder_address=("responder.example:80",))
    assert obstacle(process.cluster, by_name, HERE) == ""

"""What is refused, or in the way, is told and tried again in time; nothing goes at full speed."""

from datetime import timedelta

import msgspec
import pytest

from controller.runtime.errors import Forbidden, Invalid, WebhookUnreachable
from controller.runtime.objects import SECRET
from controller.runtime.schedule import At
from orderapi import names
from orderapi.certificaterequest import CertificateRequest
from orderapi.conditions import find
from orderapi.meta import ObjectMeta
from orderapi.resources import CERTIFICATE, CERTIFICATE_REQUEST, Resource
from tests.controller.certificates.build import NOW, a_spec
from tests.controller.certificates.living import (
    DNS,
    a_server,
    issue,
    open_request,
    ready,
    refuse,
    secret_names,
    sign,
)
from tests.controller.certificates.world import ApiServer, Process, certificate

MINUTE = timedelta(minutes=1)
LATER = At(NOW + MINUTE)
FINALIZER = "example.com/keep"


class Varying(Forbidden):
    """A policy that quotes something else each time."""

    def __str__(self) -> str:
        self.retry_after += 1
        return f"refused for the time {self.retry_after:.0f}"


def policy() -> Varying:
    return Varying(403, "Forbidden", "")


def message(server: ApiServer) -> str:
    found = find(certificate(server).status.conditions, "Issuing")
    assert found is not None
    return found.message


def count(server: ApiServer, verb: str, kind: str) -> int:
    return [call[:2] for call in server.calls].count((verb, kind))


def hold(
    server: ApiServer, resource: Resource[CertificateRequest], obj: CertificateRequest
) -> None:
    meta = msgspec.structs.replace(obj.metadata, finalizers=(FINALIZER,))
    server.put(resource, msgspec.structs.replace(obj, metadata=meta))


async def asleep(server: ApiServer, process: Process, until: At = LATER) -> None:
    """Whatever wakes it, it does nothing."""
    before = len(server.writes)
    for _ in range(5):
        assert await process.look() == until
    assert len(server.writes) == before


@pytest.mark.parametrize("kind", ["Secret", "CertificateRequest"])
async def test_a_refusal_in_varying_words_is_tried_once_a_minute(kind: str) -> None:
    server, start = a_server(), NOW
    server.refusals["create", kind] = policy()
    process = Process(server)
    assert await process.look() == LATER
    written = count(server, "patch", "Certificate")
    for minute in range(1, 4):
        assert message(server).endswith(f"refused for the time {minute}")
        assert count(server, "create", kind) == minute
        assert count(server, "patch", "Certificate") == written + minute - 1
        await asleep(server, process, At(start + minute * MINUTE))
        server.clock.time = start + minute * MINUTE
        await process.look()


async def test_a_secret_refused_in_varying_words_is_tried_once_a_minute() -> None:
    server = a_server()
    process = Process(server)
    await process.look()
    sign(server)
    server.refusals["apply", "Secret"] = policy()
    assert await process.look() == LATER
    await asleep(server, process)
    assert count(server, "apply", "Secret") == 1
    assert message(server).endswith("refused for the time 1")


@pytest.mark.parametrize("refused", [Invalid, Forbidden])
async def test_a_key_that_the_api_server_does_not_take_is_told(
    refused: type[Invalid | Forbidden],
) -> None:
    server = a_server()
    server.refusals["create", "Secret"] = refused(403, "Forbidden", "exceeded quota: secrets")
    process = Process(server)
    assert await process.look() == LATER
    why = "Failed to create the Secret for the private key: exceeded quota: secrets"
    assert message(server).endswith(f". Waiting: {why}")
    assert process.ear.heard.count(("Warning", "SecretRejected", why)) == 1
    await asleep(server, process)
    server.refusals.clear()
    server.clock.time = NOW + MINUTE
    await issue(server, process)
    assert ready(server) == ("True", "Ready")


@pytest.mark.parametrize(
    ("verb", "kind", "beginning"),
    [
        ("create", "Secret", "Failed to create the Secret for the private key"),
        ("create", "CertificateRequest", "Failed to create CertificateRequest"),
        ("apply", "Secret", "The Secret could not be written as the spec asks"),
    ],
    ids=["next key", "request", "certificate"],
)
async def test_a_webhook_that_cannot_be_reached_is_told_from_the_second_time_on(
    verb: str, kind: str, beginning: str
) -> None:
    server = a_server()
    words = 'failed calling webhook "judge.example.org": connection refused'
    process = Process(server)
    if verb == "apply":
        await process.look()
        sign(server)
    server.refusals[verb, kind] = WebhookUnreachable(500, "InternalError", words)
    with pytest.raises(WebhookUnreachable):
        await process.look()
    assert words not in message(server)
    assert await process.look() == LATER
    assert message(server).endswith(f". Waiting: {beginning}: {words}")
    await asleep(server, process)
    server.refusals.clear()
    server.clock.time = NOW + MINUTE
    await process.look()
    conditions = certificate(server).status.conditions
    assert [one.type for one in conditions if words in one.message] == []


async def test_a_change_of_the_spec_ends_the_wait() -> None:
    server = a_server()
    server.refusals["create", "CertificateRequest"] = policy()
    process = Process(server)
    await process.look()
    server.refusals.clear()
    new = msgspec.structs.replace(certificate(server), spec=a_spec(dns_names=("b.example.com",)))
    server.put(CERTIFICATE, new)
    await issue(server, process)
    assert ready(server) == ("True", "Ready")


async def test_a_finalizer_on_the_key_keeps_nothing_from_going_on() -> None:
    server = a_server()
    process = Process(server)
    await process.look()
    (key,) = server.all(SECRET)
    meta = msgspec.structs.replace(key.metadata, finalizers=(FINALIZER,))
    server.put(SECRET, msgspec.structs.replace(key, metadata=meta))
    await process.look()
    refuse(server, DNS)
    for minute in range(1, 4):
        await process.look()
        server.clock.time = NOW + minute * MINUTE
    await issue(server, process)
    assert ready(server) == ("True", "Ready")
    assert secret_names(server) == sorted([key.metadata.name, "web-tls"])
    deleted = [call for call in server.calls if call.verb == "delete"]
    assert [call.name for call in deleted].count(key.metadata.name) == 1


async def test_a_key_that_somebody_deletes_and_a_finalizer_holds_is_made_anew() -> None:
    server = a_server()
    process = Process(server)
    await process.look()
    (key,) = server.all(SECRET)
    meta = msgspec.structs.replace(
        key.metadata, finalizers=(FINALIZER,), deletion_timestamp=server.clock.now()
    )
    server.put(SECRET, msgspec.structs.replace(key, metadata=meta))
    server.clock.time = NOW + MINUTE
    await issue(server, process)
    assert ready(server) == ("True", "Ready")


async def test_an_old_request_that_does_not_go_is_told_and_its_going_ends_the_wait() -> None:
    server = a_server()
    process = Process(server)
    await process.look()
    hold(server, CERTIFICATE_REQUEST, open_request(server))
    await server.delete(CERTIFICATE_REQUEST, "shop", "web-1")
    assert await process.look() == LATER
    why = 'CertificateRequest "web-1" of an earlier attempt is being deleted.'
    assert message(server).endswith(f". Waiting: {why}")
    assert process.ear.heard.count(("Warning", "RequestFailed", why)) == 1
    await asleep(server, process)
    server.remove(CERTIFICATE_REQUEST, server.all(CERTIFICATE_REQUEST)[0])
    await issue(server, process)
    assert ready(server) == ("True", "Ready")


async def test_strangers_with_both_names_are_told() -> None:
    server = a_server()
    uid = certificate(server).metadata.uid
    for name in ("web-1", f"web-1-{uid[:8]}"):
        stranger = CertificateRequest(metadata=ObjectMeta(name=name, namespace="shop"))
        server.put(CERTIFICATE_REQUEST, stranger)
    process = Process(server)
    assert await process.look() == LATER
    why = f'The name of CertificateRequest "web-1-{uid[:8]}" is used by another object.'
    assert message(server).endswith(f". Waiting: {why}")
    await asleep(server, process)
    for stranger in server.all(CERTIFICATE_REQUEST):
        server.remove(CERTIFICATE_REQUEST, stranger)
    await issue(server, process)
    assert ready(server) == ("True", "Ready")


async def test_a_request_of_ours_that_carries_another_revision_is_left_alone() -> None:
    server = a_server()
    process = Process(server)
    await process.look()
    request = open_request(server)
    annotations = request.metadata.annotations | {names.CERTIFICATE_REVISION: "7"}
    meta = msgspec.structs.replace(request.metadata, annotations=annotations)
    server.put(CERTIFICATE_REQUEST, msgspec.structs.replace(request, metadata=meta))
    await process.look()
    assert len(server.all(CERTIFICATE_REQUEST)) == 2


async def test_deleting_requests_by_hand_does_not_get_more_of_them() -> None:
    server = a_server()
    process = Process(server)
    for _ in range(9):
        await process.look()
        for request in server.all(CERTIFICATE_REQUEST):
            server.remove(CERTIFICATE_REQUEST, request)
        server.clock.time += timedelta(seconds=10)
    assert await process.look() == At(NOW + timedelta(hours=1))
    assert count(server, "create", "CertificateRequest") == 5
    server.clock.time = NOW + timedelta(hours=1)
    await issue(server, process)
    assert ready(server) == ("True", "Ready")


@pytest.mark.parametrize("revision", ["9" * 5_000, "9" * 19, "²", "-1"])
async def test_a_revision_that_cannot_be_read_is_none(revision: str) -> None:
    server = a_server()
    process = Process(server)
    await process.look()
    request = open_request(server)
    annotations = request.metadata.annotations | {names.CERTIFICATE_REVISION: revision}
    meta = msgspec.structs.replace(request.metadata, annotations=annotations)
    server.put(CERTIFICATE_REQUEST, msgspec.structs.replace(request, metadata=meta))
    await issue(server, process)
    assert ready(server) == ("True", "Ready")

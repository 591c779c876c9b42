"""The room on an API server in memory: crashes, strangers, refusals, and others who write."""

from datetime import timedelta

import msgspec
import pytest

from controller.runtime.errors import ApiError, Forbidden, Invalid, NamespaceTerminating
from controller.runtime.objects import SECRET, Secret
from controller.runtime.schedule import At, Key, OnChange
from orderapi import names
from orderapi.certificaterequest import CertificateRequest
from orderapi.conditions import find
from orderapi.keystores import JksKeystore, Keystores
from orderapi.meta import ObjectMeta
from orderapi.references import SecretKeySelector
from orderapi.resources import CERTIFICATE, CERTIFICATE_REQUEST
from tests.controller.certificates.build import (
    NOW,
    a_certificate,
    a_secret,
    a_spec,
)
from tests.controller.certificates.living import (
    DNS,
    REJECTED,
    a_server,
    issue,
    open_request,
    ready,
    refuse,
    secret_names,
    sign,
)
from tests.controller.certificates.world import (
    Killed,
    Process,
    certificate,
    wake_time,
)


@pytest.mark.parametrize("fuse", range(1, 7))
async def test_killed_after_any_write_it_converges_with_one_request(fuse: int) -> None:
    server = a_server()
    server.fuse = fuse
    for _ in range(4):
        process = Process(server)
        try:
            await process.look()
            if any(not each.status.conditions for each in server.all(CERTIFICATE_REQUEST)):
                sign(server)
            await process.look()
        except Killed:
            continue
    assert ready(server) == ("True", "Ready")
    assert secret_names(server) == ["web-tls"]
    assert [call.verb for call in server.calls if call.kind == "CertificateRequest"] == ["create"]
    assert certificate(server).status.revision == 1


async def test_who_undoes_each_repair_wins_after_three() -> None:
    server = a_server()
    process = Process(server)
    await issue(server, process)
    server.calls.clear()
    for _ in range(10):
        secret = server.all(SECRET)[0]
        odd = msgspec.structs.replace(
            secret.metadata, annotations=secret.metadata.annotations | {names.ALT_NAMES: "mine"}
        )
        server.put(SECRET, msgspec.structs.replace(secret, metadata=odd))
        again = await process.look()
    assert len(server.writes) == 3
    assert wake_time(again) == NOW + timedelta(minutes=10)


async def test_two_certificates_with_one_secret_do_not_fight() -> None:
    server = a_server()
    server.put(CERTIFICATE, a_certificate(name="api"))
    process = Process(server)
    for _ in range(3):
        await process.look("api")
        await process.look("web")
    sign(server)
    for _ in range(3):
        await process.look("web")
        await process.look("api")
    assert {ready(server, "web"), ready(server, "api")} == {
        ("True", "Ready"),
        ("False", "DuplicateSecretName"),
    }
    assert len([call for call in server.calls if call.kind == "CertificateRequest"]) == 1
    loser = "web" if ready(server, "api")[0] == "True" else "api"
    winner = "api" if loser == "web" else "web"
    server.remove(CERTIFICATE, certificate(server, winner))
    await process.look(loser)
    assert ready(server, loser) == ("False", "IncorrectCertificate")


async def test_a_token_is_never_overwritten() -> None:
    server = a_server()
    token = a_secret(
        type="kubernetes.io/service-account-token",
        data={"token": b"a secret"},
        labels={},
        issued_for=None,
        issuer=None,
    )
    server.put(SECRET, token)
    process = Process(server)
    assert await process.look() == OnChange()
    assert ready(server) == ("False", "SecretNotAdopted")
    assert process.waits.wanted == {("shop/web-tls", Key("shop", "web"))}
    assert server.all(CERTIFICATE_REQUEST) == []
    assert server.all(SECRET)[0].data == token.data


async def test_a_key_that_an_issuer_uses_is_never_overwritten() -> None:
    server = a_server(a_spec(secret_name="account-key"))
    process = Process(server)
    assert await process.look() == OnChange()
    found = find(certificate(server).status.conditions, "Ready")
    assert found is not None
    assert found.message.startswith(
        'Secret "account-key" holds the account key of Issuer "letsencrypt".'
    )
    assert server.all(SECRET) == []


async def test_a_secret_of_another_type_that_comes_in_between_is_left_alone() -> None:
    server = a_server()
    process = Process(server)
    await process.look()
    key = Secret(
        metadata=ObjectMeta(name="web-tls", namespace="shop"),
        type="Opaque",
        data={"password": b"a secret"},
    )
    server.put(SECRET, key)
    sign(server)
    await process.look()
    assert ready(server) == ("False", "SecretNotAdopted")
    kept = next(each for each in server.all(SECRET) if each.metadata.name == "web-tls")
    assert kept.data == key.data
    assert secret_names(server) == ["web-tls"]


async def test_a_failed_attempt_is_followed_by_one_with_a_new_request() -> None:
    server = a_server()
    process = Process(server)
    await process.look()
    first = open_request(server)
    refuse(server, DNS)
    again = await process.look()
    assert secret_names(server) == []
    assert again == At(NOW + timedelta(minutes=1))
    server.clock.time = NOW + timedelta(minutes=1)
    await process.look()
    second = open_request(server)
    assert second.metadata.name == first.metadata.name
    assert second.metadata.uid != first.metadata.uid
    assert second.metadata.annotations[names.ATTEMPTS].count(",") == 1
    sign(server)
    await process.look()
    assert ready(server) == ("True", "Ready")


@pytest.mark.parametrize("fuse", range(1, 8))
async def test_killed_anywhere_in_a_retry_no_attempt_is_forgotten(fuse: int) -> None:
    server = a_server()
    process = Process(server)
    await process.look()
    refuse(server, DNS)
    await process.look()
    server.clock.time = NOW + timedelta(minutes=1)
    server.fuse = fuse
    for _ in range(3):
        try:
            await Process(server).look()
            break
        except Killed:
            pass
    server.fuse = None
    await Process(server).look()
    (request,) = server.all(CERTIFICATE_REQUEST)
    assert request.metadata.annotations[names.ATTEMPTS].count(",") == 1
    assert not request.status.conditions


async def test_a_stranger_with_the_request_s_name_is_left_alone() -> None:
    server = a_server()
    stranger = CertificateRequest(metadata=ObjectMeta(name="web-1", namespace="shop"))
    server.put(CERTIFICATE_REQUEST, stranger)
    process = Process(server)
    await process.look()
    uid = certificate(server).metadata.uid
    assert sorted(each.metadata.name for each in server.all(CERTIFICATE_REQUEST)) == [
        "web-1",
        f"web-1-{uid[:8]}",
    ]
    found = next(each for each in server.all(CERTIFICATE_REQUEST) if each.spec.request)
    sign(server, found)
    await process.look()
    assert ready(server) == ("True", "Ready")


async def test_a_stranger_with_the_key_s_name_is_left_alone() -> None:
    server = a_server()
    process = Process(server)
    server.fuse = 1
    with pytest.raises(Killed):
        await process.look()
    name = certificate(server).status.next_private_key_secret_name or ""
    server.put(SECRET, Secret(metadata=ObjectMeta(name=name, namespace="shop")))
    server.clock.time = NOW + timedelta(seconds=1)
    await Process(server).look()
    sign(server)
    await Process(server).look()
    assert ready(server) == ("True", "Ready")
    assert secret_names(server) == sorted([name, "web-tls"])


async def test_a_final_refusal_makes_one_request_a_day_until_the_spec_changes() -> None:
    server = a_server()
    process = Process(server)
    await process.look()
    refuse(server, REJECTED)
    tomorrow = NOW + timedelta(days=1)
    assert await process.look() == At(tomorrow)
    server.clock.time = tomorrow - timedelta(seconds=1)
    assert await process.look() == At(tomorrow)
    assert await Process(server).look() == At(tomorrow)
    server.clock.time = tomorrow
    await process.look()
    refuse(server, REJECTED)
    assert await process.look() == At(tomorrow + timedelta(days=1))
    found = certificate(server)
    server.put(
        CERTIFICATE,
        msgspec.structs.replace(found, spec=a_spec(dns_names=("other.example.com",))),
    )
    await process.look()
    sign(server)
    await process.look()
    assert ready(server) == ("True", "Ready")


async def test_the_spec_may_change_while_a_request_is_under_way() -> None:
    server = a_server()
    process = Process(server)
    await process.look()
    found = certificate(server)
    server.put(
        CERTIFICATE,
        msgspec.structs.replace(found, spec=a_spec(dns_names=("other.example.com",))),
    )
    await process.look()
    sign(server)
    await process.look()
    assert ready(server) == ("True", "Ready")
    assert server.all(SECRET)[0].metadata.annotations[names.ALT_NAMES] == "other.example.com"


@pytest.mark.parametrize("refused", [Invalid, Forbidden])
async def test_an_admission_that_refuses_the_request_is_told(refused: type[ApiError]) -> None:
    server = a_server()
    server.refusals["create", "CertificateRequest"] = refused(403, "Policy", "not in this cluster")
    process = Process(server)
    assert await process.look() == At(NOW + timedelta(minutes=1))
    found = find(certificate(server).status.conditions, "Issuing")
    assert found is not None
    assert found.status == "True"
    assert found.message == (
        "Issuing certificate as Secret does not exist. Waiting: Failed to create "
        "CertificateRequest: not in this cluster"
    )
    assert [event[1] for event in process.ear.heard].count("RequestFailed") == 1
    server.refusals.clear()
    server.clock.time = NOW + timedelta(minutes=1)
    await issue(server, process)
    assert ready(server) == ("True", "Ready")


async def test_an_api_server_that_refuses_the_secret_is_told_and_costs_no_order() -> None:
    server = a_server()
    process = Process(server)
    await process.look()
    sign(server)
    server.refusals["apply", "Secret"] = Invalid(422, "Invalid", "a label is too long")
    assert await process.look() == At(NOW + timedelta(minutes=1))
    found = find(certificate(server).status.conditions, "Ready")
    assert found is not None
    assert found.message.endswith(
        ". Waiting: The Secret could not be written as the spec asks: a label is too long"
    )
    server.refusals.clear()
    server.clock.time = NOW + timedelta(minutes=1)
    await process.look()
    assert ready(server) == ("True", "Ready")
    assert len(server.all(CERTIFICATE_REQUEST)) == 1


async def test_in_a_namespace_that_goes_away_nothing_is_tried() -> None:
    server = a_server()
    gone = NamespaceTerminating(403, "Forbidden", "namespace shop is being terminated")
    server.refusals["create", "Secret"] = gone
    assert await Process(server).look() == OnChange()


async def test_a_password_that_appears_later_is_waited_for() -> None:
    ref = SecretKeySelector(name="pw", key="p")
    stores = Keystores(jks=JksKeystore(create=True, password_secret_ref=ref))
    server = a_server(msgspec.structs.replace(a_spec(), keystores=stores))
    process = Process(server)
    await issue(server, process)
    assert process.waits.wanted == {("shop/pw", Key("shop", "web"))}
    assert ready(server)[0] == "False"
    password = Secret(metadata=ObjectMeta(name="pw", namespace="shop"), data={"p": b"changeit"})
    server.put(SECRET, password)
    await process.look()
    assert ready(server) == ("True", "Ready")
    assert len([call for call in server.calls if call[:2] == ("create", "CertificateRequest")]) == 1


async def test_a_key_that_vanishes_before_it_is_used_costs_a_new_request() -> None:
    server = a_server()
    process = Process(server)
    await process.look()
    sign(server)
    key = next(
        each for each in server.all(SECRET) if names.NEXT_PRIVATE_KEY in each.metadata.labels
    )
    server.remove(SECRET, key)
    await process.look()
    sign(server)
    await process.look()
    assert ready(server) == ("True", "Ready")
    assert [each.metadata.name for each in server.all(CERTIFICATE_REQUEST)] == ["web-1"]

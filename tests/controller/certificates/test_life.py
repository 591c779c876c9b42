"""The room on an API server in memory: what is written, read and told in a life without trouble."""

from datetime import timedelta

import msgspec

from controller.certificates.observed import Wishes
from controller.runtime.objects import SECRET, Secret
from controller.runtime.schedule import At
from controller.secretnote import note
from orderapi import names
from orderapi.certificate import OutputFormat, PrivateKey, SecretTemplate
from orderapi.keystores import JksKeystore, Keystores, Pkcs12Keystore
from orderapi.resources import CERTIFICATE, CERTIFICATE_REQUEST
from tests.controller.certificates.build import (
    NOW,
    a_chain,
    a_condition,
    a_secret,
    a_spec,
)
from tests.controller.certificates.living import (
    a_server,
    issue,
    ready,
    secret_names,
    sign,
)
from tests.controller.certificates.world import (
    Process,
    certificate,
)


async def test_an_issuance_costs_six_writes_and_two_reads() -> None:
    server = a_server()
    process = Process(server)
    await process.look()
    sign(server)
    again = await process.look()
    assert [(call.verb, call.kind) for call in server.writes] == [
        ("patch", "Certificate"),
        ("create", "Secret"),
        ("create", "CertificateRequest"),
        ("apply", "Secret"),
        ("patch", "Certificate"),
        ("delete", "Secret"),
    ]
    assert len(server.calls) - len(server.writes) == 2
    assert [event[:2] for event in process.ear.heard] == [
        ("Normal", "Issuing"),
        ("Normal", "Generated"),
        ("Normal", "Requested"),
        ("Normal", "Issuing"),
    ]
    assert process.ear.heard[1][2] == "Generated new private key"
    assert ready(server) == ("True", "Ready")
    assert secret_names(server) == ["web-tls"]
    assert again == At(NOW + timedelta(days=60))


async def test_the_secret_holds_what_people_expect() -> None:
    template = SecretTemplate(labels={"app": "web"}, annotations={"note": "mine"})
    server = a_server(msgspec.structs.replace(a_spec(), secret_template=template))
    await issue(server, Process(server))
    (secret,) = server.all(SECRET)
    assert secret.type == "kubernetes.io/tls"
    assert sorted(secret.data) == ["tls.crt", "tls.key"]
    assert secret.data["tls.key"].startswith(b"-----BEGIN EC PRIVATE KEY-----")
    assert secret.metadata.labels == {"app": "web", names.WATCHED_SECRET: "true"}
    assert secret.metadata.annotations == {
        "note": "mine",
        "cert-manager.io/certificate-name": "web",
        "cert-manager.io/issuer-name": "letsencrypt",
        "cert-manager.io/issuer-kind": "",
        "cert-manager.io/issuer-group": "",
        "cert-manager.io/common-name": "",
        "cert-manager.io/alt-names": "www.example.com",
        "cert-manager.io/ip-sans": "",
        "cert-manager.io/uri-sans": "",
    }
    assert secret.metadata.owner_references == ()


async def test_a_restart_with_everything_ready_makes_no_call() -> None:
    server = a_server()
    await issue(server, Process(server))
    server.calls.clear()
    await Process(server).look()
    assert server.calls == []


async def test_a_deleted_secret_is_issued_again() -> None:
    server = a_server()
    process = Process(server)
    await issue(server, process)
    server.remove(SECRET, server.all(SECRET)[0])
    await process.look()
    assert ready(server) == ("False", "DoesNotExist")
    sign(server)
    await process.look()
    assert ready(server) == ("True", "Ready")
    assert certificate(server).status.revision == 2
    assert [each.metadata.name for each in server.all(CERTIFICATE_REQUEST)] == ["web-2"]


async def test_a_renewal_keeps_the_secret_until_the_new_one_is_there() -> None:
    server = a_server()
    process = Process(server)
    await issue(server, process)
    before = server.all(SECRET)[0].data
    server.clock.time = NOW + timedelta(days=60)
    await process.look()
    assert ready(server) == ("True", "Ready")
    assert (
        Secret(data=before).data.items()
        <= {
            **next(each for each in server.all(SECRET) if each.metadata.name == "web-tls").data
        }.items()
    )
    sign(server)
    await process.look()
    assert ready(server) == ("True", "Ready")
    (after,) = server.all(SECRET)
    assert after.data["tls.key"] != before["tls.key"]


async def test_a_label_taken_off_is_put_back_by_one_write() -> None:
    server = a_server()
    process = Process(server)
    await issue(server, process)
    secret = server.all(SECRET)[0]
    bare = msgspec.structs.replace(secret.metadata, labels={})
    server.put(SECRET, msgspec.structs.replace(secret, metadata=bare))
    server.calls.clear()
    await process.look()
    assert [(call.verb, call.kind) for call in server.writes] == [("apply", "Secret")]
    assert server.all(SECRET)[0].metadata.labels == {names.WATCHED_SECRET: "true"}
    assert server.all(SECRET)[0].data == secret.data


async def test_an_opaque_secret_that_is_ours_keeps_its_type() -> None:
    server = a_server()
    server.put(SECRET, a_secret(type="Opaque", data={}, labels={}, issued_for=None, issuer=None))
    process = Process(server)
    await issue(server, process)
    assert ready(server) == ("True", "Ready")
    assert server.all(SECRET)[0].type == "Opaque"


async def test_renew_of_a_client_makes_one_new_certificate() -> None:
    server = a_server()
    process = Process(server)
    await issue(server, process)
    found = certificate(server)
    manual = a_condition(
        "Issuing", "True", "ManuallyTriggered", "Certificate re-issuance manually triggered"
    )
    status = msgspec.structs.replace(found.status, conditions=(*found.status.conditions, manual))
    server.put(CERTIFICATE, msgspec.structs.replace(found, status=status))
    await issue(server, process)
    assert certificate(server).status.revision == 2
    assert ready(server) == ("True", "Ready")
    await process.look()
    assert certificate(server).status.revision == 2


async def test_while_a_request_is_under_way_nothing_is_read() -> None:
    server = a_server()
    process = Process(server)
    await process.look()
    server.calls.clear()
    for _ in range(5):
        await process.look()
    assert server.calls == []


async def test_what_else_the_spec_wants_is_in_the_secret() -> None:
    spec = msgspec.structs.replace(
        a_spec(),
        private_key=PrivateKey(algorithm="Ed25519"),
        additional_output_formats=(OutputFormat(type="DER"), OutputFormat(type="CombinedPEM")),
        keystores=Keystores(
            jks=JksKeystore(create=True, password="changeit"),
            pkcs12=Pkcs12Keystore(create=True, password="changeit", profile="Modern2023"),
        ),
    )
    server = a_server(spec)
    process = Process(server, Wishes(owner_ref=True))
    await process.look()
    ca = a_chain()
    sign(server, ca=ca)
    await process.look()
    (secret,) = server.all(SECRET)
    assert sorted(secret.data) == [
        "ca.crt",
        "key.der",
        "keystore.jks",
        "keystore.p12",
        "tls-combined.pem",
        "tls.crt",
        "tls.key",
        "truststore.jks",
        "truststore.p12",
    ]
    assert secret.data["tls.key"].startswith(b"-----BEGIN PRIVATE KEY-----")
    assert secret.data["ca.crt"] == ca
    assert [owner.name for owner in secret.metadata.owner_references] == ["web"]
    server.calls.clear()
    await process.look()
    assert server.calls == []


async def test_a_label_that_is_repaired_leaves_the_key_stores_as_they_are() -> None:
    stores = Keystores(jks=JksKeystore(create=True, password="changeit"))
    server = a_server(msgspec.structs.replace(a_spec(), keystores=stores))
    process = Process(server)
    await issue(server, process)
    before = server.all(SECRET)[0]
    bare = msgspec.structs.replace(before.metadata, labels={})
    server.put(SECRET, msgspec.structs.replace(before, metadata=bare))
    server.clock.time += timedelta(minutes=1)
    await process.look()
    assert server.all(SECRET)[0].data == before.data


async def test_a_format_that_is_added_later_is_added_without_an_issuance() -> None:
    server = a_server()
    process = Process(server)
    await issue(server, process)
    found = certificate(server)
    formats = (OutputFormat(type="CombinedPEM"),)
    spec = msgspec.structs.replace(found.spec, additional_output_formats=formats)
    server.put(CERTIFICATE, msgspec.structs.replace(found, spec=spec))
    server.calls.clear()
    await process.look()
    assert [(call.verb, call.kind) for call in server.calls] == [
        ("get", "Secret"),
        ("apply", "Secret"),
        ("patch", "Certificate"),
    ]
    (secret,) = server.all(SECRET)
    assert (
        secret.data["tls-combined.pem"] == secret.data["tls.key"] + b"\n" + secret.data["tls.crt"]
    )
    after = certificate(server)
    assert after.status.revision == 1
    assert {each.observed_generation for each in after.status.conditions} == {2}


async def test_a_key_that_is_to_be_kept_is_the_same_after_a_renewal() -> None:
    server = a_server(a_spec(rotation="Never"))
    process = Process(server)
    await issue(server, process)
    before = server.all(SECRET)[0].data
    server.clock.time = NOW + timedelta(days=60)
    await issue(server, process)
    (after,) = server.all(SECRET)
    assert after.data["tls.key"] == before["tls.key"]
    assert after.data["tls.crt"] != before["tls.crt"]
    assert certificate(server).status.revision == 2
    assert ("Normal", "Reused") in [event[:2] for event in process.ear.heard]


async def test_a_temporary_certificate_is_there_until_the_true_one_is() -> None:
    server = a_server(annotations={names.ISSUE_TEMPORARY_CERTIFICATE: "true"})
    process = Process(server)
    await process.look()
    secret = next(each for each in server.all(SECRET) if each.metadata.name == "web-tls")
    temporary = note(secret)
    assert temporary.leaf is not None
    assert temporary.leaf.temporary
    assert temporary.key_matches
    assert names.ISSUER_NAME not in secret.metadata.annotations
    assert ready(server) == ("False", "IncorrectIssuer")
    assert process.ear.heard[-1] == ("Normal", "Issuing", "Issued temporary certificate")
    sign(server)
    await process.look()
    assert ready(server) == ("True", "Ready")
    assert certificate(server).status.revision == 1


async def test_a_secret_from_a_backup_is_taken_over_as_it_is() -> None:
    server = a_server()
    server.put(SECRET, a_secret(labels={}))
    process = Process(server)
    await process.look()
    assert ready(server) == ("True", "Ready")
    assert [(call.verb, call.kind) for call in server.writes] == [
        ("apply", "Secret"),
        ("patch", "Certificate"),
    ]

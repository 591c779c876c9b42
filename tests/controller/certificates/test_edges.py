"""Moments in which the cluster is not what the caches said: nothing breaks, the next look helps."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from controller.certificates.actions import (
    Issue,
    IssueTemporary,
    NewKey,
    Prepare,
    RemoveKey,
    RemoveRequests,
    Repair,
    ReusedKey,
    StoredKey,
    Write,
)
from controller.certificates.damping import Memory
from controller.certificates.decide import decide
from controller.certificates.observe import Observer
from controller.certificates.observed import NoPassword, Observed, Wishes
from controller.certificates.perform import Performer
from controller.certificates.planning import request_for
from controller.pki.keystores import Passwords
from controller.runtime.errors import Conflict, Invalid
from controller.runtime.objects import SECRET, Secret
from controller.runtime.schedule import At, Key, Now, OnChange
from orderapi import names
from orderapi.certificate import CertificateStatus
from orderapi.certificaterequest import CertificateRequest
from orderapi.conditions import is_true
from orderapi.issuer import ClusterIssuer
from orderapi.keystores import JksKeystore, Keystores, Pkcs12Keystore
from orderapi.meta import ObjectMeta, owner_reference
from orderapi.references import SecretKeySelector
from orderapi.resources import CERTIFICATE, CERTIFICATE_REQUEST, CLUSTER_ISSUER
from tests.controller.certificates.build import (
    NEXT_KEY,
    NOW,
    a_certificate,
    a_chain,
    a_key,
    a_next_key,
    a_request,
    a_secret,
    a_spec,
    an_issuer,
    issued,
    issuing_case,
    made,
    settled_case,
)
from tests.controller.certificates.living import a_server, issue, open_request, ready, sign
from tests.controller.certificates.world import ApiServer, Clock, Killed, Process, certificate

SOON = At(NOW + timedelta(seconds=1))


def a_performer(server: ApiServer) -> Performer:
    return Performer(Process(server).cluster, wishes=Wishes(), memory=Memory())


def an_observer(process: Process) -> Observer:
    return Observer(process.cluster, shared="kube-system", wishes=Wishes(), memory=Memory())


def empty() -> ApiServer:
    return ApiServer(Clock(NOW))


def a_plan(seen: Observed, key: NewKey | ReusedKey | StoredKey) -> Prepare:
    return Prepare(
        key=key,
        key_name=NEXT_KEY,
        history="",
        clear=(),
        request=request_for(seen, key_name=NEXT_KEY),
    )


DONE = made(a_request(status=issued(a_chain(a_key("next")))))


@pytest.mark.parametrize(
    ("action", "again"),
    [
        pytest.param(Write(CertificateStatus(revision=9)), OnChange(), id="certificate-gone"),
        pytest.param(Write(CertificateStatus()), OnChange(), id="nothing-to-write"),
        pytest.param(Issue(made=DONE, key=a_next_key()), Now(), id="next-key-gone"),
        pytest.param(IssueTemporary(a_next_key()), Now(), id="next-key-gone-too"),
        pytest.param(RemoveKey(a_next_key()), Now(), id="key-to-remove-gone"),
        pytest.param(RemoveRequests((a_request(),)), Now(), id="request-to-remove-gone"),
        pytest.param(a_plan(settled_case(), StoredKey(a_next_key())), SOON, id="stored-key-gone"),
        pytest.param(a_plan(settled_case(), ReusedKey()), SOON, id="key-to-keep-gone"),
    ],
)
async def test_what_is_gone_is_looked_at_again(action: object, again: object) -> None:
    seen = replace(settled_case(), certificate=a_certificate())
    assert await a_performer(empty()).perform(seen, action) == again  # type: ignore[arg-type]


async def test_a_secret_to_repair_that_is_gone_or_another_is_looked_at_again() -> None:
    server, case = empty(), settled_case()
    changed = a_certificate(status=case.certificate.status, generation=2)
    seen = replace(case, certificate=changed)
    repair = decide(seen)
    assert isinstance(repair, Repair)
    assert await a_performer(server).perform(seen, repair) == SOON
    server.put(SECRET, a_secret(key=a_key("other")))
    assert await a_performer(server).perform(seen, repair) == SOON
    assert server.writes == []


async def test_a_next_key_that_has_changed_is_not_used() -> None:
    server = empty()
    stored = a_next_key()
    server.put(SECRET, Secret(metadata=stored.metadata, type="Opaque", data={"tls.key": b"junk"}))
    assert await a_performer(server).perform(issuing_case(), Issue(made=DONE, key=stored)) == Now()
    assert server.writes == []


def take_labels_off(server: ApiServer) -> None:
    (key,) = server.all(SECRET)
    bare = msgspec.structs.replace(key.metadata, labels={})
    server.put(SECRET, msgspec.structs.replace(key, metadata=bare))


async def test_a_next_key_without_its_label_is_used_all_the_same() -> None:
    server = a_server()
    process = Process(server)
    await process.look()
    take_labels_off(server)
    assert await process.look() == OnChange()
    sign(server)
    await process.look()
    assert ready(server) == ("True", "Ready")
    assert [each.metadata.name for each in server.all(SECRET)] == ["web-tls"]


async def test_one_that_lost_it_before_its_request_was_made_is_made_anew() -> None:
    server = a_server()
    server.fuse = 2  # the status, and the key
    with pytest.raises(Killed):
        await Process(server).look()
    take_labels_off(server)
    process = Process(server)
    assert await process.look() == SOON
    await issue(server, process)
    assert ready(server) == ("True", "Ready")
    assert [each.metadata.name for each in server.all(SECRET)] == ["web-tls"]


async def test_a_request_that_is_there_already_is_adopted() -> None:
    server = a_server()
    process = Process(server)
    await process.look()
    sooner = open_request(server)
    seen = Observed(
        certificate=certificate(server),
        now=NOW,
        target=settled_case().target,
        next_keys=process.cluster.secrets.all(),
    )
    (stored,) = seen.next_keys
    plan = Prepare(
        key=StoredKey(stored),
        key_name=stored.metadata.name,
        history="",
        clear=(),
        request=request_for(seen, key_name=stored.metadata.name),
    )
    late = Performer(Process(server).cluster, wishes=Wishes(), memory=Memory())
    assert await late.perform(seen, plan) == Now()
    assert server.all(CERTIFICATE_REQUEST) == [sooner]


async def test_a_delete_that_meets_another_object_of_that_name_is_harmless() -> None:
    server = empty()
    stored = server.put(SECRET, Secret(metadata=ObjectMeta(name=NEXT_KEY, namespace="shop")))
    assert await a_performer(server).perform(issuing_case(), RemoveKey(a_next_key())) == Now()
    assert server.all(SECRET) == [stored]


async def test_a_status_that_has_changed_meanwhile_is_a_conflict() -> None:
    server = a_server()
    seen = replace(settled_case(), certificate=a_certificate())
    with pytest.raises(Conflict):
        await a_performer(server).perform(seen, Write(CertificateStatus(revision=9)))


async def test_what_only_shows_when_it_is_made_is_told_and_costs_no_other_order() -> None:
    server = a_server()
    process = Process(server)
    await process.look()
    sign(server, ca=b"no certificate")
    stores = Keystores(jks=JksKeystore(create=True, password="x"))
    found = certificate(server)
    spec = msgspec.structs.replace(found.spec, keystores=stores)
    server.put(CERTIFICATE, msgspec.structs.replace(found, spec=spec))
    for _ in range(3):
        assert await process.look() == At(NOW + timedelta(minutes=1))
    status = certificate(server).status
    assert is_true(status.conditions, "Issuing")
    assert "The Secret could not be written as the spec asks: " in status.conditions[0].message
    assert [event[1] for event in process.ear.heard].count("SecretRejected") == 1
    assert len(server.all(CERTIFICATE_REQUEST)) == 1


async def test_a_repair_that_cannot_be_made_does_not_hold_up_the_status() -> None:
    server = a_server()
    process = Process(server)
    await issue(server, process)
    server.refusals["apply", "Secret"] = Invalid(422, "Invalid", "a label is too long")
    found = certificate(server)
    spec = msgspec.structs.replace(found.spec, revision_history_limit=7)
    server.put(CERTIFICATE, msgspec.structs.replace(found, spec=spec))
    await process.look()
    assert ready(server) == ("True", "Ready")
    assert certificate(server).status.conditions[0].observed_generation == 2
    assert process.ear.heard[-1][1] == "SecretRejected"


# Observing


async def test_a_certificate_that_is_gone_is_nothing() -> None:
    process = Process(empty())
    assert await an_observer(process).observe(Key("shop", "web")) is None


async def test_requests_that_cannot_be_read_are_seen_as_such() -> None:
    server = a_server()
    found = certificate(server)
    meta = ObjectMeta(
        name="web-1",
        namespace="shop",
        annotations={names.CERTIFICATE_REVISION: "1"},
        owner_references=(owner_reference(CERTIFICATE, found),),
    )
    server.put(CERTIFICATE_REQUEST, CertificateRequest(metadata=meta))
    stray = msgspec.structs.replace(meta, name="odd", annotations={})
    server.put(CERTIFICATE_REQUEST, CertificateRequest(metadata=stray))
    seen = await an_observer(Process(server)).observe(Key("shop", "web"))
    assert seen is not None
    assert [each.csr_fault for each in seen.coming] == [
        "certificate signing request is neither PEM nor DER"
    ]
    assert [each.metadata.name for each in seen.strays] == ["odd"]


async def test_a_certificate_that_cannot_be_read_fails_its_request() -> None:
    server = a_server()
    process = Process(server)
    await process.look()
    request = open_request(server)
    server.put(CERTIFICATE_REQUEST, msgspec.structs.replace(request, status=issued(b"junk")))
    await process.look()
    found = certificate(server).status.conditions[1]
    assert (found.status, found.reason) == ("False", "InvalidCertificate")


async def test_cluster_issuers_use_secrets_of_one_namespace_alone() -> None:
    server = empty()
    issuer = ClusterIssuer(metadata=ObjectMeta(name="le"), spec=an_issuer().spec)
    server.put(CLUSTER_ISSUER, issuer)
    for namespace in ("shop", "kube-system"):
        found = a_certificate(spec=a_spec(secret_name="account-key"))
        meta = msgspec.structs.replace(found.metadata, namespace=namespace)
        server.put(CERTIFICATE, msgspec.structs.replace(found, metadata=meta))
    process = Process(server)
    process.cluster.cluster_issuers.feed(server.all(CLUSTER_ISSUER)[0])
    observer = an_observer(process)
    shop = await observer.observe(Key("shop", "web"))
    system = await observer.observe(Key("kube-system", "web"))
    assert shop is not None
    assert system is not None
    assert shop.claim == ""
    assert system.claim == 'the account key of ClusterIssuer "le"'


REF = SecretKeySelector(name="pw", key="p")
BOTH = Keystores(
    jks=JksKeystore(create=True, password_secret_ref=REF),
    pkcs12=Pkcs12Keystore(create=True, password_secret_ref=SecretKeySelector(name="pw", key="q")),
)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(None, 'JKS keystore password Secret "pw" not found', id="no-secret"),
        pytest.param(
            {"p": b"one"}, 'PKCS12 keystore password Secret "pw" has no entry "q"', id="no-entry"
        ),
        pytest.param({"p": b"hunter2", "q": b"two"}, "", id="both"),
    ],
)
async def test_passwords_of_key_stores(data: dict[str, bytes] | None, expected: str) -> None:
    server = a_server(msgspec.structs.replace(a_spec(), keystores=BOTH))
    process = Process(server)
    await process.look()
    sign(server)
    if data is not None:
        server.put(SECRET, Secret(metadata=ObjectMeta(name="pw", namespace="shop"), data=data))
    process.hear()
    seen = await an_observer(process).observe(Key("shop", "web"))
    assert seen is not None
    if expected:
        assert seen.passwords == NoPassword(secret="pw", sentence=expected)
    else:
        assert seen.passwords == Passwords(jks=b"hunter2", pkcs12=b"two")
        assert "hunter2" not in repr(seen)

"""What is in the Secret, and that a change of it costs no more orders than it must."""

import base64
import json
import time
from collections.abc import Iterator

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from devcluster import zone
from tests.controller.pki.test_keystores import JavaStore
from tests.system.manifests import add_condition, secret, secret_data
from tests.system.world import Json, World, certificate, condition

pytestmark = pytest.mark.usefixtures("controller")
WATCHED = "controller.cert-manager.io/fao"


@pytest.fixture
def held(world: World) -> Iterator[None]:
    """DNS shows no record of example.net, so that issuances for names in it stay under way."""
    zone.hold(world.cluster.dns, "example.net")
    yield
    zone.release(world.cluster.dns, "example.net")


@pytest.mark.parametrize(
    ("encoding", "begins"),
    [("PKCS1", b"-----BEGIN RSA PRIVATE KEY"), ("PKCS8", b"-----BEGIN PRIVATE KEY")],
)
def test_an_rsa_key_is_written_as_asked(world: World, encoding: str, begins: bytes) -> None:
    name = f"rsa-{encoding.lower()}"
    world.apply(certificate(name, privateKey={"algorithm": "RSA", "encoding": encoding}))
    world.wait_ready(name, timeout=20)
    data = _decoded(world, f"{name}-tls")
    assert data["tls.key"].startswith(begins)
    assert _key(data).key_size == 2048  # type: ignore[union-attr]
    _belong_together(data)


def test_an_ed25519_key(world: World) -> None:
    world.apply(certificate("ed25519", privateKey={"algorithm": "Ed25519"}))
    time.sleep(6)
    print(json.dumps(world.get("certificate", "ed25519"), indent=1))
    print(json.dumps(world.all("orders"), indent=1))
    assert 0


def test_a_key_that_is_kept_outlives_a_renewal(world: World) -> None:
    world.apply(certificate("kept", privateKey={"algorithm": "ECDSA", "rotationPolicy": "Never"}))
    world.wait_ready("kept", timeout=20)
    before = _decoded(world, "kept-tls")
    add_condition(world, "certificate", "kept", type="Issuing", status="True", **ASKED)
    world.until(lambda: world.revision("kept") == 2, why="revision 2")
    after = _decoded(world, "kept-tls")
    assert after["tls.key"] == before["tls.key"]
    assert after["tls.crt"] != before["tls.crt"]


ASKED = {"reason": "ManuallyTriggered", "message": "Certificate re-issuance manually triggered"}


def test_a_template_and_formats_change_without_an_order(world: World) -> None:
    first = {"labels": {"team": "web", "old": "yes"}, "annotations": {"a": "1"}}
    world.apply(certificate("shaped", secretTemplate=first))
    world.wait_ready("shaped", timeout=20)
    before, placed = _decoded(world, "shaped-tls"), world.orders_placed()
    formats = [{"type": "DER"}, {"type": "CombinedPEM"}]
    second = {"labels": {"team": "mail"}, "annotations": {"a": "2"}}
    key = {"algorithm": "ECDSA", "encoding": "PKCS8"}
    changed = {"secretTemplate": second, "additionalOutputFormats": formats, "privateKey": key}
    world.apply(certificate("shaped", **changed))
    world.until(lambda: "key.der" in _decoded(world, "shaped-tls"), why="the formats are there")
    meta, data = _meta(world, "shaped-tls"), _decoded(world, "shaped-tls")
    assert (meta["labels"]["team"], meta["annotations"]["a"]) == ("mail", "2")
    assert "old" not in meta["labels"]
    assert data["tls.crt"] == before["tls.crt"]
    assert data["tls.key"].startswith(b"-----BEGIN PRIVATE KEY")
    assert data["tls-combined.pem"] == data["tls.key"] + data["tls.crt"]
    assert serialization.load_der_private_key(data["key.der"], None) == _key(data)
    assert world.wait_ready("shaped")["status"]["revision"] == 1
    assert world.orders_placed() == placed


def test_key_stores_open_with_the_password_of_their_secret(world: World) -> None:
    reference = {"name": "store-password", "key": "password"}
    store = {"create": True, "passwordSecretRef": reference}
    stores = {"jks": store | {"alias": "web"}, "pkcs12": store | {"profile": "Modern2023"}}
    world.apply(certificate("stores", keystores=stores))
    world.until(lambda: "store-password" in _said(world, "stores"), why="the Secret is missed")
    placed = world.orders_placed()
    world.apply(secret("store-password", password="pässword"))
    world.wait_ready("stores", timeout=20)
    assert world.orders_placed() == placed
    data = _decoded(world, "stores-tls")
    java = JavaStore(data["keystore.jks"], "pässword")
    opened = pkcs12.load_pkcs12(data["keystore.p12"], "pässword".encode())
    _, key, chain = java.keys["web"]
    assert serialization.load_der_private_key(key, None) == opened.key == _key(data)
    leaf = x509.load_pem_x509_certificates(data["tls.crt"])[0]
    assert chain[0] == leaf
    assert opened.cert is not None
    assert opened.cert.certificate == leaf


def test_a_label_taken_off_the_secret_is_put_back_without_an_order(world: World) -> None:
    world.apply(certificate("bare"))
    world.wait_ready("bare", timeout=20)
    placed, before = world.orders_placed(), _decoded(world, "bare-tls")
    world.kubectl("label", "secret", "bare-tls", f"{WATCHED}-")
    world.until(lambda: WATCHED in _meta(world, "bare-tls")["labels"], why="the label is back")
    assert world.orders_placed() == placed
    assert _decoded(world, "bare-tls") == before


@pytest.mark.parametrize("change", ["team=web", f"{WATCHED}-"], ids=["edited", "taken off"])
@pytest.mark.usefixtures("held")
def test_labels_may_change_while_issuing(world: World, change: str) -> None:
    name = f"labelled-{len(change)}"
    placed = world.orders_placed()
    world.apply(certificate(name, f"{name}.example.net"))
    world.until(lambda: _presented(world, name), why="a Challenge is presented")
    key = (world.get("certificate", name) or {})["status"]["nextPrivateKeySecretName"]
    order, challenge = world.names("orders", name), world.names("challenges", name)
    request = f"certificaterequest/{name}-1"
    objects = [f"certificate/{name}", request, f"order/{order[0]}", f"challenge/{challenge[0]}"]
    for each in (*objects, f"secret/{key}"):
        world.kubectl("label", each, change)
    time.sleep(2)
    zone.release(world.cluster.dns, "example.net")
    world.wait_ready(name, timeout=20)
    assert world.names("orders", name) == order
    assert world.orders_placed() == placed + 1
    world.until(lambda: world.get("secret", key) is None, why="the temporary Secret is gone")


def test_of_two_with_one_secret_the_older_wins_and_the_other_waits(world: World) -> None:
    placed = world.orders_placed()
    world.apply(certificate("one", secretName="shared-tls"))
    world.apply(certificate("other", secretName="shared-tls"))
    world.wait_ready("one", timeout=20)
    waiting = world.until(
        lambda: condition(world.get("certificate", "other") or {}, "Ready"), why="a verdict"
    )
    assert (waiting["status"], waiting["reason"]) == ("False", "DuplicateSecretName")
    assert '"one"' in waiting["message"]
    time.sleep(10)
    assert world.orders_placed() == placed + 1
    assert world.revision("one") == 1
    world.kubectl("delete", "certificate", "one")
    world.wait_ready("other", timeout=20)
    leaf = x509.load_pem_x509_certificates(_decoded(world, "shared-tls")["tls.crt"])[0]
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["other.example.com"]
    assert world.orders_placed() == placed + 2


@pytest.mark.usefixtures("held")
def test_a_certificate_deleted_while_issuing_leaves_nothing_but_its_secret(world: World) -> None:
    world.apply(certificate("brief-life"))
    world.wait_ready("brief-life", timeout=20)
    before = secret_data(world, "brief-life-tls")
    world.apply(certificate("brief-life", "brief-life.example.net"))
    world.until(lambda: _presented(world, "brief-life"), why="a Challenge is presented")
    assert world.challenge_records("brief-life")
    world.kubectl("delete", "certificate", "brief-life")
    world.until(lambda: _leftovers(world, "brief-life") == [], 20, why="nothing is left")
    assert secret_data(world, "brief-life-tls") == before


def _decoded(world: World, name: str) -> dict[str, bytes]:
    return {key: base64.b64decode(value) for key, value in secret_data(world, name).items()}


def _key(data: dict[str, bytes]) -> serialization.pkcs12.PKCS12PrivateKeyTypes:
    return serialization.load_pem_private_key(data["tls.key"], None)  # type: ignore[return-value]


def _belong_together(data: dict[str, bytes]) -> None:
    leaf = x509.load_pem_x509_certificates(data["tls.crt"])[0]
    assert leaf.public_key() == _key(data).public_key()


def _meta(world: World, name: str) -> Json:
    meta: Json = (world.get("secret", name) or {})["metadata"]
    return meta


def _said(world: World, name: str) -> str:
    return json.dumps((world.get("certificate", name) or {}).get("status", {}))


def _presented(world: World, name: str) -> list[Json]:
    found = [c for c in world.all("challenges") if c["metadata"]["name"].startswith(name)]
    return [c for c in found if c.get("status", {}).get("presented")]


def _leftovers(world: World, name: str) -> list[str]:
    found = [
        w
        for kind in ("certificaterequests", "orders", "challenges", "secrets")
        for w in world.names(kind, f"{name}-")
    ]
    return [*(each for each in found if each != f"{name}-tls"), *world.challenge_records(name)]

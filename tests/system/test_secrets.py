"""What is in the Secret: keys, formats and key stores as the specification asks for them."""

import base64
import json
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from tests.controller.pki.test_keystores import JavaStore
from tests.system.manifests import add_condition, secret, secret_data
from tests.system.world import Json, World, certificate, condition

pytestmark = pytest.mark.usefixtures("controller")
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


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
    key = _key(data)
    assert isinstance(key, rsa.RSAPrivateKey)
    assert key.key_size == 2048
    _belong_together(data)


def test_a_ca_that_takes_no_ed25519_key_is_quoted(world: World) -> None:
    placed = world.orders_placed()
    world.apply(certificate("edwards", privateKey={"algorithm": "Ed25519"}))
    world.until(lambda: "badCSR" in _said(world, "edwards"), why="the CA's refusal is told")
    issuing = condition(world.get("certificate", "edwards") or {}, "Issuing")
    assert issuing["status"] == "False"
    refused = "urn:ietf:params:acme:error:badCSR: CSR signature algorithm Ed25519 is not supported"
    assert refused in issuing["message"]
    time.sleep(3)
    assert world.orders_placed() == placed + 1
    world.apply(certificate("edwards"))
    world.wait_ready("edwards", timeout=20)


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
    changed = certificate("shaped", secretTemplate=second, privateKey=key)
    changed["spec"]["additionalOutputFormats"] = formats
    world.apply(changed)
    world.until(lambda: "key.der" in _decoded(world, "shaped-tls"), why="the formats are there")
    meta, data = _meta(world, "shaped-tls"), _decoded(world, "shaped-tls")
    assert (meta["labels"]["team"], meta["annotations"]["a"]) == ("mail", "2")
    assert "old" not in meta["labels"]
    assert data["tls.crt"] == before["tls.crt"]
    assert data["tls.key"].startswith(b"-----BEGIN PRIVATE KEY")
    assert data["tls-combined.pem"] == data["tls.key"] + b"\n" + data["tls.crt"]
    assert _public(serialization.load_der_private_key(data["key.der"], None)) == _public(_key(data))
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
    assert _public(serialization.load_der_private_key(key, None)) == _public(_key(data))
    assert _public(opened.key) == _public(_key(data))
    leaf = x509.load_pem_x509_certificates(data["tls.crt"])[0]
    assert chain[0] == leaf
    assert opened.cert is not None
    assert opened.cert.certificate == leaf


def _decoded(world: World, name: str) -> dict[str, bytes]:
    return {key: base64.b64decode(value) for key, value in secret_data(world, name).items()}


def _key(data: dict[str, bytes]) -> object:
    return serialization.load_pem_private_key(data["tls.key"], None)


def _public(key: object) -> PublicKey:
    """The public half: that can be compared."""
    assert isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
    return key.public_key()


def _belong_together(data: dict[str, bytes]) -> None:
    leaf = x509.load_pem_x509_certificates(data["tls.crt"])[0]
    assert leaf.public_key() == _public(_key(data))


def _meta(world: World, name: str) -> Json:
    meta: Json = (world.get("secret", name) or {})["metadata"]
    return meta


def _said(world: World, name: str) -> str:
    return json.dumps((world.get("certificate", name) or {}).get("status", {}))

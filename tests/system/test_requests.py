"""CertificateRequests that others make, approve, deny and sign."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from devcluster.controller import Controller
from tests.controller.pki.build import Signer
from tests.system.guard import Guard
from tests.system.manifests import add_condition, patch_status, secret_data
from tests.system.world import ISSUER, Json, World, certificate, condition

UNAPPROVED = pytest.mark.parametrize(
    "controller",
    [("--controllers=*,-certificaterequests-approver",)],
    indirect=True,
    ids=["others-approve"],
)
FOREIGN = {"group": "signers.example.org", "kind": "Signer", "name": "by-hand"}


@pytest.fixture(scope="module")
def controller(world: World, request: pytest.FixtureRequest) -> Iterator[Controller]:
    """The controller; a test that gives flags as parameter gets one of its own."""
    running = world.start_controller(*getattr(request, "param", ()), name="requests")
    yield running
    running.stop()


pytestmark = pytest.mark.usefixtures("controller")


def test_a_request_without_a_certificate_is_served(world: World) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    world.apply(_request("foreign-csr", _csr("foreign-csr.example.com", key=key)))
    condition_met = ("--for=condition=Ready", "--timeout=20s")
    world.kubectl("wait", *condition_met, "certificaterequest/foreign-csr")
    found = world.get("certificaterequest", "foreign-csr") or {}
    assert condition(found, "Approved")["reason"] == "cert-manager.io"
    assert condition(found, "Ready")["reason"] == "Issued"
    leaf = x509.load_pem_x509_certificates(base64.b64decode(found["status"]["certificate"]))[0]
    assert leaf.public_key() == key.public_key()
    (order,) = [o for o in world.all("orders") if o["metadata"]["name"].startswith("foreign-csr-")]
    assert order["metadata"]["ownerReferences"][0]["uid"] == found["metadata"]["uid"]
    about = world.kubectl("describe", "certificaterequest", "foreign-csr")
    assert f'Created Order resource "{order["metadata"]["name"]}"' in about


@pytest.mark.parametrize(
    ("name", "csr", "said"),
    [
        ("uri", x509.UniformResourceIdentifier("spiffe://example.com/web"), "spiffe://"),
        ("mail", x509.RFC822Name("somebody@example.com"), "somebody@example.com"),
    ],
)
def test_names_that_acme_cannot_prove_are_refused_in_a_sentence(
    world: World, name: str, csr: x509.GeneralName, said: str
) -> None:
    placed = world.orders_placed()
    world.apply(_request(f"asks-for-{name}", _csr("asks.example.com", csr)))
    ready = _ended(world, f"asks-for-{name}")
    assert ready["reason"] == "Failed"
    assert said in ready["message"]
    assert "DNS names and IP addresses only" in ready["message"]
    assert world.names("orders", f"asks-for-{name}") == []
    assert world.orders_placed() == placed


def test_what_is_no_signing_request_fails(world: World, guard: Guard) -> None:
    garbage = json.dumps(_request("garbage", b"-----BEGIN NONSENSE-----"))
    assert "spec.request" in world.kubectl_fails("apply", "-f", "-", stdin=garbage)
    with guard.without_webhook():
        world.kubectl("apply", "-f", "-", stdin=garbage)
    ready = _ended(world, "garbage")
    assert ready["reason"] == "Failed"
    assert "Failed to decode CSR in spec.request" in ready["message"]
    assert (world.get("certificaterequest", "garbage") or {})["status"]["failureTime"]


@UNAPPROVED
def test_a_request_waits_for_its_approval(world: World) -> None:
    world.apply(_request("patient", _csr("patient.example.com")))
    world.until(lambda: "until it is Approved" in _said(world, "patient"), why="it waits")
    assert world.names("orders", "patient-") == []
    _judge(world, "patient", "Approved")
    wait = ("--for=condition=Ready", "--timeout=20s")
    world.kubectl("wait", *wait, "certificaterequest/patient")


@UNAPPROVED
def test_a_denied_request_fails(world: World) -> None:
    placed = world.orders_placed()
    world.apply(_request("denied", _csr("denied.example.com")))
    world.until(lambda: _said(world, "denied"), why="it was looked at")
    _judge(world, "denied", "Denied")
    assert _ended(world, "denied")["reason"] == "Denied"
    assert (world.get("certificaterequest", "denied") or {})["status"]["failureTime"]
    assert world.names("orders", "denied-") == []
    assert world.orders_placed() == placed


@UNAPPROVED
def test_a_certificate_tells_that_its_request_was_denied(world: World) -> None:
    world.apply(certificate("unwanted"))
    world.until(lambda: _said(world, "unwanted-1"), why="its request was looked at")
    _judge(world, "unwanted-1", "Denied")
    found = world.until(lambda: _not_issuing(world, "unwanted"), why="the attempt failed")
    issuing = condition(found, "Issuing")
    assert issuing["reason"] == "ByPolicy"
    assert "because of the policy" in issuing["message"]
    assert found["status"]["failedIssuanceAttempts"] == 1
    assert world.names("orders", "unwanted-") == []


def test_an_issuer_of_another_group_gets_key_and_request(world: World) -> None:
    """Another controller signs them; here, the test, and with a kind of key that Pebble refuses."""
    world.apply(certificate("outside", issuer=FOREIGN, privateKey={"algorithm": "Ed25519"}))
    request = world.until(
        lambda: world.get("certificaterequest", "outside-1"), why="its CertificateRequest"
    )
    assert request["spec"]["issuerRef"] == FOREIGN
    signer, now = Signer("A CA of another kind"), datetime.now(UTC)
    pem = signer.sign(
        base64.b64decode(request["spec"]["request"]),
        not_before=now - timedelta(minutes=1),
        not_after=now + timedelta(days=1),
    )
    encoded, ca = (base64.b64encode(part).decode() for part in (pem, signer.pem))
    patch_status(world, "certificaterequest", "outside-1", {"certificate": encoded, "ca": ca})
    _judge(world, "outside-1", "Ready", reason="Issued")
    assert world.wait_ready("outside", timeout=20)["status"]["revision"] == 1
    data = secret_data(world, "outside-tls")
    assert (data["tls.crt"], data["ca.crt"]) == (encoded, ca)
    key = serialization.load_pem_private_key(base64.b64decode(data["tls.key"]), None)
    assert isinstance(key, ed25519.Ed25519PrivateKey)
    assert key.public_key() == x509.load_pem_x509_certificate(pem).public_key()
    assert world.names("orders", "outside") == []


def _csr(
    name: str, *others: x509.GeneralName, key: ec.EllipticCurvePrivateKey | None = None
) -> bytes:
    names = x509.SubjectAlternativeName([x509.DNSName(name), *others])
    builder = x509.CertificateSigningRequestBuilder(subject_name=x509.Name([]))
    builder = builder.add_extension(names, critical=True)
    made = builder.sign(key or ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM)


def _request(name: str, csr: bytes) -> Json:
    spec = {"request": base64.b64encode(csr).decode(), "issuerRef": ISSUER}
    meta = {"name": name, "namespace": "default"}
    kind = {"apiVersion": "cert-manager.io/v1", "kind": "CertificateRequest"}
    return kind | {"metadata": meta, "spec": spec}


def _judge(world: World, name: str, verdict: str, reason: str = "ByPolicy") -> None:
    """Set a condition by hand, as an approver or a signer does."""
    said = {"status": "True", "reason": reason, "message": "because of the policy"}
    time = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    add_condition(world, "certificaterequest", name, type=verdict, lastTransitionTime=time, **said)


def _said(world: World, name: str) -> str:
    return str(condition(world.get("certificaterequest", name) or {}, "Ready").get("message", ""))


def _ended(world: World, name: str) -> Json:
    def look() -> Json | None:
        ready = condition(world.get("certificaterequest", name) or {}, "Ready")
        return ready if ready.get("reason") in ("Failed", "Denied") else None

    return world.until(look, why=f"the end of {name}")


def _not_issuing(world: World, name: str) -> Json | None:
    found = world.get("certificate", name) or {}
    return found if condition(found, "Issuing").get("status") == "False" else None

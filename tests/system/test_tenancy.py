"""What a tenant can reach: no Secret and no address that is not meant for its certificates."""

import base64
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from devcluster import pki
from devcluster.controller import Controller
from tests.system.guard import Guard
from tests.system.manifests import issuer, rfc2136, secret, secret_data, update_key
from tests.system.world import Json, World, certificate, condition

LEAK = "aws_secret_access_key=wJalrXUtnFEMI"
OWN = {"kind": "Issuer", "name": "own"}


@pytest.fixture(scope="module")
def controller(world: World, request: pytest.FixtureRequest) -> Iterator[Controller]:
    """The controller; a test that gives flags as parameter gets one of its own."""
    running = world.start_controller(*getattr(request, "param", ()), name="tenancy")
    yield running
    running.stop()


pytestmark = pytest.mark.usefixtures("controller")


@pytest.mark.parametrize("kind", ["kubernetes.io/tls", "Opaque"])
def test_a_secret_that_was_made_for_a_certificate_is_adopted(world: World, kind: str) -> None:
    name = f"adopted-{kind.rpartition('/')[2].lower()}"
    world.apply(secret(f"{name}-tls", kind=kind, tls_crt="old", tls_key="old"))
    world.apply(certificate(name))
    world.wait_ready(name, timeout=20)
    found = world.get("secret", f"{name}-tls") or {}
    assert found["type"] == kind
    assert found["metadata"]["labels"]["controller.cert-manager.io/fao"] == "true"
    assert b"BEGIN" in base64.b64decode(found["data"]["tls.key"])


@pytest.mark.parametrize(
    ("kind", "data", "said"),
    [
        ("Opaque", {"tls_crt": "kept", "tls_key": "kept", "password": "kept"}, '"password"'),
        ("Opaque", {"tls_key": "kept"}, "ACME account"),
        ("kubernetes.io/basic-auth", {"username": "u", "password": "p"}, "basic-auth"),
        ("kubernetes.io/service-account-token", {}, "service-account-token"),
    ],
    ids=["other keys", "account key", "basic-auth", "token"],
)
def test_any_other_secret_is_left_alone(
    world: World, kind: str, data: dict[str, str], said: str
) -> None:
    name = f"foreign-{kind.rpartition('/')[2].lower()}-{len(data)}"
    manifest = secret(f"{name}-tls", kind=kind, **data)
    manifest["metadata"]["annotations"] = {"kubernetes.io/service-account.name": "default"}
    world.apply(manifest)
    before = world.until(lambda: secret_data(world, f"{name}-tls"), why="a token is filled in")
    placed = world.orders_placed()
    world.apply(certificate(name))
    message = _refused(world, name)
    assert f'Secret "{name}-tls"' in message
    assert said in message
    assert secret_data(world, f"{name}-tls") == before
    assert world.orders_placed() == placed


def test_what_an_issuer_uses_is_never_overwritten(world: World) -> None:
    """Even where its entries look like a certificate's."""
    namespace, dns = world.namespace("used"), world.cluster.dns
    reference = {"name": "tsig", "key": "tls.crt"}
    solver = {"dns01": {"rfc2136": rfc2136(world, tsigSecretSecretRef=reference)}}
    world.apply(secret("tsig", namespace, tls_crt=dns.tsig_secret, tls_key="kept"))
    world.apply(issuer(world, namespace, solver))
    world.kubectl("-n", namespace, "wait", "--for=condition=Ready", "issuer/own", "--timeout=20s")
    placed = world.orders_placed()
    for name, use in (("tsig", "a solver's credential"), ("own-account", "the account key")):
        before = secret_data(world, name, namespace)
        world.apply(certificate(name, namespace=namespace, secretName=name, issuer=OWN))
        assert f'{use} of Issuer "own"' in _refused(world, name, namespace)
        assert secret_data(world, name, namespace) == before
    assert world.orders_placed() == placed


def test_an_issuer_reads_secrets_of_its_own_namespace_alone(world: World) -> None:
    namespace = world.namespace("elsewhere")
    solver, account = {"dns01": {"rfc2136": rfc2136(world)}}, {"name": "acme-account"}
    world.apply(issuer(world, namespace, solver, privateKeySecretRef=account))
    message = _not_ready(world, namespace, "InvalidSolver")
    assert 'secret "dns-update-key"' in message
    assert f'namespace "{namespace}"' in message
    shared = secret_data(world, "acme-account", "cert-manager")
    own = secret_data(world, "acme-account", namespace)
    assert own["tls.key"] != shared["tls.key"]
    world.apply(update_key(world, namespace))
    world.kubectl("-n", namespace, "wait", "--for=condition=Ready", "issuer/own", "--timeout=20s")
    uri = (world.get("issuer", "own", namespace) or {})["status"]["acme"]["uri"]
    assert uri != (world.get("clusterissuer", "acme") or {})["status"]["acme"]["uri"]


@pytest.mark.parametrize(
    "controller", [("--allow-special-addresses=false",)], indirect=True, ids=["guarded"]
)
def test_an_issuer_does_not_lead_to_this_machine(world: World, guard: Guard) -> None:
    with guard.without_webhook(), socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        port = listener.getsockname()[1]
        said = {
            f"https://127.0.0.1:{port}/": "not connected to",
            f"https://localhost:{port}/": "not connected to",
            f"https://0x7f.1:{port}/": "not connected to",
            f"https://127.1:{port}/": "no such URL",
            f"https://[::ffff:127.0.0.1]:{port}/": "not connected to",
            f"http://127.0.0.1:{port}/": "https",
            "https://169.254.169.254/latest/meta-data": "metadata service",
            "https://[fe80::1]/": "link-local",
        }
        for number, server in enumerate(said):
            namespace = world.namespace(f"inward-{number}")
            solver = {"dns01": {"rfc2136": rfc2136(world)}}
            world.apply(update_key(world, namespace))
            world.apply(issuer(world, namespace, solver, server=server))
        for number, (server, words) in enumerate(said.items()):
            message = _not_ready(world, f"inward-{number}", "ErrRegisterACMEAccount")
            assert words in message, server
        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.mark.parametrize("status", [200, 403, 500])
def test_nothing_of_a_strange_answer_is_repeated(
    world: World, controller: Controller, authority: pki.Authority, status: int
) -> None:
    namespace = world.namespace(f"echo-{status}")
    bundle = base64.b64encode(authority.certificate.read_bytes()).decode()
    with _web_server(authority, status) as server:
        world.apply(issuer(world, namespace, server=f"https://{server}/dir", caBundle=bundle))
        message = _not_ready(world, namespace, "ErrRegisterACMEAccount")
    assert server in message
    told = world.kubectl("-n", namespace, "get", "issuers,events", "-o", "json")
    for text in (told, controller.process.log.read_text()):
        assert LEAK not in text
        assert LEAK.partition("=")[2] not in text


def _refused(world: World, name: str, namespace: str = "default") -> str:
    """What Ready says of a Secret that is not adopted; no request was made."""

    def verdict() -> Json:
        return condition(world.get("certificate", name, namespace) or {}, "Ready")

    ready = world.until(verdict, why=f"a verdict on {name}")
    assert (ready["status"], ready["reason"]) == ("False", "SecretNotAdopted")
    assert world.names("certificaterequests", f"{name}-", namespace) == []
    return str(ready["message"])


def _not_ready(world: World, namespace: str, reason: str) -> str:
    def message() -> str:
        ready = condition(world.get("issuer", "own", namespace) or {}, "Ready")
        held = ready.get("status") == "False" and ready["reason"] == reason
        return str(ready["message"]) if held else ""

    return world.until(message, why=f"the Issuer of {namespace} not ready: {reason}")


@contextmanager
def _web_server(authority: pki.Authority, status: int) -> Iterator[str]:
    """Host and port of an HTTPS server that is no ACME server."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status, LEAK)
            self.send_header("Content-Type", "text/html")
            self.send_header("Replay-Nonce", LEAK)
            self.end_headers()
            self.wfile.write(f"<html><title>{LEAK}</title>{LEAK}</html>".encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    pair = authority.issue("web-server", server=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pair.certificate, pair.key)
    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        serving.join()

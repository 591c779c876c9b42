"""What goes wrong on the way from the CA to an HTTP-01 answer: `why` names it in the first line."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import pytest

from devcluster import netns, pki, servers, zone
from devcluster.controller import Controller
from devcluster.process import free_port
from tests.routers.edge import Edge, gateway, silent
from tests.routers.issuing import INGRESS, controller_of, refuse_ingresses
from tests.system.causes import scene
from tests.system.causes.cause import Cause, check
from tests.system.causes.scene import by
from tests.system.manifests import issuer
from tests.system.world import Json, World, certificate

NAMESPACE = "causes-http01"
POLICED = "causes-policed"

WAYS = (
    Cause(
        name="no-class",
        slug="ingress-class-missing",
        words=('IngressClass "absent" does not exist',),
        who="you",
        stands="IngressClass .*absent.* does not exist",
    ),
    Cause(
        name="no-ingress",
        slug="ingress-missing",
        words=('Ingress "absent"', "does not exist"),
        who="you",
        stands="Ingress .*absent",
    ),
    Cause(
        name="no-gateway",
        slug="gateway-missing",
        words=("Gateway", "/absent", "does not exist"),
        who="you",
        stands="Gateway .*absent.* does not exist",
    ),
    Cause(
        name="not-admitted",
        slug="router-not-accepting",
        words=("not-admitted.example.com", "NotAllowedByListeners"),
        who="router",
        stands="NotAllowedByListeners",
    ),
    Cause(
        name="other-host",
        slug="router-not-accepting",
        words=("other-host.example.com", "NoMatchingListenerHostname"),
        who="router",
        stands="NoMatchingListenerHostname",
    ),
    Cause(
        name="no-address",
        slug="host-does-not-resolve",
        words=("no-address.example.com does not resolve",),
        who="dns",
        stands="neither an A nor an AAAA record",
    ),
    Cause(
        name="closed-port",
        slug="port-closed",
        words=("closed-port.example.com", "port 80", "closed"),
        who="router",
        stands="connection refused",
    ),
    Cause(
        name="silent-port",
        slug="selfcheck-unknown",
        words=("silent-port.example.com", "cannot be told"),
        who="nobody",
        stands="cannot be told from here",
    ),
    Cause(
        name="wrong-body",
        slug="wrong-body",
        words=("wrong-body.example.com", "something else"),
        who="router",
        stands="with something else",
    ),
    Cause(
        name="redirect-loop",
        slug="redirect-loop",
        words=("redirect-loop.example.com", "redirect"),
        who="router",
        stands="in a circle|more than",
    ),
    Cause(
        name="not-found",
        slug="wrong-status",
        words=("not-found.example.com", "404"),
        who="router",
        stands="answered 404",
    ),
    Cause(
        name="login",
        slug="wrong-status",
        words=("login.example.com", "401"),
        who="router",
        stands="answered 401",
    ),
    Cause(
        name="broken-tls",
        slug="tls-failed",
        words=("broken-tls.example.com", "TLS"),
        who="router",
        stands="TLS: ",
    ),
    Cause(
        name="ca-connects-not",
        slug="ca-connection",
        words=("could not connect to ca-connects-not.example.com",),
        who="router",
        stands="acme:error:connection",
    ),
    Cause(
        name="ca-sees-another",
        slug="ca-unauthorized",
        words=("ca-sees-another.example.com", "something else"),
        who="router",
        stands="acme:error:unauthorized",
    ),
)
REFUSED = Cause(
    name="refused",
    slug="webhook-refused",
    words=(f'ValidatingAdmissionPolicy "{POLICED}" refuses', "no such paths here"),
    who="admin",
    stands="no such paths here",
)

ADDRESSES: Final = {
    "closed-port": "10.99.0.11",
    "silent-port": "10.99.0.12",
    "wrong-body": "10.99.0.13",
    "redirect-loop": "10.99.0.14",
    "not-found": "10.99.0.15",
    "login": "10.99.0.16",
    "broken-tls": "10.99.0.17",
}
ANSWERS: Final = {"wrong-body": 200, "not-found": 404, "login": 401}


@pytest.fixture(scope="module", autouse=True)
def controller(edge: Edge) -> Iterator[Controller]:
    """The controller, with its responder behind the router."""
    with controller_of(edge) as running:
        yield running


@pytest.fixture(scope="module", autouse=True)
def standing(
    edge: Edge, controller: Controller, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """An issuer for each cause, and a Certificate by it."""
    assert controller.ready()
    world, folder = edge.world, tmp_path_factory.mktemp("causes")
    with ExitStack() as stack:
        for name, address in ADDRESSES.items():
            netns.add_address(address)
            zone.add(world.cluster.dns, "example.com", name, "A", address)
        zone.add(world.cluster.dns, "example.com", "no-address", "CNAME", "_gone.example.com.")
        stack.enter_context(silent(ADDRESSES["silent-port"], 80))
        for name, status in ANSWERS.items():
            stack.enter_context(_web_server(ADDRESSES[name], status))
        stack.enter_context(_web_server(ADDRESSES["redirect-loop"], 302))
        broken = ADDRESSES["broken-tls"]
        stack.enter_context(_web_server(broken, 302, to="https://broken-tls.example.com/"))
        stack.enter_context(_web_server(broken, 200, port=443))
        pebbles = stack.enter_context(_pebbles(world, folder))
        stack.enter_context(scene.namespace(world, NAMESPACE))
        world.apply(
            gateway("only-net", NAMESPACE, ONLY_NET),
            gateway("own-alone", "cert-manager", admits="Same"),
        )
        world.apply(*_issuers(world, pebbles))
        world.apply(
            *(certificate(one.name, namespace=NAMESPACE, issuer=by(one.name)) for one in WAYS)
        )
        yield
    world.kubectl("-n", "cert-manager", "delete", "gateway", "own-alone")
    for name in (*ADDRESSES, "no-address"):
        zone.remove(world.cluster.dns, "example.com", name)


ONLY_NET: Json = {"name": "http", "protocol": "HTTP", "port": 80, "hostname": "only.example.net"}


def _issuers(world: World, pebbles: dict[str, servers.Pebble]) -> Iterator[Json]:
    def gateway_of(name: str, **more: str) -> Json:
        return {"gatewayHTTPRoute": {"parentRefs": [{"name": name} | more]}}

    parts = {
        "no-class": {"ingress": {"ingressClassName": "absent"}},
        "no-ingress": {"ingress": {"name": "absent"}},
        "no-gateway": gateway_of("absent"),
        "not-admitted": gateway_of("own-alone", namespace="cert-manager"),
        "other-host": gateway_of("only-net"),
    }
    for name in (one.name for one in WAYS):
        pebble = pebbles.get(name, world.cluster.pebble)
        at = {"server": pebble.directory_url, "caBundle": pebble.ca_bundle()}
        yield issuer(world, NAMESPACE, {"http01": parts.get(name, INGRESS)}, name=name, **at)


@contextmanager
def _pebbles(world: World, folder: Path) -> Iterator[dict[str, servers.Pebble]]:
    """CAs that see another internet than the controller does."""
    authority = pki.Authority(folder)
    elsewhere = servers.start_dns(
        folder, name="elsewhere", address=ADDRESSES["wrong-body"], die_with_parent=True
    )

    def started(name: str, dns_server: str, http_port: int = 80) -> servers.Pebble:
        return servers.start_pebble(
            folder,
            authority,
            dns_server=dns_server,
            http_port=http_port,
            name=name,
            die_with_parent=True,
        )

    running = {
        "ca-connects-not": started("unconnected", world.cluster.dns.address, free_port()),
        "ca-sees-another": started("misled", elsewhere.address),
    }
    try:
        yield running
    finally:
        for process in (elsewhere.process, *(pebble.process for pebble in running.values())):
            process.stop()


@contextmanager
def _web_server(address: str, status: int, *, port: int = 80, to: str = "") -> Iterator[None]:
    """Answers every GET with that status; a redirect leads to `to`, or to itself."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            if status == 302:
                self.send_header("Location", to or self.path)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<h1>Hello</h1>")

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Nothing on stderr."""

    class Server(ThreadingHTTPServer):
        daemon_threads = False

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Whoever goes away early is no fault here."""

    server = Server((address, port), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("cause", WAYS, ids=lambda cause: cause.name)
def test_the_first_line_names_it(edge: Edge, cause: Cause) -> None:
    check(edge.world, cause, NAMESPACE)


def test_a_refused_route_is_told_in_the_words_of_who_refuses(edge: Edge) -> None:
    world = edge.world
    refuse_ingresses(world, POLICED, "false", "'no such paths here'")
    world.apply(issuer(world, POLICED, {"http01": INGRESS}))
    world.apply(certificate(REFUSED.name, namespace=POLICED, issuer=by("own")))
    try:
        check(world, REFUSED, POLICED)
    finally:
        policies = "validatingadmissionpolicybindings,validatingadmissionpolicies"
        world.kubectl("delete", policies, POLICED)
        scene.clear(world, POLICED)

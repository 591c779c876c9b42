"""A devcluster behind a router: a web server of the test, and requests as the CA makes them."""

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import dns.message
import dns.query
import dns.rdatatype

from devcluster.netns import RESPONDER
from devcluster.traefik import Traefik
from tests.system.world import Json, World

PATIENCE = 3.0


@dataclass(frozen=True, slots=True)
class Edge:
    """The cluster as `world`, and the router in front of it."""

    world: World
    traefik: Traefik

    def resolve(self, name: str) -> str:
        """The address that the devcluster's DNS has for a name."""
        host, _, port = self.world.cluster.dns.address.rpartition(":")
        question = dns.message.make_query(name, "A")
        answer = dns.query.udp(question, host, port=int(port), timeout=PATIENCE)
        found = [
            str(data)
            for rrset in answer.answer
            if rrset.rdtype == dns.rdatatype.A
            for data in rrset
        ]
        return found[0]

    def fetch(self, host: str, path: str) -> tuple[int, str]:
        """GET as an HTTP-01 validation does it: port 80 of the host, a name or an IPv4 address."""
        address = host if host.replace(".", "").isdigit() else self.resolve(host)
        connection = http.client.HTTPConnection(address, 80, timeout=PATIENCE)
        try:
            connection.request("GET", path, headers={"Host": host, "Connection": "close"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def seconds_until(self, status: int, host: str, path: str, timeout: float = 10.0) -> float:
        """Fetch until it is answered with that status; how long that took."""
        began = time.monotonic()
        while True:
            seen, body = self.fetch(host, path)
            waited = time.monotonic() - began
            if seen == status:
                return waited
            assert waited < timeout, (
                f"{host}{path}: {seen} {body}\n{self.traefik.process.log_end()}"
            )
            time.sleep(0.01)


@dataclass(frozen=True, slots=True)
class Responder:
    """A web server that answers every GET with `body`; `seen` has host and path of each."""

    address: str
    port: int
    body: str
    seen: list[tuple[str, str]] = field(default_factory=list)


@contextmanager
def responder(body: str = "proof", address: str = RESPONDER) -> Iterator[Responder]:
    """A web server on a free port of that address."""
    seen: list[tuple[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append((self.headers["Host"], self.path))
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Nothing on stderr."""

    server = ThreadingHTTPServer((address, 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield Responder(address, server.server_port, body, seen)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def silent(address: str, port: int = 0) -> Iterator[int]:
    """That port of the address, or a free one, neither accepts nor refuses, as behind a firewall.

    Its queue is full, so the kernel drops what comes.
    """
    with socket.create_server((address, port), backlog=0) as listening:
        port = int(listening.getsockname()[1])
        first = socket.create_connection((address, port), timeout=PATIENCE)
        try:
            yield port
        finally:
            first.close()


def service(name: str, namespace: str, responder: Responder) -> list[Json]:
    """A Service without selector, port 80, and the EndpointSlice that leads it to the responder."""
    metadata = {"name": name, "namespace": namespace}
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": {"ports": [{"name": "http", "port": 80, "targetPort": responder.port}]},
        },
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": metadata | {"labels": {"kubernetes.io/service-name": name}},
            "addressType": "IPv4",
            "endpoints": [{"addresses": [responder.address], "conditions": {"ready": True}}],
            "ports": [{"name": "http", "port": responder.port, "protocol": "TCP"}],
        },
    ]


def ingress(
    name: str, namespace: str, host: str, path: str, *, to: str = "", ingress_class: str = "traefik"
) -> Json:
    """An Ingress for exactly that path of the host ("" is any) to port 80 of Service `to`."""
    backend = {"service": {"name": to or name, "port": {"number": 80}}}
    rule: Json = {"http": {"paths": [{"path": path, "pathType": "Exact", "backend": backend}]}}
    if host:
        rule["host"] = host
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"ingressClassName": ingress_class, "rules": [rule]},
    }


def gateway(name: str, namespace: str, *listeners: Json, admits: str = "All") -> Json:
    """A Gateway of class `traefik`; its listener is HTTP on port 80, unless others are given."""
    routes = {"namespaces": {"from": admits}}
    usual: Json = {"name": "http", "protocol": "HTTP", "port": 80, "allowedRoutes": routes}
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"gatewayClassName": "traefik", "listeners": list(listeners) or [usual]},
    }


def route(name: str, namespace: str, host: str, path: str, *, parent: Json, backend: Json) -> Json:
    """An HTTPRoute for exactly that path of the host ("" is any)."""
    match = {"path": {"type": "Exact", "value": path}}
    spec: Json = {
        "parentRefs": [parent],
        "rules": [{"matches": [match], "backendRefs": [backend]}],
    }
    if host:
        spec["hostnames"] = [host]
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }


def grant(name: str, namespace: str, *, routes_of: str, to: str) -> Json:
    """A ReferenceGrant: HTTPRoutes of that namespace may name Service `to` of this one."""
    group = "gateway.networking.k8s.io"
    return {
        "apiVersion": f"{group}/v1",
        "kind": "ReferenceGrant",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "from": [{"group": group, "kind": "HTTPRoute", "namespace": routes_of}],
            "to": [{"group": "", "kind": "Service", "name": to}],
        },
    }

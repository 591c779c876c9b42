"""The client of the webhook's benchmark: Order updates by TLS, over many connections at once.

`python -m tests.bench.webhookclient PORT CA SECONDS` prints what it measured as JSON.
"""

import json
import os
import select
import socket
import ssl
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec

from tests.webhook.rules import build

Row = dict[str, Any]

ADDRESS: Final = "127.0.0.1"
NAME: Final = "order-webhook.cert-manager.svc"
WARM_UP: Final = 1.0
UPDATES: Final = 1000
DENIED_EVERY: Final = 10
SIZE: Final = 4096
CONNECTIONS: Final = 32


@dataclass(frozen=True, slots=True)
class Update:
    """What is sent, and the verdict that has to come back."""

    raw: bytes
    verdict: bytes


def order(index: int) -> dict[str, Any]:
    """An Order of 4 kB, as the API server sends it."""
    names = [f"{number}.{index}.example.com" for number in range(8)]
    made = build.order()
    made["metadata"] |= {
        "name": f"web-{index}",
        "resourceVersion": str(index),
        "generation": 1,
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "annotations": {"cert-manager.io/certificate-name": "web"},
        "managedFields": [{"manager": "order-controller", "fieldsV1": {"f:spec": {"f:a": {}}}}],
    }
    made["spec"] |= {"dnsNames": names}
    made["status"] = {
        "state": "pending",
        "url": f"https://acme.example/order/{index}",
        "finalizeURL": f"https://acme.example/order/{index}/finalize",
        "authorizations": [_authorization(name) for name in names],
        "reason": "",
    }
    # What is missing to 4 kB.
    made["status"]["reason"] = "." * (SIZE - len(msgspec.json.encode(made)))
    return made


def _authorization(name: str) -> dict[str, Any]:
    url = f"https://acme.example/authorization/{name}"
    offered = {"type": "dns-01", "url": f"{url}/dns-01", "token": "t" * 43}
    return {"url": url, "identifier": name, "wildcard": False, "challenges": [offered]}


def updates() -> list[Update]:
    """Distinct updates by a tenant: of a tenth the spec is changed, of the others annotations."""
    made = []
    for index in range(UPDATES):
        old, denied = order(index), index % DENIED_EVERY == 0
        note = {"note": "ordinary", **old["metadata"]["annotations"]}
        path, value = ("spec.issuerRef.name", "own") if denied else ("metadata.annotations", note)
        new = build.changed(old, path, value)
        verdict = b'"allowed":false' if denied else b'"allowed":true'
        made.append(Update(_raw(_review(index, old, new)), verdict))
    return made


def _review(index: int, old: dict[str, Any], new: dict[str, Any]) -> bytes:
    kind = {"group": "acme.cert-manager.io", "version": "v1"}
    request = {
        "uid": f"{index:08}-0000-4000-8000-000000000000",
        "kind": {**kind, "kind": "Order"},
        "resource": {**kind, "resource": "orders"},
        "requestKind": {**kind, "kind": "Order"},
        "requestResource": {**kind, "resource": "orders"},
        "name": old["metadata"]["name"],
        "namespace": build.NAMESPACE,
        "operation": "UPDATE",
        "userInfo": {"username": "tenant", "uid": "2", "groups": ["system:authenticated"]},
        "object": new,
        "oldObject": old,
        "dryRun": False,
        "options": {"kind": "UpdateOptions", "apiVersion": "meta.k8s.io/v1"},
    }
    head = {"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1"}
    return msgspec.json.encode({**head, "request": request})


def _raw(body: bytes) -> bytes:
    lines = (
        "POST /validate?timeout=5s HTTP/1.1",
        "Host: order-webhook.cert-manager.svc:443",
        "User-Agent: kube-apiserver-admission",
        f"Content-Length: {len(body)}",
        "Accept: application/json, */*",
        "Content-Type: application/json",
        "Accept-Encoding: gzip",
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


@dataclass(slots=True)
class _Connection:
    """One connection, that asks and waits in turn. Sockets and no event loop: the client must not
    be what is measured."""

    socket: ssl.SSLSocket
    next: int
    asked: Update = field(init=False)
    sent: float = 0.0
    received: bytes = b""

    def ask(self, work: Sequence[Update]) -> None:
        self.asked = work[self.next % len(work)]
        self.next += 1
        self.received = b""
        self.sent = time.perf_counter()
        left = memoryview(self.asked.raw)
        while left:
            try:
                left = left[self.socket.send(left) :]
            except ssl.SSLWantWriteError:
                select.select((), (self.socket,), ())

    def heard(self) -> bool:
        """Whether the whole answer has come."""
        try:
            part = self.socket.recv(65536)
        except ssl.SSLWantReadError:
            return False
        if not part:
            raise ConnectionError("the server closed the connection")
        self.received += part
        head, end, body = self.received.partition(b"\r\n\r\n")
        return bool(end) and len(body) >= int(head.partition(b"content-length: ")[2].split()[0])

    def right(self) -> bool:
        """Whether it is the answer that had to come."""
        return self.received[9:12] == b"200" and self.asked.verdict in self.received


def load(port: int, ca: str, seconds: float) -> Row:
    """As many requests as go over all connections, for `seconds` after a warm-up."""
    work, context = updates(), ssl.create_default_context(cadata=ca)
    connections = [_connect(port, context, number * 31) for number in range(CONNECTIONS)]
    polled, by_fd = select.epoll(), {each.socket.fileno(): each for each in connections}
    for fd in by_fd:
        polled.register(fd, select.EPOLLIN)
    began = time.perf_counter() + WARM_UP
    until, spans, wrong = began + seconds, list[float](), 0
    for each in connections:
        each.ask(work)
    while (now := time.perf_counter()) < until:
        for fd, _ in polled.poll(1.0):
            connection = by_fd[fd]
            if connection.heard():
                if now > began:
                    spans.append(time.perf_counter() - connection.sent)
                    wrong += not connection.right()
                connection.ask(work)
    spans.sort()
    return {
        "wanted": len(spans),
        "ready": len(spans) - wrong,
        "seconds": seconds,
        "per s": len(spans) / seconds,
        "p50 ms": statistics.median(spans) * 1000,
        "p99 ms": spans[round((len(spans) - 1) * 0.99)] * 1000,
        "max ms": spans[-1] * 1000,
    }


def _connect(port: int, context: ssl.SSLContext, first: int) -> _Connection:
    plain = socket.create_connection((ADDRESS, port))
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    secured = context.wrap_socket(plain, server_hostname=NAME)
    secured.setblocking(False)
    return _Connection(secured, first)


def main(port: str, ca: str, seconds: str) -> None:
    """Measure on the last core, and print it."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    sys.stdout.write(json.dumps(load(int(port), Path(ca).read_text(), float(seconds))))


if __name__ == "__main__":
    main(*sys.argv[1:])

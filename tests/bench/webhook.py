"""What the webhook's endpoint holds: Order updates of 4 kB over TLS, a tenth of them denied.

Server and client are processes of their own, each on one core. What is measured is
`python -m tests.bench webhook`, or `python -m tests.bench.webhook` for several runs.
"""

import asyncio
import json
import os
import select
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec
import trustme

from tests.bench.measure import cpu_seconds, memory
from tests.webhook.rules import build

Row = dict[str, Any]

UPDATES: Final = 1000
DENIED_EVERY: Final = 10
SIZE: Final = 4096
CONNECTIONS: Final = 32
SECONDS: Final = 8.0
WARM_UP: Final = 1.0
RUNS: Final = 3
ADDRESS: Final = "127.0.0.1"
NAME: Final = "order-webhook.cert-manager.svc"
KUBECONFIG: Final = json.dumps(
    {
        "current-context": "none",
        "contexts": [{"name": "none", "context": {"cluster": "none", "user": "none"}}],
        "clusters": [{"name": "none", "cluster": {"server": "https://127.0.0.1:9"}}],
        "users": [{"name": "none", "user": {"token": "none"}}],
    }
)
"""There is no API server: these updates are judged without asking."""


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


async def webhook() -> Row:
    """Webhook: 1,000 Order updates of 4 kB, a tenth denied, by TLS over 32 connections, one core"""
    return await asyncio.to_thread(_best)


def _best() -> Row:
    """Of several runs: what else runs on the machine takes from each."""
    return max((_measured() for _ in range(RUNS)), key=lambda row: float(row["per s"]))


def _measured() -> Row:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        ca = _certificates(folder)
        with _serving(folder) as (pid, port):
            before = cpu_seconds(pid)
            asked = [sys.executable, "-m", "tests.bench.webhook", str(port), str(ca)]
            row: Row = json.loads(subprocess.check_output(asked))
            used = cpu_seconds(pid) - before
            answered = row["wanted"] * (SECONDS + WARM_UP) / SECONDS
            return row | {"cpu us": used * 1e6 / answered, "rss MB": memory(pid, peak=True)}


def _certificates(folder: Path) -> Path:
    ca = trustme.CA()
    leaf = ca.issue_cert(NAME, key_type=trustme.KeyType.ECDSA)
    leaf.cert_chain_pems[0].write_to_path(folder / "tls.crt")
    leaf.private_key_pem.write_to_path(folder / "tls.key")
    ca.cert_pem.write_to_path(folder / "ca.crt")
    return folder / "ca.crt"


@contextmanager
def _serving(folder: Path) -> Iterator[tuple[int, int]]:
    """The webhook, as it is deployed, on the first core; gives pid and port."""
    (folder / "kubeconfig").write_text(KUBECONFIG)
    flags = {
        "kubeconfig": folder / "kubeconfig",
        "listen-address": f"{ADDRESS}:0",
        "metrics-listen-address": f"{ADDRESS}:0",
        "tls-cert-file": folder / "tls.crt",
        "tls-private-key-file": folder / "tls.key",
        "shutdown-grace": "0s",
    }
    with (folder / "log").open("w+") as log:
        server = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "webhook",
                *(f"--{name}={value}" for name, value in flags.items()),
            ],
            stderr=log,
        )
        os.sched_setaffinity(server.pid, {_cores()[0]})
        try:
            yield server.pid, _port(folder / "log")
        finally:
            server.terminate()
            server.wait()


def _port(log: Path) -> int:
    """Where it listens, once its certificate is loaded."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        addresses = [line["address"] for line in lines if line["message"] == "serving"]
        if addresses and any("good until" in line["message"] for line in lines):
            return int(addresses[0].rpartition(":")[2])
        time.sleep(0.05)
    raise TimeoutError(log.read_text())


def _cores() -> list[int]:
    return sorted(os.sched_getaffinity(0))


def main(arguments: list[str]) -> int:
    """The client, or (without arguments) the whole; 0 when every answer was right."""
    match arguments:
        case [port, ca]:
            os.sched_setaffinity(0, {_cores()[-1]})
            sys.stdout.write(json.dumps(load(int(port), Path(ca).read_text(), SECONDS)))
            return 0
    rows = [_measured() for _ in range(RUNS)]
    sys.stdout.write(json.dumps(rows, indent=1) + "\n")
    return 0 if all(row["ready"] == row["wanted"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

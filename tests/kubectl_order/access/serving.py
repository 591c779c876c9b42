"""API servers and proxies of our own on loopback, which do what a test says."""

import json
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Handler = BaseHTTPRequestHandler
Answer = Callable[[Handler], None]


@dataclass(frozen=True)
class Seen:
    """A request as it came."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes

    def all(self, name: str) -> list[str]:
        """The values of a header field."""
        return [value for key, value in self.headers if key.lower() == name.lower()]


@dataclass
class Server:
    """A running server."""

    url: str
    seen: list[Seen] = field(default_factory=list)
    peers: list[tuple[str, int]] = field(default_factory=list)
    """One for each connection that a request came over."""

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.url.rpartition(":")[2])


def says(
    content: Any, code: int = 200, *, kind: str = "application/json", **headers: str
) -> Answer:
    """Answers with this: bytes, or something to be made JSON of."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()

    def answer(handler: Handler) -> None:
        handler.send_response_only(code)
        fields: Mapping[str, str] = {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        for name, value in fields.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def status(code: int, reason: str, message: str) -> Answer:
    """Answers with a Kubernetes Status."""
    content = {"kind": "Status", "code": code, "reason": reason, "message": message}
    return says(content, code)


def streams(*pieces: bytes, then: Callable[[], object] = lambda: None) -> Answer:
    """Answers with these chunks, and when `then` returns with the end of the stream."""

    def answer(handler: Handler) -> None:
        handler.send_response_only(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for piece in pieces:
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        then()
        with suppress(OSError):
            handler.wfile.write(b"0\r\n\r\n")

    return answer


@contextmanager
def serving(*answers: Answer, context: ssl.SSLContext | None = None) -> Iterator[Server]:
    """A server that gives these answers in turn, and the last one for ever."""
    left = list(answers)
    lock = threading.Lock()

    class Scripted(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with lock:
                server.seen.append(Seen(self.command, self.path, self.headers.items(), body))
                if self.client_address not in server.peers:
                    server.peers.append(self.client_address)
                next_ = left.pop(0) if len(left) > 1 else left[0]
            next_(self)

        do_GET = do_PATCH = answer  # noqa: N815

        def log_message(self, *arguments: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = False

        def finish_request(self, request: Any, client_address: Any) -> None:
            with suppress(OSError, ValueError):
                if context is None:
                    super().finish_request(request, client_address)
                    return
                with context.wrap_socket(request, server_side=True) as secured:
                    super().finish_request(secured, client_address)

    with Quiet(("127.0.0.1", 0), Scripted) as running:
        scheme = "https" if context else "http"
        server = Server(f"{scheme}://127.0.0.1:{running.server_address[1]}")
        with _thread(lambda: running.serve_forever(poll_interval=0.01)):
            try:
                yield server
            finally:
                running.shutdown()


@dataclass
class Proxy:
    """A running proxy."""

    address: str
    heads: list[bytes] = field(default_factory=list)
    """What each client said first."""


@contextmanager
def proxying(refusal: bytes = b"", *, context: ssl.SSLContext | None = None) -> Iterator[Proxy]:
    """A proxy that only does CONNECT, or answers everything with `refusal`."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        proxy = Proxy(f"127.0.0.1:{listening.getsockname()[1]}")
        workers: list[threading.Thread] = []

        def one(client: socket.socket) -> None:
            with suppress(OSError):
                if context is not None:
                    client = context.wrap_socket(client, server_side=True)
                with client:
                    _forward(client, proxy, refusal)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    worker = threading.Thread(target=one, args=[listening.accept()[0]])
                    worker.start()
                    workers.append(worker)

        with _thread(accept):
            try:
                yield proxy
            finally:
                listening.shutdown(socket.SHUT_RDWR)
        for worker in workers:
            worker.join(10)


def _forward(client: socket.socket, proxy: Proxy, refusal: bytes) -> None:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        piece = client.recv(1)
        if not piece:
            return
        head += piece
    proxy.heads.append(head)
    if refusal:
        client.sendall(refusal)
        return
    host, _, port = head.split()[1].decode().rpartition(":")
    with socket.create_connection((host, int(port))) as server:
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        while True:
            pending = isinstance(client, ssl.SSLSocket) and client.pending()
            ready = [client] if pending else select.select([client, server], [], [])[0]
            for source in ready:
                data = source.recv(65_536)
                if not data:
                    return
                (server if source is client else client).sendall(data)


@contextmanager
def accepting(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that has one conversation on each connection; its `host:port`."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listening.accept()
                    with client:
                        talk(client)

        with _thread(accept):
            try:
                yield f"127.0.0.1:{listening.getsockname()[1]}"
            finally:
                listening.shutdown(socket.SHUT_RDWR)


@contextmanager
def _thread(run: Callable[[], None]) -> Iterator[None]:
    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        thread.join(10)


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])

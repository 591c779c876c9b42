"""An unfriendly CA: a front before Pebble that answers as bad CAs do, for names that a test chose.

It forwards each request with its Host, so that Pebble builds URLs that lead through the front and
accepts signatures over them. What it does to a request depends on whom that is about: a name of the
order, or the contact of the account. So one front, and one account, serve any number of faults at
the same time. It checks no signature: Pebble does.
"""

import base64
import http.client
import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import urlsplit

from devcluster.pki import Authority
from devcluster.servers import Pebble

URN = "urn:ietf:params:acme:error:"
HOSTILE = (
    "no \x1b[2J\x1b[31mcertificate\x1b[0m \x1b]0;owned\x07 \u202egnp.exe\u202c \u200b"
    "[bold red]for you[/] [link=https://evil.example]here[/link]\r\nfine"
)
"""What a CA says that wants to write to an admin's terminal."""

Json = dict[str, Any]
Step = Literal["account", "new-order", "order", "authorization", "challenge", "finalize", "cert"]
STEPS: Mapping[str, Step] = {
    "sign-me-up": "account",
    "order-plz": "new-order",
    "my-order": "order",
    "authZ": "authorization",
    "chalZ": "challenge",
    "finalize-order": "finalize",
    "certZ": "cert",
}
"""The first part of Pebble's paths."""
KEPT = ("Content-Type", "Location", "Replay-Nonce", "Link", "Retry-After")


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back to the client."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Fault = Callable[[Callable[[], Reply]], Reply | None]
"""Given how to forward the request, the reply; None hangs up."""


class Unfriendly:
    """A running front; `directory_url` and `ca_bundle` are what an issuer is given."""

    def __init__(self, pebble: Pebble, ca_bundle: str) -> None:
        self.ca_bundle = ca_bundle
        self.directory_url = ""
        self._upstream = urlsplit(pebble.directory_url).netloc
        self._tls = ssl.create_default_context(cafile=str(pebble.ca))
        self._lock = threading.Lock()
        self._faults: dict[tuple[str, str], Fault] = {}
        self._subjects: dict[str, str] = {}
        self._accepted: set[str] = set()
        self._failing: dict[str, Json] = {}

    def refuse(
        self,
        subject: str,
        step: Step,
        status: int,
        kind: str,
        detail: str,
        *,
        retry_after: str = "",
        **members: object,
    ) -> None:
        """Answer that step for that name or contact with this problem document, always."""
        document = problem(kind, detail, **members) | {"status": status}
        headers = {"Content-Type": "application/problem+json"}
        if retry_after:
            headers["Retry-After"] = retry_after
        reply = Reply(status, headers, json.dumps(document).encode())
        self._set(subject, step, lambda _: reply)

    def rewrite(self, subject: str, step: Step, **members: object) -> None:
        """Change these members of what Pebble answers to that step."""
        self._set(subject, step, lambda forward: _changed(forward(), members))

    def expire(self, subject: str, after: timedelta) -> None:
        """Have orders for that name end so long after the first of them was asked for."""
        ends: list[str] = []

        def fault(forward: Callable[[], Reply]) -> Reply:
            if not ends:
                ends.append(f"{datetime.now(UTC) + after:%Y-%m-%dT%H:%M:%SZ}")
            return _changed(forward(), {"expires": ends[0]})

        self._set(subject, "new-order", fault)
        self._set(subject, "order", fault)

    def hang_up(self, subject: str, step: Step) -> None:
        """Close the connection without an answer."""
        self._set(subject, step, lambda _: None)

    def fail_validation(self, subject: str, kind: str, detail: str) -> None:
        """Find nothing at the name: once a challenge is to be validated, it is invalid for this."""
        with self._lock:
            self._failing[subject] = problem(kind, detail)

    def mend(self, subject: str) -> None:
        """Do nothing any more about that name or contact."""
        with self._lock:
            self._failing.pop(subject, None)
            for key in [key for key in self._faults if key[0] == subject]:
                del self._faults[key]

    def answer(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> Reply | None:
        """The reply to one request; None: hang up."""
        step = STEPS.get(path.split("/")[1], "")
        subject = self._subject(path, body)
        with self._lock:
            fault = self._faults.get((subject, step))

        def forward() -> Reply:
            reply = self._forward(method, path, headers, body)
            self._learn(subject, path, reply)
            return self._judged(subject, step, body, reply)

        return fault(forward) if fault is not None else forward()

    def _set(self, subject: str, step: Step, fault: Fault) -> None:
        with self._lock:
            self._faults[subject, step] = fault

    def _subject(self, path: str, body: bytes) -> str:
        """Whom the request is about: known by its URL, or told in its payload."""
        with self._lock:
            known = self._subjects.get(path, "")
        payload = _payload(body)
        if known or not isinstance(payload, dict):
            return known
        named = [str(each["value"]) for each in payload.get("identifiers", [])]
        contacts = [str(each).removeprefix("mailto:") for each in payload.get("contact") or []]
        return next(iter(named + contacts), "")

    def _learn(self, subject: str, path: str, reply: Reply) -> None:
        """Remember that the URLs in the reply are about the same name."""
        document = _document(reply)
        if not subject or document is None or reply.status >= 400:
            return
        urls = [*document.get("authorizations", []), document.get("finalize", "")]
        urls += [each["url"] for each in document.get("challenges", []) if "url" in each]
        urls += [document.get("certificate", ""), reply.headers.get("Location", "")]
        with self._lock:
            for url in filter(None, urls):
                self._subjects[urlsplit(url).path] = subject

    def _judged(self, subject: str, step: str, body: bytes, reply: Reply) -> Reply:
        """The reply, with a validation that failed where one is to fail."""
        with self._lock:
            error = self._failing.get(subject)
            if step == "challenge" and _payload(body) == {}:
                self._accepted.add(subject)
            failed = error is not None and subject in self._accepted
        document = _document(reply)
        if not failed or document is None or reply.status >= 400:
            return reply
        match step:
            case "authorization":
                tried = [
                    each | {"status": "invalid", "error": error}
                    for each in document["challenges"]
                    if each["status"] != "pending" or each["type"] == "dns-01"
                ]
                return _changed(reply, {"status": "invalid", "challenges": tried})
            case "order":
                return _changed(reply, {"status": "invalid"})
        return reply

    def _forward(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        connection = http.client.HTTPSConnection(self._upstream, context=self._tls, timeout=30)
        try:
            connection.request(method, path, body or None, dict(headers))
            answer = connection.getresponse()
            kept = {name: value for name in KEPT if (value := answer.getheader(name)) is not None}
            return Reply(answer.status, kept, answer.read())
        finally:
            connection.close()


def problem(kind: str, detail: str, **members: object) -> Json:
    """A problem document (RFC 7807) of that ACME type."""
    return {"type": URN + kind, "detail": detail} | members


@contextmanager
def running(pebble: Pebble, authority: Authority) -> Iterator[Unfriendly]:
    """A front on a free port of loopback before that Pebble, with a certificate of that CA."""
    front = Unfriendly(pebble, base64.b64encode(authority.certificate.read_bytes()).decode())
    pair = authority.issue("unfriendly", server=True)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            names = ("Host", "Content-Type", "User-Agent", "Accept")
            headers = {name: value for name in names if (value := self.headers.get(name))}
            reply = front.answer(self.command, self.path, headers, self.rfile.read(length))
            if reply is None:
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        do_GET = do_HEAD = do_POST  # noqa: N815 - the names that http.server calls

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Nothing on stderr."""

    server = _Server(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    front.directory_url = f"https://127.0.0.1:{server.server_port}/dir"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield front
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error of the front's."""


def _changed(reply: Reply, members: Mapping[str, object]) -> Reply:
    document = _document(reply)
    if document is None or reply.status >= 400:
        return reply
    return Reply(reply.status, reply.headers, json.dumps(document | dict(members)).encode())


def _document(reply: Reply) -> Json | None:
    if not reply.headers.get("Content-Type", "").startswith("application/json"):
        return None
    found = json.loads(reply.body or b"null")
    return found if isinstance(found, dict) else None


def _payload(body: bytes) -> object:
    """What a JWS signs; None for POST-as-GET and for what is no JWS."""
    if not body.startswith(b"{"):
        return None
    text = str(json.loads(body)["payload"])
    decoded = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return json.loads(decoded) if decoded else None

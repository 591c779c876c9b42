"""The whole process: what it serves where, how it starts and ends."""

import http.client
import json
import queue
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.webhook.asgi import admission, encoded, giving, review, told
from tests.webhook.rules import build
from webhook.review import LONGEST_BODY
from webhook.routes import Front
from webhook.verdict import ALLOWED

NAME = "order-webhook.cert-manager.svc"
KUBECONFIG = """
apiVersion: v1
kind: Config
current-context: a
clusters: [{name: a, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: a, user: {token: a}}]
contexts: [{name: a, context: {cluster: a, user: a}}]
"""
ORDERS = review()["request"]["resource"]


class Process:
    """A running webhook, and what it logs."""

    def __init__(self, running: "subprocess.Popen[str]", ca: trustme.CA) -> None:
        self.running = running
        self.trusting = ssl.create_default_context()
        ca.configure_trust(self.trusting)
        self._lines: queue.Queue[dict[str, Any]] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self.metrics_address = self.line("serving metrics")["address"]
        self.address = self.line("serving")["address"]

    def _read(self) -> None:
        assert self.running.stderr is not None
        for line in self.running.stderr:
            self._lines.put(json.loads(line))

    def line(self, message: str) -> dict[str, Any]:
        """The next line of this message."""
        while True:
            line = self._lines.get(timeout=20)
            if line["message"] == message:
                return line

    @contextmanager
    def connect(self) -> Iterator[http.client.HTTPSConnection]:
        """A connection as an API server's."""
        port = int(self.address.rpartition(":")[2])
        connection = http.client.HTTPSConnection(NAME, context=self.trusting)
        with (
            socket.create_connection(("127.0.0.1", port), 10) as plain,
            self.trusting.wrap_socket(plain, server_hostname=NAME) as connection.sock,
            closing(connection),
        ):
            yield connection

    def validate(
        self, body: bytes, method: str = "POST", path: str = "/validate"
    ) -> tuple[int, Any]:
        """Status and answer to one request by a connection of its own."""
        with self.connect() as connection:
            return validate(connection, body, method, path)[:2]

    def probe(self, path: str) -> tuple[int, str]:
        """Status and text of a probe."""
        port = int(self.metrics_address.rpartition(":")[2])
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def wait_ready(self) -> None:
        """Until it is ready."""
        until = time.monotonic() + 20
        while self.probe("/readyz")[0] != 200:
            assert time.monotonic() < until, self.probe("/readyz")
            time.sleep(0.1)


def validate(
    connection: http.client.HTTPSConnection,
    body: bytes,
    method: str = "POST",
    path: str = "/validate",
) -> tuple[int, Any, http.client.HTTPResponse]:
    """Status, JSON (where it is that) and the answer to one request."""
    headers = {"Content-Type": "application/json"}
    connection.request(method, f"{path}?timeout=5s", body, headers)
    answer = connection.getresponse()
    text = answer.read()
    is_json = answer.headers["content-type"] == "application/json"
    return answer.status, json.loads(text)["response"] if is_json else text.decode(), answer


@contextmanager
def started(folder: Path, *flags: str, ca: trustme.CA | None = None) -> Iterator[Process]:
    """A webhook that serves a certificate from files."""
    ca = ca or trustme.CA()
    leaf = ca.issue_cert(NAME)
    leaf.cert_chain_pems[0].write_to_path(folder / "tls.crt")
    leaf.private_key_pem.write_to_path(folder / "tls.key")
    ca.cert_pem.write_to_path(folder / "ca.crt")
    files = [
        f"--tls-cert-file={folder}/tls.crt",
        f"--tls-private-key-file={folder}/tls.key",
        f"--tls-ca-file={folder}/ca.crt",
    ]
    running = _run(folder, *files, *flags)
    try:
        yield Process(running, ca)
    finally:
        running.kill()
        running.wait()
        assert running.stderr is not None
        running.stderr.close()


def _run(folder: Path, *flags: str) -> "subprocess.Popen[str]":
    (folder / "kubeconfig").write_text(KUBECONFIG)
    listening = ["--listen-address=127.0.0.1:0", "--metrics-listen-address=127.0.0.1:0"]
    arguments = [f"--kubeconfig={folder}/kubeconfig", *listening, *flags]
    return subprocess.Popen(
        [sys.executable, "-m", "webhook", *arguments], stderr=subprocess.PIPE, text=True
    )


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """One for the tests that leave it as it is."""
    with started(tmp_path_factory.mktemp("webhook")) as process:
        process.wait_ready()
        yield process


def _update(old: dict[str, Any], new: dict[str, Any]) -> bytes:
    return encoded(review(object=new, oldObject=old))


def test_it_judges_by_the_rules(process: Process) -> None:
    """Several requests by one connection."""
    order = build.order()
    noted = build.changed(order, "metadata.annotations", {"a": "b"})
    bent = build.changed(order, "spec.issuerRef.name", "mine")
    with process.connect() as connection:
        status, response, _ = validate(connection, _update(order, noted))
        assert (status, response["allowed"]) == (200, True)
        status, response, _ = validate(connection, _update(order, bent))
        assert (status, response["allowed"]) == (200, False)
    assert "spec.issuerRef.name: " in response["status"]["message"]
    assert process.line("denied")["fields"] == ["spec.issuerRef.name"]


def test_an_api_server_that_does_not_answer_approves_nothing(process: Process) -> None:
    """A rule that has to ask denies, and says that a retry may help."""
    made = review(
        operation="CREATE",
        object=build.order(),
        oldObject=None,
        userInfo={"username": build.CONTROLLER.username},
    )
    _, response = process.validate(encoded(made))
    assert response["allowed"] is False
    assert response["status"]["code"] == 503


def test_other_methods_and_paths(process: Process) -> None:
    """They reach no rule."""
    for method in ("GET", "HEAD", "PUT", "DELETE", "OPTIONS"):
        assert process.validate(b"", method)[0] == 405
    for path in ("/", "/mutate", "/validate/", "/metrics", "/livez", "/validate/../validate"):
        assert process.validate(b"{}", "POST", path)[0] == 404


def test_bad_input_leaves_it_alive(process: Process) -> None:
    """4xx, and the next one is judged."""
    for body in (b"", b"{", b"\xff" * 100, b"[" * 1_000_000):
        status, text = process.validate(body)
        assert status == 400
        assert "Traceback" not in text
    assert process.validate(b" " * (LONGEST_BODY + 1))[0] == 413
    assert process.probe("/livez") == (200, "ok\n")


def test_numbers_are_told(process: Process) -> None:
    """In Prometheus' text form."""
    process.validate(b"{")
    status, page = process.probe("/metrics")
    assert status == 200
    assert 'verdict="malformed"' in page
    assert "order_webhook_serving_certificate_days_left " in page
    assert "order_webhook_serving_certificate_days_left NaN" not in page
    assert "process_resident_memory_bytes" in page


def test_it_ends_in_peace(tmp_path: Path) -> None:
    """Unready first; answers through the grace, and asks clients to leave; then ends with 0."""
    with started(tmp_path, "--shutdown-grace=2s") as process:
        process.wait_ready()
        with process.connect() as connection:
            assert validate(connection, encoded(review()))[2].headers["connection"] is None
            process.running.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            assert process.probe("/readyz") == (503, "this process was told to end\n")
            assert process.probe("/livez")[0] == 200
            status, _, answer = validate(connection, encoded(review()))
        assert status == 200
        assert answer.headers["connection"] == "close"
        assert process.running.wait(15) == 0


def test_only_known_clients_are_let_in(tmp_path: Path) -> None:
    """Those with a certificate of the CA, and the name."""
    clients = trustme.CA()
    clients.cert_pem.write_to_path(tmp_path / "clients.crt")
    flags = (f"--client-ca-file={tmp_path}/clients.crt", "--client-name=api-server")
    with started(tmp_path, *flags) as process:
        process.wait_ready()
        with pytest.raises((OSError, http.client.HTTPException)):
            process.validate(encoded(review()))
        clients.issue_cert("someone", common_name="someone").configure_cert(process.trusting)
        with pytest.raises((OSError, http.client.HTTPException)):
            process.validate(encoded(review()))
        clients.issue_cert("a", common_name="api-server").configure_cert(process.trusting)
        assert process.validate(encoded(review()))[0] == 200


def _reasons(process: "subprocess.Popen[str]") -> list[str]:
    _, lines = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "Traceback" not in lines
    return [json.loads(line)["error"] for line in lines.splitlines()]


def test_what_keeps_it_from_starting_is_told_in_one_line(tmp_path: Path) -> None:
    """And it ends with 1."""
    (reason,) = _reasons(_run(tmp_path, f"--client-ca-file={tmp_path}/none"))
    assert "--client-ca-file" in reason
    (reason,) = _reasons(_run(tmp_path, f"--kubeconfig={tmp_path}/none"))
    assert "none" in reason
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        (reason,) = _reasons(_run(tmp_path, f"--listen-address={address}"))
        assert address in reason
        (reason,) = _reasons(_run(tmp_path, f"--metrics-listen-address={address}"))
        assert address in reason


async def test_the_endpoint_is_reached_before_starlette() -> None:
    """In-process: by POST alone; when it ends, with the wish to close."""
    front = Front(admission(giving(ALLOWED)))
    assert (await told(front, encoded(review()))).allowed
    assert (await told(front, b"", method="GET")).status == 405
    front.end()
    said = await told(front, encoded(review()))
    assert said.allowed
    assert said.headers[b"connection"] == b"close"

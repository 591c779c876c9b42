"""The way to the API server: TLS, proxies, and what is said when it does not work."""

import base64
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from kubectl_order.access import tls
from kubectl_order.access.api import Api
from kubectl_order.access.credentials import Credentials
from kubectl_order.access.dialing import dial
from kubectl_order.access.errors import BadConfig, Unavailable
from tests.kubectl_order.access.conftest import Pki
from tests.kubectl_order.access.serving import (
    Server,
    accepting,
    free_port,
    proxying,
    says,
    serving,
    streams,
)

PATH = "/version"


def server_context(pki: Pki, *names: str, client: bool = False) -> ssl.SSLContext:
    """A server's side of TLS, with a certificate for these names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    pki.authority.issue_cert(*names or ("127.0.0.1",)).configure_cert(context)
    if client:
        context.verify_mode = ssl.CERT_REQUIRED
        pki.authority.configure_trust(context)
    return context


@contextmanager
def secure(pki: Pki, *names: str, client: bool = False) -> Iterator[Server]:
    """A server with TLS."""
    with serving(says({"a": 1}), context=server_context(pki, *names, client=client)) as server:
        yield server


def asks(credentials: Credentials) -> bytes:
    """Ask twice; the last answer."""
    api = Api(credentials)
    try:
        api.get(PATH)
        return api.get(PATH)
    finally:
        api.close()


def test_the_clusters_ca_is_trusted_alone(pki: Pki) -> None:
    with secure(pki) as server:
        assert asks(Credentials(server=server.url, ca=pki.ca)) == b'{"a": 1}'
        other = trustme.CA().cert_pem.bytes().decode()
        for ca in (other, ""):
            with pytest.raises(Unavailable) as caught:
                asks(Credentials(server=server.url, ca=ca))
            assert str(caught.value).startswith(f"cannot trust the API server at {server.url}: ")
            assert caught.value.hint == "kubectl config view --minify"


def test_another_name(pki: Pki) -> None:
    with secure(pki, "other.test") as server:
        with pytest.raises(Unavailable, match=r"IP address mismatch.*127\.0\.0\.1"):
            asks(Credentials(server=server.url, ca=pki.ca))
        assert asks(Credentials(server=server.url, ca=pki.ca, server_name="other.test"))


def test_no_verification(pki: Pki) -> None:
    with secure(pki, "other.test") as server:
        assert asks(Credentials(server=server.url, verify=False))


def test_a_client_certificate(pki: Pki) -> None:
    with secure(pki, client=True) as server:
        shown = Credentials(server=server.url, ca=pki.ca, certificate=pki.certificate, key=pki.key)
        assert asks(shown)
        with pytest.raises(Unavailable, match=r"certificate required|closed the connection"):
            asks(Credentials(server=server.url, ca=pki.ca))


@pytest.mark.parametrize("in_memory", [True, False], ids=["in memory", "in a file"])
def test_nothing_is_left_of_the_key(
    pki: Pki, in_memory: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if in_memory and not hasattr(os, "memfd_create"):
        pytest.skip("this system has no files in memory")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    open_before = len(list(Path("/proc/self/fd").iterdir()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.load_pair(context, pki.certificate, pki.key, in_memory=in_memory)
    with pytest.raises(BadConfig):
        tls.load_pair(context, pki.certificate, "none", in_memory=in_memory)
    assert list(tmp_path.iterdir()) == []
    assert len(list(Path("/proc/self/fd").iterdir())) == open_before


def test_a_key_with_a_password_asks_nobody(pki: Pki) -> None:
    key = serialization.load_pem_private_key(pki.key.encode(), None)
    encrypted = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    ).decode()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with pytest.raises(BadConfig, match="without a password"):
        tls.load_pair(context, pki.certificate, encrypted)


def test_https_where_http_is_spoken(pki: Pki) -> None:
    with (
        serving(says({})) as server,
        pytest.raises(Unavailable, match=r"cannot reach .*: TLS failed \("),
    ):
        asks(Credentials(server=server.url.replace("http:", "https:"), ca=pki.ca))


def silent(client: socket.socket) -> None:
    """Takes the connection, and says nothing until the other side leaves."""
    while client.recv(10_000):
        pass


def test_a_server_that_does_not_talk_tls(pki: Pki) -> None:
    with accepting(silent) as address:
        credentials = Credentials(server=f"https://{address}", ca=pki.ca)
        began = time.monotonic()
        with pytest.raises(Unavailable, match="no answer in time"):
            dial(credentials, tls.tls_context(credentials), limit=0.3)
        assert time.monotonic() - began < 3


def test_a_backlog_that_is_full() -> None:
    """As an address from which nothing comes back."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        address = listening.getsockname()
        with socket.create_connection(address), socket.socket() as second:
            second.setblocking(False)
            second.connect_ex(address)
            credentials = Credentials(server=f"http://127.0.0.1:{address[1]}")
            began = time.monotonic()
            with pytest.raises(Unavailable, match="no answer in time"):
                dial(credentials, None, limit=0.4)
            assert 0.3 < time.monotonic() - began < 3


@pytest.mark.parametrize("host", ["a" * 70 + ".test", "a..b"], ids=["long", "empty"])
def test_names_that_no_host_has(host: str) -> None:
    with pytest.raises(Unavailable, match=f"http://{host}:1: its name cannot be used"):
        asks(Credentials(server=f"http://{host}:1"))


def test_a_name_without_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(Unavailable, match=r"k:1: its name has no address \(name or service not k"):
        asks(Credentials(server="http://k:1"))


@pytest.mark.parametrize("user", ["", "jané:p%40ss@"], ids=["", "with a password"])
def test_a_proxy(pki: Pki, user: str) -> None:
    with secure(pki) as server, proxying() as proxy:
        assert asks(
            Credentials(server=server.url, ca=pki.ca, proxy=f"http://{user}{proxy.address}")
        )
    [head] = proxy.heads
    assert head.startswith(b"CONNECT 127.0.0.1:%d HTTP/1.1\r\n" % server.port)
    expected = base64.b64encode("jané:p@ss".encode())
    assert (b"\r\nProxy-Authorization: Basic " + expected in head) == bool(user)


def test_a_proxy_refuses(pki: Pki) -> None:
    refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
    with proxying(refusal) as proxy, pytest.raises(Unavailable) as caught:
        asks(
            Credentials(
                server="https://k:6443", ca=pki.ca, proxy=f"http://u:secret@{proxy.address}"
            )
        )
    assert str(caught.value) == (
        f"cannot reach the API server at https://k:6443 through the proxy {proxy.address}: "
        "the proxy answers 407 Proxy Authentication Required"
    )


def test_a_proxy_that_is_not_there(pki: Pki) -> None:
    port = free_port()
    with pytest.raises(Unavailable, match=f"the proxy 127.0.0.1:{port}: connection refused"):
        asks(Credentials(server="https://k", ca=pki.ca, proxy=f"http://127.0.0.1:{port}"))


def test_a_proxy_reads_what_is_not_encrypted() -> None:
    with serving(says({})) as proxy:
        asks(
            Credentials(
                server="http://k:1/base", proxy=proxy.url.replace("//", "//u:p@"), token="t"
            )
        )
    first = proxy.seen[0]
    assert first.target == "http://k:1/base/version"
    assert first.all("Host") == ["k:1"]
    assert first.all("Proxy-Authorization") == ["Basic dTpw"]


@pytest.fixture
def trusted(pki: Pki, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pki:
    """The CA, as one of those that the system trusts."""
    file = tmp_path / "ca.pem"
    file.write_text(pki.ca)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    return pki


def test_a_proxy_over_tls(trusted: Pki) -> None:
    """TLS in TLS, with an answer of many records."""
    content = {"x": "y" * 300_000}
    context = server_context(trusted)
    with (
        serving(says(content), context=context) as server,
        proxying(context=server_context(trusted)) as proxy,
    ):
        found = asks(
            Credentials(server=server.url, ca=trusted.ca, proxy=f"https://{proxy.address}")
        )
    assert len(found) > 300_000
    assert len(server.peers) == len(proxy.heads) == 1


def test_a_watch_through_a_proxy_over_tls_is_closed_from_another_thread(trusted: Pki) -> None:
    hold = threading.Event()
    line = b'{"type": "ADDED", "object": {}}\n'
    with (
        serving(streams(line, then=hold.wait), context=server_context(trusted)) as server,
        proxying(context=server_context(trusted)) as proxy,
    ):
        api = Api(Credentials(server=server.url, ca=trusted.ca, proxy=f"https://{proxy.address}"))
        watch = api.watch(PATH, timeout=60)
        next(watch)
        closing = threading.Timer(0.1, watch.close)
        closing.start()
        assert list(watch) == []
        closing.join()
        hold.set()
        api.close()


def test_a_proxy_over_tls_that_nobody_trusts(pki: Pki) -> None:
    with (
        proxying(context=server_context(pki)) as proxy,
        pytest.raises(Unavailable, match="cannot trust the API server at https://k through the pr"),
    ):
        asks(Credentials(server="https://k", ca=pki.ca, proxy=f"https://{proxy.address}"))


def test_the_second_address_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = free_port()

    def two(_: str, port: int, **__: object) -> list[object]:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", tried))
            for tried in (refused, port)
        ]

    monkeypatch.setattr(socket, "getaddrinfo", two)
    with serving(says({})) as server:
        assert asks(Credentials(server=server.url.replace("127.0.0.1", "twice.test")))

"""What a CA says to somebody without the account's key: Pebble, and one that shows its orders."""

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from devcluster.pki import Authority
from devcluster.servers import Pebble
from kubectl_order.facts import Chain, Unread
from kubectl_order.live import ca
from kubectl_order.report import Check
from orderapi.issuer import AcmeIssuer, IssuerSpec
from orderapi.order import Authorization, OrderStatus
from orderapi.references import SecretKeySelector
from tests.kubectl_order.build import a_chain, an_issuer, an_order
from tests.kubectl_order.live.serving import web_server


def chain_of(server: str, bundle: bytes, *, profile: str = "", order: str = "") -> Chain:
    key = SecretKeySelector(name="account")
    acme = AcmeIssuer(
        server=server, ca_bundle=bundle, profile=profile or None, private_key_secret_ref=key
    )
    authorizations = (Authorization(url=order.replace("order", "authz")),) if order else ()
    status = OrderStatus(url=order, authorizations=authorizations, state="pending")
    return a_chain(issuer=an_issuer(spec=IssuerSpec(acme=acme)), order=an_order(status=status))


def told(chain: Chain) -> dict[str, Check]:
    return {check.name: check for check in ca.checks(chain, ca.directory(chain))}


def test_pebble_shows_its_orders_to_signed_requests_alone(pebble: Pebble) -> None:
    url = pebble.directory_url.replace("/dir", "/my-order/nothing")
    found = told(chain_of(pebble.directory_url, pebble.ca.read_bytes(), order=url))
    assert found["CA"].verdict == "pass"
    assert found["order"].verdict == "unknown"
    assert "signed requests alone" in found["order"].evidence


def test_a_profile_that_is_not_offered(pebble: Pebble) -> None:
    ca_bundle = pebble.ca.read_bytes()
    bad = told(chain_of(pebble.directory_url, ca_bundle, profile="none"))["profile"]
    assert bad.verdict == "fail"
    good = told(chain_of(pebble.directory_url, ca_bundle, profile="shortlived"))["profile"]
    assert good.verdict == "pass"


def test_the_identities_for_caa_are_read(pebble: Pebble) -> None:
    found = ca.directory(chain_of(pebble.directory_url, pebble.ca.read_bytes()))
    assert found.caa_identities == ("pebble.test",)


def test_a_bundle_may_have_comments(pebble: Pebble) -> None:
    bundle = "# Behörde\n".encode() + pebble.ca.read_bytes()
    assert told(chain_of(pebble.directory_url, bundle))["CA"].verdict == "pass"


def test_without_the_bundle_the_ca_is_not_trusted(pebble: Pebble) -> None:
    check = told(chain_of(pebble.directory_url, b""))["CA"]
    assert check.verdict == "fail"
    assert "certificate" in check.evidence


def test_an_issuer_that_may_not_be_read() -> None:
    check = told(a_chain(issuer=Unread("forbidden")))["CA"]
    assert check.verdict == "unknown"


@contextmanager
def talkative(authority: Authority) -> Iterator[str]:
    """A CA that shows its orders."""
    problem = {"type": "urn:ietf:params:acme:error:caa", "detail": "no CAA for you"}
    pages = {
        "/dir": {"newOrder": "x", "meta": {"externalAccountRequired": True}},
        "/order/1": {"status": "invalid", "error": problem},
        "/authz/1": {"status": "pending", "challenges": []},
    }

    def respond(host: str, path: str) -> tuple[int, dict[str, str], bytes]:
        return (200, {}, json.dumps(pages[path]).encode()) if path in pages else (500, {}, b"")

    with web_server(respond, pair=authority.issue("talkative", server=True)) as port:
        yield f"https://localhost:{port}"


def test_where_the_ca_shows_its_orders_they_are_read(authority: Authority) -> None:
    bundle = authority.certificate.read_bytes()
    with talkative(authority) as base:
        found = told(chain_of(f"{base}/dir", bundle, order=f"{base}/order/1"))
    assert (found["order"].verdict, "no CAA for you" in found["order"].evidence) == ("fail", True)
    assert found["authorization"].verdict == "pass"
    assert found["account"].verdict == "fail"


@pytest.mark.parametrize("server", ["http://127.0.0.1:1/dir", "https://127.0.0.1:1/dir"])
def test_a_directory_that_is_not_there(server: str) -> None:
    assert told(chain_of(server, b""))["CA"].verdict == "fail"


@pytest.mark.parametrize(
    "bundle",
    [b"moon", b"-----BEGIN CERTIFICATE-----\nmoon\n-----END CERTIFICATE-----\n", b"\xff\x00"],
    ids=["words", "a frame", "bytes"],
)
def test_a_bundle_that_is_none(bundle: bytes) -> None:
    check = told(chain_of("https://127.0.0.1:1/dir", bundle))["CA"]
    assert (check.verdict, check.evidence) == (
        "fail",
        "caBundle of the issuer holds no certificate in PEM",
    )


@pytest.mark.parametrize(
    "server",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1:1/",
        "https://a b/dir",
        "https://127.0.0.1:1/dir\r\nX-Evil: 1",
        "https://[::1/dir",
        "https://127.0.0.1:99999/dir",
        "https://h\xe4/\xfc",
        "https://",
    ],
)
def test_urls_that_are_none(server: str) -> None:
    assert told(chain_of(server, b""))["CA"].verdict == "fail"


ANSWERS = {
    "no HTTP": b"hello\r\n\r\n",
    "long header": b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000 + b"\r\n\r\n",
    "broken chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "deep": b'HTTP/1.1 200 OK\r\n\r\n{"meta":' + b"[" * 300_000,
    "deep profile": b'HTTP/1.1 200 OK\r\n\r\n{"meta":{"profiles":{"a":' + b"[" * 300_000,
    "no text": b"HTTP/1.1 200 OK\r\n\r\n\xff\xfe",
    "redirect to this machine": b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{port}/x\r\n\r\n",
    "redirect to a file": b"HTTP/1.1 307 Found\r\nLocation: ftp://127.0.0.1:{port}/x\r\n\r\n",
}


@contextmanager
def raw(authority: Authority, answer: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A server that says this to whoever connects, by TLS or without; and what it was asked."""
    pair, asked = authority.issue("raw", server=True), list[bytes]()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def serve() -> None:
            while True:
                try:
                    plain, _ = server.accept()
                    with context.wrap_socket(plain, server_side=True) as stream:
                        asked.append(stream.recv(9999))
                        stream.sendall(answer.replace(b"{port}", str(port).encode()))
                except ssl.SSLError:
                    asked.append(b"plain")
                except OSError:
                    return

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"https://localhost:{port}/dir", asked
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_what_is_no_directory_is_told_and_no_redirect_followed(
    authority: Authority, answer: bytes
) -> None:
    with raw(authority, answer) as (url, asked):
        found = told(chain_of(url, authority.certificate.read_bytes()))
    assert (list(found), found["CA"].verdict) == (["CA"], "fail")
    assert len(asked) == 1

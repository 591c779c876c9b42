"""Real TLS: the server, its changing certificate, clients' certificates, readiness, files."""

import asyncio
import logging
import os
import signal
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import serialization as s

from devcluster import pki
from tests.webhook.serving.build import NAMES, SERVER_NAME
from webhook.serving import readiness
from webhook.serving.certificates import Ca, Pair, make_ca, make_leaf, pem
from webhook.serving.clients import ClientCheck
from webhook.serving.files import FileServing, follow
from webhook.serving.listening import CannotListen
from webhook.serving.readiness import Readiness
from webhook.serving.server import serve
from webhook.serving.standing import Standing
from webhook.serving.tls import HotContext, load

NOW = datetime.now(UTC)


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answers after as long as the path says."""
    await asyncio.sleep(float(scope["path"].strip("/") or 0) if "." in scope["path"] else 0)
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]}
    )
    await send({"type": "http.response.body", "body": b"ok"})


def trusting(ca: Ca, pair: Pair | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=pem(ca.certificate).decode())
    if pair:
        load(context, pair)
    return context


class Client:
    """One connection that is kept."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def ask(self, path: str = "/") -> str:
        self.writer.write(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        head = await self.reader.readuntil(b"\r\n\r\n")
        assert await self.reader.readexactly(2) == b"ok"
        return head.decode().splitlines()[0]

    def serial(self) -> int:
        der = self.writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        return x509.load_der_x509_certificate(der).serial_number


@asynccontextmanager
async def connected(
    address: str, tls: ssl.SSLContext | None, name: str = SERVER_NAME
) -> AsyncIterator[Client]:
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(
        host, int(port), ssl=tls, server_hostname=name if tls else None
    )
    try:
        yield Client(reader, writer)
    finally:
        writer.transport.abort()
        await asyncio.sleep(0)


def hot(ca: Ca, clients: ClientCheck | None = None, names: tuple[str, ...] = NAMES) -> HotContext:
    context = HotContext(clients)
    context.serve(make_leaf(ca, names, NOW))
    return context


async def test_the_leaf_passes_by_all_names_and_by_no_other() -> None:
    ca = make_ca(NOW)
    async with serve(app, "127.0.0.1:0", hot(ca, names=(*NAMES, "127.0.0.1"))) as address:
        for name in (*NAMES, "127.0.0.1"):
            async with connected(address, trusting(ca), name) as client:
                assert await client.ask() == "HTTP/1.1 200 OK"
        for trust, name in ((ca, "other.svc"), (make_ca(NOW), SERVER_NAME)):
            with pytest.raises(ssl.SSLCertVerificationError):
                async with connected(address, trusting(trust), name):
                    pass


async def test_old_protocols_are_refused() -> None:
    ca = make_ca(NOW)
    async with serve(app, "127.0.0.1:0", hot(ca)) as address:
        tls = trusting(ca)
        tls.set_ciphers("DEFAULT@SECLEVEL=0")
        tls.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            tls.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises(OSError, match=r"TLSV1|^$"):
            async with connected(address, tls):
                pass
        tls.maximum_version = ssl.TLSVersion.TLSv1_2
        async with connected(address, tls) as client:
            assert await client.ask() == "HTTP/1.1 200 OK"
            # A resumed session would not be checked again.
            assert not client.writer.get_extra_info("ssl_object").session.has_ticket


async def test_a_new_certificate_is_served_and_open_connections_go_on() -> None:
    ca = make_ca(NOW)
    context = hot(ca)
    async with (
        serve(app, "127.0.0.1:0", context) as address,
        connected(address, trusting(ca)) as first,
    ):
        await first.ask()
        other = make_ca(NOW)
        context.serve(make_leaf(other, NAMES, NOW))
        async with connected(address, trusting(other)) as second:
            await second.ask()
            assert first.serial() != second.serial()
        await first.ask()


def test_uvloop_takes_the_changing_context_and_the_names_of_clients(tmp_path: Path) -> None:
    """It has TLS of its own, in C."""
    clients = pki.Authority(tmp_path)
    check = ClientCheck(clients.certificate.read_bytes(), ["kube-apiserver"], now=NOW)
    old, new = make_ca(NOW), make_ca(NOW)
    good, bad = client_of(clients, "kube-apiserver"), client_of(clients, "someone")

    async def scenario() -> None:
        assert isinstance(asyncio.get_running_loop(), uvloop.Loop)
        context = hot(old, check)
        async with (
            serve(app, "127.0.0.1:0", context) as address,
            connected(address, trusting(old, good)) as kept,
        ):
            await kept.ask()
            context.serve(make_leaf(new, NAMES, NOW))
            async with connected(address, trusting(new, good)) as client:
                await client.ask()
            assert await refused(address, trusting(new, bad))
            assert await refused(address, trusting(new))
            source = Fixed(context, Standing(NOW + timedelta(days=1), pem(new.certificate)))
            assert await Readiness(source, address, SERVER_NAME).trouble() == ""
            assert await Readiness(source, address, "other").trouble()
            await kept.ask()

    uvloop.run(scenario())


async def test_a_pair_that_does_not_fit_changes_nothing() -> None:
    ca = make_ca(NOW)
    context = hot(ca)
    leaf, other = make_leaf(ca, NAMES, NOW), make_leaf(ca, NAMES, NOW)
    for bad in (Pair(leaf.certificate, other.key), Pair(b"", b""), Pair(leaf.certificate, b"?")):
        with pytest.raises(ValueError, match="cannot be used") as raised:
            context.serve(bad)
        assert "PRIVATE" not in str(raised.value)
    async with (
        serve(app, "127.0.0.1:0", context) as address,
        connected(address, trusting(ca)) as client,
    ):
        await client.ask()


async def test_under_load_no_request_is_lost_by_changes() -> None:
    """Some clients connect anew for each request, some keep their connection."""
    old = make_ca(NOW)
    new = make_ca(NOW)
    context = hot(old)
    both = trusting(old)
    both.load_verify_locations(cadata=pem(new.certificate).decode())
    done = asyncio.Event()
    answered = 0

    async def anew(address: str) -> None:
        nonlocal answered
        while not done.is_set():
            async with connected(address, both) as client:
                await client.ask()
            answered += 1

    async def kept(address: str) -> None:
        nonlocal answered
        async with connected(address, both) as client:
            while not done.is_set():
                await client.ask()
                answered += 1

    async with serve(app, "127.0.0.1:0", context) as address, asyncio.TaskGroup() as tasks:
        for work in (anew, anew, anew, kept, kept):
            tasks.create_task(work(address))
        changes = 0
        while answered < 200 or changes < 30:
            changes += 1
            context.serve(make_leaf(new if changes % 2 else old, NAMES, NOW))
            await asyncio.sleep(0.02)
        done.set()


async def test_requests_that_were_begun_are_answered_at_the_end() -> None:
    ca = make_ca(NOW)
    async with serve(app, "127.0.0.1:0", hot(ca)) as address:
        host, _, port = address.rpartition(":")
        reader, writer = await asyncio.open_connection(
            host, int(port), ssl=trusting(ca), server_hostname=SERVER_NAME
        )
        slow = asyncio.create_task(Client(reader, writer).ask("/0.3"))
        await asyncio.sleep(0.1)
    assert await slow == "HTTP/1.1 200 OK"
    writer.transport.abort()
    with pytest.raises(OSError, match=r"Connect|refused"):
        await asyncio.open_connection(host, int(port))


async def test_plain_http_on_all_addresses_and_signals_are_not_touched() -> None:
    before = signal.getsignal(signal.SIGTERM)
    async with serve(app, ":0") as address:
        assert signal.getsignal(signal.SIGTERM) is before
        port = address.rpartition(":")[2]
        async with connected(f"127.0.0.1:{port}", None) as client:
            assert await client.ask() == "HTTP/1.1 200 OK"
        with pytest.raises(CannotListen, match=r"cannot listen on .* in use"):
            async with serve(app, f":{port}"):
                pass


def client_of(authority: pki.Authority, name: str) -> Pair:
    made = authority.issue(name)
    return Pair(made.certificate.read_bytes(), made.key.read_bytes())


async def refused(address: str, tls: ssl.SSLContext) -> bool:
    """With TLS 1.3 a client hears of it when it reads."""
    try:
        async with connected(address, tls) as client:
            await client.ask()
    except (OSError, asyncio.IncompleteReadError):
        return True
    return False


async def test_certificates_of_clients(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webhook.serving.clients.QUIET", 0.0)
    clients = pki.Authority(tmp_path / "right")
    check = ClientCheck(clients.certificate.read_bytes(), ["kube-apiserver"], now=NOW)
    ca = make_ca(NOW)
    context = hot(ca, check)
    good = trusting(ca, client_of(clients, "kube-apiserver"))
    async with serve(app, "127.0.0.1:0", context) as address:
        assert not await refused(address, good)
        assert await refused(address, trusting(ca))
        assert "a client was refused: it showed no certificate" in caplog.text
        assert await refused(address, trusting(ca, client_of(clients, "someone")))
        assert 'none of the names in its certificate is allowed: "someone"' in caplog.text
        other = pki.Authority(tmp_path / "other")
        foreign = trusting(ca, client_of(other, "kube-apiserver"))
        assert await refused(address, foreign)
        assert "its certificate is not of the client CA" in caplog.text
        context.trust_clients(other.certificate.read_bytes())
        assert not await refused(address, foreign)
        assert await refused(address, good)
        with pytest.raises(ValueError, match="no certificate that can be read"):
            context.trust_clients(b"?")
        caplog.clear()
        source = Fixed(context, Standing(NOW + timedelta(days=1), pem(ca.certificate)))
        assert await Readiness(source, address, SERVER_NAME).trouble() == ""
        assert not caplog.text


async def test_refused_clients_do_not_flood_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ca = make_ca(NOW)
    check = ClientCheck(pki.Authority(tmp_path).certificate.read_bytes(), now=NOW)
    async with serve(app, "127.0.0.1:0", hot(ca, check)) as address:
        for _ in range(5):
            assert await refused(address, trusting(ca))
    assert caplog.text.count("a client was refused") == 1


def test_dns_names_of_clients_count_and_without_names_all_pass(tmp_path: Path) -> None:
    ca = pki.Authority(tmp_path).certificate.read_bytes()
    shown = {
        "subject": ((("organizationName", "o"),), (("commonName", "c"),)),
        "subjectAltName": (("DNS", "api.example.com"), ("URI", "spiffe://x")),
    }
    assert ClientCheck(ca, ["api.example.com"], now=NOW).refusal(shown) == ""
    assert ClientCheck(ca, ["c"], now=NOW).refusal(shown) == ""
    assert ClientCheck(ca, ["o", "spiffe://x"], now=NOW).refusal(shown)
    assert ClientCheck(ca, ["c"], now=NOW).refusal({})
    assert ClientCheck(ca, now=NOW).refusal(shown) == ""


class Fixed:
    """Stands as it is told."""

    def __init__(self, context: HotContext, standing: Standing) -> None:
        self.context = context
        self.standing = standing

    def state(self) -> Standing:
        return self.standing


async def test_readiness_says_why_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "TIMEOUT", 0.3)
    ca, stranger = make_ca(NOW), make_ca(NOW)
    good = Standing(NOW + timedelta(days=1), pem(ca.certificate))
    source = Fixed(hot(ca), good)
    async with serve(app, "127.0.0.1:0", source.context) as address:
        ready = Readiness(source, address, SERVER_NAME)
        assert await ready.trouble() == ""
        for standing, why in (
            (Standing(problem="the configuration x is not installed"), "x is not installed"),
            (Standing(), "no certificate is loaded"),
            (good._replace(not_after=NOW), "expired at"),
            (good._replace(since=asyncio.get_running_loop().time()), "a moment ago"),
            (good._replace(trust=pem(stranger.certificate)), "does not pass for order-webhook"),
            (good._replace(trust=b"?"), "failed"),
        ):
            source.standing = standing
            assert why in await ready.trouble()
        source.standing = good
        assert await ready.trouble() == ""
        wrong = Readiness(source, address, "other.svc")
        assert "does not pass for other.svc" in await wrong.trouble()
    away = Readiness(source, address, SERVER_NAME)
    assert "a call to our own address failed" in await away.trouble()


async def test_a_call_holds_for_a_while_and_changes_are_seen_at_once() -> None:
    ca, other = make_ca(NOW), make_ca(NOW)
    source = Fixed(hot(ca), Standing(NOW + timedelta(days=1), pem(ca.certificate)))
    calls = 0

    async def counting(scope: Any, receive: Any, send: Any) -> None:
        nonlocal calls
        calls += 1
        await app(scope, receive, send)

    async with serve(counting, "127.0.0.1:0", source.context) as address:
        ready = Readiness(source, address, SERVER_NAME)
        assert await asyncio.gather(*(ready.trouble() for _ in range(9))) == [""] * 9
        assert calls == 1
        source.standing = source.standing._replace(trust=pem(other.certificate))
        assert "does not pass" in await ready.trouble()


def write(folder: Path, pair: Pair, ca: Ca | None = None) -> None:
    """As kubelet mounts a Secret: a folder of its own, exchanged by a link."""
    version = folder / f"v{len(list(folder.iterdir()))}"
    version.mkdir()
    (version / "tls.crt").write_bytes(pair.certificate)
    (version / "tls.key").write_bytes(pair.key)
    if ca:
        (version / "ca.crt").write_bytes(pem(ca.certificate))
    link = folder / "new"
    link.symlink_to(version.name)
    os.replace(link, folder / "data")  # noqa: PTH105 - by the link, not what it leads to


async def test_files_are_taken_and_taken_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = make_ca(NOW), make_ca(NOW)
    files = [str(tmp_path / "data" / name) for name in ("tls.crt", "tls.key", "ca.crt")]
    serving = FileServing(*files, every=0.02)
    running = asyncio.create_task(serving.run())
    async with serve(app, "127.0.0.1:0", serving.context) as address:
        await asyncio.sleep(0.1)
        assert "no certificate could be read" in serving.state().problem
        assert caplog.text.count("No such file") == 1
        ready = Readiness(serving, address, SERVER_NAME)
        for ca in (first, second):
            write(tmp_path, make_leaf(ca, NAMES, NOW), ca)
            await asyncio.sleep(0.1)
            assert await ready.trouble() == ""
            async with connected(address, trusting(ca)) as client:
                await client.ask()
        leaf, other = make_leaf(first, NAMES, NOW), make_leaf(first, NAMES, NOW)
        write(tmp_path, Pair(leaf.certificate, other.key), first)
        await asyncio.sleep(0.1)
        assert "key values mismatch" in caplog.text
        async with connected(address, trusting(second)) as client:
            await client.ask()
    running.cancel()
    assert "PRIVATE" not in caplog.text


async def test_without_a_ca_file_the_certificate_itself_is_looked_for(tmp_path: Path) -> None:
    write(tmp_path, make_leaf(make_ca(NOW), NAMES, NOW))
    files = [str(tmp_path / "data" / name) for name in ("tls.crt", "tls.key")]
    serving = FileServing(*files)
    running = asyncio.create_task(serving.run())
    async with serve(app, "127.0.0.1:0", serving.context) as address:
        assert await Readiness(serving, address, SERVER_NAME).trouble() == ""
    running.cancel()


async def test_an_encrypted_key_is_refused_without_a_question(tmp_path: Path) -> None:
    ca = make_ca(NOW)
    key = ca.key.private_bytes(
        s.Encoding.PEM, s.PrivateFormat.PKCS8, s.BestAvailableEncryption(b"secret")
    )
    with pytest.raises(ValueError, match="the key is encrypted"):
        HotContext().serve(Pair(pem(ca.certificate), key))


async def test_a_client_ca_in_a_file_is_followed(tmp_path: Path) -> None:
    file = tmp_path / "ca.crt"
    taken: list[bytes] = []
    file.write_bytes(b"one")
    task = asyncio.create_task(follow([str(file)], lambda texts: taken.extend(texts), every=0.01))
    await asyncio.sleep(0.05)
    file.write_bytes(b"two")
    await asyncio.sleep(0.05)
    task.cancel()
    assert taken == [b"one", b"two"]


def test_keys_stay_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    before = len(list(Path("/proc/self/fd").iterdir()))
    hot(make_ca(NOW))
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    monkeypatch.delattr(os, "memfd_create")
    hot(make_ca(NOW))
    assert not list(tmp_path.iterdir())


async def test_before_there_is_a_certificate_handshakes_fail(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    async with serve(app, "127.0.0.1:0", HotContext()) as address:
        with pytest.raises(OSError, match=r"SSL|^$"):
            async with connected(address, trusting(make_ca(NOW))):
                pass
    assert not caplog.text

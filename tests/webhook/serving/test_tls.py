"""TLS, and a certificate that changes while the server goes on."""

import asyncio
import logging
import os
import ssl
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization as s

from tests.webhook.serving.build import NAMES, SERVER_NAME
from tests.webhook.serving.connecting import NOW, app, connected, hot, trusting
from webhook.serving.certificates import Pair, make_ca, make_leaf, pem
from webhook.serving.server import serve
from webhook.serving.tls import HotContext


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


def test_an_encrypted_key_is_refused_without_a_question() -> None:
    ca = make_ca(NOW)
    key = ca.key.private_bytes(
        s.Encoding.PEM, s.PrivateFormat.PKCS8, s.BestAvailableEncryption(b"secret")
    )
    with pytest.raises(ValueError, match="the key is encrypted"):
        HotContext().serve(Pair(pem(ca.certificate), key))


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

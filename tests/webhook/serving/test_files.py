"""Certificates from files, that change."""

import asyncio
import os
from pathlib import Path

import pytest

from tests.webhook.serving.build import NAMES, SERVER_NAME
from tests.webhook.serving.connecting import NOW, app, connected, trusting
from webhook.serving.certificates import Ca, Pair, make_ca, make_leaf, pem
from webhook.serving.files import FileServing, follow
from webhook.serving.readiness import Readiness
from webhook.serving.server import serve
from webhook.serving.tls import HotContext


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
    certificate, key, ca_file = (
        str(tmp_path / "data" / f) for f in ("tls.crt", "tls.key", "ca.crt")
    )
    serving = FileServing(certificate, key, ca_file, context=HotContext(), every=0.02)
    running = asyncio.create_task(serving.run())
    async with serve(app, "127.0.0.1:0", serving.context) as address:
        await asyncio.sleep(0.1)
        assert "no certificate could be read" in serving.status().problem
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
    certificate, key = (str(tmp_path / "data" / name) for name in ("tls.crt", "tls.key"))
    serving = FileServing(certificate, key, "", context=HotContext())
    running = asyncio.create_task(serving.run())
    async with serve(app, "127.0.0.1:0", serving.context) as address:
        assert await Readiness(serving, address, SERVER_NAME).trouble() == ""
    running.cancel()


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

"""The certificates of those who call."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
import uvloop

from devcluster import pki
from tests.webhook.serving.build import NAMES, SERVER_NAME
from tests.webhook.serving.connecting import (
    NOW,
    Fixed,
    app,
    client_of,
    connected,
    hot,
    refused,
    trusting,
)
from webhook.serving.certificates import make_ca, make_leaf, pem
from webhook.serving.clients import ClientCheck
from webhook.serving.readiness import Readiness
from webhook.serving.server import serve
from webhook.serving.status import Status


def test_uvloop_takes_the_changing_context_and_the_names_of_clients(tmp_path: Path) -> None:
    """It has TLS of its own, in C."""
    clients = pki.Authority(tmp_path)
    check = ClientCheck.of(clients.certificate.read_bytes(), ["kube-apiserver"], now=NOW)
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
            source = Fixed(context, Status(NOW + timedelta(days=1), pem(new.certificate)))
            assert await Readiness(source, address, SERVER_NAME).trouble() == ""
            assert await Readiness(source, address, "other").trouble()
            await kept.ask()

    uvloop.run(scenario())


async def test_certificates_of_clients(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    clients = pki.Authority(tmp_path / "right")
    names = ["kube-apiserver"]
    check = ClientCheck.of(clients.certificate.read_bytes(), names, now=NOW, quiet=0.0)
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
        source = Fixed(context, Status(NOW + timedelta(days=1), pem(ca.certificate)))
        assert await Readiness(source, address, SERVER_NAME).trouble() == ""
        assert not caplog.text


async def test_refused_clients_do_not_flood_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ca = make_ca(NOW)
    check = ClientCheck.of(pki.Authority(tmp_path).certificate.read_bytes(), (), now=NOW)
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
    assert ClientCheck.of(ca, ["api.example.com"], now=NOW).refusal(shown) == ""
    assert ClientCheck.of(ca, ["c"], now=NOW).refusal(shown) == ""
    assert ClientCheck.of(ca, ["o", "spiffe://x"], now=NOW).refusal(shown)
    assert ClientCheck.of(ca, ["c"], now=NOW).refusal({})
    assert ClientCheck.of(ca, (), now=NOW).refusal(shown) == ""

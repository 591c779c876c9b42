"""How a connection comes by its credentials, and keeps them current."""

import asyncio
import json
import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from controller.runtime import errors
from controller.runtime.authorization import Authorization
from controller.runtime.credentials import Credentials, NoCredentials
from controller.runtime.kube import Kube
from controller.runtime.objects import SECRET
from tests.controller.runtime.apiserver import ApiServer
from tests.controller.runtime.build import LoopClock


async def test_a_refused_token_is_read_again(server: ApiServer, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("old\n")
    server.token = "new"
    server.put("secrets", "default", "a")
    kube = Kube(
        Credentials(server=server.url, authorization="Bearer old", token_file=str(file)),
        user_agent="x",
    )
    with pytest.raises(errors.Unauthorized):
        await kube.get(SECRET, "default", "a")
    file.write_text("new\n")
    assert (await kube.get(SECRET, "default", "a")).metadata.name == "a"
    await kube.close()


async def test_refused_credentials_are_loaded_again(server: ApiServer) -> None:
    server.token = "new"
    server.put("secrets", "default", "a")
    old = Credentials(server=server.url, authorization="Bearer old")

    async def reload() -> Credentials:
        return msgspec.structs.replace(old, authorization="Bearer new")

    kube = Kube(old, user_agent="x", reload=reload)
    with pytest.raises(errors.Unauthorized) as caught:
        await kube.get(SECRET, "default", "a")
    assert "Bearer" not in str(caught.value)
    assert (await kube.get(SECRET, "default", "a")).metadata.name == "a"
    await kube.close()


async def test_credentials_that_cannot_be_renewed_say_why(server: ApiServer) -> None:
    kube = Kube(
        Credentials(server=server.url, token_file="/nowhere/token"),
        user_agent="x",
    )
    server.token = "x"
    with pytest.raises(errors.Unauthorized):
        await kube.get(SECRET, "default", "a")
    with pytest.raises(errors.Unauthorized, match="/nowhere/token"):
        await kube.get(SECRET, "default", "a")
    await kube.close()


class Renewals:
    """Gives credentials that last an hour, and counts."""

    def __init__(self) -> None:
        self.clock = LoopClock()
        self.made = 0

    async def reload(self) -> Credentials:
        self.made += 1
        return Credentials(
            server="https://k",
            authorization=f"Bearer {self.made}",
            expires=self.clock.now() + timedelta(hours=1),
        )


@pytest.mark.looptime
async def test_credentials_are_renewed_a_minute_before_they_expire() -> None:
    renewals = Renewals()
    shown: list[Credentials] = []
    authorization = Authorization(
        await renewals.reload(),
        reload=renewals.reload,
        on_renewal=shown.append,
        clock=renewals.clock,
    )
    assert await authorization.header() == "Bearer 1"
    await asyncio.sleep(3539)
    assert await authorization.header() == "Bearer 1"
    await asyncio.sleep(2)
    headers = await asyncio.gather(*[authorization.header() for _ in range(5)])
    assert set(headers) == {"Bearer 2"}
    assert len(shown) == 1


@pytest.mark.looptime
async def test_refused_again_and_again_is_reloaded_every_ten_seconds_at_most() -> None:
    renewals = Renewals()
    authorization = Authorization(
        await renewals.reload(),
        reload=renewals.reload,
        on_renewal=lambda _new: None,
        clock=renewals.clock,
    )
    for _ in range(100):
        await authorization.header()
        authorization.refused()
        await asyncio.sleep(1)
    assert renewals.made <= 12


@pytest.mark.looptime
async def test_a_token_file_is_read_every_minute(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("one")
    authorization = Authorization(
        Credentials(server="https://k", authorization="Bearer one", token_file=str(file)),
        reload=None,
        on_renewal=lambda _new: None,
        clock=LoopClock(),
    )
    file.write_text("two")
    assert await authorization.header() == "Bearer one"
    await asyncio.sleep(61)
    assert await authorization.header() == "Bearer two"


def test_no_repr_shows_a_secret() -> None:
    assert repr(Credentials(server="https://k", authorization="x", key="y")) == (
        "Credentials(https://k)"
    )


def a_kubeconfig(folder: Path, server: str, user: Mapping[str, object]) -> str:
    file = folder / "kubeconfig"
    file.write_text(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "c",
                "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
                "clusters": [{"name": "k", "cluster": {"server": server}}],
                "users": [{"name": "u", "user": user}],
            }
        )
    )
    return str(file)


async def test_a_kubeconfig_with_a_token(server: ApiServer, tmp_path: Path) -> None:
    server.token = "secret-token"
    server.put("secrets", "default", "a")
    config = a_kubeconfig(tmp_path, server.url, {"token": "secret-token"})
    kube = await Kube.connect(config, user_agent="x")
    assert (await kube.get(SECRET, "default", "a")).metadata.name == "a"
    await kube.close()


async def test_a_kubeconfig_with_a_plugin(server: ApiServer, tmp_path: Path) -> None:
    plugin = tmp_path / "plugin"
    credential = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": "from-plugin", "expirationTimestamp": "2030-01-01T00:00:00Z"},
    }
    plugin.write_text(f"#!/bin/sh\necho '{json.dumps(credential)}'\n")
    plugin.chmod(0o700)
    user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": str(plugin)}}
    server.token = "from-plugin"
    server.put("secrets", "default", "a")
    kube = await Kube.connect(a_kubeconfig(tmp_path, server.url, user), user_agent="x")
    assert (await kube.get(SECRET, "default", "a")).metadata.name == "a"
    await kube.close()


async def test_no_kubeconfig_is_said_in_one_line() -> None:
    with pytest.raises(NoCredentials, match="there is no kubeconfig /nowhere/config"):
        await Kube.connect("/nowhere/config", user_agent="x")


@pytest.mark.skipif("KUBERNETES_SERVICE_HOST" in os.environ, reason="this runs in a pod")
async def test_outside_of_a_pod_a_kubeconfig_is_needed() -> None:
    with pytest.raises(NoCredentials, match="no kubeconfig is given, and this is not a pod"):
        await Kube.connect("", user_agent="x")

"""`kubectl order` with each kind of kubeconfig that people have, right and wrong, and against API
servers that are gone, refuse, or never answer. No controller is needed."""

import json
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from devcluster import servers
from kubectl_order.access.api import PATIENCE
from kubectl_order.failure import Exit
from tests.system import plugin
from tests.system.plugin import Person
from tests.system.world import World, certificate

SHOP = "plugin-access"
LIST = ("list", "-n", SHOP)


@pytest.fixture(scope="module")
def shop(world: World) -> Iterator[World]:
    """A namespace that one ServiceAccount may view, with a certificate that nobody looks at."""
    world.namespace(SHOP)
    world.apply(
        plugin.binding(plugin.account("vera", SHOP), SHOP, "view"),
        certificate("web", namespace=SHOP),
    )
    yield world
    world.kubectl("delete", "namespace", SHOP, "--wait=false")


@pytest.fixture(scope="module")
def token(shop: World) -> str:
    return plugin.token(shop, "vera", SHOP)


@pytest.fixture(scope="module", autouse=True)
def hanging(
    world: World, tmp_path_factory: pytest.TempPathFactory
) -> Iterator["subprocess.Popen[bytes]"]:
    """A command whose API server takes the request and says nothing, begun before anything else."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        folder = tmp_path_factory.mktemp("hanging")
        person = plugin.person(world, folder, "vera", {}, server=url)
        with person.started("list", "-n", "shop") as process:
            yield process
            process.kill()


def with_user(shop: World, folder: Path, user: dict[str, Any], **cluster: Any) -> Person:
    return plugin.person(shop, folder, "somebody", user, **cluster)


def fails(person: Person, *arguments: str, **environ: str) -> tuple[str, str]:
    """The error and the hint of a command that has no access, without their labels."""
    ran = person.order(*(arguments or LIST), environ=environ)
    assert (ran.code, ran.out) == (Exit.NO_ACCESS, "")
    error, _, hint = ran.err.removesuffix("\n").partition("\n")
    assert error.startswith("error: ")
    assert hint.startswith("hint: ") or not hint
    assert "\n" not in hint
    return error.removeprefix("error: "), hint.removeprefix("hint: ")


def works(person: Person) -> None:
    ran = person.order(*LIST)
    assert (ran.code, ran.err) == (Exit.FINE, "")
    # Below it may stand that the controller is down: that of another test has ended.
    assert ran.out.splitlines()[0] == f'No Orders in namespace "{SHOP}".'


def test_a_token(shop: World, tmp_path: Path, token: str) -> None:
    works(with_user(shop, tmp_path, {"token": token}))


@pytest.mark.parametrize("place", ["beside", "elsewhere"])
def test_a_token_file(shop: World, tmp_path: Path, token: str, place: str) -> None:
    person = with_user(shop, tmp_path, {"tokenFile": "the-token"})
    if place == "elsewhere":
        person = with_user(shop, tmp_path / "2", {"tokenFile": str(tmp_path / "the-token")})
    file = person.home / "the-token" if place == "beside" else tmp_path / "the-token"
    error, _ = fails(person)
    assert error == f"cannot read the token from {file}: No such file or directory"
    file.write_text(f"{token}\n")
    works(person)


def test_an_exec_plugin(shop: World, tmp_path: Path, token: str) -> None:
    """Beside the kubeconfig, as kubectl allows; what it says on stderr is for people."""
    version = "client.authentication.k8s.io/v1"
    exec_ = {"apiVersion": version, "command": "./login", "interactiveMode": "Never"}
    person = with_user(shop, tmp_path, {"exec": exec_})
    login = person.home / "login"
    error, _ = fails(person)
    assert error.startswith('the exec plugin "./login" of ')
    assert error.endswith(": No such file or directory")
    told = {"apiVersion": version, "kind": "ExecCredential", "status": {"token": token}}
    login.write_text(f"#!/bin/sh\necho '{json.dumps(told)}'\n")
    login.chmod(0o700)
    works(person)
    login.write_text("#!/bin/sh\necho 'please \033[31mlog in' >&2\nexit 3\n")
    error, _ = fails(person)
    assert error.startswith('the exec plugin "./login" of ')
    assert token not in error


def test_a_token_that_nobody_knows(shop: World, tmp_path: Path) -> None:
    error, hint = fails(with_user(shop, tmp_path, {"token": "made-up"}))
    assert f"/namespaces/{SHOP}/orders with 401 Unauthorized" in error
    assert hint.startswith("a token or a certificate may be over")
    assert "made-up" not in error + hint


def test_a_client_certificate_that_is_over(shop: World, tmp_path: Path) -> None:
    """The certificate of the admin, as it will look when its time has passed."""
    admin = shop.cluster.api.admin
    content = admin.certificate.read_bytes()
    key = serialization.load_pem_private_key(admin.key.read_bytes(), None)
    old = _expired(x509.load_pem_x509_certificate(content), key)
    file = tmp_path / "old.crt"
    file.write_bytes(old)
    user = {"client-certificate": str(file), "client-key": str(admin.key)}
    error, hint = fails(with_user(shop, tmp_path, user))
    assert "401 Unauthorized" in error
    assert hint.startswith("a token or a certificate may be over")


def test_a_context_that_is_not_there(shop: World, tmp_path: Path, token: str) -> None:
    person = with_user(shop, tmp_path, {"token": token})
    error, hint = fails(person, "status", "web", "--context", "prod")
    assert error == (
        f'there is no context "prod" in the kubeconfig {person.kubeconfig}, which has "devcluster"'
    )
    assert hint == "kubectl config get-contexts"


def test_a_kubeconfig_that_is_a_folder_or_missing_or_no_kubeconfig(
    shop: World, tmp_path: Path
) -> None:
    person = Person(tmp_path, tmp_path)
    assert fails(person)[0] == f"cannot read the kubeconfig from {tmp_path}: Is a directory"
    missing = str(tmp_path / "none")
    error, _ = fails(person, "list", "--kubeconfig", missing)
    assert error == f"cannot read the kubeconfig from {missing}: No such file or directory"
    assert fails(person, "list", KUBECONFIG=missing) == (
        "there is no kubeconfig, and this is not a pod",
        "--kubeconfig, or set KUBECONFIG",
    )
    other = tmp_path / "notes"
    other.write_text("nothing: [but\n")
    error, _ = fails(person, "list", KUBECONFIG=str(other))
    assert str(other) in error


@pytest.mark.parametrize("line", ["list", "status web", "watch web", "renew web", "tree"])
def test_an_api_server_that_is_gone(shop: World, tmp_path: Path, line: str) -> None:
    url = f"https://127.0.0.1:{_closed_port()}"
    person = with_user(shop, tmp_path, {"token": "x"}, server=url)
    assert fails(person, *line.split()) == (
        f"cannot reach the API server at {url}: connection refused",
        "kubectl cluster-info",
    )


def test_a_proxy_that_is_not_there(shop: World, tmp_path: Path, token: str) -> None:
    port = _closed_port()
    proxy = {"proxy-url": f"http://me:secret@127.0.0.1:{port}"}
    error, _ = fails(with_user(shop, tmp_path, {"token": token}, **proxy))
    assert error == (
        f"cannot reach the API server at {shop.cluster.api.url} through the proxy "
        f"127.0.0.1:{port}: connection refused"
    )


def test_a_server_with_the_certificate_of_another_authority(
    shop: World, tmp_path: Path, token: str
) -> None:
    """The kubeconfig names none, so that those of the system count."""
    person = with_user(shop, tmp_path, {"token": token})
    content = json.loads(person.kubeconfig.read_text())
    del content["clusters"][0]["cluster"]["certificate-authority"]
    person.kubeconfig.write_text(json.dumps(content))
    error, hint = fails(person)
    assert error.startswith(f"cannot trust the API server at {shop.cluster.api.url}: ")
    assert hint == "kubectl config view --minify"


def test_a_server_that_knows_nothing_of_certificates(
    shop: World, tmp_path: Path, token: str
) -> None:
    """As every cluster where nothing is installed; here it is the CA."""
    pebble: servers.Pebble = shop.cluster.pebble
    url = pebble.directory_url.removesuffix("/dir")
    user, ca = {"token": token}, {"certificate-authority": str(pebble.ca)}
    ran = with_user(shop, tmp_path, user, server=url, **ca).order(*LIST)
    assert (ran.code, ran.out) == (Exit.NOT_FOUND, "")
    assert ran.err.startswith("error: this cluster has neither kubectl-order nor cert-manager")
    assert "choose another cluster with --context" in ran.err


def test_a_timeout_that_was_asked_for(shop: World, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        began = time.monotonic()
        error, _ = fails(
            with_user(shop, tmp_path, {}, server=url), *LIST, "--request-timeout=500ms"
        )
        assert time.monotonic() - began < 5
    assert error.endswith("/orders: no answer in time")


def test_who_waits_for_long_is_told_for_what_and_may_leave(
    hanging: "subprocess.Popen[bytes]",
) -> None:
    """As kubectl, it waits for ever unless told otherwise; unlike it, not without a word."""
    assert hanging.stderr is not None
    told = hanging.stderr.readline().decode()
    assert told.startswith("still waiting for the API server at http://127.0.0.1:")
    assert told.endswith("/namespaces/shop/orders; --request-timeout sets a limit\n")
    assert PATIENCE <= 10
    hanging.send_signal(signal.SIGINT)
    out, err = hanging.communicate(timeout=10)
    assert (hanging.returncode, out, err) == (Exit.INTERRUPTED, b"", b"")


def _closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        return int(closed.getsockname()[1])


def _expired(certificate: x509.Certificate, key: Any) -> bytes:
    """The same certificate with its time in the past, which is all that is looked at."""
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(
        subject_name=certificate.subject,
        issuer_name=certificate.issuer,
        public_key=key.public_key(),
        serial_number=certificate.serial_number,
        not_valid_before=now - timedelta(days=2),
        not_valid_after=now - timedelta(days=1),
    )
    signed = builder.sign(key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM)

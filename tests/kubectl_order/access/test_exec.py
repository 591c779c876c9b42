"""Users whose credentials a plugin has, with real plugins; and tokens of identity providers."""

import base64
import json
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kubectl_order.access.api import Api
from kubectl_order.access.credentials import Credentials
from kubectl_order.access.errors import BadConfig, Unauthorized
from kubectl_order.access.kubeconfig import credentials
from kubectl_order.flags import Flags
from tests.kubectl_order.access.conftest import Pki, Write
from tests.kubectl_order.access.serving import says, serving, status

V1 = "client.authentication.k8s.io/v1"
SECRET = "t0ken-that-nobody-may-see"

Plugin = Callable[[str], str]


@pytest.fixture
def plugin(tmp_path: Path) -> Plugin:
    """Makes a program of shell commands, in a folder beside the kubeconfig; its relative path."""

    def made(script: str) -> str:
        file = tmp_path / "bin" / "plugin"
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)
        return "bin/plugin"

    return made


def prints(**shown: str) -> str:
    """A command that prints an ExecCredential."""
    content = {"apiVersion": V1, "kind": "ExecCredential", "status": shown}
    return f"printf %s {shlex.quote(json.dumps(content))}"


def user(command: str, **more: Any) -> dict[str, Any]:
    """A user entry with that plugin."""
    return {
        "exec": {"apiVersion": V1, "interactiveMode": "Never", "command": command, **more},
    }


def of(file: Path, environ: dict[str, str] | None = None) -> Credentials:
    """The credentials of that file."""
    return credentials(Flags(kubeconfig=str(file)), {"PATH": "/usr/bin:/bin", **(environ or {})})


def test_a_token(write: Write, plugin: Plugin) -> None:
    assert of(write(user(plugin(prints(token=SECRET))))).token == SECRET


def test_a_client_certificate(write: Write, plugin: Plugin, pki: Pki) -> None:
    shown = prints(clientCertificateData=pki.certificate, clientKeyData=pki.key)
    found = of(write(user(plugin(shown)), {"certificate-authority-data": ""}))
    assert (found.certificate, found.key, found.token) == (pki.certificate, pki.key, "")


def test_what_the_plugin_is_given(write: Write, plugin: Plugin, tmp_path: Path, pki: Pki) -> None:
    tell = f'printf "%s\\n" "$KUBERNETES_EXEC_INFO" "$OWN" "$GIVEN" "$@" "$PWD" > {tmp_path}/told'
    described = user(
        plugin(f"{tell}\n{prints(token=SECRET)}"),
        args=["a b", "8080"],
        env=[{"name": "OWN", "value": "1"}],
        provideClusterInfo=True,
    )
    extension = {"name": "client.authentication.k8s.io/exec", "extension": {"x": True}}
    cluster = {
        "certificate-authority-data": base64.b64encode(pki.ca.encode()).decode(),
        "tls-server-name": "other",
        "extensions": [{"name": "else", "extension": 1}, extension],
    }
    of(write(described, cluster), {"OWN": "2", "GIVEN": "3"})
    info, *rest = (tmp_path / "told").read_text().splitlines()
    assert rest == ["1", "3", "a b", "8080", str(Path.cwd())]
    assert json.loads(info) == {
        "apiVersion": V1,
        "kind": "ExecCredential",
        "spec": {
            "interactive": False,
            "cluster": {
                "server": "https://k:6443",
                "certificate-authority-data": cluster["certificate-authority-data"],
                "tls-server-name": "other",
                "config": {"x": True},
            },
        },
    }


def test_a_command_of_the_path(write: Write, plugin: Plugin, tmp_path: Path) -> None:
    plugin(prints(token=SECRET))
    assert of(write(user("plugin")), {"PATH": f"{tmp_path}/bin:/bin"}).token == SECRET


def test_it_is_asked_again_when_its_token_is_refused(
    write: Write, plugin: Plugin, tmp_path: Path
) -> None:
    count = f"echo >> {tmp_path}/runs; token=t$(wc -l < {tmp_path}/runs)"
    told = prints(token="@").replace("@", "'$token'")
    refuses = status(401, "Unauthorized", "no")
    with serving(refuses, says({"a": 1}), refuses) as server:
        api = Api(of(write(user(plugin(f"{count}\n{told}")), {"server": server.url})))
        assert api.get("/version") == b'{"a": 1}'
        with pytest.raises(Unauthorized):
            api.get("/version")
        api.close()
    tokens = [seen.all("Authorization")[0] for seen in server.seen]
    assert tokens == ["Bearer t1", "Bearer t2", "Bearer t2", "Bearer t3"]


def test_a_static_token_goes_first(write: Write) -> None:
    assert of(write({"token": "own", **user("/nowhere")})).token == "own"


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo bad luck >&2; exit 3", "process returned 3. bad luck$"),
        (f"echo {SECRET}", "failed to decode process output"),
        ("echo '{}'", "malformed response"),
        ("echo 5", "failed"),
        ("echo '[1]'", "failed|malformed"),
        (prints(), "printed neither a token nor a client certificate"),
        (prints(clientKeyData=SECRET), "a client certificate or a key without the other"),
        (prints(token=f"{SECRET} {SECRET}"), "a token with characters that no token has"),
        (prints(token=SECRET).replace(V1, V1 + "beta1"), "api version .* does not match"),
        (prints(token=SECRET).replace(f'"{SECRET}"', "[1]"), r"Expected `str \| null`"),
    ],
    ids=["fails", "text", "empty", "number", "list", "nothing", "half", "spaces", "old", "type"],
)
def test_plugins_that_do_not_work(write: Write, plugin: Plugin, script: str, said: str) -> None:
    with pytest.raises(BadConfig, match=said) as caught:
        of(write(user(plugin(script))))
    assert 'the exec plugin "bin/plugin" of the user "u" in ' in str(caught.value)
    assert SECRET not in str(caught.value)


def test_a_plugin_that_says_much(write: Write, plugin: Plugin) -> None:
    with pytest.raises(BadConfig) as caught:
        of(write(user(plugin("yes | head -c 100000 >&2; exit 1"))))
    assert len(str(caught.value)) < 600


def test_a_plugin_that_is_not_installed(write: Write) -> None:
    with pytest.raises(
        BadConfig, match=r'"no-such-plugin" of the user "u" .* is not inst'
    ) as caught:
        of(write(user("no-such-plugin", installHint="Install\n  it.")))
    assert caught.value.hint == "Install it."


def test_a_plugin_that_cannot_be_run(write: Write, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("x")
    with pytest.raises(BadConfig, match="failed: Permission denied"):
        of(write(user("./text")))


@pytest.mark.parametrize(
    ("exec_", "said"),
    [
        ({}, "missing required field `command`"),
        ({"command": "x"}, "missing required field `apiVersion`"),
        ({"command": "x", "apiVersion": "v1alpha1"}, "not of version v1 or v1beta1"),
        ({"command": "x", "apiVersion": V1, "args": "y"}, "Expected `array"),
    ],
    ids=["command", "version", "old", "args"],
)
def test_plugins_that_are_not_described_right(write: Write, exec_: Any, said: str) -> None:
    with pytest.raises(BadConfig, match=said):
        of(write({"exec": exec_}))


def oidc(payload: bytes) -> dict[str, Any]:
    """A user with an id-token of that payload."""
    middle = base64.urlsafe_b64encode(payload).decode().rstrip("=")
    config = {"id-token": f"{SECRET}.{middle}.sig", "refresh-token": SECRET}
    return {"auth-provider": {"name": "oidc", "config": config}}


@pytest.mark.parametrize("payload", [b'{"exp": 9999999999}', b"{}", b"x", b'{"exp": null}'])
def test_an_id_token(write: Write, payload: bytes) -> None:
    provider = oidc(payload)
    expected = provider["auth-provider"]["config"]["id-token"]
    assert of(write(provider)).token == expected


@pytest.mark.parametrize(
    ("provider", "said"),
    [
        (
            oidc(b'{"exp": 1000000000}'),
            'id-token of the user "u" in .* has expired; kubectl renews',
        ),
        ({"auth-provider": {"name": "oidc", "config": {}}}, "has no id-token; kubectl gets one"),
        ({"auth-provider": {"name": "oidc"}}, "has no id-token; kubectl gets one"),
    ],
    ids=["expired", "empty", "no config"],
)
def test_an_id_token_that_is_over(write: Write, provider: Any, said: str) -> None:
    with pytest.raises(BadConfig, match=said) as caught:
        of(write(provider))
    assert SECRET not in str(caught.value)
    assert caught.value.hint == "kubectl cluster-info"


def test_others_do_not_load_the_library(write: Write) -> None:
    """Its import takes longer than all the rest of a command."""
    program = (
        "import sys; from kubectl_order.access.kubeconfig import credentials;"
        "from kubectl_order.access.api import Api; from kubectl_order.flags import Flags;"
        f"Api(credentials(Flags(kubeconfig={str(write({'token': 't'}))!r}), {{}}));"
        "print([name for name in ('kubernetes', 'asyncio', 'urllib3', 'cryptography', 'rich')"
        " if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert run.stdout == b"[]\n"

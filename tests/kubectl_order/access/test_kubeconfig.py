"""What kubeconfigs and flags say, and what is said where they do not."""

import base64
import dataclasses
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_order.access.credentials import Credentials, Impersonation
from kubectl_order.access.errors import BadConfig
from kubectl_order.access.kubeconfig import context_names, credentials
from kubectl_order.access.pod import in_pod
from kubectl_order.flags import Flags
from tests.kubectl_order.access.conftest import Pki, Write

TOKEN = "t0ken.that-nobody.may-see"


def packed(text: str) -> str:
    """As the -data fields have it."""
    return base64.b64encode(text.encode()).decode()


def of(file: Path, **flags: Any) -> Credentials:
    """The credentials of that file."""
    return credentials(Flags(kubeconfig=str(file), **flags), {})


def refused(file: Path, **flags: Any) -> BadConfig:
    """Why they cannot be used; never with the token."""
    with pytest.raises(BadConfig) as caught:
        of(file, **flags)
    assert TOKEN not in f"{caught.value!r} {caught.value} {caught.value.hint}"
    return caught.value


def test_all_that_a_kubeconfig_says(write: Write, pki: Pki) -> None:
    file = write(
        {
            "token": TOKEN,
            "client-certificate-data": packed(pki.certificate),
            "client-key-data": "\n ".join(packed(pki.key).partition("x")),
            "as": "jane",
            "as-uid": "7",
            "as-groups": ["a", "b"],
            "as-user-extra": {"x": ["1", "2"]},
        },
        {
            "certificate-authority-data": packed(pki.ca),
            "tls-server-name": "other",
            "proxy-url": "http://u:secret@proxy:3128",
        },
        contexts=[{"name": "c", "context": {"cluster": "k", "user": "u", "namespace": "shop"}}],
    )
    assert of(file) == Credentials(
        server="https://k:6443",
        ca=pki.ca,
        server_name="other",
        token=TOKEN,
        certificate=pki.certificate,
        key=pki.key,
        proxy="http://u:secret@proxy:3128",
        impersonate=Impersonation(
            user="jane", uid="7", groups=("a", "b"), extra=(("x", "1"), ("x", "2"))
        ),
        namespace="shop",
    )
    assert f"{of(file)!r}{of(file)}" == "Credentials(https://k:6443)" * 2


def test_the_same_as_json(write: Write) -> None:
    file = write({"token": TOKEN})
    expected = of(file)
    file.write_text(json.dumps(yaml.safe_load(file.read_text())))
    assert of(file) == expected


def test_files_are_relative_to_the_kubeconfig(write: Write, tmp_path: Path, pki: Pki) -> None:
    texts = {"ca": pki.ca, "crt": pki.certificate, "key": pki.key, "token": f"{TOKEN}\n"}
    for name, text in texts.items():
        tmp_path.joinpath(name).write_text(text)
    user = {"client-certificate": "crt", "client-key": "./key", "tokenFile": "token", "token": "x"}
    found = of(write(user, {"certificate-authority": "ca"}))
    assert (found.ca, found.certificate, found.key) == (pki.ca, pki.certificate, pki.key)
    assert (found.token, found.token_file) == (TOKEN, str(tmp_path / "token"))


@pytest.mark.parametrize(
    ("flags", "changes"),
    [
        ({"server": "https://other:1/"}, {"server": "https://other:1", "server_name": ""}),
        ({"cluster": "k2"}, {"server": "https://k2", "server_name": "", "verify": False}),
        ({"user": "u2"}, {"token": "second"}),
        ({"context": "c2"}, {"server": "https://k2", "server_name": "", "verify": False,
                             "token": "second", "namespace": "other"}),
        ({"namespace": "mine"}, {"namespace": "mine"}),
        ({"as_user": "jane"}, {"impersonate": Impersonation(user="jane")}),
        ({"as_user": "jane", "as_group": ["a", "b"], "as_uid": "7"},
         {"impersonate": Impersonation(user="jane", groups=("a", "b"), uid="7")}),
        ({"token": "flag"}, {"token": "flag"}),
    ],
    ids=["server", "cluster", "user", "context", "namespace", "as", "as with groups", "token"],
)  # fmt: skip
def test_flags_go_first(write: Write, flags: dict[str, Any], changes: dict[str, Any]) -> None:
    context = {"cluster": "k", "user": "u", "namespace": "shop"}
    second = {"cluster": "k2", "user": "u2", "namespace": "other"}
    file = write(
        contexts=[{"name": "c", "context": context}, {"name": "c2", "context": second}],
        clusters=[
            {"name": "k", "cluster": {"server": "https://k", "tls-server-name": "name"}},
            {"name": "k2", "cluster": {"server": "k2", "insecure-skip-tls-verify": True}},
        ],
        users=[
            {"name": "u", "user": {"token": "first"}},
            {"name": "u2", "user": {"token": "second"}},
        ],
    )
    assert of(file, **flags) == dataclasses.replace(of(file), **changes)


def test_a_token_goes_instead_of_all_that_the_user_has(write: Write, pki: Pki) -> None:
    user = {
        "client-certificate-data": packed(pki.certificate),
        "client-key-data": packed(pki.key),
        "tokenFile": "nowhere",
        "exec": {"command": "nothing"},
    }
    found = of(write(user), token="flag")
    assert (found.token, found.token_file, found.certificate) == ("flag", "", "")


def test_a_server_alone_needs_no_kubeconfig(tmp_path: Path) -> None:
    flags = Flags(server="localhost:8080", token="t")
    found = credentials(flags, {"HOME": str(tmp_path)})
    assert found == Credentials(server="http://localhost:8080", token="t")


def test_several_files_are_one(write: Write, tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    (tmp_path / "first" / "token").write_text(TOKEN)
    write({"tokenFile": "token"}, name="first/config", **{"current-context": ""}, clusters=[])
    second = write({"token": "never"}, {"server": "https://second"}, name="second")
    third = write({}, {"server": "https://third"}, name="third", **{"current-context": "x"})
    listed = [tmp_path / "first" / "config", tmp_path / "missing", second, third, second]
    environ = {"KUBECONFIG": os.pathsep.join(["", *map(str, listed)])}
    found = credentials(Flags(), environ)
    assert (found.server, found.token) == ("https://second", TOKEN)
    assert found.token_file == str(tmp_path / "first" / "token")
    assert context_names(Flags(), environ) == ("c",)


def test_where_the_kubeconfig_is(write: Write, tmp_path: Path) -> None:
    (tmp_path / ".kube").mkdir()
    write(name=".kube/config", cluster={"server": "https://home"})
    named = write(name="named", cluster={"server": "https://named"})
    flag = write(name="flag", cluster={"server": "https://flag"})
    home = {"HOME": str(tmp_path)}
    assert credentials(Flags(), home).server == "https://home"
    assert credentials(Flags(), home | {"KUBECONFIG": ""}).server == "https://home"
    both = home | {"KUBECONFIG": str(named)}
    assert credentials(Flags(), both).server == "https://named"
    assert credentials(Flags(kubeconfig=str(flag)), both).server == "https://flag"


def test_names_that_look_like_something_else(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text("""
current-context: 2024-01-01
contexts: [{name: 2024-01-01, context: {cluster: 1.10, user: no}}]
clusters: [{name: 1.10, cluster: &c {server: https://k, insecure-skip-tls-verify: true}},
           {name: 1.1, cluster: {server: https://wrong}}]
users: [{name: no, user: {<<: {token: 0123}, client-key: null}}]
""")
    found = of(file)
    assert (found.server, found.verify, found.token) == ("https://k", False, "0123")
    assert context_names(Flags(kubeconfig=str(file)), {}) == ("2024-01-01",)


@pytest.mark.parametrize(
    ("user", "cluster", "said"),
    [
        ({"username": "a", "password": TOKEN}, {}, "has a password, which no API server takes"),
        ({"client-key-data": "eA=="}, {}, "has a client-key, and no client-certificate"),
        ({"client-key-data": "*"}, {}, 'client-key-data of the user "u" in .* is not base64'),
        ({"client-key": "nowhere"}, {}, "cannot read client-key from .*/nowhere: No such file"),
        ({"tokenFile": "nowhere"}, {}, "cannot read the token from .*/nowhere: No such file"),
        ({"token": TOKEN + "\n" + TOKEN}, {}, "a token with characters that no token has"),
        ({"token": " "}, {}, "an empty token"),
        ({"token": [TOKEN]}, {}, r"Expected `str \| null`, got `array` - at `\$.token`"),
        ([TOKEN], {}, "Expected `object`, got `array`"),
        ({"as-groups": ["a"]}, {}, "to act as is given, and no user"),
        ({"as": "a\r\nX: b"}, {}, "--as has control characters"),
        ({"token": TOKEN}, {"server": ""}, 'the cluster "k" in .* has no server'),
        ({"token": TOKEN}, {"server": "ftp://k"}, "neither https nor http"),
        ({"token": TOKEN}, {"server": f"https://u:{TOKEN}@k"}, "has a user or password in the se"),
        ({"token": TOKEN}, {"server": f"https://k/?{TOKEN}"}, "a query"),
        ({"token": TOKEN}, {"server": f"https://k:{TOKEN}"}, "a URL that cannot be used"),
        ({"token": TOKEN}, {"server": f"https://[{TOKEN}"}, "a URL that cannot be used"),
        ({"token": TOKEN}, {"server": "https://"}, "a URL that cannot be used"),
        ({"token": TOKEN}, {"server": "https://k\n"}, "a URL that cannot be used"),
        ({"token": TOKEN}, {"server": "https://kö"}, "a URL that cannot be used"),
        ({"token": TOKEN}, {"certificate-authority": "no"}, "cannot read certificate-authority "),
        ({"token": TOKEN}, {"proxy-url": f"socks5://{TOKEN}@p"}, "proxy-url is a SOCKS proxy"),
        ({"token": TOKEN}, {"proxy-url": f"ftp://{TOKEN}@p"}, "neither an http nor an https prox"),
        ({"token": TOKEN}, {"proxy-url": f"http://{TOKEN}@:1"}, "proxy-url has a URL that cannot"),
        ({"auth-provider": {"name": "gcp"}}, {}, "an auth-provider that kubectl has no more"),
    ],
    ids=lambda value: str(value)[:60] if isinstance(value, dict | list) else "",
)
def test_what_cannot_be_used(write: Write, user: Any, cluster: Any, said: str) -> None:
    assert re.search(said, str(refused(write(user, cluster))))


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"context": "x"}, r'there is no context "x" in the kubeconfig .*, which has "c"$'),
        ({"cluster": "x"}, r'there is no cluster "x" in the kubeconfig .*, which has "k"$'),
        ({"user": "x"}, r'there is no user "x" in the kubeconfig .*, which has "u"$'),
        ({"as_uid": "1"}, "and no user"),
        ({"as_user": "\udcff"}, "--as is not text"),
        ({"token": "a b"}, "--token has a token with characters"),
        ({"server": "http://a:99999"}, "--server has a URL that cannot be used"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_flags_that_cannot_be_used(write: Write, flags: dict[str, Any], said: str) -> None:
    error = refused(write({"token": TOKEN}), **flags)
    assert re.search(said, str(error))
    assert "context" not in flags or error.hint == "kubectl config get-contexts"


def test_many_names_are_not_all_told(write: Write) -> None:
    contexts = [{"name": f"n{number}", "context": {}} for number in range(50)]
    told = str(refused(write(contexts=contexts), context="x"))
    assert told.endswith('"n8", "n9" and others')


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a:\n\n  b: }", r"is not YAML \(line 3\)"),
        ("- a", "is not a mapping"),
        (f"a: !!timestamp {TOKEN}", "is not YAML"),
        ("a: \x00", "is not YAML"),
        ("contexts: 5", "contexts in the kubeconfig .* is not a list"),
        ("current-context: [c]", "current-context in the kubeconfig .* is not a text"),
        ("clusters: [{name: k, cluster: {server: x}}]", "has no current context"),
        ("{}", "names no cluster"),
        ("", "names no cluster"),
        ("contexts: null\nclusters: []\nusers: ~\ncurrent-context: ''", "names no cluster"),
        ("current-context: c", 'there is no context "c" in the kubeconfig .*, which has no contex'),
        ("contexts: [{name: c}]\ncurrent-context: c", "the context names no cluster"),
        ("[" * 100_000, "is not YAML"),
        ('{"a":' * 100_000, "is not YAML"),
    ],
    ids=range(14),
)
def test_files_that_cannot_be_used(tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "config"
    file.write_text(content)
    assert re.search(said, str(refused(file)))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert "No such file" in str(refused(tmp_path / "missing"))
    assert "Is a directory" in str(refused(tmp_path))
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(17 * 1024 * 1024)
    assert "larger than 16 MiB" in str(refused(large))
    with pytest.raises(BadConfig, match="Is a directory"):
        credentials(Flags(), {"KUBECONFIG": str(tmp_path)})
    assert context_names(Flags(), {"KUBECONFIG": str(tmp_path)}) == ()


def test_no_kubeconfig_at_all(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="there is no kubeconfig, and this is not a pod") as caught:
        credentials(Flags(), {"HOME": str(tmp_path)})
    assert caught.value.hint == "--kubeconfig, or set KUBECONFIG"
    with pytest.raises(BadConfig, match='there is no kubeconfig, so there is no context "x"'):
        credentials(Flags(context="x"), {})


def test_a_pod(tmp_path: Path, pki: Pki) -> None:
    for name, text in {"ca.crt": pki.ca, "token": TOKEN, "namespace": "shop\n"}.items():
        (tmp_path / name).write_text(text)
    environ = {"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "6443"}
    assert in_pod(environ, tmp_path) == Credentials(
        server="https://[fd00::1]:6443",
        ca=pki.ca,
        token=TOKEN,
        token_file=str(tmp_path / "token"),
        namespace="shop",
    )
    own = in_pod(environ | {"POD_NAMESPACE": "own"}, tmp_path)
    assert own is not None
    assert own.namespace == "own"
    (tmp_path / "namespace").unlink()
    (tmp_path / "token").unlink()
    with pytest.raises(BadConfig, match="cannot read the token from"):
        in_pod(environ, tmp_path)
    assert in_pod({}, tmp_path) is None


def test_a_pod_comes_last(write: Write) -> None:
    environ = {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}
    file = str(write({"token": TOKEN}))
    assert credentials(Flags(kubeconfig=file), environ).server == "https://k:6443"
    with pytest.raises(BadConfig, match="cannot read the service account's CA"):
        credentials(Flags(), environ)

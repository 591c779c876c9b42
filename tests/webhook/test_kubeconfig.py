"""What a kubeconfig says, and what is said where it does not."""

import base64
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from webhook.credentials import NoCredentials, from_kubeconfig, tls_context

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a kubeconfig of one cluster and one user."""

    def kubeconfig(user: Any, cluster: Any = None, **top: Any) -> Path:
        config = {
            "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
            "clusters": [{"name": "k", "cluster": {"server": "https://k:6443"} | (cluster or {})}],
            "users": [{"name": "u", "user": user}],
        }
        file = tmp_path / "config"
        file.write_text(yaml.safe_dump(config | top))
        return file

    return kubeconfig


def packed(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_a_kubeconfig_with_a_token(write: Write, ca: str) -> None:
    file = write(
        {"token": "t0ken"}, {"certificate-authority-data": packed(ca), "tls-server-name": "other"}
    )
    assert msgspec.structs.asdict(from_kubeconfig(file)) == {
        "server": "https://k:6443",
        "ca": ca,
        "certificate": "",
        "key": "",
        "token": "t0ken",
        "token_file": "",
        "server_name": "other",
        "verify": True,
    }


def test_files_are_relative_to_the_kubeconfig(
    write: Write, tmp_path: Path, pair: tuple[str, str]
) -> None:
    certificate, key = pair
    for name, text in (("ca", "CA"), ("crt", certificate), ("key", key), ("token", "t")):
        tmp_path.joinpath(name).write_text(text)
    user = {"client-certificate": "crt", "client-key": "./key", "tokenFile": "token"}
    found = from_kubeconfig(write(user, {"certificate-authority": "ca"}))
    assert (found.ca, found.certificate, found.key) == ("CA", certificate, key)
    assert found.token_file == str(tmp_path / "token")


def test_data_go_before_files(write: Write, pair: tuple[str, str]) -> None:
    certificate, key = pair
    user = {
        "client-certificate-data": packed(certificate),
        "client-certificate": "/nowhere",
        "client-key-data": "\n ".join(packed(key).partition("x")),
        "client-key": "/nowhere",
    }
    found = from_kubeconfig(write(user))
    assert (found.certificate, found.key) == (certificate, key)
    assert isinstance(tls_context(found), ssl.SSLContext)


def test_null_is_nothing(write: Write) -> None:
    user = {"token": "t", "exec": None, "client-certificate-data": None}
    assert from_kubeconfig(write(user, {"insecure-skip-tls-verify": None})).verify


def test_an_unverified_server(write: Write) -> None:
    found = from_kubeconfig(write({"token": "t"}, {"insecure-skip-tls-verify": True}))
    context = tls_context(found)
    assert context is not None
    assert context.verify_mode is ssl.CERT_NONE


@pytest.mark.parametrize(
    ("user", "told"),
    [
        ({}, "no user with a token or a client certificate"),
        ({"token": "a\nb"}, "characters that no token has"),
        ({"token": 5}, "Expected `str | null`, got `int` - at `$.token`"),
        ({"tokenFile": "none"}, "the token cannot be read"),
        ({"client-certificate-data": "!"}, "client-certificate-data .* not base64"),
        ({"client-certificate-data": "eA=="}, "a client-certificate, and no client-key"),
        ({"client-key-data": "eA=="}, "a client-key, and no client-certificate"),
        ({"client-certificate": "none"}, "client-certificate cannot be read from .*none"),
        ({"exec": {"command": "x"}}, r"runs a plugin \(exec\)"),
        ({"auth-provider": {"name": "x"}}, "identity provider"),
        ({"username": "x", "password": "hidden"}, "has a password"),
        ({"token": "hidden", "as": "root"}, "acts as another user"),
        ("hidden", "the user in the kubeconfig .*Expected `object`"),
    ],
)
def test_what_a_user_lacks_is_said_in_one_sentence(write: Write, user: Any, told: str) -> None:
    with pytest.raises(NoCredentials, match=told.replace("$", r"\$").replace("|", r"\|")) as caught:
        from_kubeconfig(write(user))
    assert "\n" not in str(caught.value)
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    ("top", "told"),
    [
        ({"current-context": None}, "no current-context"),
        ({"current-context": "x"}, "no context of the name 'x'"),
        ({"clusters": None}, "no cluster of the name 'k'"),
        ({"users": [5]}, "no user of the name 'u'"),
        ({"clusters": [{"name": "k", "cluster": None}]}, "has no server"),
        (
            {"clusters": [{"name": "k", "cluster": {"server": "x", "proxy-url": "y"}}]},
            "through a proxy",
        ),
    ],
)
def test_missing_parts_are_named(write: Write, top: dict[str, Any], told: str) -> None:
    with pytest.raises(NoCredentials, match=told):
        from_kubeconfig(write({"token": "t"}, **top))


def test_a_file_that_is_no_kubeconfig(tmp_path: Path) -> None:
    file = tmp_path / "config"
    with pytest.raises(NoCredentials, match=r"cannot be read from .*: No such file"):
        from_kubeconfig(file)
    file.write_text("a: b\ntoken: hidden: x\n")
    with pytest.raises(NoCredentials, match=r"is not YAML \(line 2\)") as caught:
        from_kubeconfig(file)
    assert "hidden" not in str(caught.value)
    file.write_text("- a")
    with pytest.raises(NoCredentials, match="is not a mapping"):
        from_kubeconfig(file)
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(NoCredentials, match="it is not text"):
        from_kubeconfig(file)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "current-context": st.just("c") | JSON,
            "contexts": JSON | st.just([{"name": "c", "context": {"cluster": "k", "user": "u"}}]),
            "clusters": JSON | st.fixed_dictionaries({"name": st.just("k"), "cluster": JSON}),
            "users": JSON,
        },
    )
)
def test_no_kubeconfig_is_a_surprise(
    tmp_path_factory: pytest.TempPathFactory, config: dict[str, Any]
) -> None:
    file = tmp_path_factory.getbasetemp() / "any"
    file.write_text(yaml.safe_dump(config))
    with pytest.raises(NoCredentials):
        from_kubeconfig(file)

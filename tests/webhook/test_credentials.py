"""Where credentials come from: a pod's folder, a kubeconfig; and what is said where they do not."""

import base64
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trustme
import yaml
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st

from webhook.credentials import (
    Bearer,
    Credentials,
    NoCredentials,
    from_kubeconfig,
    in_pod,
    tls_context,
)

SERVICE = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "6443"}
Write = Callable[..., Path]


@pytest.fixture(scope="module")
def ca() -> str:
    return trustme.CA().cert_pem.bytes().decode()


@pytest.fixture(scope="module")
def pair() -> tuple[str, str]:
    """A certificate and its key."""
    leaf = trustme.CA().issue_cert("client")
    return leaf.cert_chain_pems[0].bytes().decode(), leaf.private_key_pem.bytes().decode()


@pytest.fixture
def pod(tmp_path: Path) -> Path:
    tmp_path.joinpath("token").write_text("t0ken\n")
    tmp_path.joinpath("ca.crt").write_text("PEM")
    return tmp_path


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


def test_a_pod_has_a_token_file_and_a_ca(pod: Path) -> None:
    found = in_pod(pod, SERVICE)
    assert found.server == "https://10.0.0.1:6443"
    assert found.token_file == str(pod / "token")
    assert found.ca == "PEM"


def test_an_address_of_ipv6_stands_in_brackets(pod: Path) -> None:
    assert in_pod(pod, SERVICE | {"KUBERNETES_SERVICE_HOST": "fd00::1"}).server == (
        "https://[fd00::1]:6443"
    )


@pytest.mark.parametrize(
    ("gone", "told"), [("token", "the token cannot be read"), ("ca.crt", "CA cannot be read")]
)
def test_a_pod_without_a_service_account_says_what_lacks(pod: Path, gone: str, told: str) -> None:
    pod.joinpath(gone).unlink()
    with pytest.raises(NoCredentials, match=f"{told} from .*{gone}: No such file"):
        in_pod(pod, SERVICE)


def test_outside_of_a_pod_there_are_none(pod: Path) -> None:
    with pytest.raises(NoCredentials, match="not a pod"):
        in_pod(pod, {})


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


def test_a_verified_server_may_have_an_old_authority(ca: str) -> None:
    context = tls_context(Credentials(server="https://k", ca=ca))
    assert context is not None
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert not context.verify_flags & ssl.VERIFY_X509_STRICT


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


def test_no_repr_shows_a_secret() -> None:
    shown = repr(Credentials(server="https://k", token="hidden", key="hidden"))
    assert shown == "Credentials(https://k)"


@pytest.mark.parametrize("ca", ["text", "-----BEGIN CERTIFICATE-----\n!\n"])
def test_a_ca_that_is_none(ca: str) -> None:
    with pytest.raises(NoCredentials, match="is not a PEM certificate"):
        tls_context(Credentials(server="https://k", ca=ca))


def test_a_key_that_nobody_can_use(pair: tuple[str, str]) -> None:
    own = serialization.load_pem_private_key(pair[1].encode(), None)
    locked = own.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
    for key in (locked.decode(), "text", trustme.CA().issue_cert("x").private_key_pem):
        text = key if isinstance(key, str) else key.bytes().decode()
        with pytest.raises(NoCredentials, match="not a pair"):
            tls_context(Credentials(server="https://k", certificate=pair[0], key=text))


class Clock:
    """Seconds that a test sets."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_token_file_is_read_every_minute(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("first")
    clock = Clock()
    bearer = Bearer(Credentials(server="x", token_file=str(file)), clock=clock)
    assert bearer.header() == "Bearer first"
    file.write_text("second")
    clock.now += 59
    assert bearer.header() == "Bearer first"
    clock.now += 1
    assert bearer.header() == "Bearer second"


def test_a_token_lives_on_while_its_file_is_gone(tmp_path: Path) -> None:
    file = tmp_path / "token"
    clock = Clock()
    bearer = Bearer(Credentials(server="x", token_file=str(file)), clock=clock)
    with pytest.raises(NoCredentials):
        bearer.header()
    file.write_text("first")
    assert bearer.header() == "Bearer first"
    file.unlink()
    clock.now += 60
    assert bearer.header() == "Bearer first"
    with pytest.raises(NoCredentials):
        bearer.renew()
    assert bearer.header() == "Bearer first"


def test_renewal_says_whether_the_token_is_another(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("first")
    bearer = Bearer(Credentials(server="x", token_file=str(file)))
    bearer.header()
    assert not bearer.renew()
    file.write_text("second")
    assert bearer.renew()
    assert not Bearer(Credentials(server="x", token="fixed")).renew()

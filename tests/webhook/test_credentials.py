"""What is shown to the API server: a pod's service account, tokens that change, TLS."""

import ssl
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from tests.webhook.clocks import Seconds
from webhook.credentials import Bearer, Credentials, NoCredentials, in_pod, tls_context

SERVICE = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "6443"}


@pytest.fixture
def pod(tmp_path: Path) -> Path:
    tmp_path.joinpath("token").write_text("t0ken\n")
    tmp_path.joinpath("ca.crt").write_text("PEM")
    return tmp_path


def test_a_pod_has_a_token_file_and_a_ca(pod: Path) -> None:
    found = in_pod(SERVICE, pod)
    assert found.server == "https://10.0.0.1:6443"
    assert found.token_file == str(pod / "token")
    assert found.ca == "PEM"


def test_an_address_of_ipv6_stands_in_brackets(pod: Path) -> None:
    assert in_pod(SERVICE | {"KUBERNETES_SERVICE_HOST": "fd00::1"}, pod).server == (
        "https://[fd00::1]:6443"
    )


@pytest.mark.parametrize(
    ("gone", "told"), [("token", "the token cannot be read"), ("ca.crt", "CA cannot be read")]
)
def test_a_pod_without_a_service_account_says_what_lacks(pod: Path, gone: str, told: str) -> None:
    pod.joinpath(gone).unlink()
    with pytest.raises(NoCredentials, match=f"{told} from .*{gone}: No such file"):
        in_pod(SERVICE, pod)


def test_outside_of_a_pod_there_are_none(pod: Path) -> None:
    with pytest.raises(NoCredentials, match="not a pod"):
        in_pod({}, pod)


def test_no_repr_shows_a_secret() -> None:
    shown = repr(Credentials(server="https://k", token="hidden", key="hidden"))
    assert shown == "Credentials(https://k)"


def test_a_verified_server_may_have_an_old_authority(ca: str) -> None:
    context = tls_context(Credentials(server="https://k", ca=ca))
    assert context is not None
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert not context.verify_flags & ssl.VERIFY_X509_STRICT


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


def test_a_token_file_is_read_every_minute(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("first")
    clock = Seconds()
    bearer = Bearer(Credentials(server="x", token_file=str(file)), clock=clock)
    assert bearer.header() == "Bearer first"
    file.write_text("second")
    clock.now += 59
    assert bearer.header() == "Bearer first"
    clock.now += 1
    assert bearer.header() == "Bearer second"


def test_a_token_lives_on_while_its_file_is_gone(tmp_path: Path) -> None:
    file = tmp_path / "token"
    clock = Seconds()
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

"""The command line of the webhook."""

from datetime import timedelta

import pytest

from orderapi.names import CONTROLLER_USER
from webhook.settings import read


def test_defaults() -> None:
    """Those of the shipped manifest."""
    settings = read([])
    assert settings.controller == (CONTROLLER_USER,)
    assert settings.listen_address == ":10250"
    assert settings.metrics_listen_address == ":9402"
    assert settings.server_name == "order-webhook.cert-manager.svc"
    assert "order-webhook.cert-manager.svc" in settings.serving_names
    assert settings.shutdown_grace == timedelta(seconds=5)
    assert not settings.static


def test_flags_that_take_several_values() -> None:
    """Repeated or with commas; what is given takes the place of the default."""
    settings = read(["--controller=a,b", "--controller", "c", "--controller=a", "--serving-name=x"])
    assert settings.controller == ("a", "b", "c")
    assert settings.serving_names[-1] == "x"
    assert len(set(settings.serving_names)) == len(settings.serving_names)


def test_a_static_certificate() -> None:
    """API servers then call by the name that is told."""
    files = ["--tls-cert-file=c", "--tls-private-key-file=k", "--tls-ca-file=a"]
    assert read(files).static
    assert read(files).server_name == "order-webhook.cert-manager.svc"
    assert read([*files, "--serving-name=hook.example"]).server_name == "hook.example"
    assert read(["--serving-name=a"]).server_name == "order-webhook.cert-manager.svc"


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--tls-cert-file=c"], "go together"),
        (["--tls-private-key-file=c"], "go together"),
        (["--tls-ca-file=c"], "--tls-ca-file is for --tls-cert-file"),
        (["--client-name=c"], "needs --client-ca-file"),
        (["--controller="], "needs a user"),
        (["--listen-address=0"], "has to listen somewhere"),
        (["--listen-address="], "has to listen somewhere"),
        (["--listen-address=localhost"], "not of the form"),
        (["--listen-address=:99999"], "no port"),
        (["--metrics-listen-address=::1:80"], "not of the form"),
        (["--log-level=loud"], "none of debug"),
        (["--shutdown-grace=5"], "--shutdown-grace"),
        (["--shutdown-grace=-5s"], "negative"),
        (["--serving-name=a,b c"], '"b c" is neither a DNS name nor an IP address'),
        (["--serving-name=fe80::1%eth0"], "neither a DNS name nor an IP address"),
        (["--serving-name=ü.example"], "neither a DNS name nor an IP address"),
        (["--serving-name=a..b"], "neither a DNS name nor an IP address"),
        (["--namespace=a.b"], "is not a name"),
        (["--service="], "is not a name"),
        (["--listen=:1"], "unrecognized"),
        (["more"], "unrecognized"),
    ],
)
def test_what_cannot_be_is_refused(
    argv: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a sentence, and code 2."""
    with pytest.raises(SystemExit) as ended:
        read(argv)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("address", ["", "0", ":0", "127.0.0.1:9402", "[::1]:9402", "localhost:1"])
def test_addresses(address: str) -> None:
    """Of metrics: nowhere too."""
    assert read([f"--metrics-listen-address={address}"]).metrics_listen_address == address


@pytest.mark.parametrize("name", ["hook.example", "10.0.0.1", "fd00::1", "a_b", "127.0.0.1"])
def test_names_that_a_certificate_can_have(name: str) -> None:
    """DNS names, and addresses of both families."""
    assert read([f"--serving-name={name}"]).serving_names[-1] == name


def test_every_flag_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its default."""
    monkeypatch.setenv("COLUMNS", "1000")
    with pytest.raises(SystemExit):
        read(["--help"])
    told = " ".join(capsys.readouterr().out.split())
    assert f"Default: {CONTROLLER_USER}." in told
    assert "Default: none." in told
    assert "Default: 5s." in told

"""The command line: cert-manager's spelling is understood, and what is wrong is named."""

from datetime import timedelta

import pytest

from controller.settings import Settings, read


def test_without_flags_everything_has_its_default() -> None:
    assert read([]) == Settings()


@pytest.mark.parametrize(
    ("flag", "name", "value"),
    [
        ("--leader-elect=false", "leader_elect", False),
        ("--leader-elect", "leader_elect", True),
        ("--max-concurrent-challenges=7", "max_concurrent_challenges", 7),
        (
            "--dns01-recursive-nameservers=192.0.2.1:53, [2001:db8::1]:53",
            "dns01_recursive_nameservers",
            ("192.0.2.1:53", "[2001:db8::1]:53"),
        ),
        (
            "--certificate-request-minimum-backoff-duration=1h30m",
            "certificate_request_minimum_backoff_duration",
            timedelta(minutes=90),
        ),
        ("--controllers=*,-orders", "controllers", ("*", "-orders")),
        ("--shutdown-grace=0s", "shutdown_grace", timedelta()),
        ("--metrics-listen-address=0", "metrics_listen_address", "0"),
        ("--http01-listen-address=[::1]:0", "http01_listen_address", "[::1]:0"),
        (
            "--http01-responder-address=192.0.2.7:80,[2001:db8::7]:80",
            "http01_responder_address",
            ("192.0.2.7:80", "[2001:db8::7]:80"),
        ),
        ("--http01-responder-address=localhost:1", "http01_responder_address", ("localhost:1",)),
        (
            "--http01-responder-address=responder.example:65535",
            "http01_responder_address",
            ("responder.example:65535",),
        ),
    ],
)
def test_a_flag_is_read(flag: str, name: str, value: object) -> None:
    assert getattr(read([flag]), name) == value


@pytest.mark.parametrize(
    ("flag", "said"),
    [
        ("--leader-elect=maybe", '"maybe" is neither true nor false'),
        ("--acme-max-in-flight=0", "0 is less than 1"),
        ("--dns01-recursive-nameservers=ns1", '"ns1" is not of the form'),
        ("--certificate-request-maximum-backoff-duration=soon", "soon"),
        ("--controllers=*,-order", 'there is no "-order"'),
        ("--no-such-flag", "--no-such-flag"),
        ("--http01-check-port=0", '"0" is no port'),
        ("--http01-check-port=http", '"http" is no port'),
        ("--http01-listen-address=8089", '"8089" is not of the form'),
        ("--http01-listen-address=::1:8089", '"::1:8089" is not of the form'),
        ("--metrics-listen-address=:65536", '"65536" is no port'),
        ("--http01-responder-address=192.0.2.7", '"192.0.2.7" is not of the form'),
        ("--http01-responder-address=:80", '":80" is not of the form'),
        ("--http01-responder-address=192.0.2.7:0", '"0" is no port'),
        ("--http01-responder-address=192.0.2.7:65536", '"65536" is no port'),
        ("--http01-responder-address=192.0.2.7:80,192.0.2.8:81", "must all have the same port"),
        ("--http01-responder-address=192.0.2.7:80,[2001:db8::7]:81", "must all have the same port"),
        ("--http01-responder-address=a.example:80,192.0.2.8:80", '"a.example" is a name'),
        ("--http01-responder-address=127.0.0.1:80", "127.0.0.1 is an address that routers"),
        ("--http01-responder-address=192.0.2.7:80,[::1]:80", "::1 is an address that routers"),
        ("--http01-responder-address=169.254.1.1:80", "Kubernetes refuses it in an EndpointSlice"),
        ("--http01-responder-address=[fe80::1]:80", "Kubernetes refuses it in an EndpointSlice"),
        ("--http01-responder-address=0.0.0.0:80", "Kubernetes refuses it in an EndpointSlice"),
    ],
)
def test_what_is_wrong_is_named(flag: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        read([flag])
    assert ended.value.code == 2
    assert said in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("controllers", "orders", "approver"),
    [("*", True, True), ("*,-certificaterequests-approver", True, False), ("orders", True, False)],
)
def test_controllers_choose_what_runs(controllers: str, *, orders: bool, approver: bool) -> None:
    settings = read([f"--controllers={controllers}"])
    assert (settings.runs("orders"), settings.approve_requests) == (orders, approver)

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
    ],
    ids=["false", "bare", "number", "list", "duration", "controllers"],
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
    ],
    ids=["boolean", "number", "address", "duration", "controller", "unknown"],
)
def test_what_is_wrong_is_named(flag: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        read([flag])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("controllers", "orders", "approver"),
    [("*", True, True), ("*,-certificaterequests-approver", True, False), ("orders", True, False)],
)
def test_controllers_choose_what_runs(controllers: str, *, orders: bool, approver: bool) -> None:
    settings = read([f"--controllers={controllers}"])
    assert (settings.runs("orders"), settings.approve_requests) == (orders, approver)

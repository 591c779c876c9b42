"""HTTP-01 by stages, at a web server of the test on port 80 of the namespace."""

from collections.abc import Iterator, Mapping

import pytest

from devcluster import netns
from kubectl_order.live import web
from kubectl_order.live.lookup import Lookup
from kubectl_order.live.subject import subjects
from kubectl_order.report import Check
from orderapi.solver import Http01, Solver
from tests.kubectl_order.build import KEY, TOKEN, a_chain, a_challenge, an_order
from tests.kubectl_order.live.serving import Respond, dns_server, web_server

NAME = "www.example.com"
ADDRESS = "127.0.1.80"
PATH = f"/.well-known/acme-challenge/{TOKEN}"


@pytest.fixture(autouse=True)
def _inside() -> None:
    if netns.missing():
        pytest.skip(netns.missing())


def looked(respond: Respond | None, *, addresses: str = ADDRESS) -> list[Check]:
    """The checks of NAME, at a server that responds so (None: no server)."""
    with dns_server({(NAME, "A"): [addresses]}) as resolver:
        challenge = a_challenge(dns_name=NAME, solver=Solver(http01=Http01()))
        (subject,) = subjects(a_chain(order=an_order(dns_names=(NAME,)), challenges=(challenge,)))
        lookup = Lookup([resolver])
        if respond is None:
            return list(web.stages(subject, lookup))
        with web_server(respond, address=ADDRESS, port=80):
            return list(web.stages(subject, lookup))


def says(status: int, body: bytes = b"", **headers: str) -> Respond:
    return lambda host, path: (status, headers, body)


def once_moved(host: str, path: str) -> tuple[int, Mapping[str, str], bytes]:
    if path == PATH:
        return 301, {"Location": "/elsewhere"}, b""
    return 200, {}, KEY.encode()


CASES: dict[str, tuple[Respond | None, str, str]] = {
    "right": (says(200, KEY.encode() + b"\n"), "pass", "the right answer"),
    "another body": (says(200, b"<html>"), "fail", "status 200 with another body (6 bytes)"),
    "not found": (says(404), "fail", "status 404"),
    "moved": (once_moved, "pass", "by a redirect to http://www.example.com/…"),
    "loop": (says(302, Location=PATH), "fail", "more than 10 redirects"),
    "other port": (says(302, Location=f"http://{NAME}:8080/"), "fail", "no CA follows it"),
    "other scheme": (says(302, Location="ftp://x.test/"), "fail", "no CA follows it"),
    "nonsense": (says(302, Location="http://[::/"), "fail", "a redirect to no URL"),
    "nowhere": (says(302, Location="http://gone.test/"), "fail", "the host has no address"),
    "to a closed port": (
        says(302, Location=f"https://{NAME}/"),
        "fail",
        "port 443: connection ref",
    ),
    "to the link": (
        says(302, Location="http://169.254.169.254/latest/meta-data/"),
        "unknown",
        "169.254.169.254 is not on the Internet",
    ),
    "to the network": (
        says(302, Location="http://[::ffff:10.0.0.1]/"),
        "unknown",
        "is not on the Internet",
    ),
    "to no host": (says(302, Location="http://a\x7fb/"), "fail", "the host has no address"),
    "closed": (None, "fail", "port 80: connection refused"),
}


@pytest.mark.parametrize(("respond", "verdict", "evidence"), CASES.values(), ids=CASES)
def test_a_stage(respond: Respond | None, verdict: str, evidence: str) -> None:
    (check,) = looked(respond)
    assert (check.verdict, evidence in check.evidence) == (verdict, True), check
    assert TOKEN not in str(check)
    assert bool(check.fix) == (verdict == "fail")


def test_each_address_by_itself() -> None:
    with dns_server({(NAME, "A"): [ADDRESS, "127.0.1.81"]}) as resolver:
        challenge = a_challenge(dns_name=NAME, solver=Solver(http01=Http01()))
        (subject,) = subjects(a_chain(order=an_order(dns_names=(NAME,)), challenges=(challenge,)))
        with web_server(says(200, KEY.encode()), address=ADDRESS, port=80):
            found = list(web.stages(subject, Lookup([resolver])))
    assert sorted(check.verdict for check in found) == ["fail", "pass"]


def test_what_is_over_is_not_fetched() -> None:
    challenge = a_challenge("valid", dns_name=NAME, solver=Solver(http01=Http01()))
    (subject,) = subjects(a_chain(order=an_order(dns_names=(NAME,)), challenges=(challenge,)))
    checks: Iterator[Check] = web.stages(subject, Lookup(["127.0.0.1:1"]))
    assert list(checks) == []


@pytest.mark.parametrize(
    ("before", "after", "leads"),
    [
        ("8.8.8.8", "1.1.1.1", True),
        ("8.8.8.8", "10.0.0.1", False),
        ("8.8.8.8", "127.0.0.1", False),
        ("8.8.8.8", "::ffff:127.0.0.1", False),
        ("2001:4860::8", "fe80::1", False),
        ("8.8.8.8", "::", False),
        ("10.0.0.1", "10.0.0.2", True),
        ("10.0.0.1", "169.254.169.254", False),
        ("10.0.0.1", "::1", False),
        ("fd00::1", "192.168.0.1", True),
        ("127.0.0.1", "::1", True),
        ("127.0.0.1", "8.8.8.8", True),
    ],
)
def test_where_a_redirect_may_lead(before: str, after: str, leads: bool) -> None:
    assert web.may_lead(before, after) is leads

"""Which proxy: by the cluster's entry, or by the environment as Go programs read it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_order.access.errors import BadConfig
from kubectl_order.access.proxies import proxy_for

SERVER = "https://api.example.com:6443"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, ""),
        ({"HTTPS_PROXY": "http://p:1"}, "http://p:1"),
        ({"https_proxy": "http://p:1"}, "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1", "https_proxy": "http://q:1"}, "http://p:1"),
        ({"HTTPS_PROXY": "p:1"}, "http://p:1"),
        ({"HTTP_PROXY": "http://p:1", "ALL_PROXY": "http://p:1"}, ""),
    ],
)
def test_of_the_environment(environ: dict[str, str], expected: str) -> None:
    assert proxy_for(SERVER, "", environ) == expected


def test_for_plain_http() -> None:
    environ = {"HTTPS_PROXY": "http://s:1", "HTTP_PROXY": "http://p:1"}
    assert proxy_for("http://api.example.com", "", environ) == "http://p:1"


@pytest.mark.parametrize(
    ("server", "excepted", "through"),
    [
        ("https://api.example.com", "", True),
        ("https://api.example.com", "*", False),
        ("https://api.example.com", "example.com", False),
        ("https://api.example.com", "x.test, EXAMPLE.com", False),
        ("https://api.example.com", ".example.com", False),
        ("https://api.example.com", "*.example.com", False),
        ("https://example.com", "example.com", False),
        ("https://example.com", ".example.com", True),
        ("https://myexample.com", "example.com", True),
        ("https://api.example.com", "example.com:443", False),
        ("https://api.example.com:6443", "example.com:443", True),
        ("https://10.1.2.3", "10.1.0.0/16", False),
        ("https://10.2.2.3", "10.1.0.0/16", True),
        ("https://10.1.2.3", "10.1.2.3", False),
        ("https://10.1.2.3:6443", "10.1.2.3:6443", False),
        ("https://[fd00::1]", "fd00::/8", False),
        ("https://[fd00::1]", "fd00::1", False),
        ("https://[fd00::1]:6443", "[fd00::1]:6443", False),
        ("https://[fd00::1]:6443", "[fd00::1]:1", True),
        ("https://10.1.2.3", "10.1/x", True),
        ("https://localhost:6443", "", False),
        ("https://127.0.0.9:6443", "", False),
        ("https://[::1]:6443", "", False),
    ],
)
def test_what_is_excepted(server: str, excepted: str, through: bool) -> None:
    environ = {"HTTPS_PROXY": "http://p:1", "NO_PROXY": excepted}
    assert bool(proxy_for(server, "", environ)) == through


def test_the_clusters_own_is_not_excepted() -> None:
    environ = {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"}
    assert proxy_for(SERVER, "http://own:1", environ) == "http://own:1"


@pytest.mark.parametrize("url", ["socks5://p:1", "ftp://p:1", "http://", "http://p:x"])
def test_proxies_that_cannot_be_used(url: str) -> None:
    with pytest.raises(BadConfig, match=r"^HTTPS_PROXY "):
        proxy_for(SERVER, "", {"HTTPS_PROXY": url})


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(max_size=20))
def test_any_environment(proxy: str, excepted: str) -> None:
    """A proxy, none, or a reason: never another error."""
    try:
        found = proxy_for(SERVER, "", {"HTTPS_PROXY": proxy, "NO_PROXY": excepted})
    except BadConfig:
        return
    assert found in ("", proxy, f"http://{proxy}")

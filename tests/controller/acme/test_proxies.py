"""The environment's proxies and their exceptions."""

import pytest

from controller.acme.proxies import Proxies


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        pytest.param({}, None, id="none"),
        pytest.param({"HTTPS_PROXY": ""}, None, id="empty"),
        pytest.param({"HTTP_PROXY": "http://p:1"}, None, id="not for https"),
        pytest.param({"HTTPS_PROXY": "http://p:3128"}, "http://p:3128", id="upper case"),
        pytest.param({"https_proxy": "http://p:3128"}, "http://p:3128", id="lower case"),
        pytest.param(
            {"https_proxy": "http://a:1", "HTTPS_PROXY": "http://b:2"}, "http://a:1", id="both"
        ),
        pytest.param({"HTTPS_PROXY": "p:3128"}, "http://p:3128", id="no scheme"),
        pytest.param({"HTTPS_PROXY": "http://p"}, "http://p:80", id="no port"),
        pytest.param({"HTTPS_PROXY": "https://p"}, "https://p:443", id="over TLS"),
        pytest.param({"HTTPS_PROXY": "http://[::1]:3128"}, "http://[::1]:3128", id="IPv6"),
    ],
)
def test_which_proxy(environ: dict[str, str], url: str | None) -> None:
    proxy = Proxies.read(environ).for_endpoint("acme.test", 443)
    assert (proxy and proxy.url) == url


@pytest.mark.parametrize("url", ["socks5://p:1", "http://p:notaport", "http://:3128", "http://"])
def test_a_proxy_that_cannot_be_used_is_an_error(url: str) -> None:
    with pytest.raises(ValueError, match="HTTPS_PROXY"):
        Proxies.read({"HTTPS_PROXY": url})


def test_the_password_goes_to_the_proxy_and_nowhere_else() -> None:
    proxies = Proxies.read({"HTTPS_PROXY": "http://me:s%40fe@p:3128"})
    proxy = proxies.for_endpoint("acme.test", 443)
    assert proxy is not None
    assert proxy.headers == {"Proxy-Authorization": "Basic bWU6c0BmZQ=="}
    assert proxy.url == "http://p:3128"
    assert "bWU6" not in repr(proxies)


@pytest.mark.parametrize(
    ("exceptions", "host", "port", "direct"),
    [
        pytest.param("", "acme.test", 443, False, id="none"),
        pytest.param("*", "acme.test", 443, True, id="all"),
        pytest.param("acme.test", "acme.test", 443, True, id="itself"),
        pytest.param("acme.test", "ACME.test.", 443, True, id="in another spelling"),
        pytest.param("acme.test", "a.acme.test", 443, True, id="below"),
        pytest.param("acme.test", "notacme.test", 443, False, id="only a suffix"),
        pytest.param(".acme.test", "a.acme.test", 443, True, id="dot: below"),
        pytest.param(".acme.test", "acme.test", 443, False, id="dot: not itself"),
        pytest.param("x.test, acme.test", "acme.test", 443, True, id="second of two"),
        pytest.param("acme.test:8443", "acme.test", 8443, True, id="that port"),
        pytest.param("acme.test:8443", "acme.test", 443, False, id="another port"),
        pytest.param("10.0.0.0/8", "10.1.2.3", 443, True, id="inside the block"),
        pytest.param("10.0.0.0/8", "11.1.2.3", 443, False, id="outside the block"),
        pytest.param("10.1.2.3", "10.1.2.3", 443, True, id="that address"),
        pytest.param("10.1.2.3:443", "10.1.2.3", 443, True, id="that address and port"),
        pytest.param("fd00::/8", "fd00::1", 443, True, id="inside an IPv6 block"),
        pytest.param("[fd00::1]:443", "fd00::1", 443, True, id="an IPv6 address and port"),
        pytest.param("10.0.0.0/8", "acme.test", 443, False, id="a block and a name"),
        pytest.param(",, ,", "acme.test", 443, False, id="commas"),
        pytest.param("", "127.0.0.1", 443, True, id="loopback"),
        pytest.param("", "::1", 443, True, id="IPv6 loopback"),
        pytest.param("", "localhost", 443, True, id="localhost"),
    ],
)
def test_no_proxy(exceptions: str, host: str, port: int, direct: bool) -> None:
    proxies = Proxies.read({"HTTPS_PROXY": "http://p:1", "NO_PROXY": exceptions})
    assert (proxies.for_endpoint(host, port) is None) is direct

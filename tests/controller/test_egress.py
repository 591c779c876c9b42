"""Which addresses are refused, in which spellings, and that no connection gets round the check."""

import ipaddress
import socket
from collections.abc import AsyncIterator
from ipaddress import IPv4Address, IPv6Address

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from hypothesis import given
from hypothesis import strategies as st

from controller.egress import (
    EgressRefused,
    GuardedResolver,
    check,
    check_literal,
    check_name,
    guarded_connector,
    refusal,
)

REFUSED_NETWORKS = ("127.0.0.0/8", "169.254.0.0/16", "0.0.0.0/8", "224.0.0.0/4")
FINE_NETWORKS = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "203.0.113.0/24", "100.64.0.0/12")


def _in(*networks: str) -> st.SearchStrategy[IPv4Address]:
    return st.one_of(*(st.ip_addresses(v=4, network=network) for network in networks)).map(
        lambda address: IPv4Address(int(address))
    )


def _embedded(address: IPv4Address) -> dict[str, IPv6Address]:
    """Every IPv6 form that may lead to the IPv4 address."""
    low = int(address)
    prefixes = {
        "mapped": "::ffff:0:0",
        "translated": "::ffff:0:0:0",
        "nat64": "64:ff9b::",
        "local nat64": "64:ff9b:1::",
        "local nat64 with a prefix of its own": "64:ff9b:1:fffe::",
        "isatap": "2001:db8::5efe:0:0",
        "isatap, global": "2001:db8::200:5efe:0:0",
    }
    forms = {name: IPv6Address(int(IPv6Address(prefix)) | low) for name, prefix in prefixes.items()}
    if low > 1:
        forms["compatible"] = IPv6Address(low)
    forms["6to4"] = IPv6Address(0x2002 << 112 | low << 80 | 1)
    public = int(IPv4Address("203.0.113.1"))
    forms["teredo server"] = IPv6Address(0x2001 << 112 | low << 64 | (public ^ 0xFFFFFFFF))
    forms["teredo client"] = IPv6Address(0x2001 << 112 | public << 64 | (low ^ 0xFFFFFFFF))
    return forms


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        pytest.param("127.0.0.1", "loopback", id="loopback"),
        pytest.param("127.255.255.254", "loopback", id="loopback, far end"),
        pytest.param("::1", "loopback", id="IPv6 loopback"),
        pytest.param("0.0.0.0", "unspecified", id="unspecified"),  # noqa: S104
        pytest.param("0.1.2.3", "unspecified", id="this network"),
        pytest.param("::", "unspecified", id="IPv6 unspecified"),
        pytest.param("169.254.1.1", "link-local", id="link-local"),
        pytest.param("fe80::1", "link-local", id="IPv6 link-local"),
        pytest.param("224.0.0.1", "multicast", id="multicast"),
        pytest.param("ff02::1", "multicast", id="IPv6 multicast"),
        pytest.param("255.255.255.255", "multicast", id="broadcast"),
        pytest.param("169.254.169.254", "metadata", id="metadata"),
        pytest.param("168.63.129.16", "metadata", id="Azure metadata"),
        pytest.param("100.100.100.200", "metadata", id="Alibaba metadata"),
        pytest.param("fd00:ec2::254", "metadata", id="AWS metadata"),
        pytest.param("::ffff:169.254.169.254", "metadata", id="mapped metadata"),
        pytest.param("64:ff9b::a9fe:a9fe", "metadata", id="NAT64 metadata"),
        pytest.param("2002:7f00:1::1", "loopback", id="6to4 loopback"),
        pytest.param("fe80::1%eth0", "link-local", id="with a scope"),
        pytest.param("::1%lo", "loopback", id="loopback with a scope"),
    ],
)
def test_special_addresses_are_refused_with_a_reason(address: str, reason: str) -> None:
    assert reason in (refusal(ipaddress.ip_address(address)) or "")
    with pytest.raises(EgressRefused, match=reason):
        check(address, allow=False)
    check(address, allow=True)


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("10.0.0.1", id="private"),
        pytest.param("192.168.1.1", id="private, small"),
        pytest.param("100.64.0.1", id="carrier-grade NAT"),
        pytest.param("203.0.113.7", id="documentation"),
        pytest.param("fd12::1", id="IPv6 private"),
        pytest.param("2606:4700::1111", id="IPv6 public"),
        pytest.param("64:ff9b::a00:1", id="NAT64 of a private address"),
    ],
)
def test_private_and_public_addresses_are_fine(address: str) -> None:
    assert refusal(ipaddress.ip_address(address)) is None
    check(address, allow=False)


@given(_in(*REFUSED_NETWORKS))
def test_what_is_refused_is_refused_in_every_ipv6_form(address: IPv4Address) -> None:
    assert refusal(address) is not None
    for name, form in _embedded(address).items():
        assert refusal(form) is not None, name


@given(_in(*FINE_NETWORKS).filter(lambda a: refusal(a) is None))
def test_what_is_fine_is_fine_in_every_ipv6_form(address: IPv4Address) -> None:
    for name, form in _embedded(address).items():
        assert refusal(form) is None, name


@given(st.ip_addresses(), st.from_regex(r"[a-z0-9]{1,8}", fullmatch=True))
def test_a_scope_changes_nothing(address: IPv4Address | IPv6Address, scope: str) -> None:
    if isinstance(address, IPv6Address):
        assert refusal(IPv6Address(f"{address}%{scope}")) == refusal(address)


def test_a_text_that_is_no_address_is_refused() -> None:
    with pytest.raises(EgressRefused, match="not an IP address"):
        check("2130706433", allow=False)


@pytest.mark.parametrize(
    "name",
    ["localhost", "LOCALHOST", "localhost.", "a.localhost", "A.LocalHost.", "ip6-localhost"],
)
def test_names_of_the_loopback_are_refused(name: str) -> None:
    with pytest.raises(EgressRefused):
        check_name(name, allow=False)
    with pytest.raises(EgressRefused):
        check_literal(name, allow=False)
    check_name(name, allow=True)


def test_a_name_that_only_begins_like_one_is_fine() -> None:
    check_name("localhost.example.com", allow=False)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "::1", "[::ffff:7f00:1]"])
def test_literals_are_refused_before_a_proxy_sees_them(host: str) -> None:
    with pytest.raises(EgressRefused):
        check_literal(host, allow=False)
    check_literal("acme.example.com", allow=False)


class Fixed(AbstractResolver):
    """Resolves every name to the same addresses."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=a, port=port, family=socket.AF_INET, proto=0, flags=0)
            for a in self.addresses
        ]

    async def close(self) -> None:
        pass


async def test_a_name_that_leads_to_a_refused_address_is_refused() -> None:
    resolver = GuardedResolver(allow=False, resolver=Fixed("203.0.113.1", "169.254.169.254"))
    with pytest.raises(EgressRefused, match=r'"acme.test" resolves to 169\.254\.169\.254 belongs'):
        await resolver.resolve("acme.test", 443)


async def test_a_name_that_leads_elsewhere_is_resolved() -> None:
    resolver = GuardedResolver(allow=False, resolver=Fixed("203.0.113.1"))
    assert [r["host"] for r in await resolver.resolve("acme.test", 443)] == ["203.0.113.1"]


async def test_the_operators_proxy_may_be_anywhere_but_at_its_port_alone() -> None:
    resolver = GuardedResolver(
        allow=False, trusted=[("proxy.test", 3128)], resolver=Fixed("127.0.0.1")
    )
    await resolver.resolve("proxy.test", 3128)
    stream = (socket.AF_INET, socket.SOCK_STREAM, 0, "")
    resolver.open_socket((*stream, ("127.0.0.1", 3128))).close()
    with pytest.raises(EgressRefused):
        resolver.open_socket((*stream, ("127.0.0.1", 443)))
    with pytest.raises(EgressRefused):
        await resolver.resolve("proxy.test", 443)


@pytest.fixture
async def loopback() -> AsyncIterator[int]:
    """The port of a server on loopback that a refused request must never reach."""

    async def hit(_: web.Request) -> web.Response:
        return web.Response(text="reached")

    application = web.Application()
    application.router.add_get("/", hit)
    application.router.add_get("/away", _away)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield int(runner.addresses[0][1])
    await runner.cleanup()


async def _away(_: web.Request) -> web.Response:
    raise web.HTTPFound("http://127.0.0.1:1/")


SPELLINGS = [
    pytest.param("127.0.0.1", id="plain"),
    pytest.param("127.1", id="short"),
    pytest.param("2130706433", id="decimal"),
    pytest.param("0x7f000001", id="hexadecimal"),
    pytest.param("0x7f.1", id="hexadecimal, short"),
    pytest.param("0177.0.0.1", id="octal"),
    pytest.param("017700000001", id="octal number"),
    pytest.param("0", id="zero"),
    pytest.param("0.0.0.0", id="unspecified"),  # noqa: S104
    pytest.param("[::1]", id="IPv6"),
    pytest.param("[::ffff:127.0.0.1]", id="mapped"),
    pytest.param("[0:0:0:0:0:ffff:7f00:0001]", id="mapped, long"),
    pytest.param("localhost", id="localhost"),
    pytest.param("localhost.", id="localhost with a dot"),
    pytest.param("LOCALHOST", id="localhost in capitals"),
    pytest.param("x.localhost", id="below localhost"),
    pytest.param("①②⑦.⓪.⓪.①", id="circled digits"),
    pytest.param("１２７.０.０.１", id="full-width digits"),
    pytest.param("127。0。0。1", id="ideographic dots"),
]


@pytest.mark.parametrize("host", SPELLINGS)
async def test_no_spelling_of_loopback_gets_through(host: str, loopback: int) -> None:
    async with aiohttp.ClientSession(connector=guarded_connector(allow=False)) as session:
        with pytest.raises((aiohttp.ClientError, OSError, ValueError)):
            await session.get(f"http://{host}:{loopback}/")


async def test_with_the_guard_off_loopback_is_reached(loopback: int) -> None:
    async with (
        aiohttp.ClientSession(connector=guarded_connector(allow=True)) as session,
        session.get(f"http://127.0.0.1:{loopback}/") as response,
    ):
        assert await response.text() == "reached"


async def test_a_redirect_does_not_get_round_the_guard(loopback: int) -> None:
    resolver = GuardedResolver(
        allow=False, trusted=[("front.test", loopback)], resolver=Fixed("127.0.0.1")
    )
    connector = aiohttp.TCPConnector(resolver=resolver, socket_factory=resolver.open_socket)
    async with aiohttp.ClientSession(connector=connector) as session:
        with pytest.raises(aiohttp.ClientConnectorError) as caught:
            await session.get(f"http://front.test:{loopback}/away")
    assert isinstance(caught.value.os_error, EgressRefused)

"""Our own look at real servers: one address, stage by stage."""

import ssl

import pytest
import uvloop

from controller.solvers.check import Check
from controller.solvers.errors import Misconfigured
from controller.solvers.http01.selfcheck import NOT_A_CHALLENGE, SelfCheck
from controller.solvers.http01.verdicts import FROM_HERE
from devcluster import pki, servers, zone
from devcluster.process import free_port
from tests.controller.solvers.http01.checked_server import (
    KEY,
    PATH,
    THUMBPRINT,
    TOKEN,
    Request,
    black_hole,
    checked,
    keyed,
    look,
    redirect,
    respond,
    selfcheck,
)


async def test_the_key_authorization_passes(dns: servers.Dns) -> None:
    async with checked(keyed) as server:
        found = await look(dns, server, "good.example.com")
    where = f"good.example.com at 127.0.0.1 port {server.port}"
    assert found == Check(True, f"{where} answered with the key authorization")


async def test_the_request_is_the_cas_and_holds_no_credentials(dns: servers.Dns) -> None:
    async with checked(keyed) as server:
        await look(dns, server, "good.example.com")
    (request,) = server.requests
    assert request.head.startswith(f"GET {PATH} HTTP/1.1\r\n")
    assert request.headers == {
        "host": f"good.example.com:{server.port}",
        "user-agent": "kubectl-order self-check",
        "accept": "*/*",
        "accept-encoding": "identity",
        "connection": "close",
    }


async def test_proxies_and_netrc_of_the_environment_are_not_used(
    dns: servers.Dns, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with checked(lambda _: respond("proxy")) as proxy, checked(keyed) as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert (await look(dns, server, "good.example.com")).passed
    assert proxy.connections == 0


@pytest.mark.parametrize("end", ["\n", "\r\n", " \t\n"])
async def test_whitespace_after_the_key_does_not_matter(dns: servers.Dns, end: str) -> None:
    async with checked(lambda _: respond(KEY + end)) as server:
        assert (await look(dns, server, "good.example.com")).passed


@pytest.mark.parametrize("body", [f" {KEY}", KEY + "x", KEY[:-1], KEY.lower(), KEY * 2, ""])
async def test_another_body_fails_and_is_not_shown(dns: servers.Dns, body: str) -> None:
    headers = {"Content-Type": "text/html; charset=utf-8"}
    async with checked(lambda _: respond(body, headers=headers)) as server:
        found = await look(dns, server, "good.example.com")
    assert not found.passed
    assert not found.unknown
    assert found.evidence.startswith(
        f"body: good.example.com at 127.0.0.1 port {server.port}: answered 200 with something else "
        f"(text/html; charset=utf-8, {len(body)} bytes): another server or page answers this path"
    )
    assert THUMBPRINT not in found.evidence
    assert TOKEN not in found.evidence


async def test_a_long_page_is_measured_and_not_read(dns: servers.Dns) -> None:
    page = respond("<p>secret</p>" * 1_000, headers={"Content-Type": "text/html"})
    async with checked(lambda _: page) as server:
        found = await look(dns, server, "good.example.com")
    assert "something else (text/html, 13,000 bytes)" in found.evidence
    assert "secret" not in found.evidence


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (404, "answered 404: the router has no route to the responder yet, or not for this name"),
        (401, "answered 401: something asks for credentials"),
        (403, "answered 403: something asks for credentials"),
        (502, "answered 502: the router cannot reach the responder"),
        (503, "answered 503: the router cannot reach the responder. See whether the responder"),
        (504, "answered 504: the router cannot reach the responder"),
        (500, "answered 500: 200 is expected"),
        (204, "answered 204: 200 is expected"),
        (304, "answered 304: 200 is expected"),
    ],
)
async def test_another_status_fails(dns: servers.Dns, status: int, words: str) -> None:
    async with checked(lambda _: respond(status=status)) as server:
        found = await look(dns, server, "good.example.com")
    where = f"HTTP: good.example.com at 127.0.0.1 port {server.port}"
    assert not found.passed
    assert not found.unknown
    assert found.evidence.startswith(f"{where}: {words}")


async def test_a_refused_connection_fails(dns: servers.Dns) -> None:
    port = free_port()
    found = await selfcheck(dns, port).check("good.example.com", TOKEN, KEY)
    assert found == Check(
        False,
        f"TCP: good.example.com at 127.0.0.1 port {port}: connection refused: nothing listens "
        "there. See which router should listen there",
    )


async def test_a_connection_that_does_not_come_about_tells_nothing(dns: servers.Dns) -> None:
    with black_hole("127.0.0.1") as port:
        found = await selfcheck(dns, port, seconds=0.6).check("good.example.com", TOKEN, KEY)
    where = f"TCP: good.example.com at 127.0.0.1 port {port}"
    assert found == Check(False, f"{where}: no connection within 0.3 s. {FROM_HERE}", unknown=True)


@pytest.mark.parametrize("address", ["224.0.0.1", "ff02::1"])
async def test_a_network_without_a_way_tells_nothing(dns: servers.Dns, address: str) -> None:
    # The kernel refuses TCP to a multicast address by itself; where it has no IPv6, that too.
    found = await selfcheck(dns, 80).check(address, TOKEN, KEY)
    assert (found.passed, found.unknown) == (False, True)
    assert found.evidence.startswith(f"TCP: {address} port 80: cannot be reached from here: ")


async def test_what_the_guard_refuses_is_not_connected_to(dns: servers.Dns) -> None:
    async with checked(keyed) as server:
        found = await look(dns, server, "good.example.com", allow=False)
    assert server.connections == 0
    assert (found.passed, found.unknown) == (False, True)
    assert found.evidence.startswith(
        f"TCP: good.example.com at 127.0.0.1 port {server.port}: not connected to: "
        "127.0.0.1 is a loopback address; such addresses are not connected to"
    )


@pytest.mark.parametrize(
    "name", ["localhost", "a.localhost", "127.0.0.1", "::1", "169.254.169.254"]
)
async def test_names_of_this_machine_are_not_tried(dns: servers.Dns, name: str) -> None:
    async with checked(keyed) as server:
        found = await look(dns, server, name, allow=False)
    assert server.connections == 0
    assert (found.passed, found.unknown) == (False, True)
    assert "not connected to" in found.evidence


async def test_an_ip_address_is_its_own_name() -> None:
    nobody = SelfCheck(["127.0.0.1:1"], allow_special_addresses=True, port=free_port())
    async with checked(keyed, port=nobody._port) as server:
        found = await nobody.check("127.0.0.1", TOKEN, KEY)
    where = f"127.0.0.1 port {server.port}"
    assert found == Check(True, f"{where} answered with the key authorization")
    assert server.requests[0].headers["host"] == f"127.0.0.1:{server.port}"


async def test_ipv6_addresses_are_bracketed() -> None:
    nobody = SelfCheck(["127.0.0.1:1"], allow_special_addresses=True)
    assert str(nobody._url("2001:db8::1", TOKEN)) == f"http://[2001:db8::1]{PATH}"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_to_https_is_followed(
    dns: servers.Dns, authority: pki.Authority, status: int
) -> None:
    tls = server_context(authority)
    async with checked(keyed, host="127.0.0.2", tls=tls) as safe:

        def answer(_: Request) -> bytes:
            return redirect(f"https://other.example.com:{safe.port}{PATH}?x=y", status)

        zone.add(dns, "example.com", "other", "A", "127.0.0.2")
        try:
            async with checked(answer, port=safe.port) as server:
                found = await look(dns, server, "good.example.com")
        finally:
            zone.remove(dns, "example.com", "other")
    assert found.passed
    assert safe.requests[0].sni == "other.example.com"
    assert safe.requests[0].path == f"{PATH}?x=y"
    target = f"https://other.example.com:{safe.port}/.well-known/acme-challenge/<token>"
    strange = " (by a 303, which public CAs do not follow)" if status == 303 else ""
    assert found.evidence == (
        f"good.example.com at 127.0.0.1 port {server.port}, redirected to "
        f'"{target}"{strange} answered with the key authorization'
    )


async def test_a_redirect_to_the_same_host_stays_at_the_address(dns: servers.Dns) -> None:
    def answer(request: Request) -> bytes:
        return respond(KEY) if request.path == "/there" else redirect("/there")

    async with checked(answer) as server:
        found = await look(dns, server, "good.example.com")
    assert found.passed
    assert [request.path for request in server.requests] == [PATH, "/there"]


async def test_where_tls_is_not_spoken_the_redirect_fails(dns: servers.Dns) -> None:
    def answer(request: Request) -> bytes:
        return redirect(f"https://good.example.com:{server.port}/")

    async with checked(answer) as server:
        found = await look(dns, server, "good.example.com")
    assert not found.passed
    assert not found.unknown
    assert found.evidence.startswith("TLS: good.example.com at 127.0.0.1 port ")
    assert ": the TLS handshake failed (" in found.evidence


@pytest.mark.parametrize(
    ("token", "key"),
    [
        ("../../admin", "../../admin." + THUMBPRINT),
        ("", "." + THUMBPRINT),
        (TOKEN, THUMBPRINT),
        (TOKEN, "<html>a page that is guessed</html>"),
        (TOKEN, ""),
        (TOKEN, f"{TOKEN}.{THUMBPRINT}\n"),
    ],
)
async def test_only_key_authorizations_are_compared(dns: servers.Dns, token: str, key: str) -> None:
    async with checked(lambda _: respond(key)) as server:
        found = await selfcheck(dns, server.port).check("good.example.com", token, key)
    assert found == Check(False, NOT_A_CHALLENGE)
    assert server.connections == 0


def test_a_name_server_that_cannot_be_read_is_told_at_once() -> None:
    with pytest.raises(Misconfigured, match="--acme-http01-solver-nameservers"):
        SelfCheck(["not a server"], allow_special_addresses=False)


def test_it_works_on_the_loop_that_the_controller_runs_on(dns: servers.Dns) -> None:
    async def all_of_it() -> tuple[Check, Check]:
        async with checked(keyed) as server:
            good = await look(dns, server, "good.example.com")
        return good, await look(dns, server, "good.example.com")

    good, refused = uvloop.run(all_of_it())
    assert good.passed
    assert "connection refused: nothing listens there" in refused.evidence


def server_context(authority: pki.Authority) -> ssl.SSLContext:
    """For a certificate that no client has a reason to trust."""
    pair = authority.issue("someone-else.example.net", server=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    return context

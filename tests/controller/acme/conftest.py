"""Clients of a real Pebble, directly and through a front that breaks things."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable

import pytest
import uvloop

from controller.acme import (
    AccountKey,
    Client,
    Proxies,
    RequestMade,
    Session,
    tls_context,
    user_agent,
)
from controller.acme.signed import Clock
from controller.runtime.clock import SystemClock
from devcluster import pki, servers
from tests.controller.acme.faults import Front, running_front
from tests.controller.acme.wire import Server, running_server

MakeClient = Callable[..., Client]


def pytest_asyncio_loop_factories(
    item: pytest.Item,
) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The controller runs on uvloop, whose errors differ: sockets are tested on both."""
    if item.path.name.startswith("test_transport"):
        return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
    return {"asyncio": asyncio.new_event_loop}


@pytest.fixture
async def settled() -> AsyncIterator[None]:
    """Time for both ends of a TLS connection to close, before the loop does: requested first."""
    yield
    await asyncio.sleep(0.01)


@pytest.fixture
async def session(settled: None, authority: pki.Authority) -> AsyncIterator[Session]:
    """Connections that trust the CAs of the tests and may go to loopback."""
    tls = tls_context(ca_bundle=authority.certificate.read_bytes())
    async with Session.open(tls, proxies=Proxies(), allow_special_addresses=True) as opened:
        yield opened


@pytest.fixture
def made() -> list[RequestMade]:
    """The requests that the clients of this test have made."""
    return []


@pytest.fixture(scope="session")
def account_key() -> AccountKey:
    """One key for the whole session: its account exists after the first registration."""
    return asyncio.run(AccountKey.generate("ES256"))


@pytest.fixture
def make_client(session: Session, made: list[RequestMade], account_key: AccountKey) -> MakeClient:
    """Makes a client of a directory; at most two requests in flight, as Pebble wants it."""
    limiter = asyncio.Semaphore(2)

    def make(
        directory_url: str,
        key: AccountKey = account_key,
        *,
        clock: Clock | None = None,
        account_url: str = "",
    ) -> Client:
        return Client(
            session,
            directory_url,
            key,
            limiter=limiter,
            user_agent=user_agent("0.0.0"),
            clock=clock or SystemClock(),
            on_request=made.append,
            account_url=account_url,
        )

    return make


@pytest.fixture
async def client(make_client: MakeClient, pebble: servers.Pebble) -> Client:
    """A client of Pebble whose account is registered."""
    ready = make_client(pebble.directory_url)
    await ready.register(())
    return ready


@pytest.fixture
async def front(authority: pki.Authority, pebble: servers.Pebble) -> AsyncIterator[Front]:
    """A front before Pebble, with no fault yet."""
    ca = ssl.create_default_context(cafile=str(authority.certificate))
    upstream = pebble.directory_url.removesuffix("/dir")
    async with running_front(upstream, ca, authority.issue("front", server=True)) as running:
        yield running


@pytest.fixture
async def behind(make_client: MakeClient, front: Front) -> Client:
    """A client of the front whose account is registered; the calls so far are forgotten."""
    ready = make_client(front.directory_url)
    await ready.register(())
    front.calls.clear()
    return ready


@pytest.fixture
async def server(settled: None, authority: pki.Authority) -> AsyncIterator[Server]:
    """A TLS server whose answers the test decides."""
    async with running_server(authority.issue("transport", server=True)) as running:
        yield running


@pytest.fixture
def tls(authority: pki.Authority) -> ssl.SSLContext:
    """Trust in the authority of the tests."""
    return tls_context(ca_bundle=authority.certificate.read_bytes())

"""The router itself, without our controller: what leads to a responder, and what does not."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator

import pytest

from controller.acme import (
    AccountKey,
    Client,
    Identifier,
    NewOrder,
    Proxies,
    Session,
    tls_context,
    user_agent,
)
from controller.runtime.clock import SystemClock
from devcluster import netns
from tests.controller.acme.issuing import until
from tests.routers.edge import (
    Edge,
    Responder,
    gateway,
    grant,
    ingress,
    responder,
    route,
    service,
    silent,
)
from tests.system.world import Json, condition

HOME = "cert-manager"
PATH = "/.well-known/acme-challenge/"
FRONT: Json = {"name": "front"}
HERE: Json = {"name": "nothing", "port": 80}
NOT_ALLOWED = {"Accepted": "NotAllowedByListeners"}
NO_PARENT = {"Accepted": "NoMatchingParent"}
HTTP: Json = {"name": "http", "protocol": "HTTP", "port": 80}
ODD_GATEWAYS = (
    gateway("limited", "web", HTTP | {"hostname": "only.example.net"}),
    gateway("own", HOME, admits="Same"),
    gateway("elsewhere", "web", HTTP | {"port": 8080}),
)


@pytest.fixture(scope="module", autouse=True)
def answering(edge: Edge) -> Iterator[Responder]:
    """A responder, and the Service `answering` in cert-manager that leads to it."""
    with responder() as running:
        edge.world.apply(*service("answering", HOME, running), *service("private", HOME, running))
        edge.world.namespace("web")
        edge.world.apply(gateway("front", "web"))
        yield running


def test_an_ingress_leads_the_ca_to_the_responder(edge: Edge, answering: Responder) -> None:
    assert edge.resolve("a.example.com") == netns.ROUTER
    edge.world.apply(
        *service("a", "web", answering), ingress("a", "web", "a.example.com", PATH + "one")
    )
    edge.seconds_until(200, "a.example.com", PATH + "one")
    assert edge.fetch("a.example.com", PATH + "one") == (200, "proof")
    assert ("a.example.com", PATH + "one") in answering.seen
    assert edge.fetch("a.example.com", PATH + "other")[0] == 404
    assert edge.fetch("b.example.com", PATH + "one")[0] == 404
    edge.world.kubectl("-n", "web", "delete", "ingress", "a")
    edge.seconds_until(404, "a.example.com", PATH + "one")


def test_an_ingress_without_host_serves_an_ip_identifier(edge: Edge, answering: Responder) -> None:
    edge.world.apply(*service("ip", "web", answering), ingress("ip", "web", "", PATH + "ip"))
    edge.seconds_until(200, netns.ROUTER, PATH + "ip")
    assert answering.seen[-1] == (netns.ROUTER, PATH + "ip")


@pytest.fixture
async def client(edge: Edge) -> AsyncIterator[Client]:
    """A client of the cluster's CA, with an account."""
    pebble = edge.world.cluster.pebble
    tls = tls_context(ca_bundle=pebble.ca.read_bytes())
    async with Session.open(tls, proxies=Proxies(), allow_special_addresses=True) as session:
        ready = Client(
            session,
            pebble.directory_url,
            await AccountKey.generate("ES256"),
            limiter=asyncio.Semaphore(2),
            user_agent=user_agent("0.0.0"),
            clock=SystemClock(),
            on_request=lambda made: None,
        )
        await ready.register(())
        yield ready
    await asyncio.sleep(0.01)  # for both ends of its connections to close


@pytest.mark.parametrize(("kind", "value"), [("dns", "ca.example.com"), ("ip", netns.ROUTER)])
async def test_the_ca_validates_through_the_router(
    edge: Edge, client: Client, kind: str, value: str
) -> None:
    order = await client.new_order(NewOrder((Identifier(kind, value),)))
    authorization = await client.authorization(order.authorizations[0])
    proof = next(c for c in authorization.challenges if c.type == "http-01")
    path, host = PATH + proof.token, value if kind == "dns" else ""
    with responder(client.key_authorization(proof.token)) as running:
        edge.world.apply(*service("ca", "web", running), ingress("ca", "web", host, path))
        edge.seconds_until(200, value, path)
        answered = await client.answer(proof.url)
        done = await until(
            client.authorization, authorization.url, after=answered, away_from=("pending",)
        )
    assert done.status == "valid", done
    assert (f"{value}:80", path) in running.seen  # Pebble names the port, a browser would not


def test_an_ingress_of_another_class_leads_nowhere(edge: Edge, answering: Responder) -> None:
    other = ingress("other", "web", "other.example.com", PATH + "x", ingress_class="nginx")
    mine = ingress("mine", "web", "mine.example.com", PATH + "x", to="other")
    edge.world.apply(*service("other", "web", answering), other, mine)
    edge.seconds_until(200, "mine.example.com", PATH + "x")
    assert edge.fetch("other.example.com", PATH + "x")[0] == 404


def test_the_ingress_status_has_the_address_of_the_router(edge: Edge, answering: Responder) -> None:
    addressed = ingress("addressed", "web", "addressed.example.com", PATH + "x")
    edge.world.apply(*service("addressed", "web", answering), addressed)

    def address() -> list[Json]:
        found = edge.world.get("ingress", "addressed", "web") or {}
        addresses: list[Json] = found["status"].get("loadBalancer", {}).get("ingress", [])
        return addresses

    assert edge.world.until(address)[0]["ip"] == netns.ROUTER


def test_an_http_route_leads_into_another_namespace(edge: Edge, answering: Responder) -> None:
    edge.world.apply(
        grant("web", HOME, routes_of="web", to="answering"),
        route(
            "g",
            "web",
            "g.example.com",
            PATH + "g",
            parent=FRONT,
            backend=backend("answering", HOME),
        ),
    )
    edge.seconds_until(200, "g.example.com", PATH + "g")
    assert answering.seen[-1] == ("g.example.com", PATH + "g")
    assert verdict(edge, "g") == {"Accepted": "Accepted", "ResolvedRefs": "ResolvedRefs"}


@pytest.mark.parametrize(
    ("name", "parent", "service", "said", "status"),
    [
        ("host", {"name": "limited"}, "answering", {"Accepted": "NoMatchingListenerHostname"}, 404),
        ("away", {"name": "own", "namespace": HOME}, "answering", NOT_ALLOWED, 404),
        ("part", {"name": "front", "sectionName": "x"}, "answering", NO_PARENT, 404),
        ("port", {"name": "elsewhere"}, "answering", NOT_ALLOWED, 404),
        ("ungranted", {"name": "front"}, "private", {"ResolvedRefs": "RefNotPermitted"}, 500),
    ],
)
def test_a_refused_http_route_says_so(
    edge: Edge, name: str, parent: Json, service: str, said: dict[str, str], status: int
) -> None:
    edge.world.apply(*ODD_GATEWAYS, grant("web", HOME, routes_of="web", to="answering"))
    host, to = f"{name}.example.com", backend(service, HOME)
    edge.world.apply(route(name, "web", host, PATH + "r", parent=parent, backend=to))
    seen = verdict(edge, name)
    assert seen == {"Accepted": "Accepted", "ResolvedRefs": "ResolvedRefs"} | said
    edge.seconds_until(status, host, PATH + "r")


def test_an_http_route_of_an_unknown_gateway_is_told_nothing(edge: Edge) -> None:
    lost = route("lost", "web", "lost.example.com", PATH + "r", parent={"name": "x"}, backend=HERE)
    later = route("later", "web", "later.example.com", PATH + "r", parent=FRONT, backend=HERE)
    edge.world.apply(lost, later)
    assert verdict(edge, "later")["ResolvedRefs"] == "BackendNotFound"
    assert "status" not in (edge.world.get("httproute", "lost", "web") or {})


def test_a_gateway_on_the_port_of_the_router_is_programmed(edge: Edge) -> None:
    def programmed() -> Json | None:
        found = edge.world.get("gateway", "front", "web") or {}
        return found if condition(found, "Programmed").get("status") == "True" else None

    found = edge.world.until(programmed, why="the Gateway is not Programmed")
    assert condition(found, "Accepted")["status"] == "True"
    assert found["status"]["addresses"] == [{"type": "IPAddress", "value": netns.ROUTER}]


def test_the_access_log_tells_what_was_routed(edge: Edge, answering: Responder) -> None:
    logged = ingress("logged", "web", "logged.example.com", PATH + "logged")
    edge.world.apply(*service("logged", "web", answering), logged)
    edge.seconds_until(200, "logged.example.com", PATH + "logged")
    entry = edge.world.until(lambda: edge.traefik.routed(PATH + "logged"))[-1]
    assert (entry["RequestHost"], entry["DownstreamStatus"]) == ("logged.example.com", 200)


def test_a_dead_address_comes_back(edge: Edge, answering: Responder) -> None:
    again = ingress("again", "web", "again.example.com", PATH + "again")
    edge.world.apply(*service("again", "web", answering), again)
    edge.seconds_until(200, "again.example.com", PATH + "again")
    netns.remove_address(netns.ROUTER)
    try:
        with pytest.raises(OSError, match="unreachable"):
            edge.fetch("again.example.com", PATH + "again")
    finally:
        netns.add_address(netns.ROUTER)
    assert edge.fetch("again.example.com", PATH + "again") == (200, "proof")


def test_a_silent_port_neither_accepts_nor_refuses() -> None:
    with silent(netns.RESPONDER) as port, pytest.raises(TimeoutError):
        socket.create_connection((netns.RESPONDER, port), timeout=0.3)


def backend(name: str, namespace: str) -> Json:
    """A reference from an HTTPRoute to port 80 of a Service."""
    return {"name": name, "namespace": namespace, "port": 80}


def verdict(edge: Edge, name: str) -> dict[str, str]:
    """The reasons that Traefik gives an HTTPRoute by condition type, once there are any."""

    def conditions() -> list[Json]:
        found = edge.world.get("httproute", name, "web") or {}
        parents: list[Json] = found.get("status", {}).get("parents", [])
        return parents[0]["conditions"] if parents else []

    return {c["type"]: c["reason"] for c in edge.world.until(conditions)}

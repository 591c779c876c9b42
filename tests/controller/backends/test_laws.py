"""What holds wherever the room begins: it comes to rest where it should, and then is still."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from controller.backing import PORT, Endpoints, Host, Needs, home, needs_of, responder
from controller.gatewayapi import REFERENCE_GRANT, ReferenceGrant
from controller.networking import (
    ENDPOINT_SLICE,
    SERVICE,
    Endpoint,
    EndpointPort,
    EndpointSlice,
    Service,
    ServicePort,
    ServiceSpec,
)
from controller.runtime.schedule import OnChange
from controller.settings import Settings
from orderapi.meta import ObjectMeta
from orderapi.resources import CHALLENGE
from tests.controller.backends.build import (
    DNS,
    GATEWAY,
    HERE,
    INGRESS,
    KEY,
    LABELS,
    NODE_PORT,
    Process,
    Server,
    a_challenge,
    a_server,
    a_slice,
)
from tests.controller.certificates.world import Killed, run

NAME = "cm-acme-http-solver"
settings_ = st.sampled_from(
    [
        Settings(),
        Settings(enable_gateway_api=False),
        Settings(http01_responder_service="shop/own"),
        Settings(http01_responder_address=("192.0.2.7:80",)),
        Settings(http01_responder_address=("192.0.2.7:80", "[2001:db8::7]:80")),
        Settings(http01_responder_address=("responder.example:8443",)),
    ]
)
challenges = st.lists(
    st.builds(
        a_challenge,
        st.sampled_from([INGRESS, INGRESS, NODE_PORT, GATEWAY, DNS]),
        state=st.sampled_from(["", "pending", "valid"]),
        deleting=st.sampled_from([False, False, True]),
        namespace=st.sampled_from([HERE, HERE, "other"]),
    ),
    max_size=4,
)
ipv4 = st.integers(1, 254).map(lambda number: f"10.0.0.{number}")
ipv6 = st.integers(1, 254).map(lambda number: f"2001:db8::{number:x}")
ports = st.sampled_from([(EndpointPort(name="http", port=port),) for port in (PORT, 9000)])


@st.composite
def responders(draw: st.DrawFn) -> list[EndpointSlice]:
    found = []
    for number in range(draw(st.integers(0, 3))):
        family = draw(st.sampled_from(["IPv4", "IPv6"]))
        addresses = draw(st.lists(ipv4 if family == "IPv4" else ipv6, max_size=4))
        ready = draw(st.sampled_from([True, True, None, False]))
        name = f"order-responder-{number}"
        one = a_slice(*addresses, ready=ready, family=family, ports=draw(ports), name=name)
        found.append(one)
    return found


@st.composite
def leftovers(draw: st.DrawFn) -> list[tuple[Any, Any]]:
    """Objects of our names and label, in any state that people or a crash may have left."""
    found: list[tuple[Any, Any]] = []
    labels = LABELS | draw(st.sampled_from([{}, {"policy": "x"}]))
    if draw(st.booleans()):
        spec = ServiceSpec(
            type=draw(st.sampled_from(["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"])),
            ports=(ServicePort(name=draw(st.sampled_from(["http", ""])), port=PORT),),
        )
        found.append((SERVICE, Service(metadata=_meta(NAME, labels), spec=spec)))
    for family in ("IPv4", "IPv6"):
        if draw(st.booleans()):
            one = EndpointSlice(
                metadata=_meta(f"{NAME}-{family.lower()}", labels),
                address_type=draw(st.sampled_from([family, family, "IPv6"])),
                endpoints=(Endpoint(addresses=("10.9.9.9",)),),
            )
            found.append((ENDPOINT_SLICE, one))
    if draw(st.booleans()):
        meta = _meta(f"{NAME}-{HERE}", labels, namespace="cert-manager")
        found.append((REFERENCE_GRANT, ReferenceGrant(metadata=meta)))
    return found


def _meta(name: str, labels: dict[str, str], namespace: str = HERE) -> ObjectMeta:
    return ObjectMeta(name=name, namespace=namespace, labels=labels)


@st.composite
def worlds(draw: st.DrawFn) -> Server:
    server = a_server()
    for number, challenge in enumerate(draw(challenges)):
        meta = msgspec.structs.replace(challenge.metadata, name=f"web-{number}")
        server.put(CHALLENGE, msgspec.structs.replace(challenge, metadata=meta))
    for one in draw(responders()):
        server.put(ENDPOINT_SLICE, one)
    for resource, obj in draw(leftovers()):
        server.put(resource, obj)
    return server


@given(worlds(), settings_)
def test_it_comes_to_rest_in_few_steps_and_then_is_still(
    server: Server, settings: Settings
) -> None:
    process = Process(server, settings)
    odd = any(
        one.address_type == "IPv6" and one.metadata.name.endswith("ipv4")
        for one in server.all(ENDPOINT_SLICE)
    )
    assert run(process.look()) == OnChange()
    # One call for each object at most, but for what has to be made anew: the Service, odd slices.
    assert len(server.calls) <= (6 if odd else 5)
    check(process)
    server.calls.clear()
    process.hear()
    assert run(process.look()) == OnChange()
    assert server.calls == []


@given(worlds(), settings_, st.data())
def test_killed_after_any_write_the_next_one_gets_there(
    server: Server, settings: Settings, data: st.DataObject
) -> None:
    for _ in range(data.draw(st.integers(1, 3))):
        server.fuse = data.draw(st.integers(1, 4))
        try:
            run(Process(server, settings).look())
        except Killed:
            continue
    server.fuse = None
    process = Process(server, settings)
    if KEY in process.enqueued():
        run(process.look())
    check(process)


@given(worlds(), settings_)
def test_when_all_has_ended_nothing_of_ours_is_left(server: Server, settings: Settings) -> None:
    run(Process(server, settings).look())
    for challenge in server.all(CHALLENGE):
        server.remove(CHALLENGE, challenge)
    process = Process(server, settings)
    for key in process.enqueued():
        run(process.look(key))
    there = ours(server)
    if not watches_grants(settings):
        there.pop(f"{NAME}-{HERE}", None)
    assert there == {}
    others = (*server.all(SERVICE), *server.all(ENDPOINT_SLICE))
    assert all(one.metadata.namespace == "cert-manager" for one in others)


def watches_grants(settings: Settings) -> bool:
    """Whether the controller knows of the grants in the namespace `cert-manager`."""
    at_home = home(settings).namespace == "cert-manager"
    return at_home and settings.enable_gateway_api and not settings.http01_responder_address


def ours(server: Server) -> dict[str, Any]:
    """Our objects for the namespace, by name."""
    found: list[Any] = [
        *server.all(SERVICE),
        *(one for one in server.all(ENDPOINT_SLICE) if one.metadata.namespace == HERE),
        *server.all(REFERENCE_GRANT),
    ]
    return {one.metadata.name: one for one in found}


def check(process: Process) -> None:
    """What the API server has is what the Challenges need, and leads to the responder."""
    settings, server = process.settings, process.server
    here = [one for one in server.all(CHALLENGE) if one.metadata.namespace == HERE]
    needs = needs_of(settings, HERE, here)
    there = ours(server)
    service = there.pop(NAME, None)
    grant = there.pop(f"{NAME}-{HERE}", None)
    assert not watches_grants(settings) or (grant is not None) == needs.grant
    assert (service is not None) == needs.service
    for one in (service, grant, *there.values()):
        assert one is None or LABELS.items() <= one.metadata.labels.items()
    if service is None:
        assert there == {}
    else:
        _check_way(process, needs, service, there)


def _check_way(
    process: Process, needs: Needs, service: Service, slices: dict[str, EndpointSlice]
) -> None:
    responders = process.cluster.network.responders.all()
    match responder(process.settings, responders):
        case Host(name, port):
            (way,) = service.spec.ports
            assert (service.spec.type, service.spec.external_name) == ("ExternalName", name)
            assert way.port == way.target_port == port
            assert slices == {}
        case Endpoints() as found:
            assert service.spec.external_name is None
            assert service.spec.type in ("NodePort", "ClusterIP")
            assert service.spec.type == "NodePort" or not needs.node_port
            assert [one.port for one in service.spec.ports] == [PORT]
            expected = {"IPv4": found.ipv4, "IPv6": found.ipv6}
            assert {one.address_type for one in slices.values()} == (
                {family for family, group in expected.items() if group.addresses} or {"IPv4"}
            )
            for one in slices.values():
                group = expected[one.address_type]
                assert tuple(at for each in one.endpoints or () for at in each.addresses) == (
                    group.addresses
                )
                assert [port.port for port in one.ports or ()] == [group.port]

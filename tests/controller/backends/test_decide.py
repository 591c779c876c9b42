"""What stands for which Challenges, and what is done to get there."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from controller.backends import wanted
from controller.backends.actions import Create, Patch, Remove, Rest
from controller.backends.decide import decide
from controller.backends.observed import Observed, Spot
from controller.backing import (
    Needs,
)
from controller.gatewayapi import ReferenceGrant
from controller.networking import (
    EndpointPort,
    EndpointSlice,
    Service,
    ServicePort,
    ServiceSpec,
)
from controller.settings import Settings
from orderapi.meta import ObjectMeta
from tests.controller.backends.build import (
    BY_NAME,
    HERE,
    LABELS,
    NOW,
    SLICE_LABELS,
    UP,
    a_slice,
    seen,
)

SERVICE = Needs(service=True)
GRANT = Needs(grant=True)


def standing(name: str, obj: Any, **changed: Any) -> Any:
    """The object as the API server has it."""
    meta = msgspec.structs.replace(
        obj.metadata, name=name, uid=f"{name}-uid", resource_version="7", **changed
    )
    return msgspec.structs.replace(obj, metadata=meta)


def with_service(needs: Needs, *slices: EndpointSlice, **parts: Any) -> Observed:
    """An Observed whose Service stands as it should."""
    found = wanted.service(seen(needs, *slices, **parts))
    return seen(needs, *slices, service=standing("cm-acme-http-solver", found), **parts)


def a_port(number: int) -> ServicePort:
    return ServicePort(name="http", port=number, protocol="TCP", target_port=number)


def created(observed: Observed) -> Any:
    action = decide(observed)
    assert isinstance(action, Create)
    return action.object


def patch_of(observed: Observed) -> dict[str, Any]:
    action = decide(observed)
    assert isinstance(action, Patch)
    patch: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(action.patch))
    meta = patch.pop("metadata")
    assert meta.pop("resourceVersion") == action.object.metadata.resource_version
    assert meta.pop("uid") == action.object.metadata.uid
    return patch | ({"metadata": meta} if meta else {})


def test_the_service_first_then_a_slice_for_each_family_then_the_grant() -> None:
    needs = Needs(service=True, grant=True)
    both = (a_slice("10.0.0.1"), a_slice("2001:db8::1", family="IPv6"))
    service = created(seen(needs, *both))
    assert service == Service(
        metadata=ObjectMeta(
            name="cm-acme-http-solver",
            namespace="shop",
            labels=LABELS,
            annotations={"auth.istio.io/8089": "NONE"},
        ),
        spec=ServiceSpec(type="ClusterIP", ports=(a_port(8089),)),
    )
    there = with_service(needs, *both)
    first = created(there)
    assert (first.metadata.name, first.address_type) == ("cm-acme-http-solver-ipv4", "IPv4")
    assert first.metadata.labels == SLICE_LABELS
    assert first.ports == (EndpointPort(name="http", port=8089, protocol="TCP"),)
    (endpoint,) = first.endpoints
    assert (endpoint.addresses, endpoint.conditions.ready) == (("10.0.0.1",), True)
    slices = {wanted.IPV4: standing(wanted.IPV4, first)}
    second = created(with_service(needs, *both, slices=slices))
    assert (second.metadata.name, second.address_type) == ("cm-acme-http-solver-ipv6", "IPv6")
    slices[wanted.IPV6] = standing(wanted.IPV6, second)
    grant = created(with_service(needs, *both, slices=slices))
    assert isinstance(grant, ReferenceGrant)
    assert (grant.metadata.namespace, grant.metadata.name, grant.metadata.labels) == (
        "cert-manager",
        "cm-acme-http-solver-shop",
        LABELS,
    )
    assert msgspec.to_builtins(grant.spec)["from"] == (
        {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "shop"},
    )
    (to,) = grant.spec.to
    assert (to.group, to.kind, to.name) == ("", "Service", "order-responder")
    done = with_service(needs, *both, slices=slices, grant=standing("grant", grant))
    assert decide(done) == Rest()


def test_what_the_grant_says_names_the_core_group() -> None:
    # The Gateway API requires the field, and the core group's name is empty.
    grant = created(seen(GRANT))
    assert b'"group":""' in msgspec.json.encode(grant)


def test_an_empty_slice_tells_that_no_replica_is_ready() -> None:
    down = a_slice("10.0.0.1", ready=False)
    one = created(with_service(SERVICE, down))
    assert (one.address_type, one.endpoints) == ("IPv4", ())
    before = created(with_service(SERVICE, UP))
    slices = {wanted.IPV4: standing(wanted.IPV4, before)}
    assert patch_of(with_service(SERVICE, down, slices=slices)) == {"endpoints": []}


def test_a_family_without_addresses_has_no_slice() -> None:
    one = created(with_service(SERVICE, a_slice("2001:db8::1", family="IPv6")))
    assert one.metadata.name == wanted.IPV6
    both = {name: standing(name, created(with_service(SERVICE, UP))) for name in (wanted.IPV4,)}
    both[wanted.IPV6] = standing(wanted.IPV6, one)
    action = decide(with_service(SERVICE, UP, slices=both))
    assert isinstance(action, Remove)
    assert action.object == both[wanted.IPV6]


def test_a_slice_follows_the_responder_in_one_patch() -> None:
    before = standing(wanted.IPV4, created(with_service(SERVICE, UP)))
    moved = a_slice("10.0.0.5", ports=(EndpointPort(name="http", port=9000),))
    slices = {wanted.IPV4: before}
    service = with_service(SERVICE, UP).service
    first = seen(SERVICE, moved, service=service, slices=slices)
    assert patch_of(first) == {
        "spec": {"ports": [{"name": "http", "port": 8089, "protocol": "TCP", "targetPort": 9000}]}
    }
    assert patch_of(with_service(SERVICE, moved, slices=slices)) == {
        "endpoints": [{"addresses": ["10.0.0.5"], "conditions": {"ready": True}}],
        "ports": [{"name": "http", "port": 9000, "protocol": "TCP"}],
    }


def test_a_service_becomes_node_port_and_stays_it() -> None:
    before = with_service(SERVICE, UP).service
    node_port = Needs(service=True, node_port=True)
    slices = {wanted.IPV4: standing(wanted.IPV4, created(with_service(SERVICE, UP)))}
    widened = seen(node_port, UP, service=before, slices=slices)
    assert patch_of(widened) == {"spec": {"type": "NodePort"}}
    after = with_service(node_port, UP).service
    assert decide(seen(SERVICE, UP, service=after, slices=slices)) == Rest()


@pytest.mark.parametrize("settings", [(Settings(), BY_NAME), (BY_NAME, Settings())])
def test_to_and_from_an_external_name_the_service_is_made_anew(
    settings: tuple[Settings, Settings],
) -> None:
    before, after = (with_service(SERVICE, UP, settings=one).service for one in settings)
    action = decide(seen(SERVICE, UP, settings=settings[1], service=before))
    assert isinstance(action, Remove)
    assert action.object == before
    assert after is not None
    anew = created(seen(SERVICE, UP, settings=settings[1]))
    assert anew.spec == after.spec


def test_an_external_name_has_no_slices() -> None:
    named = with_service(SERVICE, settings=BY_NAME)
    assert named.service is not None
    assert named.service.spec == ServiceSpec(
        type="ExternalName",
        external_name="responder.example",
        ports=(a_port(8443),),
    )
    assert decide(named) == Rest()
    left = standing(wanted.IPV4, created(with_service(SERVICE, UP)))
    action = decide(with_service(SERVICE, settings=BY_NAME, slices={wanted.IPV4: left}))
    assert isinstance(action, Remove)


def test_what_others_wrote_on_it_stays() -> None:
    there = with_service(SERVICE, UP).service
    assert there is not None
    labels = {"policy": "x"} | LABELS
    theirs = standing(
        "cm-acme-http-solver", there, labels=labels, annotations={"auth.istio.io/8089": "X"}
    )
    patch = patch_of(seen(SERVICE, UP, service=theirs))
    assert patch == {"metadata": {"annotations": {"auth.istio.io/8089": "NONE"}}}


def test_nothing_is_left_when_nothing_is_needed() -> None:
    there = with_service(SERVICE, UP)
    one = standing(wanted.IPV4, created(there))
    grant = standing("grant", created(seen(GRANT)))
    left: dict[str, Any] = {"service": there.service, "slices": {wanted.IPV4: one}, "grant": grant}
    removed = []
    while not isinstance(action := decide(seen(Needs(), UP, **left)), Rest):
        assert isinstance(action, Remove)
        removed.append(action.object)
        left = {name: value for name, value in left.items() if value != action.object}
        if action.object == one:
            del left["slices"]
    assert removed == [there.service, one, grant]


def test_what_is_being_deleted_is_left_to_its_end() -> None:
    there = with_service(SERVICE, UP).service
    dying = standing("cm-acme-http-solver", there, deletion_timestamp=NOW)
    slices = {wanted.IPV4: standing(wanted.IPV4, created(with_service(SERVICE, UP)))}
    assert decide(seen(SERVICE, UP, service=dying, slices=slices)) == Rest()
    assert decide(seen(Needs(), UP, service=dying)) == Rest()


def test_a_name_that_a_stranger_has_waits_and_no_slice_leads_from_it() -> None:
    spot = Spot("Service", HERE, "cm-acme-http-solver")
    until = NOW + timedelta(minutes=1)
    held = seen(SERVICE, UP, held={spot: until})
    assert decide(held) == Rest(until)
    one = standing(wanted.IPV4, created(with_service(SERVICE, UP)))
    action = decide(seen(SERVICE, UP, held={spot: until}, slices={wanted.IPV4: one}))
    assert isinstance(action, Remove)
    assert isinstance(decide(seen(SERVICE, UP, held={spot: NOW})), Create)
    assert decide(seen(Needs(), UP, held={spot: until})) == Rest()
    # One spot that is held does not keep the others from their due.
    needs = Needs(service=True, grant=True)
    assert isinstance(created(seen(needs, UP, held={spot: until})), ReferenceGrant)

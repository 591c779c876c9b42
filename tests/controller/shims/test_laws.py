"""Laws of the shims, for any source and whatever the cluster holds."""

import asyncio
from dataclasses import replace
from typing import Any, TypeVar

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.gatewayapi import GATEWAY, Gateway
from controller.networking import (
    INGRESS,
    Ingress,
)
from controller.settings import Settings
from controller.shims.actions import Create, Delete, Patch, Rest, Tell
from controller.shims.annotations import SPEC_FIELDS, TRANSLATED
from controller.shims.decide import decide
from controller.shims.gateway import GATEWAYS
from controller.shims.ingress import INGRESSES
from controller.shims.observed import Observed
from controller.shims.source import Kind
from controller.shims.wishes import Unasked, Unclear, Wishes, read
from orderapi import names
from orderapi.certificate import Certificate, CertificateSpec
from orderapi.meta import Object, controller_of
from orderapi.resources import CERTIFICATE
from tests.controller.shims.build import NOW, SETTINGS, a_stranger, an_owner
from tests.controller.shims.world import Process, Server, certificates, merged, writes

T = TypeVar("T")
SECRETS = st.sampled_from(["a", "b", "c", ""])
HOSTS = st.sampled_from(["a.example", "*.b.example", "10.0.0.1", "::1", "", " "]) | st.text()
OVERRIDING = (names.HTTP01_EDIT_IN_PLACE, names.HTTP01_INGRESS_CLASS, names.IGNORE_TLS_LISTENERS)
EXTRA = Settings(extra_certificate_annotations=("extra.example/a",), default_issuer_name="usual")
GOOD = {
    names.DURATION: "24h",
    names.USAGES: "server auth",
    names.SUBJECT_ORGANIZATIONS: '"A, B",C',
    names.PRIVATE_KEY_ALGORITHM: "ECDSA",
    names.SECRET_TEMPLATE: '{"labels": {"a": "b"}, "annotations": {"c": "d"}}',
    names.ALT_NAMES: "x.example,10.0.0.1",
    names.EMAIL_SANS: "me@a.example",
    names.RENEW_BEFORE_PERCENTAGE: "10",
    names.HTTP01_EDIT_IN_PLACE: "true",
    names.HTTP01_INGRESS_CLASS_NAME: "nginx",
    "extra.example/a": "b",
}
LABELS = st.dictionaries(
    st.sampled_from(["team", "app.kubernetes.io/instance"]), st.sampled_from(["x", "y"])
)


@st.composite
def metadata(draw: st.DrawFn) -> dict[str, Any]:
    """Metadata of a source that most likely asks, and most likely well."""
    issuers = draw(
        st.sampled_from(
            [{names.INGRESS_ISSUER: "acme"}] * 3
            + [{names.INGRESS_CLUSTER_ISSUER: "acme"}, {"kubernetes.io/tls-acme": "true"}, {}]
        )
    )
    chosen = draw(st.sets(st.sampled_from(sorted(GOOD))))
    odd = draw(
        st.one_of(
            *[st.just({})] * 3,
            st.dictionaries(st.sampled_from([*TRANSLATED, *OVERRIDING]), st.text(), max_size=2),
        )
    )
    return {
        "name": "web",
        "namespace": "shop",
        "uid": "web-uid",
        "resourceVersion": "7",
        "labels": draw(LABELS),
        "annotations": issuers | {key: GOOD[key] for key in chosen} | odd,
    }


@st.composite
def ingresses(draw: st.DrawFn) -> Ingress:
    """Any Ingress, as JSON that decodes."""
    block = st.fixed_dictionaries(
        {}, optional={"hosts": st.lists(HOSTS, max_size=3), "secretName": SECRETS | st.text()}
    )
    spec = {"tls": draw(st.lists(block, max_size=3))}
    return _decoded({"metadata": draw(metadata()), "spec": spec}, Ingress)


@st.composite
def gateways(draw: st.DrawFn) -> Gateway:
    """Any Gateway, as JSON that decodes."""
    texts = st.none() | st.text()
    ref = st.fixed_dictionaries(
        {"name": SECRETS},
        optional={
            "group": st.sampled_from([None, "", "core", "g.example"]),
            "kind": st.sampled_from([None, "", "Secret", "ConfigMap"]),
            "namespace": st.sampled_from([None, "shop", "other"]),
        },
    )
    tls = st.fixed_dictionaries(
        {},
        optional={
            "mode": st.sampled_from([None, "Terminate", "Passthrough", "x"]),
            "certificateRefs": st.lists(ref, max_size=2),
        },
    )
    listener = st.fixed_dictionaries(
        {"name": st.text()},
        optional={
            "hostname": st.sampled_from(["a.example", "*.b.example", None]) | texts,
            "protocol": st.sampled_from(["HTTPS", "TLS", "HTTP"]) | st.text(),
            "tls": tls | st.none(),
        },
    )
    spec = {"listeners": draw(st.lists(listener, max_size=3))}
    return _decoded({"metadata": draw(metadata()), "spec": spec}, Gateway)


SOURCES = st.one_of(
    st.tuples(st.just(INGRESSES), ingresses()), st.tuples(st.just(GATEWAYS), gateways())
)
STRANGERS = st.lists(
    st.builds(
        a_stranger,
        st.sampled_from(["a", "b", "c"]),
        owner=st.sampled_from([None, an_owner(), an_owner("web", uid="of-old")]),
    ),
    max_size=2,
    unique_by=lambda certificate: certificate.metadata.name,
)


def _decoded(wire: Any, kind: type[T]) -> T:
    decoded: T = msgspec.json.decode(msgspec.json.encode(wire), type=kind)
    return decoded


@given(SOURCES, st.sampled_from([SETTINGS, EXTRA]))
def test_every_source_is_read(given_: tuple[Kind[Any], Any], settings: Settings) -> None:
    kind, source = given_
    match read(kind, source, settings):
        case Unasked():
            pass
        case Unclear(faults):
            assert faults
        case Wishes() as wishes:
            wanted = [wish.metadata.name for wish in wishes.certificates]
            assert len(set(wanted)) == len(wanted)
            assert set(wanted) <= wishes.referenced
            for wish in wishes.certificates:
                _is_sound(wish, source)


def _is_sound(wish: Certificate, source: Object) -> None:
    spec, owner = wish.spec, controller_of(wish)
    assert spec.secret_name == wish.metadata.name != ""
    assert spec.dns_names or spec.ip_addresses
    assert len(set(spec.dns_names)) == len(spec.dns_names)
    assert spec.issuer_ref.name
    assert owner is not None
    assert owner.uid == source.metadata.uid
    assert wish.metadata.namespace == source.metadata.namespace
    assert "app.kubernetes.io/instance" not in wish.metadata.labels
    assert _decoded(wish, Certificate) == wish


def applied(seen: Observed, action: Create | Patch | Delete) -> Observed:
    """What is seen after the action is done."""
    held = {**seen.found, **{each.metadata.name: each for each in seen.owned}}
    name = action.certificate.metadata.name
    match action:
        case Create(certificate):
            assert name not in held
            held[name] = certificate
        case Patch(certificate, change):
            held[name] = msgspec.convert(
                merged(msgspec.to_builtins(certificate), change), Certificate
            )
            assert held[name] != certificate
        case Delete():
            del held[name]
    owned = tuple(each for each in held.values() if _owner(each) == seen.source.metadata.uid)
    return replace(seen, found=held, owned=owned)


def _owner(certificate: Certificate) -> str:
    owner = controller_of(certificate)
    return owner.uid if owner is not None else ""


def run(seen: Observed) -> Observed:
    """Decide and apply until there is nothing to do."""
    for _ in range(50):
        match decide(seen):
            case Rest(until):
                assert until is None
                return seen
            case Tell(notes):
                assert notes
                assert seen.told.isdisjoint(notes)
                seen = replace(seen, told=seen.told | set(notes))
            case action:
                seen = applied(seen, action)
    raise AssertionError("it never comes to rest")


def observed(
    kind: Kind[Any], source: Any, settings: Settings, held: tuple[Certificate, ...]
) -> Observed:
    return Observed(
        resource=kind.resource,
        source=source,
        now=NOW,
        settings=settings,
        reading=read(kind, source, settings),
        found={each.metadata.name: each for each in held},
        owned=tuple(each for each in held if _owner(each) == source.metadata.uid),
    )


@given(SOURCES, SOURCES, STRANGERS, st.sampled_from([SETTINGS, EXTRA]))
def test_it_comes_to_rest_with_what_is_wished_and_strangers_untouched(
    first: tuple[Kind[Any], Any],
    second: tuple[Kind[Any], Any],
    strangers: list[Certificate],
    settings: Settings,
) -> None:
    before = run(observed(*first, settings, tuple(strangers)))
    held = tuple(before.found.values())
    after = run(observed(*second, settings, held))
    for stranger in strangers:
        assert after.found[stranger.metadata.name] == stranger
    if not isinstance(after.reading, Wishes):
        assert after.found == before.found
        return
    taken = {stranger.metadata.name for stranger in strangers}
    for wish in after.reading.certificates:
        if wish.metadata.name not in taken:
            _is_fulfilled(after.found[wish.metadata.name], wish)
    assert {each.metadata.name for each in after.owned} <= after.reading.referenced
    assert decide(after) == Rest()


def _is_fulfilled(found: Certificate, wish: Certificate) -> None:
    for field in CertificateSpec.__struct_fields__:
        if field in SPEC_FIELDS:
            assert getattr(found.spec, field) == getattr(wish.spec, field)
    assert found.metadata.annotations == wish.metadata.annotations
    assert found.metadata.labels | wish.metadata.labels == found.metadata.labels


@given(st.lists(ingresses(), min_size=1, max_size=4), STRANGERS)
def test_the_room_brings_the_last_state_about_and_then_writes_nothing(
    states: list[Ingress], strangers: list[Certificate]
) -> None:
    asyncio.run(_live(states, strangers))


async def _live(states: list[Ingress], strangers: list[Certificate]) -> None:
    server = Server()
    for stranger in strangers:
        server.put(CERTIFICATE, stranger)
    process = Process(server)
    for state in states:
        server.put(INGRESS, state)
        process.hear()
        await process.look()
    before = certificates(server)
    writes(server)
    again = Process(server)
    await again.look()
    assert writes(server) == []
    assert certificates(server) == before


@pytest.mark.parametrize("resource", [INGRESS, GATEWAY], ids=["ingress", "gateway"])
async def test_a_source_that_says_nothing_is_looked_at(resource: Any) -> None:
    server = Server()
    server.put(
        resource, _decoded({"metadata": {"name": "web", "namespace": "shop"}}, resource.type)
    )
    process = Process(server, gateways=resource is GATEWAY)
    await process.look()
    await process.look("missing")
    assert writes(server) == []

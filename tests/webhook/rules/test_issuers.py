"""Issuers and ClusterIssuers: types, updates, warnings, manifests that people have."""

import contextlib
from base64 import b64encode
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from orderapi.issuer import IssuerSpec
from orderapi.schema import struct_schema
from tests.system import manifests
from tests.system.world import World
from tests.webhook.rules.build import CONTROLLERS, Json, changed, create, paths, settle, update
from tests.webhook.rules.issuer_judging import (
    ACME,
    SOLVER,
    issuer,
    on_create,
    on_update,
    with_acme,
    with_solver,
    yes,
)
from tests.webhook.rules.test_acme import certificate
from webhook.request import Unreadable
from webhook.rules.issuers import judge

EXAMPLES = Path(__file__).parents[3] / "examples"
BAD_SOLVER: Json = {"dns01": {"rfc2136": {"nameserver": "a/b"}}}

anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


def like(schema: Json) -> st.SearchStrategy[Any]:
    """JSON with the schema's fields and types, and odd texts in them."""
    match schema.get("type"):
        case "object":
            fields = schema.get("properties", {})
            named = {name: like(part) for name, part in fields.items() if name != "podTemplate"}
            needed = {name: named.pop(name) for name in schema.get("required", ())}
            return st.fixed_dictionaries(needed, optional=named)
        case "array":
            return st.lists(like(schema["items"]), max_size=2)
        case "boolean":
            return st.booleans()
        case "integer":
            return st.integers(-1, 2**16)
        case _ if schema.get("format") == "byte":
            return st.sampled_from(BUNDLES) | st.binary().map(lambda b: b64encode(b).decode())
        case _:
            return st.sampled_from(ODD) | st.text(max_size=12)


ODD = ["", "x", "https://", "https://[::1", "https://a:99999/", "//", "*", ".", "..", "-5m"]
ODD += ["1h", "::1", "[::1]:53", "10.0.0.1:53", "\u0130", "\u2028"]
BUNDLES = ["", "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t", "LS0tLS0="]
SPECS = like(struct_schema(IssuerSpec))


def test_the_examples_and_the_plain_issuer_pass() -> None:
    found = [
        obj
        for file in sorted(EXAMPLES.glob("*.yaml"))
        for obj in yaml.safe_load_all(file.read_text())
        if obj["kind"] in ("Issuer", "ClusterIssuer")
    ]
    assert len(found) >= 2
    for obj in found:
        assert settle(judge(create(obj["kind"], obj), CONTROLLERS), yes) == ((), ())
    assert on_create({"acme": ACME}) == ((), ())


def test_the_issuers_of_the_system_tests_pass() -> None:
    pebble = SimpleNamespace(directory_url="https://127.0.0.1:14000/dir", ca_bundle=bundle)
    dns = SimpleNamespace(address="127.0.0.1:5353", tsig_name="k", tsig_algorithm="HMACSHA256")
    world = cast("World", SimpleNamespace(cluster=SimpleNamespace(pebble=pebble, dns=dns)))
    solver = {"dns01": {"rfc2136": manifests.rfc2136(world)}}
    found = manifests.issuer(world, "shop", solver, {"http01": {"ingress": {}}})
    verdict = settle(judge(create("Issuer", found), CONTROLLERS), yes)
    assert verdict.faults == ()
    assert all("--allow-special-addresses" in warning for warning in verdict.warnings)


def bundle() -> str:
    """A caBundle as the API carries it."""
    return b64encode(certificate()).decode()


def test_an_issuer_has_exactly_one_type() -> None:
    none = on_create({})
    two = on_create({"acme": ACME, "selfSigned": {}, "ca": {"secretName": "a"}})
    assert [str(fault) for fault in none.faults] == ["spec: names no type of issuer; set acme"]
    assert paths(two) == ["spec.ca", "spec.selfSigned"]


def test_another_type_is_stored_with_a_warning() -> None:
    verdict = on_create({"selfSigned": {}}, "ClusterIssuer")
    assert verdict.allowed
    assert verdict.warnings == (
        "spec.selfSigned: this controller issues through ACME alone: requests to it wait",
    )


def test_all_faults_are_told_at_once() -> None:
    spec = with_acme(server="", privateKeySecretRef={"name": ""}, solvers=[{}, BAD_SOLVER])
    assert paths(on_create(spec)) == [
        "spec.acme.server",
        "spec.acme.privateKeySecretRef.name",
        "spec.acme.solvers[0]",
        "spec.acme.solvers[1].dns01.rfc2136.nameserver",
    ]
    assert {fault.rule for fault in on_create(spec).faults} == {"validation"}


def test_an_equal_spec_is_not_judged() -> None:
    bad = with_acme(server="", skipTLSVerify=True)
    assert on_update(bad, bad) == ((), ())
    unreadable = {"acme": 1}
    assert on_update(unreadable, unreadable) == ((), ())


def test_an_update_is_refused_for_new_faults_alone() -> None:
    old = with_acme(server="http://a.example", solvers=[BAD_SOLVER])
    assert on_update(old, changed(old, "acme.email", "a@b.example")).allowed
    worse = on_update(old, changed(old, "acme.privateKeySecretRef.name", ""))
    assert paths(worse) == ["spec.acme.privateKeySecretRef.name"]
    other = on_update(old, changed(old, "acme.server", "http://b.example"))
    assert paths(other) == ["spec.acme.server"]


def test_a_solver_that_moves_brings_no_new_fault() -> None:
    old, new = with_acme(solvers=[SOLVER, BAD_SOLVER]), with_acme(solvers=[BAD_SOLVER])
    assert on_update(old, new).allowed
    assert not on_update(with_acme(solvers=[SOLVER]), new).allowed


def test_a_bad_update_of_an_unreadable_object_is_refused() -> None:
    assert paths(on_update({"acme": 1}, {})) == ["spec"]


def test_server_and_account_key_may_change() -> None:
    assert on_update({"acme": ACME}, with_acme(server="https://other.example/dir")).allowed
    assert on_update({"acme": ACME}, with_acme(privateKeySecretRef={"name": "other"})).allowed


OCEAN: Json = {"dns01": {"digitalocean": {"tokenSecretRef": {"name": "a", "key": "k"}}}}


def test_warnings_stand_beside_faults() -> None:
    verdict = on_create(with_acme(server="", solvers=[OCEAN]))
    assert paths(verdict) == ["spec.acme.server"]
    assert [warning.split(":")[0] for warning in verdict.warnings] == [
        "spec.acme.solvers[0].dns01.digitalocean"
    ]


def test_an_update_warns_of_what_is_new_alone() -> None:
    first, second, third = (
        solver | {"selector": {"dnsZones": [zone]}}
        for solver, zone in ((SOLVER, "a.example"), (OCEAN, "b.example"), (SOLVER, "b.example"))
    )
    old = with_acme(solvers=[first, second, third], skipTLSVerify=True)
    assert on_update(old, changed(old, "acme.email", "a@b.example")) == ((), ())
    # A solver that moves is still not used, for the same reason.
    assert on_update(old, changed(old, "acme.solvers", [second, third])) == ((), ())
    (warning,) = on_update(old, changed(old, "acme.solvers", [first, second, first])).warnings
    assert warning.startswith("spec.acme.solvers[2]: is never used: spec.acme.solvers[0]")
    worse = on_update(old, changed(changed(old, "acme.server", ""), "acme.email", "ops"))
    assert paths(worse) == ["spec.acme.server"]
    assert [warning.split(":")[0] for warning in worse.warnings] == ["spec.acme.email"]


def test_foreign_text_is_quoted_and_cut() -> None:
    verdict = on_create(with_solver(dns01={"rfc2136": {"nameserver": "a\n\u2028" + "b/" * 5000}}))
    text = str(verdict.faults[0])
    assert text.isprintable()
    assert len(text) < 400


@pytest.mark.parametrize("spec", [None, 1, [], {"acme": {}}, {"acme": {"server": 1}}])
def test_what_is_no_issuer_is_unreadable(spec: object) -> None:
    with pytest.raises(Unreadable):
        on_create(spec)


@given(spec=anything, old=anything)
def test_any_json_has_a_verdict_or_is_unreadable(spec: Any, old: Any) -> None:
    for request in (create("Issuer", issuer(spec)), update("Issuer", issuer(old), issuer(spec))):
        with contextlib.suppress(Unreadable):
            settle(judge(request, CONTROLLERS), lambda _: False)


@given(spec=SPECS, old=SPECS)
def test_any_spec_of_the_right_form_has_a_verdict(spec: Any, old: Any) -> None:
    for kind in ("Issuer", "ClusterIssuer"):
        fresh = settle(judge(create(kind, issuer(spec, kind)), CONTROLLERS), lambda _: False)
        request = update(kind, issuer(old, kind), issuer(spec, kind))
        later = settle(judge(request, CONTROLLERS), lambda _: False)
        assert set(later.faults) <= set(fresh.faults)
        assert all(str(fault).isprintable() for fault in fresh.faults)
        assert all(warning.isprintable() for warning in fresh.warnings)


@given(spec=SPECS | anything)
def test_an_update_without_change_of_spec_always_passes(spec: Any) -> None:
    request = update("Issuer", issuer(spec), issuer(spec) | {"metadata": {"labels": {"a": "b"}}})
    assert settle(judge(request, CONTROLLERS)) == ((), ())


def test_a_large_issuer_takes_no_longer_per_solver() -> None:
    # About 1 MB, the most that a cluster stores; comparing each with each would take minutes.
    solvers = [{"dns01": {"rfc2136": {"nameserver": f"ns{n}/x"}}} for n in range(20_000)]
    assert on_update(with_acme(solvers=solvers), with_acme(solvers=solvers[1:])).allowed

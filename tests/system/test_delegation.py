"""Which solver answers for a name, and where a CNAME lets it answer."""

from collections.abc import Iterator

import pytest

from devcluster import zone
from devcluster.demo import verify
from tests.system.manifests import issuer, rfc2136, secret, update_key
from tests.system.world import Json, World, certificate

pytestmark = pytest.mark.usefixtures("controller")
WRONG_KEY = "d3Jvbmcga2V5IHdyb25nIGtleSB3cm9uZyBrZXkh"


@pytest.fixture
def aliases(world: World) -> Iterator[list[str]]:
    """Names below example.com whose _acme-challenge leads to `<name>.example.net`."""
    names = ["alias", "chained"]
    dns = world.cluster.dns
    zone.add(dns, "example.com", "_acme-challenge.alias", "CNAME", "alias.example.net.")
    zone.add(dns, "example.com", "_acme-challenge.chained", "CNAME", "hop.example.com.")
    zone.add(dns, "example.com", "hop", "CNAME", "chained.example.net.")
    yield names
    for name in (*(f"_acme-challenge.{each}" for each in names), "hop"):
        zone.remove(dns, "example.com", name)


def test_a_delegated_name_is_answered_where_its_cname_leads(
    world: World, aliases: list[str]
) -> None:
    solver = {"dns01": {"cnameStrategy": "Follow", "rfc2136": rfc2136(world)}}
    namespace = _with_issuer(world, "delegated", solver)
    names = [f"{each}.example.com" for each in aliases]
    zone.hold(world.cluster.dns, "example.net")
    world.apply(certificate("alias", *names, namespace=namespace, issuer=OWN))
    expected = {f"{each}.example.net." for each in aliases}
    world.until(lambda: set(_records(world)) == expected, why="the answers are at the targets")
    zone.release(world.cluster.dns, "example.net")
    verify(world.cluster, world.wait_ready("alias", namespace, timeout=20))
    world.until(lambda: _records(world) == {}, why="nothing is left")


def test_without_follow_the_reason_points_to_the_cname(world: World, aliases: list[str]) -> None:
    del aliases
    namespace = _with_issuer(world, "unfollowed", {"dns01": {"rfc2136": rfc2136(world)}})
    world.apply(certificate("stuck", "alias.example.com", namespace=namespace, issuer=OWN))
    reason = world.until(lambda: _reason(world, namespace), why="a reason on the Challenge")
    assert "alias.example.net" in reason
    assert "cnameStrategy" in reason
    solver = {"dns01": {"cnameStrategy": "Follow", "rfc2136": rfc2136(world)}}
    world.apply(issuer(world, namespace, solver))
    world.wait_ready("stuck", namespace, timeout=30)
    world.until(lambda: _records(world) == {}, why="nothing is left")


@pytest.mark.parametrize("selector", ["dnsZones", "matchLabels", "dnsNames"])
def test_the_solver_that_selects_the_name_is_taken(world: World, selector: str) -> None:
    """The other one, which stands first, has a key that the DNS server refuses."""
    name = f"by-{selector.lower()}"
    selectors: Json = {
        "dnsZones": [f"{name}.example.com"],
        "matchLabels": {"team": "web"},
        "dnsNames": [f"www.{name}.example.com"],
    }
    solvers = _wrong(world), _right(world, **{selector: selectors[selector]})
    namespace = _with_issuer(world, name, *solvers)
    world.apply(_labelled("chosen", f"www.{name}.example.com", namespace, "web"))
    world.wait_ready("chosen", namespace, timeout=20)
    assert not _reason(world, namespace)


def test_a_name_that_no_selector_knows_gets_the_other_solver(world: World) -> None:
    solvers = _wrong(world), _right(world, matchLabels={"team": "web"})
    namespace = _with_issuer(world, "unselected", *solvers)
    world.apply(_labelled("other", "other.example.com", namespace, "mail"))
    reason = world.until(lambda: _reason(world, namespace), why="a reason on the Challenge")
    assert "does not accept TSIG key" in reason
    world.apply(secret("wrong-key", namespace, secret=world.cluster.dns.tsig_secret))
    world.wait_ready("other", namespace, timeout=30)


def test_an_order_without_a_fitting_solver_says_which_there_are(world: World) -> None:
    solver = _right(world, dnsZones=["elsewhere.example.org"])
    namespace = _with_issuer(world, "unsolvable", solver)
    world.apply(certificate("unsolved", namespace=namespace, issuer=OWN))
    told = world.until(lambda: _unsolvable(world, namespace), why="a reason on the Order")
    assert "no solver can be used for unsolved.example.com" in told
    assert "is for the zones elsewhere.example.org" in told
    placed = world.orders_placed()
    world.apply(issuer(world, namespace, _right(world, dnsZones=["example.com"])))
    world.wait_ready("unsolved", namespace, timeout=20)
    assert world.orders_placed() == placed


OWN = {"kind": "Issuer", "name": "own"}


def _wrong(world: World) -> Json:
    reference = {"name": "wrong-key", "key": "secret"}
    return {"dns01": {"rfc2136": rfc2136(world, tsigSecretSecretRef=reference)}}


def _right(world: World, **selector: object) -> Json:
    return {"selector": selector, "dns01": {"rfc2136": rfc2136(world)}}


def _with_issuer(world: World, namespace: str, *solvers: Json) -> str:
    world.namespace(namespace)
    world.apply(
        update_key(world, namespace),
        secret("wrong-key", namespace, secret=WRONG_KEY),
        issuer(world, namespace, *solvers),
    )
    return namespace


def _labelled(name: str, dns_name: str, namespace: str, team: str) -> Json:
    made = certificate(name, dns_name, namespace=namespace, issuer=OWN)
    made["metadata"]["labels"] = {"team": team}
    return made


def _records(world: World) -> dict[str, list[str]]:
    found = world.challenge_records()
    return {name: values for name, values in found.items() if not name.startswith("_hold")}


def _reason(world: World, namespace: str) -> str:
    found = world.all("challenges", namespace)
    return "".join(c.get("status", {}).get("reason", "") for c in found)


def _unsolvable(world: World, namespace: str) -> str:
    reasons = [o.get("status", {}).get("reason", "") for o in world.all("orders", namespace)]
    return next((reason for reason in reasons if "no solver" in reason), "")

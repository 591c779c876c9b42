"""A certificate is renewed in time; the old one stays until then, and it is Ready throughout."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from devcluster import pki, servers
from devcluster.demo import apply_issuer
from tests.system.world import World, certificate, condition

pytestmark = pytest.mark.usefixtures("controller")
LIFETIME = 30


@pytest.fixture
def brief(
    world: World, authority: pki.Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """An issuer at a CA whose certificates live for 30 seconds, renewed after 20."""
    pebble = servers.start_pebble(
        tmp_path_factory.mktemp("brief"),
        authority,
        dns_server=world.cluster.dns.address,
        profiles={"brief": LIFETIME},
        name="brief",
        die_with_parent=True,
    )
    apply_issuer(
        world.cluster,
        "brief",
        server=pebble.directory_url,
        caBundle=pebble.ca_bundle(),
        profile="brief",
        privateKeySecretRef={"name": "brief"},
    )
    yield {"kind": "ClusterIssuer", "name": "brief"}
    pebble.process.stop()


def test_renewal_is_on_time_and_nobody_notices(world: World, brief: dict[str, str]) -> None:
    world.apply(certificate("brief", issuer=brief))
    first = world.wait_ready("brief", timeout=20)
    due = _time(first["status"]["renewalTime"])
    before = _time(first["status"]["notBefore"])
    assert (due - before).total_seconds() == pytest.approx(LIFETIME * 2 / 3, abs=1)

    serials, statuses, stop = list[str](), set[str](), threading.Event()

    def look() -> None:
        while not stop.wait(0.3):
            secret = world.get("secret", "brief-tls")
            assert secret
            if secret["data"]["tls.crt"] not in serials:
                serials.append(secret["data"]["tls.crt"])
            found = world.get("certificate", "brief")
            assert found
            statuses.add(condition(found, "Ready")["status"])

    watching = threading.Thread(target=look)
    watching.start()
    try:
        world.until(lambda: world.revision("brief") == 2, LIFETIME, why="renewed before it ends")
        renewed = datetime.now(UTC)
    finally:
        stop.set()
        watching.join()
    assert -1 < (renewed - due).total_seconds() < 6
    assert statuses == {"True"}
    assert len(serials) <= 2


def test_expiry_is_told_at_the_minute_when_renewal_cannot_be(
    world: World, brief: dict[str, str]
) -> None:
    world.apply(certificate("ending", issuer=brief, renewal={"policy": "Disabled"}))
    ready = world.wait_ready("ending", timeout=20)
    ends = _time(ready["status"]["notAfter"])
    expired = world.until(
        lambda: (
            condition(world.get("certificate", "ending") or {}, "Ready").get("reason") == "Expired"
        ),
        LIFETIME + 10,
        why="Ready False, reason Expired",
    )
    assert expired
    assert 0 <= (datetime.now(UTC) - ends).total_seconds() < 5


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)

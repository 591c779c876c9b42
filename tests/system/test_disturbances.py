"""Labels, rivals and deletions while certificates are issued: no order too many, nothing left."""

import base64
import time
from collections.abc import Iterator

import pytest
from cryptography import x509

from devcluster import zone
from tests.system.manifests import secret_data
from tests.system.world import Json, World, certificate, condition

pytestmark = pytest.mark.usefixtures("controller")
WATCHED = "controller.cert-manager.io/fao"
OURS = "certificates,certificaterequests,orders,challenges"


@pytest.fixture
def held(world: World) -> Iterator[None]:
    """DNS shows no record of example.net, so that issuances for names in it stay under way."""
    zone.hold(world.cluster.dns, "example.net")
    yield
    zone.release(world.cluster.dns, "example.net")


def test_a_label_taken_off_the_secret_is_put_back_without_an_order(world: World) -> None:
    world.apply(certificate("bare"))
    world.wait_ready("bare", timeout=20)
    placed, before = world.orders_placed(), secret_data(world, "bare-tls")
    world.kubectl("label", "secret", "bare-tls", f"{WATCHED}-")
    world.until(lambda: WATCHED in _meta(world, "bare-tls")["labels"], why="the label is back")
    assert world.orders_placed() == placed
    assert secret_data(world, "bare-tls") == before


@pytest.mark.parametrize("change", ["team=web", f"{WATCHED}-"], ids=["edited", "taken off"])
@pytest.mark.usefixtures("held")
def test_labels_may_change_while_issuing(world: World, change: str) -> None:
    name = f"labelled-{len(change)}"
    world.apply(certificate(name))
    world.wait_ready(name, timeout=20)
    placed = world.orders_placed()
    world.apply(certificate(name, f"{name}.example.net"))
    (challenge,) = world.until(lambda: _presented(world, name), why="a Challenge is presented")
    key = (world.get("certificate", name) or {})["status"]["nextPrivateKeySecretName"]
    orders = world.names("orders", name)
    objects = [f"order/{each}" for each in orders] + [f"secret/{key}", f"secret/{name}-tls"]
    objects += [f"certificate/{name}", f"certificaterequest/{name}-2"]
    for each in (*objects, f"challenge/{challenge['metadata']['name']}"):
        world.kubectl("label", each, change)
    time.sleep(2)
    zone.release(world.cluster.dns, "example.net")
    world.until(lambda: world.revision(name) == 2, 20, why="revision 2")
    assert set(world.names("orders", name)) <= set(orders)
    assert world.orders_placed() == placed + 1
    world.until(lambda: world.get("secret", key) is None, why="the temporary Secret is gone")


def test_a_stranger_who_labels_at_every_step_costs_no_order(world: World) -> None:
    namespace, placed = world.namespace("labelling"), world.orders_placed()
    world.apply(*(certificate(f"busy-{n}", namespace=namespace) for n in range(5)))

    def ready_after_labels() -> bool:
        number = f"n={time.monotonic_ns()}"
        world.kubectl("-n", namespace, "label", OURS, "--all", "--overwrite", number)
        listed = world.all("certificates", namespace)
        return all(condition(each, "Ready").get("status") == "True" for each in listed)

    world.until(ready_after_labels, why="all are Ready")
    assert world.orders_placed() == placed + 5
    assert len(world.all("orders", namespace)) == 5


def test_of_two_with_one_secret_the_older_wins_and_the_other_waits(world: World) -> None:
    placed = world.orders_placed()
    world.apply(certificate("one", secretName="shared-tls"))
    world.apply(certificate("other", secretName="shared-tls"))
    world.wait_ready("one", timeout=20)
    waiting = world.until(
        lambda: condition(world.get("certificate", "other") or {}, "Ready"), why="a verdict"
    )
    assert (waiting["status"], waiting["reason"]) == ("False", "DuplicateSecretName")
    assert '"one"' in waiting["message"]
    time.sleep(10)
    assert world.orders_placed() == placed + 1
    assert world.revision("one") == 1
    world.kubectl("delete", "certificate", "one")
    world.wait_ready("other", timeout=20)
    pem = base64.b64decode(secret_data(world, "shared-tls")["tls.crt"])
    leaf = x509.load_pem_x509_certificates(pem)[0]
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["other.example.com"]
    assert world.orders_placed() == placed + 2


@pytest.mark.usefixtures("held")
def test_a_certificate_deleted_while_issuing_leaves_nothing_but_its_secret(world: World) -> None:
    world.apply(certificate("brief-life"))
    world.wait_ready("brief-life", timeout=20)
    before = secret_data(world, "brief-life-tls")
    world.apply(certificate("brief-life", "brief-life.example.net"))
    world.until(lambda: _presented(world, "brief-life"), why="a Challenge is presented")
    assert world.challenge_records("brief-life")
    world.kubectl("delete", "certificate", "brief-life")
    world.until(lambda: _leftovers(world, "brief-life") == [], 20, why="nothing is left")
    assert secret_data(world, "brief-life-tls") == before


def _meta(world: World, name: str) -> Json:
    meta: Json = (world.get("secret", name) or {})["metadata"]
    return meta


def _presented(world: World, name: str) -> list[Json]:
    found = [c for c in world.all("challenges") if c["metadata"]["name"].startswith(name)]
    return [c for c in found if c.get("status", {}).get("presented")]


def _leftovers(world: World, name: str) -> list[str]:
    found = [
        w
        for kind in ("certificaterequests", "orders", "challenges", "secrets")
        for w in world.names(kind, f"{name}-")
    ]
    return [*(each for each in found if each != f"{name}-tls"), *world.challenge_records(name)]

"""What people with Kubernetes' own roles may do with `kubectl order`, and that it does what it says
on the running controller, with the webhook and the policies in place."""

import io
import json
from collections.abc import Iterator

import pytest

from devcluster import servers
from devcluster.kubectl import KubectlFailed, kubectl
from kubectl_order.cli.program import run
from kubectl_order.failure import Exit
from tests.system.world import Json, World, certificate

pytestmark = pytest.mark.usefixtures("controller")
SHOP = "user-shop"


@pytest.fixture(scope="module")
def shop(world: World) -> Iterator[World]:
    """A namespace with one certificate that is there and one that the CA refused; Vera may view it,
    Eddie may edit it."""
    world.namespace(SHOP)
    for user, role in (("vera", "view"), ("eddie", "edit")):
        arguments = (f"--clusterrole={role}", f"--user={user}", "-n", SHOP)
        world.kubectl("create", "rolebinding", user, *arguments)
    world.apply(
        certificate("good", "good.example.com", namespace=SHOP),
        certificate("bad", "fine.example.com", servers.BLOCKED_NAME, namespace=SHOP),
    )
    world.wait_ready("good", SHOP)
    world.until(lambda: _failures(world) == 1, why="the CA refused")
    yield world
    world.kubectl("delete", "namespace", SHOP, "--wait=false")


def order(world: World, user: str, *arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    flags = ("--kubeconfig", str(world.cluster.kubeconfig), "--as", user, "-n", SHOP)
    code = run([*arguments, *flags], environ={}, stdout=out, stderr=err)
    return code, out.getvalue(), err.getvalue()


def _bad(world: World) -> Json:
    found = world.get("certificate", "bad", SHOP)
    assert found is not None
    return found


def _failures(world: World) -> int:
    return int(_bad(world).get("status", {}).get("failedIssuanceAttempts", 0))


@pytest.mark.parametrize(
    "arguments",
    [
        "status good",
        "why bad",
        "list",
        "challenges",
        "tree",
        "history bad",
        "events bad",
        "watch good",
    ],
)
def test_a_viewer_sees_all_of_it(shop: World, arguments: str) -> None:
    code, out, err = order(shop, "vera", *arguments.split())
    assert code in (Exit.FINE, Exit.FAILED), err
    assert out
    assert err == ""


def test_a_viewer_is_told_that_the_controller_lives_and_what_is_not_read(shop: World) -> None:
    _, out, _ = order(shop, "vera", "status", "good", "-o", "json")
    status = json.loads(out)
    assert status["controller"]["state"] == "alive"
    assert any("Secret" in sentence for sentence in status["unread"])


def test_a_viewer_may_not_renew_and_is_told_who_may(shop: World) -> None:
    code, out, err = order(shop, "vera", "renew", "good")
    assert (code, out) == (Exit.NO_ACCESS, "")
    assert 'user "vera" may not patch certificates/status' in err


def test_somebody_without_rights_is_told_so(shop: World) -> None:
    code, out, err = order(shop, "nobody-here", "status", "good")
    assert (code, out) == (Exit.NO_ACCESS, "")
    assert "nobody-here" in err


def test_an_editor_renews_and_waits_for_it(shop: World) -> None:
    before = shop.revision("good", SHOP)
    code, out, err = order(shop, "eddie", "renew", "good", "--wait", "--timeout=60s")
    assert (code, err) == (Exit.FINE, ""), out
    assert shop.revision("good", SHOP) == before + 1
    assert "certificate/good  renewing → ready" in out


def test_an_editor_retries_at_once_and_the_last_failure_stays_told(shop: World) -> None:
    before = _failures(shop)
    failure = _bad(shop)["status"]["diagnosis"]["attempts"][-1]
    code, out, _ = order(shop, "eddie", "retry", "bad", "--wait", "--timeout=60s")
    assert code == Exit.FAILED, "the CA refuses it again"
    assert "rejectedIdentifier" in out
    shop.until(lambda: _failures(shop) == before + 1, timeout=10, why="one more attempt")
    assert failure in _bad(shop)["status"]["diagnosis"]["attempts"]


def test_the_sixth_attempt_of_an_hour_is_refused_before_anything_is_written(shop: World) -> None:
    for _ in range(5):
        code, out, _ = order(shop, "eddie", "retry", "bad", "--wait", "--timeout=60s")
        if "as many attempts as a CA should get" in out:
            break
    else:
        pytest.fail("more than five attempts were begun")
    assert code == Exit.FAILED
    version = _bad(shop)["metadata"]["resourceVersion"]
    assert order(shop, "eddie", "retry", "bad")[0] == Exit.FAILED
    assert _bad(shop)["metadata"]["resourceVersion"] == version
    assert _failures(shop) == 5


@pytest.mark.parametrize(
    ("user", "verb", "resource", "allowed"),
    [
        ("vera", "list", "challenges.acme.cert-manager.io", True),
        ("vera", "watch", "certificaterequests.cert-manager.io", True),
        ("vera", "get", "leases.coordination.k8s.io/cert-manager-controller", False),
        ("vera", "delete", "orders.acme.cert-manager.io", False),
        ("vera", "patch", "certificates.cert-manager.io", False),
        ("eddie", "create", "certificates.cert-manager.io", True),
        ("eddie", "delete", "issuers.cert-manager.io", True),
        ("eddie", "delete", "orders.acme.cert-manager.io", True),
        ("eddie", "delete", "certificaterequests.cert-manager.io", True),
        ("eddie", "create", "orders.acme.cert-manager.io", False),
        ("eddie", "patch", "orders.acme.cert-manager.io", False),
        ("eddie", "create", "challenges.acme.cert-manager.io", False),
        ("eddie", "delete", "challenges.acme.cert-manager.io", False),
        ("eddie", "create", "certificaterequests.cert-manager.io", False),
        ("eddie", "patch", "clusterissuers.cert-manager.io", False),
    ],
)
def test_the_rights_are_these(
    shop: World, user: str, verb: str, resource: str, allowed: bool
) -> None:
    assert _may(shop, user, verb, resource, SHOP) is allowed


@pytest.mark.parametrize("namespace", ["cert-manager", "kube-system"])
def test_everybody_who_is_known_may_read_the_one_lease(shop: World, namespace: str) -> None:
    lease = "leases.coordination.k8s.io"
    assert _may(shop, "nobody-here", "get", f"{lease}/cert-manager-controller", namespace)
    assert not _may(shop, "nobody-here", "get", f"{lease}/other", namespace)
    assert not _may(shop, "nobody-here", "patch", f"{lease}/cert-manager-controller", namespace)


def _may(world: World, user: str, verb: str, resource: str, namespace: str) -> bool:
    asked = ("auth", "can-i", verb, resource, "--as", user, "-n", namespace)
    try:
        return kubectl(world.cluster.kubeconfig, *asked).strip() == "yes"
    except KubectlFailed:
        return False

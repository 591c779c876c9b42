"""What goes wrong is said, on every object, in the words of who refused; and it heals by itself."""

import re
import time

import pytest

from devcluster import servers
from devcluster.controller import NAMESPACE
from devcluster.demo import apply_issuer
from tests.system.guard import Guard
from tests.system.world import Json, World, certificate, condition

pytestmark = pytest.mark.usefixtures("controller")
REFUSED = "urn:ietf:params:acme:error:rejectedIdentifier"


def test_the_words_of_the_ca_reach_all_four_objects(world: World) -> None:
    world.apply(certificate("refused", "fine.example.com", servers.BLOCKED_NAME))
    failed = world.until(lambda: _failed(world, "refused"), why="the attempt failed")
    (order,) = [o for o in world.all("orders") if o["metadata"]["name"].startswith("refused-")]
    (request,) = [
        r for r in world.all("certificaterequests") if r["metadata"]["name"].startswith("refused-")
    ]
    assert order["status"]["state"] == "errored"
    assert order["status"]["failureTime"]
    told = [
        order["status"]["reason"],
        condition(request, "Ready")["message"],
        condition(failed, "Issuing")["message"],
        failed["status"]["diagnosis"]["message"],
    ]
    for text in told:
        assert REFUSED in text
        assert servers.BLOCKED_NAME in text
    assert condition(request, "Ready")["reason"] == "Failed"
    assert failed["status"]["failedIssuanceAttempts"] == 1

    before = len(world.cluster.pebble.requests())
    time.sleep(5)
    assert len(world.cluster.pebble.requests()) == before, "a hopeless order is not tried again"


def test_a_mended_specification_is_tried_at_once(world: World) -> None:
    world.apply(certificate("mended", servers.BLOCKED_NAME))
    world.until(lambda: _failed(world, "mended"), why="the attempt failed")
    world.apply(certificate("mended", "mended.example.com"))
    world.wait_ready("mended", timeout=20)
    healed = world.get("certificate", "mended")
    assert healed
    assert "failedIssuanceAttempts" not in healed["status"]
    assert "lastFailureTime" not in healed["status"]


def test_an_issuer_waits_for_the_secret_of_its_solver(world: World) -> None:
    solvers = [_rfc2136(world, secret="appears-later")]
    apply_issuer(
        world.cluster, "late-secret", solvers=solvers, privateKeySecretRef={"name": "late"}
    )
    message = _issuer_not_ready(world, "late-secret", "InvalidSolver")
    assert "appears-later" in message
    _secret(world, "appears-later", secret=world.cluster.dns.tsig_secret)
    world.kubectl("wait", "--for=condition=Ready", "--timeout=20s", "clusterissuer/late-secret")


@pytest.mark.parametrize(
    ("server", "said"),
    [
        ("https://127.0.0.1:1/dir", "127.0.0.1:1"),
        ("https://no-such-host.invalid/dir", "no-such-host.invalid"),
    ],
    ids=["refused connection", "no such host"],
)
def test_a_bad_server_is_named_and_may_be_mended(world: World, server: str, said: str) -> None:
    _is_named_and_may_be_mended(world, server, said)


def test_a_server_without_tls_is_named_where_no_webhook_refused_it(
    world: World, guard: Guard
) -> None:
    with guard.without_webhook():
        _is_named_and_may_be_mended(world, "http://127.0.0.1:1/dir", "https")


def _is_named_and_may_be_mended(world: World, server: str, said: str) -> None:
    name = f"bad-{abs(hash(server)) % 10**6}"
    apply_issuer(world.cluster, name, server=server, privateKeySecretRef={"name": name})
    assert said in _issuer_not_ready(world, name, "ErrRegisterACMEAccount")
    apply_issuer(world.cluster, name, privateKeySecretRef={"name": name})
    world.kubectl("wait", "--for=condition=Ready", "--timeout=30s", f"clusterissuer/{name}")


def test_external_account_binding_bad_then_good(world: World) -> None:
    binding = {"keyID": servers.EAB_KEY_ID, "keySecretRef": {"name": "eab", "key": "key"}}
    account = {"name": "eab-account"}
    apply_issuer(
        world.cluster, "bound", externalAccountBinding=binding, privateKeySecretRef=account
    )
    message = _issuer_not_ready(world, "bound", "ErrRegisterACMEAccount")
    assert '"eab"' in message
    _secret(world, "eab", key="not base64 at all !!")
    world.until(
        lambda: "base64" in _issuer_not_ready(world, "bound", "ErrRegisterACMEAccount"),
        why="the bad key is told",
    )
    _secret(world, "eab", key=world.cluster.pebble.eab_key)
    world.kubectl("wait", "--for=condition=Ready", "--timeout=30s", "clusterissuer/bound")


def test_an_account_key_may_not_be_made_when_that_is_switched_off(world: World) -> None:
    reference = {"name": "key-by-hand"}
    apply_issuer(
        world.cluster, "by-hand", disableAccountKeyGeneration=True, privateKeySecretRef=reference
    )
    assert "key-by-hand" in _issuer_not_ready(world, "by-hand", "ErrVerifyACMEAccount")
    found = world.get("secret", "acme-account", NAMESPACE)
    assert found
    key = {"metadata": {"name": "key-by-hand", "namespace": NAMESPACE}, "data": found["data"]}
    world.apply({"apiVersion": "v1", "kind": "Secret", **key})
    world.kubectl("wait", "--for=condition=Ready", "--timeout=30s", "clusterissuer/by-hand")


def test_another_type_of_issuer_says_that_it_is_not_served(world: World) -> None:
    spec: Json = {"selfSigned": {}}
    meta = {"name": "self", "namespace": "default"}
    world.apply(
        {"apiVersion": "cert-manager.io/v1", "kind": "Issuer", "metadata": meta, "spec": spec}
    )
    found = world.until(
        lambda: condition(world.get("issuer", "self") or {}, "Ready").get("message"),
        why="a verdict",
    )
    assert "selfSigned" in found


def test_a_router_that_is_not_there_is_told_on_the_order(world: World) -> None:
    solvers = [{"http01": {"ingress": {"ingressClassName": "absent"}}}]
    apply_issuer(world.cluster, "http", solvers=solvers, privateKeySecretRef={"name": "http"})
    issuer = {"kind": "ClusterIssuer", "name": "http"}
    world.apply(certificate("by-http", "by-http.example.com", issuer=issuer))
    reason = world.until(lambda: _order_reason(world, "by-http-"), timeout=60, why="a reason")
    assert 'IngressClass "absent" does not exist' in reason
    apply_issuer(world.cluster, "http", privateKeySecretRef={"name": "http"})
    world.wait_ready("by-http", timeout=20)


def test_a_missing_issuer_is_named_and_awaited(world: World) -> None:
    issuer = {"kind": "ClusterIssuer", "name": "not-yet"}
    world.apply(certificate("early", issuer=issuer))
    world.until(lambda: "not-yet" in _request_message(world, "early-1"), why="the issuer is named")
    apply_issuer(world.cluster, "not-yet", privateKeySecretRef={"name": "not-yet"})
    world.wait_ready("early", timeout=20)


def test_a_wrong_update_key_is_told_by_the_dns_server_and_the_certificate_follows(
    world: World,
) -> None:
    _secret(world, "wrong-key", secret="d3Jvbmcga2V5IHdyb25nIGtleSB3cm9uZyBrZXkh")
    solvers = [_rfc2136(world, secret="wrong-key")]
    apply_issuer(world.cluster, "wrong", solvers=solvers, privateKeySecretRef={"name": "wrong"})
    world.kubectl("wait", "--for=condition=Ready", "--timeout=20s", "clusterissuer/wrong")
    world.apply(certificate("keyed", issuer={"kind": "ClusterIssuer", "name": "wrong"}))
    reason = world.until(
        lambda: next((c["status"].get("reason") for c in _challenges(world, "keyed-")), None),
        why="a reason on the Challenge",
    )
    assert re.search("kubectl-order", reason), reason
    assert world.cluster.dns.address.split(":")[0] in reason
    _secret(world, "wrong-key", secret=world.cluster.dns.tsig_secret)
    world.wait_ready("keyed", timeout=45)


def _failed(world: World, name: str) -> Json | None:
    found = world.get("certificate", name) or {}
    return found if condition(found, "Issuing").get("status") == "False" else None


def _issuer_not_ready(world: World, name: str, reason: str) -> str:
    def look() -> str | None:
        ready = condition(world.get("clusterissuer", name) or {}, "Ready")
        held = ready.get("status") == "False" and ready.get("reason") == reason
        return str(ready["message"]) if held else None

    return world.until(look, why=f"{name} not ready: {reason}")


def _order_reason(world: World, prefix: str) -> str | None:
    orders = [o for o in world.all("orders") if o["metadata"]["name"].startswith(prefix)]
    return next((o["status"]["reason"] for o in orders if o.get("status", {}).get("reason")), None)


def _request_message(world: World, name: str) -> str:
    return str(condition(world.get("certificaterequest", name) or {}, "Ready").get("message", ""))


def _challenges(world: World, prefix: str) -> list[dict[str, dict[str, str]]]:
    found = world.all("challenges")
    return [c for c in found if c["metadata"]["name"].startswith(prefix) and c.get("status")]


def _secret(world: World, name: str, **data: str) -> None:
    meta = {"name": name, "namespace": NAMESPACE}
    world.apply({"apiVersion": "v1", "kind": "Secret", "metadata": meta, "stringData": data})


def _rfc2136(world: World, *, secret: str) -> dict[str, object]:
    dns = world.cluster.dns
    return {
        "dns01": {
            "rfc2136": {
                "nameserver": dns.address,
                "tsigKeyName": dns.tsig_name,
                "tsigAlgorithm": dns.tsig_algorithm,
                "tsigSecretSecretRef": {"name": secret, "key": "secret"},
            }
        }
    }

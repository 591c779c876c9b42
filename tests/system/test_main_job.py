"""The main job: a Certificate applied with kubectl becomes a TLS Secret, through an Order."""

import base64
import json
import re
from pathlib import Path

import pytest
from cryptography import x509

from devcluster import zone
from devcluster.controller import Controller
from devcluster.demo import verify
from tests.system.world import World, certificate, condition

pytestmark = pytest.mark.usefixtures("controller")
EXAMPLES = Path(__file__).parents[2] / "examples"


def test_the_examples_become_ready_and_say_what_happened(world: World) -> None:
    zone.hold(world.cluster.dns, "example.com")
    for file in ("two-names.yaml", "wildcard.yaml"):
        world.kubectl("apply", "-f", str(EXAMPLES / file))
    challenges = world.until(
        lambda: (
            [c for c in world.all("challenges") if c.get("status", {}).get("presented")][3:]
            and world.all("challenges")
        ),
        why="four Challenges presented",
    )
    described = _described_challenge(world, challenges)
    zone.release(world.cluster.dns, "example.com")

    order = re.match(r"(example-com-\d+)-0", described)
    assert order, described
    for name in ("example-com", "wildcard-example-com"):
        verify(world.cluster, world.wait_ready(name))
    about = world.kubectl("describe", "certificate", "example-com")
    assert re.search(r"Normal +Generated .* cert-manager +Generated new private key", about)
    assert re.search(
        rf'Normal +OrderCreated .* cert-manager +Created Order resource "{order[1]}"', about
    )
    about = world.kubectl("describe", "order", order[1])
    assert re.search(r"State: +valid", about)
    assert re.search(r"URL: +https://", about)
    assert not re.search(r"Reason: +\S", about.partition("Events:")[0])
    created = f'Created Challenge resource "{order[1]}-0" for domain "test1.example.com"'
    assert re.search(rf"Normal +Created .* cert-manager +{created}", about)
    assert re.search(r"Normal +OrderValid .* cert-manager +Order completed successfully", about)
    assert world.all("challenges") == []
    assert world.challenge_records() == {}


def _described_challenge(world: World, challenges: list[dict[str, object]]) -> str:
    """The first line's name, after the description was checked while DNS was held back."""
    names = [str(c["metadata"]["name"]) for c in challenges]  # type: ignore[index]
    first = next(name for name in names if re.fullmatch(r"example-com-\d+-0", name))
    order = first.removesuffix("-0")
    about = world.kubectl("describe", "order", order)
    assert re.search(r"State: +pending", about)
    about = world.kubectl("describe", "challenge", first)
    assert re.search(r"Dns Name: +test1.example.com", about)
    assert re.search(r"Type: +DNS-01", about)
    assert re.search(r"Presented: +true", about)
    assert re.search(r"State: +pending", about)
    assert re.search(r"Kind: +Order\n +Name: +" + order, about)
    reason = world.until(
        lambda: (world.get("challenge", first) or {}).get("status", {}).get("reason"),
        why="a reason for waiting",
    )
    assert reason.startswith("Waiting for DNS-01 challenge propagation: ")
    return first


def test_the_secret_holds_what_the_specification_asks_for(world: World) -> None:
    world.apply(certificate("whole", secretTemplate={"labels": {"team": "web"}}))
    ready = world.wait_ready("whole")
    secret = world.get("secret", "whole-tls")
    assert secret
    assert secret["type"] == "kubernetes.io/tls"
    assert set(secret["data"]) == {"tls.crt", "tls.key"}
    assert secret["metadata"]["labels"]["team"] == "web"
    assert secret["metadata"]["annotations"]["cert-manager.io/certificate-name"] == "whole"
    assert secret["metadata"]["annotations"]["cert-manager.io/alt-names"] == "whole.example.com"
    leaf = x509.load_pem_x509_certificates(base64.b64decode(secret["data"]["tls.crt"]))[0]
    assert ready["status"]["notAfter"] == f"{leaf.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}"
    assert ready["status"]["revision"] == 1
    assert condition(ready, "Ready")["observedGeneration"] == ready["metadata"]["generation"]
    assert condition(ready, "Issuing").get("status") != "True"
    assert "nextPrivateKeySecretName" not in ready["status"]
    assert [s["metadata"]["name"] for s in world.all("secrets", "default", "-l", NEXT_KEY)] == []


NEXT_KEY = "cert-manager.io/next-private-key=true"


def test_a_changed_specification_is_issued_anew(world: World) -> None:
    world.apply(certificate("changing"))
    world.wait_ready("changing")
    world.apply(certificate("changing", "changing.example.com", "added.example.com"))
    world.until(lambda: world.revision("changing") == 2, why="revision 2")
    assert condition(world.wait_ready("changing"), "Ready")["observedGeneration"] == 2
    world.until(
        lambda: world.names("certificaterequests", "changing-") == ["changing-2"],
        why="the request of revision 1 pruned (revisionHistoryLimit is 1)",
    )


def test_a_deleted_secret_comes_back(world: World) -> None:
    world.apply(certificate("lost"))
    world.wait_ready("lost")
    world.kubectl("delete", "secret", "lost-tls")
    world.until(lambda: world.get("secret", "lost-tls"), why="the Secret is issued anew")
    world.wait_ready("lost")


def test_a_client_asks_for_renewal_as_cmctl_does(world: World) -> None:
    world.apply(certificate("asked"))
    before = world.wait_ready("asked")
    issuing = {
        "type": "Issuing",
        "status": "True",
        "reason": "ManuallyTriggered",
        "message": "Certificate re-issuance manually triggered",
    }
    conditions = [*before["status"]["conditions"], issuing]
    patch = {"status": {"conditions": conditions}}
    world.kubectl(
        "patch",
        "certificate",
        "asked",
        "--subresource=status",
        "--type=merge",
        "-p",
        json.dumps(patch),
    )
    world.until(lambda: world.revision("asked") == 2, why="revision 2")


def test_metrics_count_what_happened(world: World, controller: Controller) -> None:
    metrics = controller.metrics()
    assert 'certmanager_certificate_ready_status{condition="True"' in metrics
    assert "certmanager_http_acme_client_request_count" in metrics

"""One `kubectl apply` on an empty cluster, then admission without a gap, through a change of CA.

What is asked is refused by the webhook alone, whose entry is ignored where it cannot be reached: a
request that gets through tells of a call that failed.
"""

import base64
import json
import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from devcluster import cluster, controller, netns, webhook
from devcluster.controller import DEPLOY, NAMESPACE
from devcluster.kubectl import kubectl
from orderapi.names import WEBHOOK_CA_SECRET, WEBHOOK_CONFIGURATION
from tests.admission.api import DRY, Api, Json
from tests.admission.layers import until
from tests.webhook.rules import build
from webhook.serving import authority
from webhook.serving.certificates import make_ca

CLIENTS = 8
FIRST = 1_000
PACE = 0.05  # seconds between two requests of one client while the CA changes
AGED = timedelta(days=300)
NAMED = "spec.duration"


@dataclass
class Heard:
    """What the requests met: how many were refused by name, and what else was said."""

    refused: int = 0
    others: Counter[str] = field(default_factory=Counter)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[cluster.Cluster, Path]]:
    """An empty cluster where everything was applied at once; nothing runs yet."""
    folder = tmp_path_factory.mktemp("installed")
    running = cluster.start(folder / "cluster", die_with_parent=True)
    try:
        kubectl(running.kubeconfig, "apply", "--server-side", "-k", str(DEPLOY))
        yield running, folder
    finally:
        running.stop()


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_from_the_first_request_to_a_new_ca(installed: tuple[cluster.Cluster, Path]) -> None:
    running, folder = installed
    _age_the_ca(running)
    listen = webhook.address(running.kubeconfig)
    if netns.missing():  # no ClusterIP leads to this process
        webhook.register(running.kubeconfig, listen)
    serving = webhook.start_webhook(running, folder, listen, die_with_parent=True)
    try:
        first = _asked(running, FIRST // CLIENTS)
        assert first.refused == FIRST, first.others
        before = _issuer(listen)
        stop = threading.Event()
        with ThreadPoolExecutor(1) as pool:
            load = pool.submit(_asked, running, 10_000, pace=PACE, stop=stop)
            until(lambda: _issuer(listen) != before, "a leaf of the new CA", timeout=180)
            time.sleep(5)
            stop.set()
            during = load.result()
        assert not during.others, during.others
        assert during.refused > 100
        assert serving.ready()
    finally:
        serving.stop()


def test_the_webhook_may_be_there_before_its_registration(
    installed: tuple[cluster.Cluster, Path],
) -> None:
    running, folder = installed
    kubeconfig = running.kubeconfig
    kubectl(kubeconfig, "delete", "validatingwebhookconfiguration", WEBHOOK_CONFIGURATION)
    listen = webhook.address(kubeconfig)
    early = webhook.start_webhook(
        running, folder, listen, name="early", die_with_parent=True, ready=False
    )
    try:
        until(lambda: "not installed" in early.trouble(), "it says what is missing")
        webhook.register(kubeconfig, listen)
        until(early.ready, "it is ready")
        assert _asked(running, 1).refused == CLIENTS
    finally:
        early.stop()


def test_the_order_of_installing_says_nothing(tmp_path: Path) -> None:
    """The controller says what it waits for, and goes on when that is there; policies hold for
    kinds that were not known when they were made."""
    running = cluster.start(tmp_path / "cluster", die_with_parent=True)
    kubeconfig = running.kubeconfig
    try:
        controller.install(kubeconfig, ("policy.yaml", "identity.yaml"))
        controller.install(kubeconfig, ("namespace.yaml", "rbac.yaml"))
        early = controller.start_controller(running, tmp_path, die_with_parent=True, ready=False)
        kubectl(kubeconfig, "apply", "--server-side", "-k", str(DEPLOY))
        until(early.ready, "the controller is ready", timeout=60)
        with closing(Api(running)) as api:
            until(lambda: _asked_as(api, "").get("spec", {}).get("username"), "identity is told")
            until(lambda: "spec.username" in _asked_as(api, "other")["message"], "a lie is refused")
        early.stop()
    finally:
        running.stop()


def _asked_as(api: Api, username: str) -> Json:
    """What becomes of a CertificateRequest that says that it is this user's."""
    plain = build.certificate_request()
    metadata = {"name": "asked", "namespace": "default"}
    spec = plain["spec"] | {"username": username}
    return api.create(plain | {"metadata": metadata, "spec": spec}, query=DRY).body


def _age_the_ca(running: cluster.Cluster) -> None:
    """A CA that is due to be followed by another, as it stands after 300 days."""
    signing = make_ca(datetime.now(UTC) - AGED)
    data = authority.write(authority.State(signing=signing))
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": WEBHOOK_CA_SECRET, "namespace": NAMESPACE},
        "data": {key: base64.b64encode(value).decode() for key, value in data.items()},
    }
    apply = ("apply", "--server-side", "--force-conflicts", "-f", "-")
    kubectl(running.kubeconfig, *apply, stdin=json.dumps(secret))


def _asked(
    running: cluster.Cluster, each: int, *, pace: float = 0.0, stop: threading.Event | None = None
) -> Heard:
    """`each` requests by every client, or fewer when told to stop."""
    with ThreadPoolExecutor(CLIENTS) as pool:
        parts = [pool.submit(_client, running, each, pace, stop) for _ in range(CLIENTS)]
    heard = Heard()
    for part in parts:
        one = part.result()
        heard.refused += one.refused
        heard.others += one.others
    return heard


def _client(
    running: cluster.Cluster, each: int, pace: float, stop: threading.Event | None
) -> Heard:
    heard = Heard()
    with closing(Api(running)) as api:
        for number in range(each):
            if stop is not None and stop.wait(pace):
                break
            answer = api.call("POST", CERTIFICATES, _brief(number), query=DRY)
            if NAMED in answer.message:
                heard.refused += 1
            else:
                heard.others[answer.message[:200] or "it was let through"] += 1
    return heard


CERTIFICATES = "/apis/cert-manager.io/v1/namespaces/default/certificates"


def _brief(number: int) -> Json:
    """A Certificate for one minute, which the webhook alone refuses."""
    return {
        "apiVersion": "cert-manager.io/v1",
        "kind": "Certificate",
        "metadata": {"name": f"brief-{number}", "namespace": "default"},
        "spec": {
            "secretName": f"brief-{number}",
            "dnsNames": [f"brief-{number}.example.com"],
            "issuerRef": {"name": "own"},
            "duration": "1m",
        },
    }


def _issuer(address: str) -> str:
    """Who signed the certificate that is served there now."""
    host, _, port = address.rpartition(":")
    text = ssl.get_server_certificate((host, int(port)))
    return x509.load_pem_x509_certificate(text.encode()).issuer.rfc4514_string()

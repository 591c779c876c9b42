"""`make demo`: the Certificates of examples/, issued on this computer and verified."""

import base64
import datetime
import json
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from cryptography import x509
from cryptography.x509 import verification

from devcluster import cluster, controller, traefik, webhook
from devcluster.kubectl import KubectlFailed, kubectl, program
from devcluster.process import free_port

EXAMPLES = Path(__file__).parent.parent / "examples"
CERTIFICATES = ("two-names.yaml", "wildcard.yaml")
CHALLENGE_PATH = "/.well-known/acme-challenge/"
PATIENCE = 60.0


class DemoFailed(Exception):
    """The demo did not end with verified certificates; the message says at which step."""


def run(folder: Path, say: Callable[[str], None]) -> None:
    """Bring everything up, apply the examples, wait, verify. Leaves it running.

    Raises DemoFailed, NotReady, BuildFailed or KubectlFailed.
    """
    say("1. A control plane, an ACME CA, a DNS server and a router on loopback")
    http_port = free_port()
    running = cluster.start(folder, http_port=http_port, say=lambda line: say(f"   {line}"))
    router = traefik.start_traefik(
        running, folder, listen=f"127.0.0.1:{http_port}", external_name_services=True
    )
    say(f"   Traefik {traefik.VERSION} at http://{router.address}")
    say("2. The API, the rights and the policies, from deploy/")
    controller.install(running.kubeconfig)
    webhook.install_policies(running.kubeconfig)
    say("3. The webhook and the controller, each as its own ServiceAccount")
    webhook.install(running, folder)
    responder = f"localhost:{free_port()}"
    controller.start_controller(running, folder, flags=_http01_flags(responder, http_port))
    say("4. Two issuers, and the Certificates of examples/")
    apply_issuer(running)
    say("   " + _apply_http01(running))
    for file in CERTIFICATES:
        say("   " + kubectl(running.kubeconfig, "apply", "-f", str(EXAMPLES / file)).strip())
    _follow(running.kubeconfig, say)
    say("   " + _answered(router))
    say("   " + _bent(running.kubeconfig))
    say("6. The chains in the Secrets, verified against the root of the CA")
    for certificate in _certificates(running.kubeconfig):
        say("   " + verify(running, certificate))
    say("7. What the plugin shows of them")
    for command in SHOWN:
        say(f"   $ {command}")
        say(textwrap.indent(_shown(running.kubeconfig, command), "   "))
    say("It keeps running. Try next:")
    say(NEXT.format(folder=folder.name))


SHOWN = ("kubectl order list", "kubectl order tree shop-example-com")
NEXT = """   . {folder}/env                               # puts kubectl order onto PATH
   kubectl order status example-com             # one page about it
   kubectl order events example-com             # what happened, in the order of time
   kubectl order renew example-com --wait       # have it issued anew, and follow that
   kubectl apply -f examples/refused.yaml       # a name that the CA forbids, and then
   kubectl order why refused                    # why there is no certificate, and who must act
   kubectl get secret example-com-tls -o yaml
   make demo-down                               # end it"""


def _shown(kubeconfig: Path, command: str) -> str:
    """What a command of the plugin prints; kubectl finds it beside this Python."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    done = subprocess.run(
        [program(), *command.split()[1:]],
        env={**os.environ, "PATH": path, "KUBECONFIG": str(kubeconfig)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise DemoFailed(f"{command}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def _http01_flags(responder: str, http_port: int) -> tuple[str, ...]:
    """An EndpointSlice takes no loopback address, so the router is led to a host name here."""
    listen = responder.replace("localhost", "127.0.0.1")
    return (
        f"--http01-listen-address={listen}",
        f"--http01-responder-address={responder}",
        f"--http01-check-port={http_port}",
    )


def _apply_http01(running: cluster.Cluster) -> str:
    """The issuer and Certificate of examples/http01.yaml, with the CA of this cluster."""
    documents = list(yaml.safe_load_all((EXAMPLES / "http01.yaml").read_text()))
    for document in documents:
        if document["kind"] == "ClusterIssuer":
            _at_this_ca(running, document["spec"]["acme"])
    content = json.dumps({"apiVersion": "v1", "kind": "List", "items": documents})
    said = kubectl(running.kubeconfig, "apply", "-f", "-", stdin=content)
    return said.strip().replace("\n", "\n   ")


def _at_this_ca(running: cluster.Cluster, acme: dict[str, Any]) -> None:
    acme["server"] = running.pebble.directory_url
    acme["caBundle"] = running.pebble.ca_bundle()
    acme["profile"] = "default"


def _answered(router: traefik.Traefik) -> str:
    """Who answered the HTTP-01 challenge, as the router's access log has it."""
    answers = [one for one in router.routed(CHALLENGE_PATH) if one["DownstreamStatus"] == 200]
    if not answers:
        raise DemoFailed("no HTTP-01 challenge was answered through the router")
    host, backend = answers[-1]["RequestHost"], answers[-1]["ServiceURL"]
    return (
        f"HTTP-01 for {host}: Traefik led {len(answers)} requests (the controller's own checks and "
        f"the CA's) to the responder inside the controller, at {backend}"
    )


def _bent(kubeconfig: Path) -> str:
    """What the cluster says to the admin who changes an Order."""
    listed = kubectl(kubeconfig, "get", "orders", "-o", "jsonpath={.items[0].metadata.name}")
    patch = json.dumps({"spec": {"dnsNames": ["else.example.com"]}})
    try:
        kubectl(kubeconfig, "patch", "order", listed, "--type=merge", "-p", patch)
    except KubectlFailed as refusal:
        return f"Another name for order/{listed}, as cluster admin: {refusal}"
    raise DemoFailed(f"order/{listed} was changed, and nothing refused it")


def apply_issuer(running: cluster.Cluster, name: str = "acme", **changes: Any) -> None:
    """The ClusterIssuer of examples/ with the addresses of this cluster, and its TSIG key."""
    issuer = yaml.safe_load((EXAMPLES / "clusterissuer.yaml").read_text())
    issuer["metadata"]["name"] = name
    acme = issuer["spec"]["acme"]
    _at_this_ca(running, acme)
    rfc2136 = acme["solvers"][0]["dns01"]["rfc2136"]
    rfc2136["nameserver"] = running.dns.address
    rfc2136["tsigKeyName"] = running.dns.tsig_name
    acme.update(changes)
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "dns-update-key", "namespace": controller.NAMESPACE},
        "stringData": {"secret": running.dns.tsig_secret},
    }
    for manifest in (secret, issuer):
        kubectl(running.kubeconfig, "apply", "-f", "-", stdin=json.dumps(manifest))


def verify(running: cluster.Cluster, certificate: dict[str, Any]) -> str:
    """A sentence about the chain in the Certificate's Secret; raises DemoFailed if it is bad."""
    metadata, spec = certificate["metadata"], certificate["spec"]
    arguments = ("-n", metadata["namespace"], "get", "secret", spec["secretName"], "-o", "json")
    secret = json.loads(kubectl(running.kubeconfig, *arguments))
    leaf, *between = x509.load_pem_x509_certificates(base64.b64decode(secret["data"]["tls.crt"]))
    root = x509.load_pem_x509_certificate(running.pebble.root())
    policy = verification.PolicyBuilder().store(verification.Store([root]))
    policy = policy.time(datetime.datetime.now(datetime.UTC))
    for name in spec["dnsNames"]:
        asked = name.replace("*", "any")
        try:
            policy.build_server_verifier(x509.DNSName(asked)).verify(leaf, between)
        except verification.VerificationError as error:
            raise DemoFailed(f"{metadata['name']}: {name} does not verify: {error}") from error
    names = " and ".join(spec["dnsNames"])
    return f"{spec['secretName']}: good for {names} until {leaf.not_valid_after_utc:%Y-%m-%d}"


def _follow(kubeconfig: Path, say: Callable[[str], None]) -> None:
    """Tell each change of an Order's or Challenge's state until every Certificate is ready."""
    say("5. Issuance")
    began, seen = time.monotonic(), set[str]()
    while True:
        listed = kubectl(kubeconfig, "get", "orders,challenges", "-A", "-o", "json")
        for item in json.loads(listed)["items"]:
            state = item.get("status", {}).get("state") or "new"
            line = f"{item['kind'].lower()}/{item['metadata']['name']} {state}"
            if line not in seen:
                seen.add(line)
                say(f"   {time.monotonic() - began:4.1f} s  {line}")
        waiting = [c for c in _certificates(kubeconfig) if not _is_ready(c)]
        if not waiting:
            say(f"   {time.monotonic() - began:4.1f} s  every Certificate is Ready")
            return
        if time.monotonic() - began > PATIENCE:
            described = subprocess.run(
                [program(), f"--kubeconfig={kubeconfig}", "describe", "certificates,orders"],
                capture_output=True,
                text=True,
                check=False,
            )
            raise DemoFailed(f"not ready after {PATIENCE:.0f} s\n{described.stdout}")
        time.sleep(0.3)


def _certificates(kubeconfig: Path) -> list[dict[str, Any]]:
    listed = kubectl(kubeconfig, "get", "certificates", "-A", "-o", "json")
    items: list[dict[str, Any]] = json.loads(listed)["items"]
    return items


def _is_ready(certificate: dict[str, Any]) -> bool:
    conditions = certificate.get("status", {}).get("conditions", [])
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def main(folder: Path) -> int:
    """Run it for a person; returns the exit code."""
    try:
        run(folder, lambda line: print(line, flush=True))
    except DemoFailed as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0

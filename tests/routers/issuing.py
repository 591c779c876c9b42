"""Certificates by HTTP-01 behind the router: issuers, the controller, what is left over."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from devcluster import netns
from devcluster.controller import NAMESPACE, Controller
from devcluster.process import free_port
from tests.routers.edge import Edge, gateway, ingress
from tests.system.world import Json, World, certificate

PATH = "/.well-known/acme-challenge/"
BY_INGRESS = {"kind": "ClusterIssuer", "name": "by-ingress"}
BY_GATEWAY = {"kind": "ClusterIssuer", "name": "by-gateway"}
INGRESS: Json = {"ingress": {"ingressClassName": "traefik"}}
GATEWAY: Json = {"gatewayHTTPRoute": {"parentRefs": [{"name": "front", "namespace": "gateways"}]}}
SOLVER_LABEL = "acme.cert-manager.io/http01-solver=true"
OURS = "ingresses,httproutes,services,endpointslices,referencegrants"


@contextmanager
def controller_of(
    edge: Edge, *flags: str, name: str = "order-controller", port: int = 0
) -> Iterator[Controller]:
    """The controller with its responder where the router can reach it."""
    port = port or free_port()
    lead_to(edge.world, port)
    address = f"{netns.RESPONDER}:{port}"
    running = edge.world.start_controller(f"--http01-listen-address={address}", *flags, name=name)
    try:
        yield running
    finally:
        running.stop()


def lead_to(world: World, port: int, *addresses: str) -> None:
    """Endpoints of the responder's Service, which pods would have; there is no kubelet here."""
    conditions = {"ready": True, "serving": True, "terminating": False}
    endpoints = [
        {"addresses": [one], "conditions": conditions} for one in addresses or (netns.RESPONDER,)
    ]
    world.apply(
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {
                "name": "order-responder-processes",
                "namespace": NAMESPACE,
                "labels": {"kubernetes.io/service-name": "order-responder"},
            },
            "addressType": "IPv4",
            "endpoints": endpoints,
            "ports": [{"name": "http", "port": port, "protocol": "TCP"}],
        }
    )


def apply_issuer(world: World, name: str, *http01: Json, **solver: Any) -> Json:
    """A ClusterIssuer whose solvers have these `http01` parts; its reference."""
    pebble = world.cluster.pebble
    acme = {
        "server": pebble.directory_url,
        "caBundle": pebble.ca_bundle(),
        "profile": "default",
        "privateKeySecretRef": {"name": f"{name}-account"},
        "solvers": [{"http01": part} | solver for part in http01],
    }
    world.apply(
        {
            "apiVersion": "cert-manager.io/v1",
            "kind": "ClusterIssuer",
            "metadata": {"name": name},
            "spec": {"acme": acme},
        }
    )
    return {"kind": "ClusterIssuer", "name": name}


def apply_issuers(world: World) -> None:
    """The issuers `by-ingress` and `by-gateway`, and the Gateway of the latter."""
    if world.get("namespace", "gateways") is None:
        world.namespace("gateways")
    world.apply(gateway("front", "gateways"))
    apply_issuer(world, "by-ingress", INGRESS)
    apply_issuer(world, "by-gateway", GATEWAY)


def wish(name: str, issuer: Json, *names: str, namespace: str = "default", **spec: Any) -> Json:
    """A Certificate from that issuer."""
    return certificate(name, *names, namespace=namespace, issuer=issuer, **spec)


def left_over(world: World) -> list[str]:
    """What of ours for HTTP-01 is in the cluster, as kind/namespace/name; Challenges too."""
    found = [
        *json.loads(world.kubectl("get", OURS, "-A", "-l", SOLVER_LABEL, "-o", "json"))["items"],
        *json.loads(world.kubectl("get", "challenges", "-A", "-o", "json"))["items"],
    ]
    return sorted(
        f"{one['kind']}/{one['metadata']['namespace']}/{one['metadata']['name']}" for one in found
    )


def nothing_left(world: World) -> None:
    """Wait until nothing is left over."""
    world.until(lambda: not left_over(world), timeout=20, why="everything taken away")


def challenge_of(world: World, host: str, namespace: str = "default") -> Json:
    """The Challenge for that name; empty where there is none."""
    found = [c for c in world.all("challenges", namespace) if c["spec"]["dnsName"] == host]
    return found[0] if found else {}


def reason_of(world: World, host: str, namespace: str = "default") -> str:
    """The reason of the Challenge for that name."""
    return str(challenge_of(world, host, namespace).get("status", {}).get("reason", ""))


def until_reason(
    world: World, host: str, *words: str, namespace: str = "default", timeout: float = 30.0
) -> str:
    """Wait until the Challenge's reason holds all these words; the reason."""

    def says() -> str:
        reason = reason_of(world, host, namespace)
        return reason if all(word in reason for word in words) else ""

    return world.until(
        says, timeout, why=f"a reason with {words}, not: {reason_of(world, host, namespace)}"
    )


def routed(edge: Edge, host: str) -> Sequence[int]:
    """With which statuses the router answered requests for that host's challenges."""
    seen = edge.traefik.routed(PATH)
    return [int(one["DownstreamStatus"]) for one in seen if one["RequestHost"] == host]


def refuse_ingresses(world: World, name: str, expression: str, message: str) -> None:
    """Make a namespace in which a policy judges Ingresses, as a router's webhook does.

    `expression` and `message` are CEL; a path of type Exact in the object must be refused.
    """
    world.apply(*_policy(name, expression, message))
    world.kubectl("create", "namespace", name)
    world.kubectl("label", "namespace", name, f"policy={name}")
    tried = json.dumps(ingress("tried", name, "tried.example.com", "/app"))
    world.until(
        lambda: world.kubectl_fails("create", "--dry-run=server", "-f", "-", stdin=tried),
        why="the policy holds",
    )


def _policy(name: str, expression: str, message: str) -> list[Json]:
    group = "admissionregistration.k8s.io/v1"
    rule = {"apiGroups": ["networking.k8s.io"], "apiVersions": ["v1"]}
    rules = [rule | {"operations": ["CREATE", "UPDATE"], "resources": ["ingresses"]}]
    validation = {"expression": expression, "messageExpression": message}
    policy = {"matchConstraints": {"resourceRules": rules}, "validations": [validation]}
    binding = {
        "policyName": name,
        "validationActions": ["Deny"],
        "matchResources": {"namespaceSelector": {"matchLabels": {"policy": name}}},
    }
    kind, meta = "ValidatingAdmissionPolicy", {"name": name}
    return [
        {"apiVersion": group, "kind": kind, "metadata": meta, "spec": policy},
        {"apiVersion": group, "kind": f"{kind}Binding", "metadata": meta, "spec": binding},
    ]

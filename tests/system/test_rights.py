"""The controller has the rights of deploy/ and no others; a missing one is said clearly."""

import json

from devcluster.controller import ACCOUNT, NAMESPACE
from tests.system.world import World, certificate

WHOM = f"system:serviceaccount:{NAMESPACE}:{ACCOUNT}"
OURS = "cm-acme-http-solver"


def test_the_rights_are_these_and_no_wider(world: World) -> None:
    for verb, resource in [
        ("create", "pods"),
        ("get", "pods"),
        ("update", "certificates.cert-manager.io"),
        ("patch", "clusterissuers.cert-manager.io"),
        ("patch", "issuers.cert-manager.io"),
        ("patch", "orders.acme.cert-manager.io"),
        ("create", "clusterrolebindings.rbac.authorization.k8s.io"),
        ("get", "configmaps"),
        ("deletecollection", "secrets"),
        ("get", "services"),
        ("patch", "services"),
        ("update", f"services={OURS}"),
        ("patch", "services=other"),
        ("delete", "services=other"),
        ("patch", "endpointslices.discovery.k8s.io"),
        ("delete", "endpointslices.discovery.k8s.io=other"),
        ("create", "endpoints"),
        ("create", "ingressclasses.networking.k8s.io"),
        ("patch", "gateways.gateway.networking.k8s.io"),
        ("list", "referencegrants.gateway.networking.k8s.io"),
        ("list", "namespaces"),
    ]:
        assert not _may(world, verb, resource), (verb, resource)


def test_what_is_ours_may_be_changed_by_name(world: World) -> None:
    """And Certificates, which are made of Ingresses and Gateways."""
    for verb, resource in [
        ("patch", "certificates.cert-manager.io"),
        ("create", "services"),
        ("patch", f"services={OURS}"),
        ("delete", f"services={OURS}"),
        ("create", "endpointslices.discovery.k8s.io"),
        ("create", "endpointslices.discovery.k8s.io/restricted"),
        ("patch", f"endpointslices.discovery.k8s.io={OURS}-ipv4"),
        ("delete", f"endpointslices.discovery.k8s.io={OURS}-ipv6"),
        ("create", "routes.route.openshift.io/custom-host"),
    ]:
        assert _may(world, verb, resource), (verb, resource)


def test_one_rule_less_gives_a_clear_error_and_heals_when_it_is_back(world: World) -> None:
    role = json.loads(world.kubectl("get", "clusterrole", ACCOUNT, "-o", "json"))
    rules = [rule for rule in role["rules"] if "orders" not in rule["resources"]]
    assert len(rules) == len(role["rules"]) - 1
    _set_rules(world, rules)
    running = world.start_controller(name="without-orders", ready=False)
    try:
        world.apply(certificate("rights"))
        said = world.until(
            lambda: [
                line
                for line in running.process.log.read_text().splitlines()
                if "orders" in line and "forbidden" in line.lower()
            ],
            why="a line that names the missing right",
        )
        assert json.loads(said[0])["level"] in ("ERROR", "error")
        _set_rules(world, role["rules"])
        world.wait_ready("rights", timeout=60)
    finally:
        _set_rules(world, role["rules"])
        running.stop()


def _set_rules(world: World, rules: list[object]) -> None:
    patch = json.dumps({"rules": rules})
    world.kubectl("patch", "clusterrole", ACCOUNT, "--type=merge", "-p", patch)


def _may(world: World, verb: str, what: str) -> bool:
    """What the API server says of `resource.group[/subresource][=name]`, which it need not know."""
    kind, _, name = what.partition("=")
    kind, _, subresource = kind.partition("/")
    resource, _, group = kind.partition(".")
    asked = {"verb": verb, "group": group, "resource": resource}
    asked |= {"subresource": subresource, "name": name}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": WHOM, "resourceAttributes": asked},
    }
    said = world.kubectl("create", "-f", "-", "-o", "json", stdin=json.dumps(review))
    return bool(json.loads(said)["status"]["allowed"])

"""The controller has the rights of deploy/ and no others; a missing one is said clearly."""

import json

from devcluster.controller import ACCOUNT, NAMESPACE
from tests.system.world import World, certificate

WHOM = f"--as=system:serviceaccount:{NAMESPACE}:{ACCOUNT}"


def test_the_rights_are_these_and_no_wider(world: World) -> None:
    for verb, resource in [
        ("create", "pods"),
        ("update", "certificates.cert-manager.io"),
        ("patch", "certificates.cert-manager.io"),
        ("patch", "clusterissuers.cert-manager.io"),
        ("patch", "orders.acme.cert-manager.io"),
        ("create", "clusterrolebindings.rbac.authorization.k8s.io"),
        ("get", "configmaps"),
        ("deletecollection", "secrets"),
    ]:
        assert _may(world, verb, resource) == "no", (verb, resource)


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


def _may(world: World, verb: str, resource: str) -> str:
    try:
        return world.kubectl("auth", "can-i", verb, resource, WHOM, "-A").strip()
    except Exception as error:
        return str(error).strip() or "no"

"""What tests of tenants and solvers apply: Secrets, solvers, Issuers of one namespace."""

import json

from tests.system.world import Json, World


def secret(name: str, namespace: str = "default", *, kind: str = "Opaque", **data: str) -> Json:
    """A Secret with these texts; dots of entry names are written as underscores."""
    entries = {key.replace("_", "."): value for key, value in data.items()}
    meta = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "type": kind} | {
        "stringData": entries
    }


def secret_data(world: World, name: str, namespace: str = "default") -> dict[str, str]:
    """What the Secret holds, in base64; empty where there is none."""
    found = world.get("secret", name, namespace) or {}
    data: dict[str, str] = found.get("data", {})
    return data


def rfc2136(world: World, **changes: object) -> Json:
    """The `dns01.rfc2136` part of a solver for this cluster's DNS server, with `changes`.

    Its key is in the Secret "dns-update-key".
    """
    dns = world.cluster.dns
    return {
        "nameserver": dns.address,
        "tsigKeyName": dns.tsig_name,
        "tsigAlgorithm": dns.tsig_algorithm,
        "tsigSecretSecretRef": {"name": "dns-update-key", "key": "secret"},
    } | changes


def issuer(world: World, namespace: str, *solvers: Json, name: str = "own", **acme: object) -> Json:
    """An Issuer at this cluster's CA with these solvers, and what `acme` says."""
    pebble = world.cluster.pebble
    spec = {
        "server": pebble.directory_url,
        "caBundle": pebble.ca_bundle(),
        "profile": "default",
        "privateKeySecretRef": {"name": f"{name}-account"},
        "solvers": list(solvers),
    }
    meta = {"name": name, "namespace": namespace}
    kind = {"apiVersion": "cert-manager.io/v1", "kind": "Issuer", "metadata": meta}
    return kind | {"spec": {"acme": spec | acme}}


def update_key(world: World, namespace: str) -> Json:
    """The Secret "dns-update-key" with the key of this cluster's DNS server."""
    return secret("dns-update-key", namespace, secret=world.cluster.dns.tsig_secret)


def patch_status(
    world: World, kind: str, name: str, status: Json, namespace: str = "default", user: str = ""
) -> None:
    """Write into an object's status as another controller, or cmctl, does; or as that user."""
    patch = json.dumps({"status": status})
    where = ("-n", namespace, "patch", kind, name, "--subresource=status", "--type=merge")
    who = ("--as", user, "--as-group", "system:masters") if user else ()
    world.kubectl(*where, *who, "-p", patch)


def add_condition(world: World, kind: str, name: str, **new: str) -> None:
    """Add one condition to an object of the default namespace, and keep the others."""
    found = world.get(kind, name) or {}
    before = [c for c in found.get("status", {}).get("conditions", []) if c["type"] != new["type"]]
    patch_status(world, kind, name, {"conditions": [*before, new]})

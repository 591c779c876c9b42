"""A namespace for the causes of one module, which goes at the end and leaves no record in DNS."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from devcluster import zone
from tests.system.manifests import rfc2136, update_key
from tests.system.world import Json, World

NOT_OURS = "example.org/held"
"""A finalizer that nobody takes off."""
UNDELETABLE = "causes-undeletable"
"""The namespace of what cannot be deleted."""


@contextmanager
def namespace(world: World, name: str) -> Iterator[str]:
    """A namespace with the DNS server's key, which is cleared away when this ends."""
    world.namespace(name)
    world.apply(update_key(world, name))
    try:
        yield name
    finally:
        clear(world, name)


def clear(world: World, name: str) -> None:
    """Delete a namespace, whatever holds it, and all records of challenges in DNS.

    Its finalizers are taken off: after many of its Challenges nobody could ever clean up.
    """
    world.kubectl("delete", "namespace", name, "--wait=false")
    world.kubectl("-n", name, "delete", "challenges", "--all", "--wait=false")
    world.until(lambda: _released(world, name), 20, why="no finalizer is left")
    for owner in world.challenge_records("_acme-challenge."):
        origin = next(one for one in world.cluster.dns.zones if owner.endswith(f".{one}."))
        zone.remove(world.cluster.dns, origin, owner)
    assert world.challenge_records("_acme-challenge.") == {}


@contextmanager
def held(world: World) -> Iterator[None]:
    """DNS shows no TXT record of example.net: what waits for one there goes on waiting."""
    zone.hold(world.cluster.dns, "example.net")
    try:
        yield
    finally:
        zone.release(world.cluster.dns, "example.net")


def solver(world: World, **changes: object) -> Json:
    """A solver that updates this cluster's DNS server, with `changes` to its rfc2136 part."""
    return {"dns01": {"rfc2136": rfc2136(world, **changes)}}


def by(name: str, kind: str = "Issuer") -> Json:
    """A reference to an issuer."""
    return {"kind": kind, "name": name}


def _released(world: World, name: str) -> bool:
    """Whether nothing in the namespace has a finalizer; takes those off that are there."""
    left = False
    for kind in ("challenges", "orders", "certificaterequests", "certificates"):
        found = world.all(kind, name)
        names = [e["metadata"]["name"] for e in found if e["metadata"].get("finalizers")]
        if names:
            patch = json.dumps({"metadata": {"finalizers": None}})
            where = ("-n", name, "patch", kind, *names, "--type=merge", "-p", patch)
            world.kubectl_fails(*where)
            left = True
    return not left and not world.names("challenges", namespace=name)

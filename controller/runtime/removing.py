"""Removes an object, and has the cache know at once."""

from typing import Any

from controller.runtime.cache import Cache
from controller.runtime.errors import Conflict, NotFound
from controller.runtime.kube import Kube
from controller.runtime.schedule import HasMetadata
from orderapi.resources import Resource


async def remove(kube: Kube, resource: Resource[Any], obj: HasMetadata, cache: Cache[Any]) -> bool:
    """Delete that very object, by uid; False where it was gone already. Other errors pass."""
    meta = obj.metadata
    try:
        left = await kube.delete(resource, meta.namespace, meta.name, uid=meta.uid)
    except (NotFound, Conflict):
        cache.drop(obj)
        return False
    if left is None:
        cache.drop(obj)
    else:
        cache.feed(left)
    return True

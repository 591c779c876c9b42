"""What the two kinds of JSON patch do, written from their RFCs for the tests alone."""

import json
from typing import Any

Json = dict[str, Any]


class PatchRefused(Exception):
    """An operation `test` found something else."""


def merged(old: Any, patch: Any) -> Any:
    """RFC 7386, from its own pseudo-code."""
    if not isinstance(patch, dict):
        return patch
    new = dict(old) if isinstance(old, dict) else {}
    for name, value in patch.items():
        if value is None:
            new.pop(name, None)
        else:
            new[name] = merged(new.get(name), value)
    return new


def json_patched(old: Json, operations: list[Json]) -> Json:
    """RFC 6902: test, add, replace and remove of members of objects."""
    new: Json = json.loads(json.dumps(old))
    for operation in operations:
        *parents, last = operation["path"].lstrip("/").split("/")
        place: Any = new
        for parent in parents:
            place = place[parent]
        if operation["op"] == "test":
            if place.get(last) != operation["value"]:
                raise PatchRefused
        elif operation["op"] == "remove":
            del place[last]
        else:
            place[last] = operation["value"]
    return new

"""What a JSON merge patch does, written from its RFC for the tests alone."""

from typing import Any


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

"""Differences between objects as JSON merge patches (RFC 7386). Pure; sends nothing.

A merge patch replaces lists as a whole and cannot set a null. Our objects hold no nulls.
"""

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from controller.runtime.schedule import HasMetadata
from orderapi.wire import Wire


class HasStatus(HasMetadata, Protocol):
    """An object with a status."""

    @property
    def status(self) -> Wire:
        """What the controller says about it."""


def merge_patch(old: Wire, new: Wire) -> dict[str, Any]:
    """What turns the wire form of `old` into that of `new`; what is gone becomes None."""
    if old is new:
        return {}
    return difference(msgspec.to_builtins(old), msgspec.to_builtins(new))


def difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """The merge patch between two JSON objects without nulls."""
    patch: dict[str, Any] = {name: None for name in old if name not in new}
    for name, value in new.items():
        if name not in old:
            patch[name] = value
            continue
        before = old[name]
        if before == value and type(before) is type(value):
            continue
        if isinstance(before, dict) and isinstance(value, dict):
            patch[name] = difference(before, value)
        else:
            patch[name] = value
    return patch


def lacking(found: Mapping[str, str], wanted: Mapping[str, str]) -> dict[str, str]:
    """Of the wanted labels or annotations, those that are not there, or are otherwise."""
    return {key: value for key, value in wanted.items() if found.get(key) != value}


def status_patch(obj: HasStatus, new_status: Wire) -> dict[str, Any]:
    """A patch of the status alone, for this version of `obj` only; empty when nothing differs."""
    status = merge_patch(obj.status, new_status)
    if not status:
        return {}
    return {"metadata": guard(obj), "status": status}


def guard(obj: HasMetadata) -> dict[str, Any]:
    """Metadata that lets a patch succeed only while the object is still this very version."""
    return {"resourceVersion": obj.metadata.resource_version, "uid": obj.metadata.uid}

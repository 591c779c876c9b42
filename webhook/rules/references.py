"""References to Secrets and other objects by name: whether anything can have such a name. Pure.

What no object can be called has never worked anywhere, so a fault breaks no manifest that is used.
Whether the object exists is not asked: it may come later.
"""

import re
from typing import Final

from orderapi.references import SecretKeySelector
from orderapi.validation.fault import quoted
from orderapi.validation.objectnames import is_object_name
from webhook.rules.findings import Findings, fault

MAX_NAME: Final = 253

_ENTRY: Final = re.compile(r"[-._a-zA-Z0-9]+")


def entry_of(path: str, ref: SecretKeySelector) -> Findings:
    """Faults of a reference that has to name a Secret and one of its entries."""
    yield from named(f"{path}.name", ref.name)
    if not ref.key:
        yield fault(f"{path}.key", "is empty; it names the entry of the Secret that is read")
    else:
        yield from _entry(f"{path}.key", ref.key)


def secret_of(path: str, ref: SecretKeySelector) -> Findings:
    """Faults of a reference whose entry has a default."""
    yield from named(f"{path}.name", ref.name)
    if ref.key:
        yield from _entry(f"{path}.key", ref.key)


def named(path: str, name: str, kind: str = "Secret") -> Findings:
    """Faults of a name that has to be there."""
    if not name:
        yield fault(path, f"is empty; it names the {kind} that is meant")
    else:
        yield from possible(path, name, kind)


def possible(path: str, name: str, kind: str) -> Findings:
    """Faults of a name that is there: it has to be one that such an object can have."""
    if not is_object_name(name):
        yield fault(
            path,
            f"is {quoted(name)}, which no {kind} can be called; names are of a-z, 0-9, - and ., "
            f"at most {MAX_NAME} characters",
        )


def _entry(path: str, key: str) -> Findings:
    if len(key) > MAX_NAME or _ENTRY.fullmatch(key) is None:
        yield fault(
            path,
            f"is {quoted(key)}, which no entry of a Secret can be called; keys are of letters, "
            f"digits, -, _ and ., at most {MAX_NAME} characters",
        )

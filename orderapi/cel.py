"""Parts of CEL expressions that policies and the webhook's registration share.

The expressions speak of `object`, `oldObject` and `request`, as the API server gives them to both.
"""

import json
from collections.abc import Iterable
from typing import Final

from orderapi.frozen import DURATION, ISSUER_REF, REF_DEFAULTS

CREATED: Final = 'request.operation == "CREATE"'
UPDATED: Final = 'request.operation == "UPDATE"'


def text(value: str) -> str:
    """A string literal."""
    return json.dumps(value, ensure_ascii=False)


def texts(values: Iterable[str]) -> str:
    """A list of string literals."""
    return f"[{', '.join(map(text, values))}]"


def owners(root: str) -> str:
    """The owner references of `object` or `oldObject`."""
    return f"{root}.metadata.?ownerReferences.orValue([])"


def by(users: Iterable[str]) -> str:
    """Whether one of these users asks."""
    return f"request.userInfo.username in {texts(users)}"


_SAME_OWNER: Final = (
    "old.apiVersion == owner.apiVersion && old.kind == owner.kind && old.name == owner.name && "
    "old.uid == owner.uid && old.?controller.orValue(false) == owner.?controller.orValue(false)"
)
_HOLDS: Final = "?blockOwnerDeletion.orValue(false)"

NO_NEW_OWNER: Final = (
    f"{owners('object')} == {owners('oldObject')} || "
    f"{owners('object')}.size() <= {owners('oldObject')}.size() && "
    f"{owners('object')}.all(owner, {owners('oldObject')}.exists(old, {_SAME_OWNER} && "
    f"(old.{_HOLDS} || !owner.{_HOLDS})))"
)
"""Whether each owner reference was there before. Removing one and clearing its blockOwnerDeletion
are what the garbage collector does."""

_EMPTY: Final = '[dyn(null), dyn(""), dyn(false), dyn([]), dyn({})]'
_LENGTH: Final = text(r"^[-+]?(0|([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+$")


def keys(old: str, new: str) -> str:
    """The keys of both maps."""
    return f"({old}.map(key, key) + {new}.filter(key, !(key in {old})))"


def changed_fields(old: str, new: str) -> str:
    """`frozen.changed_fields` of two maps: a list of paths such as `spec.dnsNames`, unsorted.

    `old` and `new` are evaluated often: let them be variables.
    """
    lengths = " && ".join(f"string({one}[key]).matches({_LENGTH})" for one in (old, new))
    same_length = (
        f'key == "{DURATION}" && {lengths} && '
        f"duration(string({old}[key])) == duration(string({new}[key]))"
    )
    same = f"key in {old} && key in {new} && ({old}[key] == {new}[key] || {same_length})"
    fields = (
        f'{keys(old, new)}.filter(key, key != "{ISSUER_REF}" && '
        f"!({same}) && !({_empty(old)} && {_empty(new)}))"
    )
    return (
        f'{fields}.map(key, "spec." + string(key)) + '
        f"[[{_ref(old)}, {_ref(new)}]].map(refs, {_changed_parts('refs[0]', 'refs[1]')})[0]"
    )


def part(ref: str, name: str) -> str:
    """A part of an issuerRef, or what it means where it is empty; `name` is an expression."""
    defaults = ", ".join(f"{text(key)}: {text(value)}" for key, value in REF_DEFAULTS.items())
    return (
        f"({name} in {ref} && !({ref}[{name}] in {_EMPTY}) ? {ref}[{name}] : "
        f'dyn({{{defaults}}}[?{name}].orValue("")))'
    )


def _changed_parts(old: str, new: str) -> str:
    return (
        f"{keys(old, new)}.filter(key, {part(old, 'key')} != {part(new, 'key')})"
        f'.map(key, "spec.{ISSUER_REF}." + string(key))'
    )


def _ref(spec: str) -> str:
    return f"{spec}[?{text(ISSUER_REF)}].orValue(dyn({{}}))"


def _empty(fields: str) -> str:
    return f"(!(key in {fields}) || {fields}[key] in {_EMPTY})"

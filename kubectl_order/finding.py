"""The answer to "why is my certificate not here": one cause, its evidence, who must act."""

import re
from datetime import datetime
from enum import StrEnum
from typing import Final, dataclass_transform

import msgspec

from orderapi.wire import WireMeta


# Type checkers take the nearest transform in the line of bases: this one, in place of Struct's.
@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Document(msgspec.Struct, metaclass=WireMeta, frozen=True, kw_only=True, rename="camel"):
    """A part of what `-o json` prints: every field is always there, null where nothing is known."""


class Ref(Document):
    """An object. Kind as in its manifest; the namespace is null for a ClusterIssuer."""

    kind: str
    name: str
    namespace: str | None

    def __str__(self) -> str:
        return f"{self.kind.lower()}/{self.name}"


class Standing(StrEnum):
    """How it stands."""

    FINE = "fine"
    """The certificate is there and in time."""
    MOVING = "moving"
    """On its usual way; nothing is wrong."""
    WAITING = "waiting"
    """Something is in its way; it goes on by itself once that is mended."""
    FAILED = "failed"
    """The last attempt failed."""
    OVERDUE = "overdue"
    """The certificate has expired, or should have been renewed by now."""


class Actor(StrEnum):
    """Who must act."""

    YOU = "you"
    """Whoever owns the Certificate or the Order."""
    ADMIN = "admin"
    """Whoever runs the cluster: issuers, the controller, the webhook, rights."""
    DNS = "dns"
    """Whoever runs the DNS zone or its servers."""
    ROUTER = "router"
    """Whoever runs the ingress controller or Gateway, or the network before it."""
    CA = "ca"
    """The CA, or whoever has the account there."""
    NOBODY = "nobody"
    """It goes on by itself."""


class Finding(Document):
    """One root cause.

    `cause` is a stable word for programs, in kebab case (docs/plugin.md lists them all), `on` the
    object that tells it. `headline` is one sentence that names the cause; evidence is what was
    seen, one sentence each: where, and in whose words. `since` and `until` are UTC: when it began,
    and when the next attempt is made by itself (null: only a change brings one). `fix` says what to
    do, `command` is the next command, to be run as it is.
    """

    cause: str
    on: Ref
    headline: str
    evidence: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    who: Actor
    fix: str
    command: str
    standing: Standing


HARMLESS: Final = "kubectl order status"
"""The command in place of one that cannot be made."""

_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]*")


def plugin(verb: str, ref: Ref, *flags: str) -> str:
    """A command of this plugin about that object, such as `kubectl order retry web -n shop`."""
    name = ref.name if ref.kind in ("Certificate", "Order") else f"{ref.kind.lower()}/{ref.name}"
    return _command(("kubectl", "order", verb), (name,), flags, ref.namespace)


def kubectl(verb: str, ref: Ref, *flags: str) -> str:
    """A command of kubectl about that object, such as `kubectl describe order web-1 -n shop`."""
    return _command(("kubectl", verb), (ref.kind.lower(), ref.name), flags, ref.namespace)


def _command(
    begun: tuple[str, ...], told: tuple[str, ...], flags: tuple[str, ...], namespace: str | None
) -> str:
    """The command, where what others chose is one word each and no flag: `x --server=...` as the
    name of a Secret would have whoever runs it show their token to another server."""
    if not all(map(_WORD.fullmatch, (*told, namespace or "default"))):
        return HARMLESS
    return " ".join((*begun, *told, *flags, *(("-n", namespace) if namespace else ())))

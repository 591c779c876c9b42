"""The names that an Order asks for, and the CA's authorizations in that order. Pure.

CAs shuffle: what they return is put back into the order of spec.dnsNames, then spec.ipAddresses, so
that a Challenge's number says which name it is for.
"""

import ipaddress
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from controller.acme import messages
from controller.acme.messages import Identifier, NewOrder
from orderapi import states
from orderapi.durations import parse_duration
from orderapi.order import Authorization, OfferedChallenge, OrderSpec

_FQDN: Final = re.compile(r"(?=.{1,253}$)(\*\.)?([\w-]{1,63}\.)+[\w-]{1,63}\.?", re.ASCII)


def identifiers(spec: OrderSpec) -> tuple[Identifier, ...]:
    """Each name once: spec.dnsNames, spec.ipAddresses, and the common name among its own kind."""
    named = _common_name(spec.common_name or "")
    names = [
        *(Identifier("dns", name) for name in spec.dns_names),
        *(name for name in named if name.type == "dns"),
        *(Identifier("ip", address) for address in spec.ip_addresses),
        *(name for name in named if name.type == "ip"),
    ]
    return tuple(dict.fromkeys(names))


def new_order(spec: OrderSpec, now: datetime) -> NewOrder:
    """What is asked of the CA; a duration counts from now."""
    return NewOrder(
        identifiers=identifiers(spec),
        profile=spec.profile or "",
        not_after=now + parse_duration(spec.duration) if spec.duration else None,
        replaces=spec.replaces or "",
    )


def in_order(
    spec: OrderSpec, authorizations: Iterable[messages.Authorization]
) -> tuple[Authorization, ...]:
    """The authorizations as an Order's status holds them, in the order of its names."""
    position = {name: index for index, name in enumerate(identifiers(spec))}
    last = len(position)
    ordered = sorted(authorizations, key=lambda one: position.get(_ordered_as(one), last))
    return tuple(map(_stored, ordered))


def shown(name: str | None, *, wildcard: bool | None) -> str:
    """The name of an authorization or Challenge as it stands in the certificate."""
    return f"*.{name}" if wildcard else name or ""


def _ordered_as(authorization: messages.Authorization) -> Identifier:
    """The identifier that the authorization was made for: a wildcard's comes without its label."""
    name = authorization.identifier
    return Identifier(name.type, shown(name.value, wildcard=authorization.wildcard))


def _stored(authorization: messages.Authorization) -> Authorization:
    return Authorization(
        url=authorization.url,
        identifier=authorization.identifier.value,
        wildcard=authorization.wildcard,
        initial_state=_state(authorization.status),
        challenges=tuple(
            OfferedChallenge(type=one.type, url=one.url, token=one.token)
            for one in authorization.challenges
        ),
    )


def _state(status: str) -> str:
    """RFC 8555 section 7.1.6 knows deactivated and revoked too; the API has no words for them."""
    if status in ("deactivated", "revoked"):
        return states.INVALID
    return status if status in states.ALL else states.PENDING


def _common_name(name: str) -> tuple[Identifier, ...]:
    """The identifier that a common name is, where it is one; it may be words as well."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return (Identifier("dns", name),) if _FQDN.fullmatch(name) else ()
    return (Identifier("ip", name),)

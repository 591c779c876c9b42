"""What routers and the cluster say about a route, for a Challenge's reason. Pure.

Evidence, not a verdict: a route may work although its Gateway has no address of its own, and may
fail although nobody says a word. Words of others are quoted as they are, save that tokens are taken
out, characters that do not print are escaped, and the whole is cut to 600 characters.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from controller.gatewayapi import (
    GATEWAY_GROUP,
    Gateway,
    HTTPRoute,
    Listener,
    ParentStatus,
    RouteParent,
)
from controller.networking import (
    CHALLENGE_PATH,
    INGRESS_CLASS_ANNOTATION,
    Ingress,
)
from controller.solvers.http01.quoting import printable
from controller.solvers.http01.routes import full_parent
from orderapi.conditions import TRUE, UNKNOWN, Condition, find, is_true
from orderapi.meta import Object

LONGEST: Final = 600
LONGEST_SENTENCE: Final = 400
LONGEST_NAME: Final = 80
SHOWN_CLASSES: Final = 5

_WITHOUT_HTTP: Final = frozenset({"HTTPS", "TLS", "TCP", "UDP"})
_TOKEN_PATH: Final = re.compile(re.escape(CHALLENGE_PATH) + r"[^\s\"'`)]+")
_SOME_LISTENER: Final = "ListenersNotValid"
_OF_LISTENERS: Final = frozenset({_SOME_LISTENER, "Invalid"})
"""Reasons of a Gateway that say no more than that its listeners have reasons of their own."""

_MEANINGS: Final = {
    "NotAllowedByListeners": (
        "see allowedRoutes of its listeners; unless told otherwise, they take routes of their own "
        "namespace alone"
    )
}
"""What the reasons mean that routers leave without a message."""

Signs: TypeAlias = tuple[tuple[str, bool, str], ...]
"""Condition types, whether they are good when True, and what it means when they are not good."""

_OF_ROUTE: Final[Signs] = (
    ("Accepted", True, "does not accept it"),
    ("ResolvedRefs", True, "cannot follow its references"),
    ("PartiallyInvalid", False, "leaves out a part of it"),
)
_OF_GATEWAY: Final[Signs] = (
    ("Accepted", True, "is not accepted"),
    ("Programmed", True, "is not programmed"),
)
_OF_LISTENER: Final[Signs] = (
    ("Accepted", True, "is not accepted"),
    ("Conflicted", False, "conflicts with another"),
    ("ResolvedRefs", True, "has references that cannot be followed"),
    ("Programmed", True, "is not programmed"),
)

_UNSEEN: Final = "was changed, and its controller has not looked at that yet"


def gateway_words(route: HTTPRoute | None, gateways: Iterable[Gateway]) -> str:
    """What stands against the HTTPRoute at its parents; empty where nothing is said.

    `gateways` are all that the cluster has; those that the route does not name are passed over.
    """
    if route is None:
        return "The HTTPRoute that leads to the answer is not there."
    known = {(one.metadata.namespace, one.metadata.name): one for one in gateways}
    parents = [full_parent(ref, route.metadata.namespace) for ref in route.spec.parent_refs]
    said = [sentence for parent in parents for sentence in _of_parent(route, parent, known)]
    if not parents:
        said = ["it names no parent, so no router serves it"]
    return _told(f"HTTPRoute {_full_name(route)}: ", said, _tokens(route))


def ingress_words(ingress: Ingress | None, class_name: str | None, classes: Sequence[str]) -> str:
    """What stands against the Ingress; empty where nothing is said.

    `class_name` is what the solver has for spec.ingressClassName, `classes` are the names of all
    IngressClasses. The class of the old annotation needs no IngressClass, so nothing is said of it.
    """
    if ingress is None:
        return "The Ingress that leads to the answer is not there."
    there = _listed(sorted(classes))
    if class_name and class_name not in classes:
        return _told("", [f"IngressClass {_quoted(class_name)} does not exist; {there}"])
    annotated = INGRESS_CLASS_ANNOTATION in ingress.metadata.annotations
    if classes and not (class_name or annotated or ingress.spec.ingress_class_name):
        return _told(
            f"Ingress {_full_name(ingress)} ",
            [
                f"names no class, and none is the default: a router may pass it over. Set "
                f"ingressClassName in the solver; {there}"
            ],
        )
    return ""


def _of_parent(
    route: HTTPRoute, parent: RouteParent, known: Mapping[tuple[str, str], Gateway]
) -> list[str]:
    """The sentences about one parent of the route."""
    gateway = None
    if (parent.group, parent.kind) == (GATEWAY_GROUP, "Gateway"):
        gateway = known.get((parent.namespace or "", parent.name))
        if gateway is None:
            return [f"its parent {_parent_name(parent)} does not exist"]
    namespace = route.metadata.namespace
    statuses = [
        one for one in route.status.parents if full_parent(one.parent_ref, namespace) == parent
    ]
    said = [
        sentence
        for status in statuses
        for sentence in _of_controller(status, parent, route.metadata.generation)
    ]
    if not statuses:
        said = [_unseen(parent, gateway)]
    if gateway is not None:
        accepted = any(is_true(one.conditions, "Accepted") for one in statuses)
        said += _of_gateway(gateway, parent, accepted=accepted)
    return said


def _of_controller(status: ParentStatus, parent: RouteParent, generation: int) -> list[str]:
    whose = f"{_parent_name(parent)} (controller {_short(status.controller_name)})"
    faults = _faults(status.conditions, _OF_ROUTE, generation)
    if _UNSEEN in faults:
        return [f"it {_UNSEEN}: {whose}"]
    return _of(whose, faults)


def _unseen(parent: RouteParent, gateway: Gateway | None) -> str:
    if gateway is None:
        return (
            f"no controller has looked at it yet: is there a {_parent_name(parent)}, and does a "
            f"controller run it?"
        )
    return (
        f"no controller has looked at it yet: does one run class "
        f"{_quoted(gateway.spec.gateway_class_name)}, which {_parent_name(parent)} is of?"
    )


def _of_gateway(gateway: Gateway, parent: RouteParent, *, accepted: bool) -> list[str]:
    """The sentences about the Gateway itself and those of its listeners that matter."""
    name, generation = f"Gateway {_full_name(gateway)}", gateway.metadata.generation
    matter = _listeners(gateway, parent)
    faulty = {
        status.name: faults
        for status in gateway.status.listeners
        if status.name in {one.name for one in matter}
        and (faults := _faults(status.conditions, _OF_LISTENER, generation))
    }
    # That some listener is wrong says nothing where the route has found one that takes it: often
    # it is the one for HTTPS, which waits for the very certificate.
    known = _OF_LISTENERS if faulty else {_SOME_LISTENER} if accepted else frozenset[str]()
    own = [one for one in gateway.status.conditions if one.reason not in known]
    return [
        *_without_http(matter, parent),
        *(
            sentence
            for listener, faults in faulty.items()
            for sentence in _of(f"listener {_quoted(listener)} of {name}", faults)
        ),
        *_of(name, _faults(own, _OF_GATEWAY, generation)),
    ]


def _without_http(matter: Sequence[Listener], parent: RouteParent) -> list[str]:
    protocols = sorted({one.protocol for one in matter})
    if not protocols or not _WITHOUT_HTTP.issuperset(protocols):
        return []
    return [
        f"{_parent_name(parent)} listens for {' and '.join(protocols)} alone, and the CA asks over "
        f"HTTP on port 80"
    ]


def _listeners(gateway: Gateway, parent: RouteParent) -> list[Listener]:
    """Those that the route names; where it names none, those for HTTP if there are any."""
    named = [
        one
        for one in gateway.spec.listeners
        if parent.section_name in (None, one.name) and parent.port in (None, one.port)
    ]
    if parent.section_name or parent.port:
        return named
    return [one for one in named if one.protocol == "HTTP"] or named


def _faults(conditions: Sequence[Condition], signs: Signs, generation: int) -> list[str]:
    """What the conditions say is wrong; those of an earlier generation only that they are."""
    faults: list[str] = []
    for kind, good, meaning in signs:
        condition = find(conditions, kind)
        if condition is None:
            continue
        seen = condition.observed_generation
        if seen is not None and seen < generation:
            faults.append(_UNSEEN)
        elif condition.status != TRUE if good else condition.status == TRUE:
            yet = " yet" if condition.status == UNKNOWN else ""
            message = condition.message or _MEANINGS.get(condition.reason, "")
            faults.append(": ".join(filter(None, (meaning + yet, condition.reason, message))))
    return list(dict.fromkeys(faults))


def _of(subject: str, faults: Sequence[str]) -> list[str]:
    """One sentence about one thing; none without faults."""
    joined = "; and ".join(fault.rstrip(". ") for fault in faults)
    return [f"{subject} {joined}"] if faults else []


def _tokens(route: HTTPRoute) -> list[str]:
    values = [
        match.path.value.removeprefix(CHALLENGE_PATH)
        for rule in route.spec.rules
        for match in rule.matches
        if match.path is not None and match.path.value.startswith(CHALLENGE_PATH)
    ]
    return [value for value in values if value]


def _told(opening: str, sentences: Sequence[str], tokens: Sequence[str] = ()) -> str:
    """The sentences as one text, fit for a reason; empty without any."""
    told = [_sentence(sentence, tokens) for sentence in dict.fromkeys(sentences)]
    return printable(opening + " ".join(told), LONGEST) if told else ""


def _sentence(text: str, tokens: Sequence[str]) -> str:
    # Tokens go before anything is cut: half of one is still a part of it.
    for token in tokens:
        text = text.replace(token, "…")
    line = _line(_TOKEN_PATH.sub(f"{CHALLENGE_PATH}…", text), LONGEST_SENTENCE)
    return line if line.endswith((".", "?", "…", "!")) else f"{line}."


def _line(text: str, limit: int) -> str:
    return printable(" ".join(text.split()), limit)


def _short(name: str) -> str:
    return _line(name, LONGEST_NAME)


def _quoted(name: str) -> str:
    return f'"{_short(name)}"'


def _full_name(obj: Object) -> str:
    return f'"{_short(obj.metadata.namespace)}/{_short(obj.metadata.name)}"'


def _parent_name(parent: RouteParent) -> str:
    name = f'{_short(parent.kind or "")} "{_short(parent.namespace or "")}/{_short(parent.name)}"'
    if parent.section_name:
        return f"listener {_quoted(parent.section_name)} of {name}"
    return f"port {parent.port} of {name}" if parent.port else name


def _listed(names: Sequence[str]) -> str:
    """What there is, as a clause."""
    if not names:
        return "there is none"
    shown = [_quoted(name) for name in names[:SHOWN_CLASSES]]
    if more := len(names) - SHOWN_CLASSES:
        shown += [f"{more} more"] if more > 0 else []
    *others, last = shown
    return f"there are {', '.join(others)} and {last}" if others else f"there is {last}"

"""RFC 8555's objects as we see them: frozen, read with tolerance, written without extras.

Unknown members, types and statuses pass; members of the wrong type count as absent; URLs become
absolute. Refuses only what nothing can be done with: an object without its status or its URLs, and
more than a CA has reason to send: whoever runs it does not decide what we hold and ask.
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

from controller.acme.answers import Answer, absolute, document
from controller.acme.problem import Problem, Violation, clean, read_problem
from controller.acme.retryafter import poll_time

MOST_AUTHORIZATIONS: Final = 200
MOST_CHALLENGES: Final = 50
LONGEST_TEXT: Final = 4096


@dataclass(frozen=True, slots=True)
class Identifier:
    """A name in its canonical form: DNS in lower case, IP as RFC 5952 writes it. Type dns or ip.

    CAs send names back in another case or spelling; two that mean the same are equal.
    """

    type: str
    value: str

    def __post_init__(self) -> None:
        """Bring the value into its canonical form; one that cannot be read stays for the CA."""
        object.__setattr__(self, "value", _canonical(self.type, self.value))


@dataclass(frozen=True, slots=True)
class Directory:
    """What a CA offers (RFC 8555 7.1.1), all URLs absolute. `profiles`: name to description."""

    new_nonce: str
    new_account: str
    new_order: str
    renewal_info: str = ""
    terms_of_service: str = ""
    website: str = ""
    external_account_required: bool = False
    profiles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Account:
    """An account at the CA. `created` tells a new one (201) from one that was there (200)."""

    url: str
    status: str
    contact: tuple[str, ...] = ()
    created: bool = False


@dataclass(frozen=True, slots=True)
class NewOrder:
    """What to ask for. `replaces` is the certificate id of RFC 9773 4.1; empty means none."""

    identifiers: tuple[Identifier, ...]
    profile: str = ""
    not_after: datetime | None = None
    replaces: str = ""

    def payload(self) -> dict[str, Any]:
        """The members of a newOrder request (RFC 8555 7.4)."""
        members: dict[str, Any] = {
            "identifiers": [{"type": name.type, "value": name.value} for name in self.identifiers]
        }
        if self.profile:
            members["profile"] = self.profile
        if self.not_after is not None:
            members["notAfter"] = f"{self.not_after.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        if self.replaces:
            members["replaces"] = self.replaces
        return members


@dataclass(frozen=True, slots=True)
class Order:
    """An order as the CA last showed it (RFC 8555 7.1.3).

    `url` may be empty after finalize: not every CA repeats it. `retry_at` is when the CA wants to
    be asked again, clamped to 1 s to 5 min; None when it did not say.
    """

    url: str
    status: str
    identifiers: tuple[Identifier, ...] = ()
    authorizations: tuple[str, ...] = ()
    finalize: str = ""
    certificate: str = ""
    expires: datetime | None = None
    error: Problem | None = None
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Challenge:
    """A challenge of any type (RFC 8555 7.1.5). The token is not in the repr.

    `retry_at` as in Order, of the answer to `Client.answer`; what is part of an authorization has
    none of its own.
    """

    url: str
    type: str
    status: str
    token: str = field(default="", repr=False)
    error: Problem | None = None
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Authorization:
    """The state of one name (RFC 8555 7.1.4); one that is valid may have no challenges left.

    `wildcard`: the identifier is the base name of a wildcard. `retry_at` as in Order.
    """

    url: str
    status: str
    identifier: Identifier
    wildcard: bool = False
    challenges: tuple[Challenge, ...] = ()
    expires: datetime | None = None
    retry_at: datetime | None = None


def read_directory(answer: Answer) -> Directory:
    """The directory in the answer; raises Violation when it lacks what every CA must have."""
    members = document(answer)
    missing = [name for name in ("newNonce", "newAccount", "newOrder") if not _text(members, name)]
    if missing:
        raise Violation(
            f"{answer.tried} answered with something that is not an ACME directory: "
            f"{', '.join(missing)} missing; is the server's URL that of its directory?"
        )
    meta = _mapping(members.get("meta"))
    return Directory(
        new_nonce=_url(answer, members, "newNonce"),
        new_account=_url(answer, members, "newAccount"),
        new_order=_url(answer, members, "newOrder"),
        renewal_info=_url(answer, members, "renewalInfo"),
        terms_of_service=clean(_text(meta, "termsOfService")),
        website=clean(_text(meta, "website")),
        external_account_required=meta.get("externalAccountRequired") is True,
        profiles={k: clean(v) for k, v in _mapping(meta.get("profiles")).items() if _is_text(v)},
    )


def read_account(answer: Answer, url: str) -> Account:
    """The account in the answer; some CAs send an empty body, which then means a valid account."""
    members = document(answer) if answer.body.strip() else {}
    contact = members.get("contact")
    return Account(
        url=url,
        status=_text(members, "status") or "valid",
        contact=tuple(filter(_is_text, contact)) if isinstance(contact, list) else (),
        created=answer.status == 201,
    )


def read_order(answer: Answer, url: str, now: datetime) -> Order:
    """The order in the answer."""
    members = document(answer)
    identifiers = tuple(map(_identifier, _mappings(members.get("identifiers"))))
    return Order(
        url=url,
        status=_status(answer, members),
        identifiers=identifiers,
        authorizations=_authorizations(answer, members.get("authorizations"), len(identifiers)),
        finalize=_url(answer, members, "finalize"),
        certificate=_url(answer, members, "certificate"),
        expires=_time(members, "expires"),
        error=read_problem(members.get("error")),
        retry_at=poll_time(answer.headers.get("Retry-After"), now),
    )


def read_authorization(answer: Answer, url: str, now: datetime) -> Authorization:
    """The authorization in the answer."""
    members = document(answer)
    status = _status(answer, members)
    challenges = _mappings(members.get("challenges"))
    if len(challenges) > MOST_CHALLENGES:
        raise Violation(f"{answer}: an authorization with {len(challenges)} challenges")
    return Authorization(
        url=url,
        # Only challenges are "processing" by the RFC; some CAs say it of an authorization.
        status="pending" if status == "processing" else status,
        identifier=_identifier(_mapping(members.get("identifier"))),
        wildcard=members.get("wildcard") is True,
        challenges=tuple(_challenge(answer, each) for each in challenges if _text(each, "url")),
        expires=_time(members, "expires"),
        retry_at=poll_time(answer.headers.get("Retry-After"), now),
    )


def read_challenge(answer: Answer, url: str, now: datetime) -> Challenge:
    """The challenge in the answer."""
    challenge = _challenge(answer, {**document(answer), "url": url})
    return replace(challenge, retry_at=poll_time(answer.headers.get("Retry-After"), now))


def _challenge(answer: Answer, members: Mapping[str, Any]) -> Challenge:
    return Challenge(
        url=_url(answer, members, "url"),
        type=_text(members, "type"),
        status=_text(members, "status") or "pending",
        token=_text(members, "token"),
        error=read_problem(members.get("error")),
    )


def _status(answer: Answer, members: Mapping[str, Any]) -> str:
    status = _text(members, "status")
    if not status:
        raise Violation(f"{answer}: an object without a status")
    return status


def _identifier(members: Mapping[str, Any]) -> Identifier:
    return Identifier(_text(members, "type"), _text(members, "value"))


def _canonical(kind: str, value: str) -> str:
    match kind:
        case "dns":
            return value.lower()
        case "ip":
            try:
                return str(ipaddress.ip_address(value))
            except ValueError:
                return value
    return value


def _authorizations(answer: Answer, value: object, names: int) -> tuple[str, ...]:
    """The URLs; a CA has one authorization for each name, or few more."""
    urls = [entry for entry in _list(value) if isinstance(entry, str) and entry]
    if len(urls) > min(2 * max(names, 1), MOST_AUTHORIZATIONS):
        raise Violation(f"{answer}: an order of {names} names with {len(urls)} authorizations")
    return tuple(absolute(answer, url) for url in urls)


def _url(answer: Answer, members: Mapping[str, Any], name: str) -> str:
    reference = _text(members, name)
    return absolute(answer, reference) if reference else ""


def _time(members: Mapping[str, Any], name: str) -> datetime | None:
    """An RFC 3339 time, aware UTC; one that cannot be read counts as absent."""
    try:
        time = datetime.fromisoformat(_text(members, name))
        return time.astimezone(UTC) if time.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _mappings(value: object) -> list[Mapping[str, Any]]:
    return [entry for entry in _list(value) if isinstance(entry, dict)]


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(members: Mapping[str, Any], name: str) -> str:
    value = members.get(name)
    if not isinstance(value, str):
        return ""
    if len(value) > LONGEST_TEXT:
        raise Violation(f"the CA sent a {name} of {len(value)} characters")
    return value


def _is_text(value: object) -> bool:
    return isinstance(value, str)

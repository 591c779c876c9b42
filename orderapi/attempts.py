"""How often a Certificate may ask for a certificate: five times an hour for one set of names.

The times of its requests stand in an annotation of each CertificateRequest and, while one is
being replaced, of the next-key Secret: they outlive restarts, a change of names back and forth, and
a crash between two writes. What was seen is remembered in memory too (damping.py), so that whoever
deletes requests does not get more of them. Pure.

What does lift this limit: a new Certificate, even of the same name; a request deleted by hand and
then a restart before its successor is made, which forgets that one; the annotations edited and then
a restart; a clock set back by more than an hour.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from orderapi.certificate import CertificateSpec
from orderapi.names import ATTEMPTS

HOUR: Final = timedelta(hours=1)
MOST_PER_NAMES: Final = 5
MOST_PER_CERTIFICATE: Final = 20

_FORM: Final = "%Y-%m-%dT%H:%M:%S.%fZ"


class Attempt(NamedTuple):
    """One CertificateRequest: when it was made, and the digest of its names (empty: not known)."""

    time: datetime
    names: str = ""


def names_digest(spec: CertificateSpec) -> str:
    """Eight hex digits that are the same for the same set of names, in whatever order and case."""
    common_name = (spec.common_name,) if spec.common_name else ()
    names = {name.lower() for name in (*common_name, *spec.dns_names, *spec.ip_addresses)}
    exact = {*spec.uris, *spec.email_addresses}
    text = "\n".join((*sorted(names), "", *sorted(exact), spec.literal_subject or ""))
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def recent(
    annotations: Iterable[Mapping[str, str]], now: datetime, *, known: Iterable[Attempt] = ()
) -> tuple[Attempt, ...]:
    """The attempts of the last hour that these annotations tell of or that are `known`, each once,
    oldest first.

    Entries that cannot be read are left out, and those later than an hour from now: a clock that
    was set back, or a false entry, closes the Certificate for less than two hours.
    """
    told = {attempt for each in annotations for attempt in _read(each.get(ATTEMPTS, ""))}
    return tuple(
        attempt for attempt in sorted(told.union(known)) if now - HOUR < attempt.time <= now + HOUR
    )


def free_at(made: Iterable[Attempt], names: str, now: datetime) -> datetime | None:
    """When the next request for this set of names may be made; None means now."""
    made = sorted(made)
    same = [attempt.time for attempt in made if attempt.names in (names, "")]
    times = [
        times[-most] + HOUR
        for times, most in (
            (same, MOST_PER_NAMES),
            ([attempt.time for attempt in made], MOST_PER_CERTIFICATE),
        )
        if len(times) >= most
    ]
    latest = max(times, default=now)
    return latest if latest > now else None


def written(made: Iterable[Attempt]) -> str:
    """The annotation's value: `<RFC 3339 time>/<digest of names>`, comma-separated, newest last."""
    newest = sorted(made)[-MOST_PER_CERTIFICATE:]
    return ",".join(
        attempt.time.astimezone(UTC).strftime(_FORM)
        + (f"/{attempt.names}" if attempt.names else "")
        for attempt in newest
    )


def _read(value: str) -> Iterable[Attempt]:
    for entry in value.split(","):
        time, _, names = entry.strip().partition("/")
        try:
            moment = datetime.fromisoformat(time)
        except ValueError:
            continue
        if moment.tzinfo is not None:
            yield Attempt(moment, names)

"""The Secret's content, and what is to be done with it next. No I/O; time is an input.

    ca.crt             every CA that is to be trusted now: the caBundle
    tls.crt, tls.key   the CA that signs
    next.crt, next.key the CA to come; it signs only where there is no other
    promoted           when the CA that signs took over (RFC 3339)

A CA comes as next, is promoted once the caBundle has held it for SETTLE, and the one before it is
dropped when the last leaf that it signed has expired. Where nothing can be used (no Secret, an
expired CA, a key that does not fit) a new CA comes the same way, and what can be read of the old
bundle stays trusted for as long as leaves may be signed by it: replicas go on with theirs until
the new CA is known everywhere. Several replicas may act on the same Secret: each step is whole,
and is written only on the version that it was taken from.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.x509.oid import NameOID

from webhook.serving.certificates import (
    LEAF_LIFE,
    OUR_CA,
    Ca,
    key_pem,
    make_ca,
    pem,
    read_ca,
    read_certificate,
)
from webhook.serving.roots import read_bundle, roots, write_bundle

BUNDLE: Final = "ca.crt"
PROMOTED: Final = "promoted"

SETTLE: Final = timedelta(minutes=1)
"""How long both CAs are published before the next one signs: API servers read the configuration
from caches."""
LATE: Final = timedelta(hours=1)
"""Clocks of replicas may differ, and a leaf be signed a moment after the CA was replaced."""
_MOST_OLD: Final = 8


class State(NamedTuple):
    """What a Secret holds, as far as it can be used."""

    signing: Ca | None = None
    coming: Ca | None = None
    old: tuple[x509.Certificate, ...] = ()
    """Roots that are trusted, and sign no more."""
    promoted: datetime | None = None

    @property
    def signer(self) -> Ca | None:
        """The CA that signs leaves now."""
        return self.signing or self.coming

    @property
    def trusted(self) -> tuple[x509.Certificate, ...]:
        """What the caBundle holds, each once."""
        current = tuple(ca.certificate for ca in (self.signing, self.coming) if ca)
        return tuple(dict.fromkeys((*current, *self.old)))

    @property
    def bundle(self) -> bytes:
        """The caBundle as PEM."""
        return write_bundle(self.trusted)


class Step(NamedTuple):
    """What the Secret is to hold, which is what it holds where there is nothing to do."""

    state: State
    data: dict[str, bytes]
    said: tuple[str, ...]
    """Why, in sentences for the log; they hold for the write."""


def step(
    data: Mapping[str, bytes] | None,
    *,
    registered: Sequence[x509.Certificate],
    published: timedelta | None,
    now: datetime,
    settle: timedelta = SETTLE,
) -> Step:
    """The one next step. `data` is None where there is no Secret; `registered` are the
    certificates of the present caBundle; `published` is for how long every entry of the
    configuration has held exactly the Secret's bundle, None where it does not; `settle` is how long
    it has to before the next CA signs."""
    present, faults = read(data or {}, now)
    settled = published is not None and published >= settle
    state, said = _next(present, registered, settled, now)
    return Step(state, write(state), (*faults, *said))


def due(
    state: State, *, published: timedelta | None, now: datetime, settle: timedelta = SETTLE
) -> datetime | None:
    """When `step` will have something to do although nobody changed anything; None: never."""
    times = [_ageing(ca) for ca in (state.signing, state.coming) if ca]
    if state.signing and state.coming:
        times = [_ageing(state.coming), _end(state.signing)]  # that the latter ages is known
    if state.coming and published is not None:
        times.append(now + settle - published)
    if state.signing and state.old and state.promoted:
        times.append(state.promoted + LEAF_LIFE + LATE)
    times += [found.not_valid_after_utc for found in state.old]
    return min(times, default=None)


def read(data: Mapping[str, bytes], now: datetime) -> tuple[State, tuple[str, ...]]:
    """What of it can be used, and what is wrong with the rest."""
    found = [*read_bundle(data.get(BUNDLE, b""))]
    faults: list[str] = []
    signing = _read_ca(data, "tls", now, found, faults)
    coming = _read_ca(data, "next", now, found, faults)
    current = [ca.certificate for ca in (signing, coming) if ca]
    old = tuple(root for root in roots(dict.fromkeys(found), now) if root not in current)
    state = State(signing, coming, old[:_MOST_OLD], _read_time(data.get(PROMOTED, b""), now))
    return state, tuple(faults)


def write(state: State) -> dict[str, bytes]:
    """The Secret's data."""
    data = {BUNDLE: state.bundle}
    for name, ca in (("tls", state.signing), ("next", state.coming)):
        if ca:
            data |= {f"{name}.crt": pem(ca.certificate), f"{name}.key": key_pem(ca.key)}
    if state.promoted:
        data[PROMOTED] = state.promoted.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    return data


def _next(
    state: State,
    registered: Sequence[x509.Certificate],
    settled: bool,
    now: datetime,
) -> tuple[State, tuple[str, ...]]:
    signing, coming = state.signing, state.coming
    if signing is None and coming is None:
        made = make_ca(now)
        old = dict.fromkeys((*state.old, *_ours(roots(registered, now))))
        first = State(coming=made, old=tuple(old)[:_MOST_OLD])
        return first, (f"a new CA was made, {made}; there was none that can sign",)
    if coming is not None and (settled or (signing and now >= _end(signing))):
        return _promote(state, coming, now), (f"{coming} signs from now on",)
    if coming is not None and now >= _ageing(coming):
        return _overdue(state, coming, now)
    if signing is not None and coming is None and now >= _ageing(signing):
        made = make_ca(now)
        return state._replace(coming=made), (f"{made} was made; it is to take over from {signing}",)
    return _forget(state, now)


def _promote(state: State, coming: Ca, now: datetime) -> State:
    before = (state.signing.certificate,) if state.signing else ()
    return State(coming, None, (*before, *state.old)[:_MOST_OLD], now.replace(microsecond=0))


def _overdue(state: State, coming: Ca, now: datetime) -> tuple[State, tuple[str, ...]]:
    """One that was never published for long enough, while most of its life went by."""
    if state.signing is None:
        return _promote(state, coming, now), (f"{coming} signs already; it is to be replaced",)
    made = make_ca(now)
    return state._replace(coming=made), (f"{made} was made in place of {coming}, which aged",)


def _forget(state: State, now: datetime) -> tuple[State, tuple[str, ...]]:
    """Drop old roots when no leaf that they signed can be left."""
    if state.signing is None or not state.old:
        return state, ()
    if state.promoted is None:
        return state._replace(promoted=now.replace(microsecond=0)), ()
    if now < state.promoted + LEAF_LIFE + LATE:
        return state, ()
    return state._replace(old=()), ("the CA before is not trusted any more; its leaves expired",)


def _end(ca: Ca) -> datetime:
    """When it has to be replaced, whether the next one is published or not."""
    return ca.certificate.not_valid_after_utc - LATE


def _ageing(ca: Ca) -> datetime:
    """When a third of its life is left."""
    begin, end = ca.certificate.not_valid_before_utc, ca.certificate.not_valid_after_utc
    return end - (end - begin) / 3


def _ours(certificates: Sequence[x509.Certificate]) -> list[x509.Certificate]:
    return [
        found
        for found in certificates
        for name in found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        if str(name.value).startswith(OUR_CA)
    ]


def _read_ca(
    data: Mapping[str, bytes],
    name: str,
    now: datetime,
    found: list[x509.Certificate],
    faults: list[str],
) -> Ca | None:
    """The CA in two entries; its certificate, where it can be read, is added to `found`."""
    certificate, key = data.get(f"{name}.crt", b""), data.get(f"{name}.key", b"")
    if not certificate and not key:
        return None
    try:
        found.append(read_certificate(certificate))
        return read_ca(certificate, key, now)
    except ValueError as error:
        faults.append(f"{name}.crt and {name}.key cannot be used: {error}")
        return None


def _read_time(text: bytes, now: datetime) -> datetime | None:
    try:
        time = datetime.strptime(text.decode(), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
    return time if time <= now + LATE else None

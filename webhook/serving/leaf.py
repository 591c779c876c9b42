"""Which certificate a replica serves: its own, signed in memory. No I/O; time is an input."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from cryptography import x509

from webhook.serving.authority import State
from webhook.serving.certificates import Pair, make_leaf, read_certificate

_LAST_MOMENT: Final = timedelta(minutes=5)


class Leaf(NamedTuple):
    """A serving certificate, and the CA that signed it."""

    pair: Pair
    certificate: x509.Certificate
    issuer: x509.Certificate

    @property
    def not_after(self) -> datetime:
        """When it expires."""
        return self.certificate.not_valid_after_utc

    @property
    def renewal(self) -> datetime:
        """When two thirds of its life are over."""
        begin = self.certificate.not_valid_before_utc
        return begin + (self.not_after - begin) * 2 / 3


def leaf_for(
    present: Leaf | None, state: State, names: Sequence[str], now: datetime
) -> Leaf | None:
    """The leaf to serve: the present one for as long as it is good, or a new one.

    A state must have been read just now: the leaf of a CA that was replaced long ago is trusted
    by nobody. None only where nobody can sign.
    """
    if present is not None and _keep(present, state, now):
        return present
    signer = state.signer
    if signer is None:
        return None
    pair = make_leaf(signer, names, now)
    return Leaf(pair, read_certificate(pair.certificate), signer.certificate)


def renewal_of(leaf: Leaf, state: State) -> datetime:
    """When `leaf_for` is to be asked again although nobody changed anything."""
    return leaf.renewal if _signer(state) == leaf.issuer else leaf.not_after - _LAST_MOMENT


def _keep(present: Leaf, state: State, now: datetime) -> bool:
    begin = present.certificate.not_valid_before_utc
    if present.issuer not in state.trusted or not begin <= now < present.not_after - _LAST_MOMENT:
        return False
    if present.issuer == _signer(state):
        return now < present.renewal
    # The CA that is to sign is not known everywhere yet; the present leaf is.
    return state.signing is None


def _signer(state: State) -> x509.Certificate | None:
    return state.signer.certificate if state.signer else None

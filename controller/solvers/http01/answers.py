"""Which key authorization is the answer to whom, as far as the Challenges tell."""

import asyncio
import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from controller.solvers.fingerprint import fingerprint
from orderapi.challenge import HTTP01, Challenge
from orderapi.states import FINAL

LONGEST_WAIT: Final = 1.0
"""Seconds that a request waits for an answer which another replica may just have written."""
MOST_WAITING: Final = 256
MOST_WAITING_PER_HOST: Final = 16

_KEY: Final = re.compile(r"([A-Za-z0-9_-]{1,256})\.[A-Za-z0-9_-]{43}")
_MAY_END_AN_ADDRESS: Final = frozenset("0123456789")

_Name: TypeAlias = tuple[str, str]
_Waiter: TypeAlias = "asyncio.Future[str | None]"


def canonical(host: str) -> str:
    """The one spelling of a DNS name (lower case, no dot at its end) or of an IP address.

    An IPv6 address comes without brackets. Whatever is neither comes back in lower case.
    """
    name = host.lower().removesuffix(".")
    if ":" in name or name[-1:] in _MAY_END_AN_ADDRESS:
        try:
            return str(ipaddress.ip_address(name))
        except ValueError:
            return name
    return name


@dataclass(frozen=True, slots=True, repr=False)
class _Shown:
    """What one live Challenge gives: its host, and its answer when that is to be shown."""

    host: str
    token: str = ""
    key: str = ""


@dataclass(slots=True, repr=False)
class _Host:
    """What is known of one host. Answers are by token and then by Challenge: the first one that
    was heard of is given."""

    challenges: int = 0
    answers: dict[str, dict[_Name, str]] = field(default_factory=dict)
    waiting: dict[str, set[_Waiter]] = field(default_factory=dict)

    def now(self, token: str) -> str | None:
        by_challenge = self.answers.get(token)
        return next(iter(by_challenge.values())) if by_challenge else None

    @property
    def waiters(self) -> int:
        return sum(map(len, self.waiting.values()))


class Answers:
    """Kept current by `heard`, as the listener of a cache of Challenges. What it holds is bounded
    by the Challenges that are neither final nor being deleted.

    Hosts are taken in any spelling, tokens exactly.
    """

    def __init__(self) -> None:
        self._shown: dict[_Name, _Shown] = {}
        self._hosts: dict[str, _Host] = {}
        self._waiting = 0
        self._closed = False

    def __repr__(self) -> str:
        return f"<Answers of {len(self._shown)} Challenges for {len(self._hosts)} hosts>"

    def heard(self, old: Challenge | None, new: Challenge | None) -> None:
        """Take in that a Challenge is no more what it was; None: it was not, or is not, there."""
        for challenge in (old, new):
            if challenge is not None:
                name = (challenge.metadata.namespace, challenge.metadata.name)
                self._replace(name, _shown(new) if new is not None else None)
                return

    def now(self, host: str, token: str) -> str | None:
        """The key authorization that is known at this moment."""
        known = self._hosts.get(canonical(host))
        return known.now(token) if known is not None else None

    def may_come(self, host: str) -> bool:
        """Whether `find` would wait for an answer of this host that is not known yet."""
        known = self._hosts.get(canonical(host))
        return (
            known is not None
            and not self._closed
            and self._waiting < MOST_WAITING
            and known.waiters < MOST_WAITING_PER_HOST
        )

    async def find(self, host: str, token: str) -> str | None:
        """The key authorization, or None.

        While the host has a live Challenge, an answer that is not known may only not have been
        heard of yet: it is waited for, at most LONGEST_WAIT seconds and by a bounded number.
        """
        found = self.now(host, token)
        if found is not None or not self.may_come(host):
            return found
        known = self._hosts[canonical(host)]
        waiter: _Waiter = asyncio.get_running_loop().create_future()
        known.waiting.setdefault(token, set()).add(waiter)
        self._waiting += 1
        try:
            async with asyncio.timeout(LONGEST_WAIT):
                return await waiter
        except TimeoutError:
            return known.now(token)
        finally:
            self._waiting -= 1
            known.waiting[token].discard(waiter)
            if not known.waiting[token]:
                del known.waiting[token]

    def close(self) -> None:
        """Nobody waits from now on; who does is told that there is no answer."""
        self._closed = True
        for known in self._hosts.values():
            for waiters in known.waiting.values():
                _resolve(waiters, None)

    def _replace(self, name: _Name, new: _Shown | None) -> None:
        old = self._shown.get(name)
        if old == new:
            return
        # The new first: a host that stays is never without a Challenge in between.
        if new is not None:
            self._shown[name] = new
            self._add(name, new, counted=old is None or old.host != new.host)
        else:
            del self._shown[name]
        if old is not None:
            self._remove(name, old, new)

    def _add(self, name: _Name, new: _Shown, *, counted: bool) -> None:
        known = self._hosts.setdefault(new.host, _Host())
        known.challenges += counted
        if new.token:
            known.answers.setdefault(new.token, {})[name] = new.key
            _resolve(known.waiting.get(new.token, ()), known.now(new.token))

    def _remove(self, name: _Name, old: _Shown, new: _Shown | None) -> None:
        known = self._hosts[old.host]
        same_host = new is not None and new.host == old.host
        if old.token and not (same_host and new is not None and new.token == old.token):
            del known.answers[old.token][name]
            if not known.answers[old.token]:
                del known.answers[old.token]
        known.challenges -= not same_host
        if not known.challenges:
            del self._hosts[old.host]
            for waiters in known.waiting.values():
                _resolve(waiters, None)


def _resolve(waiters: Iterable[_Waiter], answer: str | None) -> None:
    for waiter in waiters:
        if not waiter.done():
            waiter.set_result(answer)


def _shown(challenge: Challenge) -> _Shown | None:
    """None: it is for another solver, or over."""
    spec, status = challenge.spec, challenge.status
    if (
        spec.type != HTTP01
        or status.state in FINAL
        or challenge.metadata.deletion_timestamp is not None
    ):
        return None
    host = canonical(spec.dns_name)
    key = _KEY.fullmatch(spec.key)
    if not status.presented or key is None or key[1] != spec.token:
        return _Shown(host)
    if status.presented_solver is not None and status.presented_solver != fingerprint(spec):
        return _Shown(host)
    return _Shown(host, spec.token, spec.key)

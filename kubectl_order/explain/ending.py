"""What every finding gets in the end: whether it is late, when it goes on, and its bounds. Pure.

A command is printed to be run as it is, and is made of names that others chose: one that a shell
would read as more than words, or kubectl as flags, is replaced.
"""

import re
from datetime import datetime
from typing import Final

import msgspec

from kubectl_order.explain.about import expired, is_ready, overdue, secret_name
from kubectl_order.explain.words import LONGEST, dated, distance, one_line, quoted
from kubectl_order.facts import Chain, secrets_in
from kubectl_order.finding import HARMLESS, Finding, Standing

MOST: Final = 12
"""Sentences of evidence."""
HEADLINE: Final = 400

_SECRET_LENGTH: Final = 16
_RUNNABLE: Final = re.compile(r"(?:[A-Za-z0-9 ._:/=,@+%*-]|'[^'\x00-\x1f\x7f]*')+")
_TOLD: Final = ("It was to be renewed at", "The certificate in Secret ")
"""How a rule begins that tells of the certificate in use itself."""
_FLAG: Final = re.compile(
    r"-n|-A|-o|--live|--as=\S+|--all-namespaces|--field-selector=metadata\.name=\S+"
)
"""All that a command may have: any other was in a name."""


def ended(chain: Chain, found: Finding) -> Finding:
    """The finding as it is given out."""
    late = expired(chain) is not None or overdue(chain) is not None
    evidence = (*found.evidence, *_dates(chain, found))
    clean = _Cleaner(chain)
    return msgspec.structs.replace(
        found,
        headline=clean(found.headline, HEADLINE).rstrip(".") or "Nothing is known",
        evidence=tuple(line for one in evidence[:MOST] if (line := clean(one, LONGEST))),
        fix=clean(found.fix, LONGEST),
        until=found.until or _next_attempt(chain, found),
        standing=Standing.OVERDUE if late else found.standing,
        command=runnable(found.command),
    )


def runnable(command: str) -> str:
    """The command, where a shell reads nothing but words in it, and kubectl no flag but ours; else
    one that is safe."""
    flags = (word for word in command.split() if word.startswith("-"))
    runs = _RUNNABLE.fullmatch(command) and all(map(_FLAG.fullmatch, flags))
    return command if runs and len(command) <= LONGEST else HARMLESS


class _Cleaner:
    """Puts a text on one bounded line, without tokens and key authorizations."""

    def __init__(self, chain: Chain) -> None:
        self._secrets = [one for one in secrets_in(chain) if len(one) >= _SECRET_LENGTH]

    def __call__(self, text: str, most: int) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "…")
        return one_line(text, most)


def _dates(chain: Chain, found: Finding) -> tuple[str, ...]:
    """What the finding means for the certificate in use."""
    if found.cause in ("fine", "expired", "renewal-overdue", "renewal-disabled"):
        return ()
    secret = quoted(secret_name(chain))
    if any(told in line for line in found.evidence for told in _TOLD):
        return ()
    if (end := expired(chain)) is not None:
        return (f"The certificate in Secret {secret} expired {distance(end, chain.now)}.",)
    if (due := overdue(chain)) is not None:
        return (f"The certificate in Secret {secret} was to be renewed {_at(due, chain)}.",)
    end = chain.certificate.status.not_after if chain.certificate is not None else None
    if end is not None and is_ready(chain.certificate):
        return (f"The certificate in Secret {secret} is valid until {dated(end)}.",)
    return ()


def _at(time: datetime, chain: Chain) -> str:
    return f"at {dated(time)}, {distance(time, chain.now)}"


def _next_attempt(chain: Chain, found: Finding) -> datetime | None:
    """When the Certificate makes its next attempt after a failure."""
    certificate = chain.certificate
    if found.standing is not Standing.FAILED or certificate is None:
        return None
    told = certificate.status.diagnosis
    time = told.next_retry_time if told is not None else None
    return time if time is not None and time > chain.now else None

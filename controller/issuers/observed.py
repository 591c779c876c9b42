"""What a decision about an issuer may depend on. Values only; nothing here reads or asks."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from controller.acme import AccountKey, ExternalAccount
from controller.verdict import FailureFacts
from orderapi.issuer import AnyIssuer


@dataclass(frozen=True, slots=True)
class KeyMissing:
    """There is no Secret of that name; the key may have to be made."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a Secret that the issuer names; `why` never repeats its content."""

    secret: str
    why: str


Binding: TypeAlias = ExternalAccount | Fault | None
"""The external account binding; None where the issuer has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What the Secrets hold that the issuer names."""

    key: AccountKey | KeyMissing | Fault
    binding: Binding = None
    solvers: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What an answer of the CA was about: while these are the same, so is the answer."""

    generation: int
    key: str
    """Digest of the account key; empty where there was none."""
    binding: Binding = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What went wrong when the CA was asked, or a key was made; `attempts` in a row."""

    inputs: Inputs
    reason: str
    facts: FailureFacts
    at: datetime
    attempts: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """The account as the CA has just confirmed it."""

    inputs: Inputs
    uri: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """One issuer and its surroundings at one time.

    `secrets` is None where they were not read, because nothing can depend on them. `doubted`: some
    user of the account has found that it is not what the status says.
    """

    issuer: AnyIssuer
    now: datetime
    namespace: str
    """Where the Secrets are that the issuer may name."""
    doubted: bool = False
    secrets: Secrets | None = None
    trouble: Trouble | None = None
    enrolled: Enrolled | None = None

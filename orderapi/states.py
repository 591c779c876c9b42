"""States of Orders and Challenges. The empty string means: the CA has not been asked yet."""

from typing import Annotated, Final, TypeAlias

from orderapi.wire import crd

UNKNOWN: Final = ""
VALID: Final = "valid"
READY: Final = "ready"
PENDING: Final = "pending"
PROCESSING: Final = "processing"
INVALID: Final = "invalid"
EXPIRED: Final = "expired"
ERRORED: Final = "errored"

ALL: Final = (VALID, READY, PENDING, PROCESSING, INVALID, EXPIRED, ERRORED)

FAILED: Final = frozenset({INVALID, EXPIRED, ERRORED})
"""Ended without success."""

FINAL: Final = FAILED | {VALID}
"""Ended: nothing moves from here."""

State: TypeAlias = Annotated[str, crd(enum=list(ALL))]

"""Challenge: the proof of control over one name of an Order (RFC 8555 section 7.1.5)."""

from datetime import datetime
from typing import Annotated, ClassVar, Final

from orderapi.diagnosis import Diagnosis
from orderapi.meta import Object
from orderapi.references import IssuerRef
from orderapi.solver import Solver
from orderapi.states import State
from orderapi.wire import Wire, crd

HTTP01: Final = "HTTP-01"
DNS01: Final = "DNS-01"


class ChallengeSpec(Wire):
    """What is to be shown, and by which solver."""

    hidden: ClassVar = frozenset({"token", "key"})

    url: str
    """Where the CA keeps this challenge."""
    authorization_url: str
    """Where the CA keeps the authorization that this challenge is part of."""
    dns_name: str
    """The DNS name or IP address to show control over; for a wildcard without its leading label."""
    wildcard: bool | None = None
    """Whether the challenge is for the wildcard of the name; false by default."""
    type: Annotated[str, crd(enum=[HTTP01, DNS01])]
    """How control is shown: HTTP-01 or DNS-01."""
    token: str
    """The CA's token for this challenge."""
    key: str
    """What is published: the key authorization for HTTP-01, the value of the TXT record for
    DNS-01."""
    solver: Solver
    """The solver that publishes the answer: a copy of one of the issuer's, as it was when the
    Challenge was made."""
    issuer_ref: IssuerRef
    """The issuer whose ACME account answers the challenge; the same as the Order's."""


class ChallengeStatus(Wire):
    """How far the proof has come."""

    processing: bool | None = None
    """Whether the challenge is being worked on; others may wait for their turn."""
    presented: bool | None = None
    """Whether the answer is published, as far as its solver knows. Reachable by the CA is a later
    step."""
    presented_at: datetime | None = None
    """When the answer was published."""
    reason: str = ""
    """Why the challenge waits or failed: the CA's problem, or what the self-check saw and where."""
    state: State = ""
    """The state of the challenge; absent until the CA was asked. valid, invalid, expired and
    errored are final."""
    presented_solver: str | None = None
    """Digest of the solver and the record that were used to publish the answer; clean-up acts on
    nothing else."""
    diagnosis: Diagnosis | None = None
    """Why the challenge is not done, with its last attempts. For people: nothing is decided by
    it."""


class Challenge(Object):
    """The proof of control over one name of an Order. Made by the controller; nobody needs to
    create one."""

    spec: ChallengeSpec
    """What is to be shown, and by which solver. Never changes after creation."""
    status: ChallengeStatus = ChallengeStatus()
    """How far the proof has come. Written by the controller."""

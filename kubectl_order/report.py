"""What `-o json` prints. The schema is stable and documented in docs/plugin.md.

Times are RFC 3339 in UTC. No token and no key authorization is in any field, save `value` where
--show-values asks for it. Foreign text is as it came; whoever prints it escapes it.
"""

from datetime import datetime
from typing import Final

from kubectl_order.finding import Document, Finding, Ref

API_VERSION: Final = "kubectl-order/v1"


class Top(Document):
    """What a command prints: a kind of its own, and what it is about."""

    api_version: str = API_VERSION
    kind: str

    def refs(self) -> tuple[Ref, ...]:
        """The objects that `-o name` prints."""
        return ()


class Problem(Document):
    """A CA's refusal (RFC 7807), as far as it is told: the type without its URN."""

    type: str
    status: int | None
    detail: str
    subproblems: tuple[str, ...]


class Step(Document):
    """One object of the chain. `state` is one word; `reason` is empty while nothing is wrong."""

    ref: Ref
    state: str
    reason: str
    created: datetime | None
    deleting: datetime | None


class Solver(Document):
    """Who answers a challenge: its number in the issuer's list (from 1; null: not known), what it
    is, and why it was chosen among the others."""

    number: int | None
    what: str
    why: str


class Identifier(Document):
    """One name of the Order and how it is proved.

    `record` is where something is to be published: for DNS-01 the name of the TXT record, for
    HTTP-01 the URL without the token. `value` is what, null unless --show-values asks for it.
    `seen` is what the controller's own check saw.
    """

    name: str
    wildcard: bool
    authorization: str
    challenge: Ref | None
    type: str | None
    state: str
    solver: Solver | None
    record: str | None
    value: str | None
    presented: datetime | None
    seen: str
    problem: Problem | None
    next_retry: datetime | None


class Lifetime(Document):
    """The certificate in the Secret."""

    not_before: datetime | None
    not_after: datetime | None
    renewal: datetime | None
    revision: int | None


class Running(Document):
    """Whether the controller lives: `alive`, `down` or `unknown`, and the sentence for it."""

    state: str
    holder: str | None
    renewed: datetime | None
    told: str


class Status(Top):
    """`kubectl order status NAME`, and `why`."""

    kind: str = "OrderStatus"
    time: datetime
    subject: Ref
    names: tuple[str, ...]
    steps: tuple[Step, ...]
    identifiers: tuple[Identifier, ...]
    certificate: Lifetime | None
    controller: Running
    finding: Finding
    unread: tuple[str, ...]

    def refs(self) -> tuple[Ref, ...]:
        return (self.subject,)


class Line(Document):
    """One Order of a list. `not_after` is the end of its Certificate's certificate."""

    ref: Ref
    certificate: str | None
    names: tuple[str, ...]
    issuer: str
    state: str
    standing: str
    reason: str
    cause: str | None
    next_retry: datetime | None
    not_after: datetime | None
    created: datetime | None


class Lines(Top):
    """`kubectl order list`: Orders, the most in danger first."""

    kind: str = "OrderList"
    time: datetime
    items: tuple[Line, ...]
    unread: tuple[str, ...]

    def refs(self) -> tuple[Ref, ...]:
        return tuple(line.ref for line in self.items)

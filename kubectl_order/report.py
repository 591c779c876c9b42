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
    `seen` is what the controller's own check saw, `reason` why it waits or failed, in the
    controller's words; both are empty where there is nothing to say.
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
    reason: str
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


class Check(Document):
    """One thing that `why --live` looked at from where it runs.

    `verdict` is `pass`, `fail` or `unknown`; `evidence` what came back, `fix` what to do about it,
    empty where nothing is wrong.
    """

    name: str
    target: str
    verdict: str
    evidence: str
    fix: str


class Status(Top):
    """`kubectl order status NAME`, and `why`.

    `issuer` is null where nothing names one, `checks` null where they were not asked for. `problem`
    is what the CA said of the Order, as far as its reason tells.
    """

    kind: str = "OrderStatus"
    time: datetime
    subject: Ref
    names: tuple[str, ...]
    issuer: Step | None
    steps: tuple[Step, ...]
    identifiers: tuple[Identifier, ...]
    problem: Problem | None
    certificate: Lifetime | None
    controller: Running
    finding: Finding
    checks: tuple[Check, ...] | None = None
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
    """`kubectl order list`, and `status` without a name: Orders, the most in danger first.

    `namespace` is null for all of them; `total` is how many Orders there are, listed here or not.
    `status` lists Certificates, too, that have no Order which could tell of their trouble. Without
    a controller nothing goes on, whatever the Orders say.
    """

    kind: str = "OrderList"
    time: datetime
    namespace: str | None
    total: int
    items: tuple[Line, ...]
    controller: Running
    unread: tuple[str, ...]

    def refs(self) -> tuple[Ref, ...]:
        return tuple(line.ref for line in self.items)


class Proof(Document):
    """One Challenge: which record of which type is to be published, and what became of it.

    `record_type` is `TXT`, or `URL` for HTTP-01. The other fields are as in Identifier.
    """

    ref: Ref
    order: Ref | None
    name: str
    wildcard: bool
    type: str
    state: str
    solver: Solver | None
    record_type: str
    record: str
    value: str | None
    presented: datetime | None
    seen: str
    reason: str
    problem: Problem | None
    next_retry: datetime | None
    created: datetime | None


class Proofs(Top):
    """`kubectl order challenges`: what is to be published where."""

    kind: str = "ChallengeList"
    time: datetime
    items: tuple[Proof, ...]
    unread: tuple[str, ...]

    def refs(self) -> tuple[Ref, ...]:
        return tuple(proof.ref for proof in self.items)


class Node(Document):
    """An object and what it owns."""

    ref: Ref
    state: str
    reason: str
    created: datetime | None
    below: "tuple[Node, ...]" = ()


class Tree(Top):
    """`kubectl order tree`: who owns whom."""

    kind: str = "OrderTree"
    time: datetime
    items: tuple[Node, ...]
    unread: tuple[str, ...]

    def refs(self) -> tuple[Ref, ...]:
        return tuple(node.ref for node in self.items)


class Attempt(Document):
    """One try to get a certificate.

    `outcome` is one word: `issued`, `pending`, or how it failed. Request and order are null where
    they are gone; then `started` or `ended` may be all that is known.
    """

    started: datetime | None
    ended: datetime | None
    seconds: float | None
    outcome: str
    request: Ref | None
    order: Ref | None
    why: str


class Attempts(Top):
    """`kubectl order history CERT`: attempts, the newest last.

    `failed` counts failures in a row, `next_attempt` is when the next is made by itself.
    """

    kind: str = "AttemptList"
    time: datetime
    certificate: Ref
    failed: int
    next_attempt: datetime | None
    items: tuple[Attempt, ...]
    unread: tuple[str, ...]

    def refs(self) -> tuple[Ref, ...]:
        return tuple(attempt.request for attempt in self.items if attempt.request is not None)


class Happening(Document):
    """One event of an object of the chain; `count` times, between `first` and `last`."""

    ref: Ref
    type: str
    reason: str
    message: str
    source: str
    first: datetime | None
    last: datetime | None
    count: int


class Happenings(Top):
    """`kubectl order events NAME`: the events of the whole chain, the newest last."""

    kind: str = "EventList"
    time: datetime
    subject: Ref
    items: tuple[Happening, ...]
    unread: tuple[str, ...]

    def refs(self) -> tuple[Ref, ...]:
        return tuple(dict.fromkeys(happening.ref for happening in self.items))

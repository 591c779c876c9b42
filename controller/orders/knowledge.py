"""What this process learned about Orders and nobody has written down, by uid.

An Order that has ended or gone is forgotten. Nothing here outlives the process, and nothing has to.
"""

from dataclasses import replace
from datetime import datetime

from controller.acme import messages
from controller.orders.observed import Knowledge, Sighting, Step, Trouble
from controller.verdict import FailureFacts
from orderapi.diagnosis import MAX_ATTEMPTS, Attempt
from orderapi.times import whole_second

_NOTHING = Knowledge()


class Notebook:
    """Knowledge of each Order that is under way."""

    def __init__(self) -> None:
        self._known: dict[str, Knowledge] = {}

    def __len__(self) -> int:
        return len(self._known)

    def of(self, uid: str) -> Knowledge:
        """What is known of the Order with this uid; maybe nothing."""
        return self._known.get(uid, _NOTHING)

    def forget(self, uid: str) -> None:
        """Drop what is known of it."""
        self._known.pop(uid, None)

    def saw(self, uid: str, order: messages.Order, now: datetime, *, polled: bool) -> None:
        """The CA showed its order at `now`: asked for (`polled`), or as the answer to a request."""
        known = self.of(uid)
        before = known.sighting
        since, polls = now, int(polled)
        if polled and before is not None and before.order.status == order.status:
            since, polls = before.since, before.polls + 1
        sighting = Sighting(order=order, at=now, since=since, polls=polls)
        self._known[uid] = replace(known, sighting=sighting, trouble=_after_poll(known, polled))

    def read(
        self, uid: str, authorizations: tuple[messages.Authorization, ...], now: datetime
    ) -> None:
        """The CA showed these authorizations at `now`."""
        known = self.of(uid)
        by_url = {**known.authorizations, **{one.url: one for one in authorizations}}
        self._known[uid] = replace(
            known, authorizations=by_url, authorizations_at=now, trouble=None
        )

    def failed(
        self, uid: str, step: Step, facts: FailureFacts, now: datetime, *, issuer_version: str
    ) -> None:
        """A step failed at `now`."""
        known = self.of(uid)
        before = known.trouble
        again = before.attempts if before is not None and before.step == step else 0
        trouble = Trouble(
            step=step, facts=facts, attempts=again + 1, at=now, issuer_version=issuer_version
        )
        attempt = Attempt(
            time=whole_second(now),
            outcome=facts.kind or str(facts.status or step),
            message=facts.message,
        )
        self._known[uid] = replace(
            known, trouble=trouble, attempts=(*known.attempts, attempt)[-MAX_ATTEMPTS:]
        )


def _after_poll(known: Knowledge, polled: bool) -> Trouble | None:
    """A look at the order does not undo a refusal to finalize it: what is seen tells what to do."""
    trouble = known.trouble
    return trouble if polled and trouble is not None and trouble.step == "finalize" else None

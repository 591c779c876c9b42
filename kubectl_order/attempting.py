"""Whether a new attempt for a certificate may begin now, and its beginning.

What is decided here the controller decides again: that five requests an hour are enough for one set
of names. It is asked before anything is written, so that people are told when the next may begin.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec

from kubectl_order.access.api import METADATA_LIST
from kubectl_order.access.errors import Forbidden
from kubectl_order.cluster import Cluster
from kubectl_order.explain import words
from kubectl_order.explain.about import is_issuing, ref
from kubectl_order.failure import Exit, Failure
from kubectl_order.finding import Document, Ref
from kubectl_order.reading.kinds import place
from kubectl_order.report import Top
from kubectl_order.rows import Owner, raw_in
from orderapi.attempts import free_at, names_digest, recent
from orderapi.certificate import Certificate
from orderapi.names import ATTEMPTS
from orderapi.resources import CERTIFICATE_REQUEST
from orderapi.wire import Wire

REASON: Final = "ManuallyTriggered"
"""The reason of the condition Issuing, as cert-manager's own tool writes it."""


class Start(Document):
    """What became of one Certificate: whether an attempt was begun, and the sentence for it.

    `refused`: none can be begun now. `free_at` is when the next may be made, where there were too
    many.
    """

    ref: Ref
    started: bool
    refused: bool = False
    told: str
    free_at: datetime | None = None


class Starts(Top):
    """`kubectl order renew` and `retry`."""

    kind: str = "IssuanceList"
    time: datetime
    dry_run: bool
    items: tuple[Start, ...]

    def refs(self) -> tuple[Ref, ...]:
        return tuple(start.ref for start in self.items)


class _Meta(Wire):
    owner_references: tuple[Owner, ...] = ()
    annotations: dict[str, str] = msgspec.field(default_factory=dict)


class _Row(Wire):
    metadata: _Meta = _Meta()


@dataclass(frozen=True, slots=True)
class Budget:
    """The attempts that requests tell of, read once for each namespace."""

    cluster: Cluster
    _known: dict[str, dict[str, list[Mapping[str, str]]]] = field(default_factory=dict)

    def free_at(self, certificate: Certificate) -> datetime | None:
        """When the next attempt may be made; None means now."""
        namespace = certificate.metadata.namespace
        if namespace not in self._known:
            self._known[namespace] = self._read(namespace)
        annotations = self._known[namespace].get(certificate.metadata.uid, [])
        made = recent(annotations, self.cluster.now)
        return free_at(made, names_digest(certificate.spec), self.cluster.now)

    def _read(self, namespace: str) -> dict[str, list[Mapping[str, str]]]:
        found: dict[str, list[Mapping[str, str]]] = {}
        for row in self._rows(namespace):
            if ATTEMPTS in row.metadata.annotations:
                for owner in row.metadata.owner_references:
                    if owner.controller:
                        found.setdefault(owner.uid, []).append(row.metadata.annotations)
        return found

    def _rows(self, namespace: str) -> Iterator[_Row]:
        try:
            path = place(CERTIFICATE_REQUEST, namespace)
            for page in self.cluster.api.pages(path, accept=METADATA_LIST):
                yield from (msgspec.json.decode(raw, type=_Row) for raw in raw_in(page))
        except (Forbidden, msgspec.ValidationError):
            # Then the controller alone keeps the budget.
            return


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempting:
    """How attempts are begun by one call of a command."""

    cluster: Cluster
    budget: Budget
    dry_run: bool

    def begin(self, certificate: Certificate, message: str) -> tuple[Start, Certificate | None]:
        """Begin an attempt, unless one is under way or there were too many. What became of it, and
        the Certificate as it is then; None where nothing was written. Raises Failure."""
        held = self._held(certificate)
        if held is not None:
            return held, None
        written = self.cluster.start_issuing(
            certificate, reason=REASON, message=message, dry_run=self.dry_run
        )
        told = "would begin an attempt now (dry run)" if self.dry_run else "an attempt begins now"
        return Start(ref=ref(certificate), started=not self.dry_run, told=told), written

    def _held(self, certificate: Certificate) -> Start | None:
        if certificate.metadata.deletion_timestamp is not None:
            return self._not(certificate, "it is being deleted", refused=True)
        if is_issuing(certificate):
            return self._not(certificate, "an attempt is under way already")
        time = self.budget.free_at(certificate)
        if time is None:
            return None
        told = (
            "as many attempts as a CA should get were made within an hour; the next may be made "
            f"{words.distance(time, self.cluster.now)}, at {words.stamp(time)}"
        )
        return self._not(certificate, told, refused=True, free_at=time)

    def _not(self, certificate: Certificate, told: str, **more: Any) -> Start:
        return Start(ref=ref(certificate), started=False, told=told, **more)


def attempting(cluster: Cluster, dry_run: str) -> Attempting:
    """How attempts are begun, for the value of --dry-run. Raises Failure for another one."""
    if dry_run not in ("", "none", "server"):
        raise Failure(
            f'--dry-run knows "none" and "server", and no "{dry_run}"',
            exit=Exit.USAGE,
            hint="--dry-run=server has the API server check everything and store nothing",
        )
    return Attempting(cluster=cluster, budget=Budget(cluster), dry_run=dry_run == "server")


def exit_of(starts: Iterable[Start]) -> Exit:
    """1 where an attempt was refused, else 0."""
    return Exit.FAILED if any(start.refused for start in starts) else Exit.FINE

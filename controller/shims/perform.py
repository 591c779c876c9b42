"""Does one action about a source: makes, changes or deletes a Certificate, or tells what is wrong.

A change is made to the version that was looked at, a deletion to the very object, and a name that
is taken is never written to. Nothing here waits.
"""

import logging
from dataclasses import dataclass
from typing import assert_never

from controller.cluster import Cluster
from controller.runtime.errors import (
    AlreadyExists,
    ApiError,
    NamespaceTerminating,
    is_refusal,
)
from controller.runtime.patches import guard
from controller.runtime.removing import remove
from controller.runtime.schedule import Again, At, Now, OnChange
from controller.shims import sentences
from controller.shims.actions import Action, Create, Delete, Patch, Rest, Tell
from controller.shims.decide import essence
from controller.shims.knowledge import Notebook
from controller.shims.observed import Attempt, Observed
from orderapi import names
from orderapi.certificate import Certificate
from orderapi.resources import CERTIFICATE

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Performer:
    """Does actions in the cluster."""

    cluster: Cluster
    notebook: Notebook

    async def perform(self, seen: Observed, action: Action) -> Again:
        """Do it, and say when to look again."""
        match action:
            case Rest(until):
                return At(until) if until is not None else OnChange()
            case Tell(notes):
                for note in notes:
                    self._warn(seen, note)
                return Now()
            case Create() | Patch() | Delete():
                return await self._write(seen, action)
            case never:
                assert_never(never)

    async def _write(self, seen: Observed, action: Create | Patch | Delete) -> Again:
        try:
            match action:
                case Create(certificate):
                    await self._create(seen, certificate)
                case Patch():
                    await self._patch(seen, action)
                case Delete(certificate):
                    await self._delete(seen, certificate)
                case never:
                    assert_never(never)
        except NamespaceTerminating:
            return OnChange()
        except ApiError as error:
            if not is_refusal(error):
                raise
            self._refused(seen, action, error)
        return Now()

    async def _create(self, seen: Observed, certificate: Certificate) -> None:
        meta = certificate.metadata
        try:
            made = await self.cluster.kube.create(CERTIFICATE, certificate)
        except AlreadyExists:
            # Not heard of yet. Whose it is, is for the next look to say.
            found = await self.cluster.kube.get(CERTIFICATE, meta.namespace, meta.name)
            self.cluster.certificates.feed(found)
            return
        self.cluster.certificates.feed(made)
        self._tried(seen, Create(certificate))
        self._tell(seen, names.EVENT_CREATE_CERTIFICATE, sentences.created(meta.name))

    async def _patch(self, seen: Observed, action: Patch) -> None:
        meta = action.certificate.metadata
        metadata = action.change.get("metadata", {}) | guard(action.certificate)
        changed = await self.cluster.kube.patch(
            CERTIFICATE, meta.namespace, meta.name, action.change | {"metadata": metadata}
        )
        self.cluster.certificates.feed(changed)
        self._tried(seen, action)
        if changed.metadata.resource_version == meta.resource_version:
            self._warn(seen, sentences.undone(meta.name))
        else:
            self._tell(seen, names.EVENT_UPDATE_CERTIFICATE, sentences.updated(meta.name))

    async def _delete(self, seen: Observed, certificate: Certificate) -> None:
        cluster = self.cluster
        if not await remove(cluster.kube, CERTIFICATE, certificate, cluster.certificates):
            return
        # So that it is made at once where it is wished again: nobody undid it.
        self._tried(seen, Delete(certificate))
        self._tell(
            seen, names.EVENT_DELETE_CERTIFICATE, sentences.deleted(certificate.metadata.name)
        )

    def _refused(self, seen: Observed, action: Create | Patch | Delete, error: ApiError) -> None:
        if self._tried(seen, action, refused=True).count > 1:
            return  # it was told; its words may differ each time
        verb = {Create: "create", Patch: "update", Delete: "delete"}[type(action)]
        name = action.certificate.metadata.name
        self._warn(seen, sentences.not_written(verb, name, str(error)))

    def _tried(
        self, seen: Observed, action: Create | Patch | Delete, *, refused: bool = False
    ) -> Attempt:
        name, what = action.certificate.metadata.name, essence(action)
        return self.notebook.tried(seen.source, name, what, seen.now, refused=refused)

    def _tell(self, seen: Observed, reason: str, note: str) -> None:
        logger.info("certificate written", extra={"reason": reason, "note": note})
        self.cluster.recorder.event(seen.resource, seen.source, "Normal", reason, note)

    def _warn(self, seen: Observed, note: str) -> None:
        if self.notebook.tell(seen.source, note):
            self.cluster.recorder.event(
                seen.resource, seen.source, "Warning", names.EVENT_BAD_CONFIG, note
            )

"""Does one action about a CertificateRequest: writes its status, or makes its Order.

Each action is harmless when done twice: a status is written for the version that was looked at, and
an Order that is there already is found by its name and known by its owner and what it asks for.
Nothing here waits.
"""

import logging
from dataclasses import dataclass, field
from typing import Any, assert_never

from controller.cluster import Cluster
from controller.requests import sentences
from controller.requests.decide import Action, Event, Rest, Submit, Write, pending
from controller.requests.observed import Asked, Observed
from controller.requests.ownership import MOST_STRANGERS, is_its_own
from controller.requests.refusals import Refusals
from controller.requests.submission import order_for
from controller.runtime.errors import (
    AlreadyExists,
    Forbidden,
    Invalid,
    NamespaceTerminating,
    WebhookUnreachable,
)
from controller.runtime.patches import status_patch
from controller.runtime.schedule import Again, At, Now, OnChange
from controller.runtime.setbacks import Setbacks
from orderapi import names
from orderapi.certificaterequest import CertificateRequest, CertificateRequestStatus
from orderapi.meta import Object, controller_of
from orderapi.order import Order
from orderapi.resources import CERTIFICATE, CERTIFICATE_REQUEST, ORDER, Resource

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Performer:
    """Does actions in the cluster."""

    cluster: Cluster
    refusals: Refusals
    setbacks: Setbacks = field(default_factory=Setbacks)

    async def perform(self, seen: Observed, action: Action) -> Again:
        """Do it, and say when to look again."""
        match action:
            case Rest():
                return At(action.until) if action.until is not None else OnChange()
            case Write():
                await self._write(seen.request, action.status, action.event)
                return Now()
            case Submit():
                return await self._submit(seen, action)
            case never:
                assert_never(never)

    async def _write(
        self, request: CertificateRequest, status: CertificateRequestStatus, event: Event | None
    ) -> None:
        patch, meta = status_patch(request, status), request.metadata
        written = await self.cluster.kube.patch(
            CERTIFICATE_REQUEST, meta.namespace, meta.name, patch, subresource="status"
        )
        self.cluster.requests.feed(written)
        if event is not None:
            self.cluster.recorder.event(
                CERTIFICATE_REQUEST, written, event.type, event.reason, event.note
            )

    async def _submit(self, seen: Observed, action: Submit) -> Again:
        order = order_for(seen.request, action.acme, action.asked)
        try:
            for salt in range(MOST_STRANGERS):
                order = order_for(seen.request, action.acme, action.asked, salt=salt)
                made = await self._create(seen.request, action.asked, order)
                if made is None:
                    continue
                if not is_its_own(seen.request, action.asked, made):
                    return await self._not_created(seen, order, sentences.CHANGED_BY_ADMISSION)
                self._tell_created(seen.request, made)
                return Now()
        except NamespaceTerminating:
            return OnChange()
        except (Forbidden, Invalid) as error:
            return await self._not_created(seen, order, str(error))
        except WebhookUnreachable as error:
            if self.setbacks.is_first(seen.request.metadata.uid, seen.now):
                raise
            return await self._not_created(seen, order, str(error))
        return await self._not_created(seen, order, "others hold this name and those before it")

    async def _create(
        self, request: CertificateRequest, asked: Asked, order: Order
    ) -> Order | None:
        """The request's Order, made now or found; None where a stranger holds the name."""
        kube, meta = self.cluster.kube, order.metadata
        try:
            made = await kube.create(ORDER, order)
        except AlreadyExists:
            # Its name proves nothing: ours is one whose creation was not answered.
            made = await kube.get(ORDER, meta.namespace, meta.name)
            if not is_its_own(request, asked, made):
                return None
        self.cluster.orders.feed(made)
        logger.info("order made", extra={"order": made.metadata.name})
        return made

    async def _not_created(self, seen: Observed, order: Order, why: str) -> Again:
        meta = order.metadata
        # Before the write, which wakes the request.
        again = self.refusals.refused(seen.request.metadata.uid, seen.now)
        text = sentences.not_created(meta.namespace, meta.name, why)
        refused = pending(seen, text, sentences.EVENT_ORDER_CREATING_ERROR)
        if isinstance(refused, Write):
            await self._write(seen.request, refused.status, refused.event)
        return At(again)

    def _tell_created(self, request: CertificateRequest, order: Order) -> None:
        """On the Certificate, where people look, or on the request when there is none."""
        note = sentences.order_created(order.metadata.name)
        resource, told = self.told(request)
        self.cluster.recorder.event(resource, told, "Normal", names.EVENT_ORDER_CREATED, note)

    def told(self, request: CertificateRequest) -> tuple[Resource[Any], Object]:
        """Whose event it is that an Order was made."""
        owner = controller_of(request)
        if owner is not None and owner.kind == CERTIFICATE.kind:
            found = self.cluster.certificates.get(request.metadata.namespace, owner.name)
            if found is not None and found.metadata.uid == owner.uid:
                return CERTIFICATE, found
        return CERTIFICATE_REQUEST, request

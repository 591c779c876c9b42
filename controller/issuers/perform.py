"""Does one action about an issuer: makes a key, asks the CA, or writes the status.

What comes back goes into the notebook, a failure too; what it means is decided elsewhere. Each
action is harmless when done twice. Nothing here waits.
"""

import logging
from dataclasses import dataclass
from typing import Any, Final, assert_never

from controller.accounts import Accounts
from controller.acme import AccountKey, Misconfigured
from controller.cluster import Cluster
from controller.issuers import sentences
from controller.issuers.decide import Action, Enroll, MakeKey, Rest, Wait, Write
from controller.issuers.enrolling import NotEnrolled, email, enroll
from controller.issuers.knowledge import Notebook
from controller.issuers.observed import Enrolled, Inputs, Observed
from controller.runtime.cache import Cache
from controller.runtime.errors import (
    AlreadyExists,
    Forbidden,
    Invalid,
    NamespaceTerminating,
    NotFound,
)
from controller.runtime.objects import SECRET, Secret
from controller.runtime.patches import status_patch
from controller.runtime.schedule import Again, At, Now, OnChange, key_of
from controller.verdict import FailureFacts, facts_of
from orderapi import names
from orderapi.meta import ObjectMeta
from orderapi.resources import Resource

logger = logging.getLogger(__name__)

LABELS: Final = {names.MANAGED_BY: "cert-manager", names.WATCHED_SECRET: "true"}
"""Of the Secrets of account keys: moving back to cert-manager works, and changes are seen."""


@dataclass(frozen=True, slots=True)
class Performer:
    """Does actions with the cluster and the CA. `room` is whom Secrets wake."""

    cluster: Cluster
    accounts: Accounts
    notebook: Notebook
    room: str
    resource: Resource[Any]
    cache: Cache[Any]

    async def perform(self, seen: Observed, action: Action) -> Again:
        """Do it, and say when to look again."""
        match action:
            case Rest():
                self.notebook.forget(seen.issuer.metadata.uid)
                return OnChange()
            case Wait():
                return self._wait(seen, action)
            case Write():
                await self._write(seen, action)
                return self._wait(seen, action.then)
            case MakeKey():
                return await self._make_key(seen, action)
            case Enroll():
                await self._enroll(seen, action)
                return Now()
            case never:
                assert_never(never)

    def _wait(self, seen: Observed, wait: Wait) -> Again:
        for name in wait.secrets:
            self.cluster.named.want(
                SECRET, seen.namespace, name, room=self.room, key=key_of(seen.issuer)
            )
        return OnChange() if wait.until is None else At(wait.until)

    async def _write(self, seen: Observed, action: Write) -> None:
        issuer, meta = seen.issuer, seen.issuer.metadata
        patch = status_patch(issuer, action.status)
        if patch:
            self.cache.feed(
                await self.cluster.kube.patch(
                    self.resource, meta.namespace, meta.name, patch, subresource="status"
                )
            )
        if action.reason:
            told = self.resource.typed(issuer)
            self.cluster.recorder.event(self.resource, told, "Warning", action.reason, action.note)

    async def _make_key(self, seen: Observed, action: MakeKey) -> Again:
        key = await AccountKey.generate()
        secret = Secret(
            metadata=ObjectMeta(name=action.secret, namespace=seen.namespace, labels=LABELS),
            type="Opaque",
            data={action.entry: key.pem()},
        )
        try:
            made = await self.cluster.kube.create(SECRET, SECRET.typed(secret))
        except AlreadyExists:
            return Now()  # somebody was faster: that key is used
        except NamespaceTerminating:
            return OnChange()
        except (Forbidden, Invalid, NotFound) as error:
            self._failed(seen, sentences.REGISTER_FAILED, facts_of(error), action.inputs)
            return Now()
        self.cluster.secrets.feed(made)
        logger.info("account key made", extra={"secret": action.secret})
        return Now()

    async def _enroll(self, seen: Observed, action: Enroll) -> None:
        issuer = seen.issuer
        try:
            client = await self.accounts.open(issuer, action.key)
        except Misconfigured as error:
            self._failed(seen, sentences.REGISTER_FAILED, facts_of(error), action.inputs)
            return
        failure = await enroll(client, issuer, action.binding)
        if isinstance(failure, NotEnrolled):
            self._failed(seen, failure.reason, failure.facts, action.inputs)
            return
        enrolled = Enrolled(inputs=action.inputs, uri=client.account_url, email=email(issuer))
        self.notebook.succeeded(issuer.metadata.uid, enrolled)
        self.accounts.keep(issuer, action.key, client)
        self.accounts.settle(issuer)
        logger.info("account confirmed", extra={"account": client.account_url})

    def _failed(self, seen: Observed, reason: str, facts: FailureFacts, inputs: Inputs) -> None:
        logger.warning("issuer is not ready", extra={"reason": reason, "error": facts.message})
        now = self.cluster.clock.now()
        self.notebook.failed(seen.issuer.metadata.uid, reason, facts, inputs=inputs, now=now)

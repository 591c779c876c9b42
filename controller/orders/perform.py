"""Does one action about an Order: asks the CA, makes and removes Challenges, or has it written.

What the CA answers goes into the notebook, a failure too; what that means is decided elsewhere.
Each action is harmless when done twice, but for `Submit`: killed between the CA's answer and its
record, one order is abandoned at the CA, and nothing else. Nothing here waits.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, TypeVar, assert_never

from controller.accounts import Accounts, AccountUnavailable
from controller.acme import messages
from controller.acme.client import Client
from controller.acme.problem import AcmeError
from controller.cluster import Cluster
from controller.orders import making, sentences, settle
from controller.orders.actions import (
    Action,
    CreateChallenges,
    Download,
    Explain,
    Fail,
    Finalize,
    Look,
    Planned,
    ReadAuthorizations,
    Record,
    RemoveChallenges,
    Rest,
    Submit,
    Wait,
)
from controller.orders.knowledge import Notebook
from controller.orders.observed import Observed, Step
from controller.pki import csr
from controller.pki.faults import Unreadable
from controller.runtime.errors import Forbidden, Invalid, NamespaceTerminating
from controller.runtime.schedule import Again, At, Now, OnChange
from controller.verdict import FailureFacts, facts_of

logger = logging.getLogger(__name__)

T = TypeVar("T")

TAKEN: Final = timedelta(seconds=10)
"""How long until a Challenge that could not be made is tried again."""


@dataclass(frozen=True, slots=True)
class Performer:
    """Does actions with the cluster and the issuers' accounts."""

    cluster: Cluster
    accounts: Accounts
    notebook: Notebook

    async def perform(self, seen: Observed, action: Action) -> Again:
        """Do it, and say when to look again."""
        match action:
            case Rest():
                self.notebook.forget(seen.order.metadata.uid)
                return OnChange()
            case Wait(until):
                return OnChange() if until is None else At(until)
            case Submit() | Look() | ReadAuthorizations() | Finalize() | Download():
                await self._ask(seen, action)
            case CreateChallenges(planned):
                return await self._create(seen, planned)
            case RemoveChallenges(challenges):
                for challenge in challenges:
                    await making.remove(self.cluster, challenge)
            case Record():
                await settle.record(self.cluster, seen.order, action)
            case Explain():
                await settle.explain(self.cluster, seen.order, action, seen.knowledge)
            case Fail():
                await settle.fail(self.cluster, seen.order, action, seen.knowledge, seen.now)
            case never:
                assert_never(never)
        return Now()

    async def _create(self, seen: Observed, planned: tuple[Planned, ...]) -> Again:
        client = await self._client(seen)
        if client is None:
            return Now()
        for plan in planned:
            try:
                ours = await making.create(self.cluster, seen.order, plan, client)
            except NamespaceTerminating:
                return OnChange()
            except (Forbidden, Invalid) as refusal:
                return await self._not_made(seen, sentences.not_made(plan.name, str(refusal)))
            if not ours:
                return await self._not_made(seen, sentences.name_taken(plan.name))
        return Now()

    async def _not_made(self, seen: Observed, reason: str) -> Again:
        told = Explain(reason=reason, state=seen.order.status.state, cause="challenge")
        await settle.explain(self.cluster, seen.order, told, seen.knowledge)
        return At(seen.now + TAKEN)

    async def _client(self, seen: Observed) -> Client | None:
        """The issuer's account; None when it cannot be used, which is noted."""
        if seen.issuer is None:
            return None
        try:
            return await self.accounts.client(seen.issuer)
        except AccountUnavailable as unavailable:
            # Asked again also without a change: that it can be used now is not always told.
            at = unavailable.again.time if isinstance(unavailable.again, At) else None
            facts = FailureFacts(message=str(unavailable), kind="account", retry_at=at)
            self._failed(seen, "account", facts)
            return None

    async def _ask(
        self, seen: Observed, action: Submit | Look | ReadAuthorizations | Finalize | Download
    ) -> None:
        client = await self._client(seen)
        if client is None:
            return
        match action:
            case Submit(new):
                placed = await self._answer(seen, "create", lambda: client.new_order(new))
                if placed is not None:
                    logger.info("order placed", extra={"url": placed.url, "status": placed.status})
                    self._saw(seen, placed, polled=False)
            case Look(url):
                shown = await self._answer(seen, "read", lambda: client.order(url))
                if shown is not None:
                    self._saw(seen, replace(shown, url=url), polled=True)
            case ReadAuthorizations(urls):
                read = await self._answer(seen, "authorizations", lambda: _all(client, urls))
                if read is not None:
                    uid, now = seen.order.metadata.uid, self.cluster.clock.now()
                    self.notebook.read(uid, read, now)
            case Finalize(url):
                await self._finalize(seen, client, url)
            case Download(url):
                await self._download(seen, client, url)
            case never:
                assert_never(never)

    async def _finalize(self, seen: Observed, client: Client, url: str) -> None:
        try:
            request = csr.to_der(seen.order.spec.request)
        except Unreadable as error:
            facts = FailureFacts(message=f"spec.request: {error}", status=400)
            self._failed(seen, "finalize", facts)
            return
        answer = await self._answer(seen, "finalize", lambda: client.finalize(url, request))
        if answer is None:
            return
        logger.info("order finalized", extra={"status": answer.status})
        # A CA that still says ready has the request: another one would be refused.
        status = "processing" if answer.status == "ready" else answer.status
        order = replace(answer, url=seen.order.status.url, status=status)
        self._saw(seen, order, polled=False)

    async def _download(self, seen: Observed, client: Client, url: str) -> None:
        acme = seen.issuer.spec.acme if seen.issuer is not None else None
        chain = (acme.preferred_chain if acme is not None else None) or ""
        certificate = await self._answer(
            seen, "download", lambda: client.certificate(url, preferred_chain=chain)
        )
        if certificate is not None:
            await settle.complete(self.cluster, seen.order, certificate)

    async def _answer(
        self, seen: Observed, step: Step, ask: Callable[[], Awaitable[T]]
    ) -> T | None:
        """What the CA answers; None when it is a failure, which is noted."""
        try:
            return await ask()
        except AcmeError as error:
            self._failed(seen, step, facts_of(error))
            return None

    def _saw(self, seen: Observed, order: messages.Order, *, polled: bool) -> None:
        uid, now = seen.order.metadata.uid, self.cluster.clock.now()
        self.notebook.saw(uid, order, now, polled=polled)

    def _failed(self, seen: Observed, step: Step, facts: FailureFacts) -> None:
        logger.info("step failed", extra={"step": step, "reason": facts.message})
        issuer = seen.issuer
        self.notebook.failed(
            seen.order.metadata.uid,
            step,
            facts,
            self.cluster.clock.now(),
            issuer_version=issuer.metadata.resource_version if issuer is not None else "",
        )


async def _all(client: Client, urls: tuple[str, ...]) -> tuple[messages.Authorization, ...]:
    """The authorizations, read side by side; raises the first failure."""
    return tuple(await asyncio.gather(*map(client.authorization, urls)))

"""Does one action about a Challenge: in DNS, at the CA, or has it written.

What came of it goes into the notebook, a failure too; what that means is decided elsewhere. Each
action is harmless when done twice. Nothing here waits.
"""

import logging
from dataclasses import dataclass, replace
from typing import assert_never

from controller.accounts import Accounts, AccountUnavailable, expected_key
from controller.acme.client import Client
from controller.acme.problem import AcmeError
from controller.challenges import sentences, settle
from controller.challenges.actions import (
    Action,
    Answer,
    Check,
    CleanUp,
    Explain,
    Present,
    ReadAuthorization,
    Record,
    Release,
    Rest,
    Settle,
    Wait,
)
from controller.challenges.knowledge import Notebook
from controller.challenges.observed import Observed, Step
from controller.challenges.publishing import Publisher
from controller.challenges.records import CredentialsGone, NotOurs
from controller.challenges.slots import Slots
from controller.cluster import Cluster
from controller.runtime.errors import ApiError, NotFound
from controller.runtime.objects import NAMESPACE, SECRET
from controller.runtime.schedule import Again, At, Now, OnChange, key_of
from controller.solvers.errors import BadCredentials, SolverError
from controller.solvers.http01.quoting import hide
from controller.verdict import FailureFacts, facts_of
from orderapi import names, states
from orderapi.challenge import HTTP01, ChallengeSpec
from orderapi.resources import CHALLENGE

logger = logging.getLogger(__name__)

ROOM = "challenges"


@dataclass(frozen=True, slots=True)
class Performer:
    """Does actions with the cluster, the issuers' accounts and the solvers."""

    cluster: Cluster
    accounts: Accounts
    publisher: Publisher
    notebook: Notebook
    slots: Slots

    async def perform(self, seen: Observed, action: Action) -> Again:
        """Do it, and say when to look again."""
        known = seen.knowledge
        match action:
            case Rest():
                return OnChange()
            case Wait():
                return self._wait(seen, action)
            case Present():
                await self._present(seen)
            case Record():
                await settle.presented(self.cluster, seen)
            case Check():
                await self._check(seen)
            case Answer() | ReadAuthorization():
                await self._ask(seen, action)
            case Explain():
                await settle.explain(self.cluster, seen.challenge, action, known)
                self.notebook.explained(_uid(seen), seen.now)
            case Settle():
                await settle.settle(self.cluster, seen.challenge, action, known)
            case CleanUp(seconds):
                await self._clean_up(seen, seconds)
            case Release(leftover):
                return await self._release(seen, leftover)
            case never:
                assert_never(never)
        return Now()

    def _wait(self, seen: Observed, action: Wait) -> Again:
        if not seen.slot_free:
            self.slots.wait(key_of(seen.challenge))
        if action.for_secrets:
            for namespace, name in self.publisher.secrets(seen.challenge, seen.issuer):
                self.cluster.named.want(
                    SECRET, namespace, name, room=ROOM, key=key_of(seen.challenge)
                )
        return OnChange() if action.until is None else At(action.until)

    async def _present(self, seen: Observed) -> None:
        client, challenge = await self._client(seen), seen.challenge
        if client is None or seen.issuer is None:
            return
        spec = challenge.spec
        if spec.key != expected_key(client, spec.type, spec.token):
            strange = Settle(state=states.ERRORED, reason=sentences.FOREIGN_KEY, cause="key")
            await settle.settle(self.cluster, challenge, strange, seen.knowledge)
            return
        uid = _uid(seen)
        if not self.slots.take(uid, challenge.metadata.namespace):
            return  # another was quicker since this one was looked at
        self.notebook.presenting(uid)
        try:
            await self.publisher.present(challenge, seen.issuer)
        except (SolverError, ApiError) as error:
            self.slots.give_back(uid)
            untouched = isinstance(error, SolverError) and error.nothing_written
            if untouched and not seen.knowledge.tried_to_present:
                self.notebook.not_presented(uid)
                self.publisher.purse.drop(uid)
            self._failed(seen, "present", _without_secrets(facts_of(error), spec))
        else:
            self.notebook.presented(uid, self.cluster.clock.now(), challenge.status)

    async def _check(self, seen: Observed) -> None:
        try:
            found = await self.publisher.check(seen.challenge)
        except SolverError as error:
            self._failed(seen, "check", facts_of(error))
            return
        now = self.cluster.clock.now()
        self.notebook.checked(_uid(seen), found, now)

    async def _ask(self, seen: Observed, action: Answer | ReadAuthorization) -> None:
        client, spec = await self._client(seen), seen.challenge.spec
        if client is None:
            return
        step: Step = "answer" if isinstance(action, Answer) else "read"
        try:
            match action:
                case Answer():
                    await client.answer(spec.url)
                    self.notebook.answered(_uid(seen), self.cluster.clock.now())
                case ReadAuthorization():
                    shown = await client.authorization(spec.authorization_url)
                    now = self.cluster.clock.now()
                    self.notebook.saw(_uid(seen), shown, now, url=spec.url)
        except AcmeError as error:
            self._failed(seen, step, facts_of(error))

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

    async def _clean_up(self, seen: Observed, seconds: float) -> None:
        challenge, uid = seen.challenge, _uid(seen)
        try:
            await self._know_as_ours(seen)
            await self.publisher.clean_up(challenge, seen.issuer, seconds=seconds)
        except (SolverError, ApiError) as error:
            gone = isinstance(error, CredentialsGone | NotOurs)
            now, told = self.cluster.clock.now(), hide(str(error), _secrets(challenge.spec))
            self.notebook.not_cleaned(uid, told, now, hopeless=gone)
            logger.warning("challenge not cleaned up", extra={"reason": told})
            if challenge.metadata.deletion_timestamp is not None and await self._terminates(seen):
                self.notebook.namespace_terminates(uid)
        else:
            self.notebook.cleaned(uid)

    async def _know_as_ours(self, seen: Observed) -> None:
        """Refuse what this process did not publish and the account would not have, whatever status
        says: others may write that, and the record may be anybody's."""
        spec = seen.challenge.spec
        if seen.credentials_held or seen.issuer is None or spec.type == HTTP01:
            return
        try:
            client = await self.accounts.client(seen.issuer)
        except AccountUnavailable as unavailable:
            raise BadCredentials(str(unavailable)) from unavailable
        if spec.key != client.dns01_value(spec.token):
            raise NotOurs(sentences.FOREIGN_KEY)

    async def _terminates(self, seen: Observed) -> bool:
        """Whether the namespace is going away; that it cannot be read means no."""
        try:
            found = await self.cluster.kube.get(NAMESPACE, "", seen.challenge.metadata.namespace)
        except NotFound:
            return True
        except ApiError as error:
            logger.warning("namespace not read", extra={"reason": str(error)})
            return False
        return found.status.phase == "Terminating"

    async def _release(self, seen: Observed, leftover: str) -> Again:
        challenge, cluster = seen.challenge, self.cluster
        kept = challenge.metadata.deletion_timestamp is None
        failed = challenge.status.state in states.FAILED
        if kept and failed and seen.knowledge.cleaned and challenge.status.presented:
            await settle.taken_away(cluster, challenge)
            return Now()
        if not await settle.release(cluster, challenge):
            return Now()
        if leftover:
            logger.warning("record left behind", extra={"reason": leftover})
            event = names.EVENT_CLEAN_UP_ERROR
            cluster.recorder.event(CHALLENGE, challenge, "Warning", event, leftover)
        self.notebook.forget(_uid(seen))
        self.publisher.purse.drop(_uid(seen))
        return OnChange()

    def _failed(self, seen: Observed, step: Step, facts: FailureFacts) -> None:
        logger.info("step failed", extra={"step": step, "reason": facts.message})
        self.notebook.failed(_uid(seen), step, facts, self.cluster.clock.now())


def _secrets(spec: ChallengeSpec) -> tuple[str, str]:
    return spec.key, spec.token


def _without_secrets(facts: FailureFacts, spec: ChallengeSpec) -> FailureFacts:
    """Who refuses a route may quote its path, and that ends in the token."""
    return replace(facts, message=hide(facts.message, _secrets(spec)))


def _uid(seen: Observed) -> str:
    return seen.challenge.metadata.uid

"""Does one thing about a Certificate and tells people of it; with its two tools, all that writes.

Each answer of the API server goes straight into the cache, so that the next look can follow at
once. Key material lives for the length of one action and is never told to anybody.
"""

import logging
from collections.abc import Iterable
from datetime import timedelta
from typing import Final, assert_never

import msgspec

from controller.certificates import status
from controller.certificates.actions import (
    Action,
    Issue,
    IssueTemporary,
    Prepare,
    RemoveKey,
    RemoveRequests,
    Repair,
    Rest,
    Told,
    Write,
)
from controller.certificates.damping import REFUSED, Memory
from controller.certificates.keeping import KeyKeeper, NameTaken, NotKept
from controller.certificates.observed import Observed, Refusal, Wishes
from controller.certificates.planning import suffixed
from controller.certificates.triggers import Violation
from controller.certificates.writing import Content, NotAdopted, SecretWriter
from controller.cluster import Cluster
from controller.pki.csr import build_csr
from controller.pki.faults import PkiError
from controller.pki.temporary import temporary_certificate
from controller.runtime.errors import (
    AlreadyExists,
    Conflict,
    Forbidden,
    Invalid,
    NamespaceTerminating,
    NotFound,
    WebhookUnreachable,
)
from controller.runtime.objects import SECRET
from controller.runtime.patches import status_patch
from controller.runtime.schedule import Again, At, Now, OnChange, key_of
from controller.secretnote import SecretNote
from orderapi import names
from orderapi.attempts import recent
from orderapi.certificate import CertificateStatus
from orderapi.certificaterequest import CertificateRequest
from orderapi.meta import ObjectMeta, controller_of
from orderapi.resources import CERTIFICATE, CERTIFICATE_REQUEST

ROOM: Final = "certificates"
SECRET_REJECTED: Final = "SecretRejected"  # noqa: S105 (an event reason)

logger = logging.getLogger(__name__)

_SOON: Final = timedelta(seconds=1)


class Performer:
    """Performs the actions of `decide`."""

    def __init__(self, cluster: Cluster, *, wishes: Wishes, memory: Memory) -> None:
        self._cluster = cluster
        self._keys = KeyKeeper(cluster)
        self._secrets = SecretWriter(cluster, wishes)
        self._memory = memory

    async def perform(self, seen: Observed, action: Action) -> Again:
        """Do it; when to look again."""
        try:
            return await self._perform(seen, action)
        except NamespaceTerminating:
            return OnChange()  # nothing can be made here any more, and nothing needs to be

    async def _perform(self, seen: Observed, action: Action) -> Again:
        match action:
            case Rest():
                return self._rest(seen, action)
            case Write(new, events):
                return await self._write(seen, new, events)
            case Prepare():
                return await self._prepare(seen, action)
            case Issue():
                return await self._issue(seen, action)
            case IssueTemporary(key):
                return await self._issue_temporary(seen, key)
            case Repair():
                return await self._repair(seen, action)
            case RemoveKey(secret, events):
                return await self._remove_key(seen, secret, events)
            case RemoveRequests(requests):
                return await self._remove_requests(requests)
            case _:
                assert_never(action)

    def _rest(self, seen: Observed, action: Rest) -> Again:
        self._tell(seen, action.events)
        if action.secret:
            key = key_of(seen.certificate)
            self._cluster.named.want(SECRET, key.namespace, action.secret, room=ROOM, key=key)
        return action.again

    async def _write(
        self, seen: Observed, new: CertificateStatus, events: Iterable[Told] = ()
    ) -> Again:
        """One guarded patch: where the object has changed meanwhile, Conflict says look again."""
        namespace, name = key_of(seen.certificate)
        patch = status_patch(seen.certificate, new)
        if not patch:
            return OnChange()
        try:
            written = await self._cluster.kube.patch(
                CERTIFICATE, namespace, name, patch, subresource="status"
            )
        except NotFound:
            return OnChange()
        self._cluster.certificates.feed(written)
        self._tell(seen, events)
        return Now()

    async def _prepare(self, seen: Observed, action: Prepare) -> Again:
        try:
            obtained = await self._keys.obtain(seen, action)
        except NameTaken:
            return await self._write(seen, status.renamed(seen))
        except NotKept as refused:
            sentence = f"Failed to create the Secret for the private key: {refused}"
            return self._wait(seen, SECRET_REJECTED, sentence)
        except WebhookUnreachable as error:
            self._once_in_silence(seen, error)
            sentence = f"Failed to create the Secret for the private key: {error}"
            return self._wait(seen, SECRET_REJECTED, sentence)
        if obtained is None:
            return At(seen.now + _SOON)
        key, told = obtained
        self._tell(seen, (*action.events, *told))
        try:
            csr = build_csr(seen.certificate.spec, key)
        except PkiError as error:
            sentence = f"Failed to generate CSR: {error}"
            return self._wait(seen, names.EVENT_REQUEST_FAILED, sentence)
        await self._remove_requests(action.clear)
        spec = msgspec.structs.replace(action.request.spec, request=csr)
        return await self._request(seen, msgspec.structs.replace(action.request, spec=spec))

    async def _request(self, seen: Observed, request: CertificateRequest) -> Again:
        try:
            created = await self._cluster.kube.create(CERTIFICATE_REQUEST, request)
        except AlreadyExists:
            return await self._request_exists(seen, request)
        except NamespaceTerminating:
            raise
        except (Invalid, Forbidden) as refused:
            sentence = f"Failed to create CertificateRequest: {refused}"
            return self._wait(seen, names.EVENT_REQUEST_FAILED, sentence)
        except WebhookUnreachable as error:
            self._once_in_silence(seen, error)
            sentence = f"Failed to create CertificateRequest: {error}"
            return self._wait(seen, names.EVENT_REQUEST_FAILED, sentence)
        self._cluster.requests.feed(created)
        made = recent([created.metadata.annotations], seen.now, known=seen.attempts)
        self._memory.requested.seen(seen.certificate.metadata.uid, made, seen.now)
        logger.info("request created", extra={"request": created.metadata.name})
        note = f'Created new CertificateRequest resource "{created.metadata.name}"'
        self._tell(seen, (Told("Normal", names.EVENT_REQUESTED, note),))
        return Now()

    async def _request_exists(self, seen: Observed, request: CertificateRequest) -> Again:
        """Ours, where the cache is late or an answer was lost; else the name is a stranger's."""
        meta = request.metadata
        try:
            found = await self._cluster.kube.get(CERTIFICATE_REQUEST, meta.namespace, meta.name)
        except NotFound:
            return Now()
        self._cluster.requests.feed(found)
        owner = controller_of(found)
        ours = owner is not None and owner.uid == seen.certificate.metadata.uid
        if ours and found.metadata.deletion_timestamp is not None:
            sentence = f'CertificateRequest "{meta.name}" of an earlier attempt is being deleted.'
            return self._wait(seen, names.EVENT_REQUEST_FAILED, sentence, behind=found.metadata)
        if ours and _revision(found) == _revision(request):
            return Now()
        suffix = seen.certificate.metadata.uid[:8]
        if meta.name.endswith(f"-{suffix}"):
            sentence = f'The name of CertificateRequest "{meta.name}" is used by another object.'
            return self._wait(seen, names.EVENT_REQUEST_FAILED, sentence, behind=found.metadata)
        other = msgspec.structs.replace(meta, name=suffixed(meta.name, suffix))
        return await self._request(seen, msgspec.structs.replace(request, metadata=other))

    async def _issue(self, seen: Observed, action: Issue) -> Again:
        key = await self._keys.stored(action.key)
        if key is None:
            return Now()
        request = action.made.request
        content = Content(
            key=key,
            chain=request.status.certificate,
            ca=request.status.ca,
            issuer=request.spec.issuer_ref,
        )
        return await self._write_secret(seen, content)

    async def _issue_temporary(self, seen: Observed, secret: SecretNote) -> Again:
        key = await self._keys.stored(secret)
        if key is None:
            return Now()
        try:
            chain = temporary_certificate(seen.certificate.spec, key, now=seen.now)
        except PkiError as error:
            sentence = f"Failed to make a temporary certificate: {error}"
            return self._wait(seen, SECRET_REJECTED, sentence)
        told = Told("Normal", names.EVENT_ISSUING, "Issued temporary certificate")
        return await self._write_secret(seen, Content(key=key, chain=chain), (told,))

    async def _write_secret(
        self, seen: Observed, content: Content, events: Iterable[Told] = ()
    ) -> Again:
        try:
            await self._secrets.write(seen, content)
        except NotAdopted as refused:
            why = Violation("SecretNotAdopted", str(refused))
            event = Told("Warning", why.reason, why.message)
            return await self._write(seen, status.held(seen, why), (event,))
        except NamespaceTerminating:
            raise
        except (PkiError, Invalid, Forbidden) as refused:
            sentence = f"The Secret could not be written as the spec asks: {refused}"
            return self._wait(seen, SECRET_REJECTED, sentence)
        except WebhookUnreachable as error:
            self._once_in_silence(seen, error)
            sentence = f"The Secret could not be written as the spec asks: {error}"
            return self._wait(seen, SECRET_REJECTED, sentence)
        logger.info("secret written", extra={"secret": seen.certificate.spec.secret_name})
        self._tell(seen, events)
        return Now()

    async def _repair(self, seen: Observed, action: Repair) -> Again:
        """Nobody waits for a repair: where it cannot be made, the status is written as ever."""
        again: Again = Now()
        try:
            if not await self._secrets.repair(seen, action.target, stores=action.stores):
                return At(seen.now + _SOON)
            logger.info("secret repaired", extra={"why": action.why})
        except (PkiError, Invalid) as error:
            logger.warning("secret not repaired", extra={"why": action.why, "said": str(error)})
            note = f"The Secret could not be written as the spec asks: {error}"
            self._tell(seen, (Told("Warning", SECRET_REJECTED, note),))
            again = At(seen.now + REFUSED)
        if action.drifted:
            self._memory.repairs.done(key_of(seen.certificate), seen.now)
        if status.differs(seen.certificate.status, action.status):
            await self._write(seen, action.status, action.events)
        return again

    def _wait(
        self, seen: Observed, reason: str, sentence: str, *, behind: ObjectMeta | None = None
    ) -> Again:
        """What cannot be made as the spec asks, or is refused by the API server or an admission
        webhook: the next look says so to people. It is tried again after a minute, whatever wakes
        the Certificate meanwhile, and costs no other order."""
        logger.warning("issuance is kept from going on", extra={"said": sentence})
        until = seen.now + REFUSED
        refusal = Refusal(reason=reason, sentence=sentence, until=until, behind=behind)
        self._memory.refusals.heard(seen.certificate, refusal, seen.now)
        return Now()

    def _once_in_silence(self, seen: Observed, error: WebhookUnreachable) -> None:
        """Raise the first of such errors: a webhook's restart is nothing to tell people of."""
        if self._memory.setbacks.is_first(seen.certificate.metadata.uid, seen.now):
            raise error

    async def _remove_key(
        self, seen: Observed, secret: SecretNote, events: tuple[Told, ...]
    ) -> Again:
        meta = secret.metadata
        try:
            left = await self._cluster.kube.delete(SECRET, meta.namespace, meta.name, uid=meta.uid)
        except (NotFound, Conflict):
            left = None
        if left is None:
            self._cluster.secrets.drop(secret)
        else:
            self._cluster.secrets.feed(left)
        self._tell(seen, events)
        return Now() if left is None else At(seen.now + _SOON)

    async def _remove_requests(self, requests: Iterable[CertificateRequest]) -> Again:
        for request in requests:
            meta = request.metadata
            try:
                left = await self._cluster.kube.delete(
                    CERTIFICATE_REQUEST, meta.namespace, meta.name, uid=meta.uid
                )
            except (NotFound, Conflict):
                left = None
            if left is None:
                self._cluster.requests.drop(request)
            else:
                self._cluster.requests.feed(left)
        return Now()

    def _tell(self, seen: Observed, events: Iterable[Told]) -> None:
        for event in events:
            self._cluster.recorder.event(
                CERTIFICATE, seen.certificate, event.type, event.reason, event.note
            )


def _revision(request: CertificateRequest) -> str:
    return request.metadata.annotations.get(names.CERTIFICATE_REVISION, "")

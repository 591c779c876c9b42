"""The private key of an issuance under way, in a Secret of its own from before its request is made.

Refuses to give out a key that is in no Secret, and one out of a Secret of somebody else.
"""

from typing import assert_never

from controller.certificates.actions import NewKey, Prepare, ReusedKey, StoredKey, Told
from controller.certificates.observed import Observed
from controller.certificates.secret import next_key_secret
from controller.cluster import Cluster
from controller.pki.faults import Unreadable
from controller.pki.keys import Key, decode, generate, public_key_digest
from controller.runtime.errors import (
    AlreadyExists,
    Forbidden,
    Invalid,
    NamespaceTerminating,
    NotFound,
)
from controller.runtime.objects import SECRET, Secret
from controller.secretnote import TLS_KEY, SecretNote
from orderapi import names
from orderapi.meta import controller_of


class NameTaken(Exception):
    """The name that was chosen for the Secret is held by somebody else's, or by one that goes."""


class NotKept(Exception):
    """The API server does not take the Secret; the text says why, for people."""


class KeyKeeper:
    """Makes, copies and reads next-key Secrets."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    async def obtain(self, seen: Observed, action: Prepare) -> tuple[Key, tuple[Told, ...]] | None:
        """The key, once it is in its Secret, and what to say of it. None: look again.

        Raises `NameTaken` and `NotKept`.
        """
        match action.key:
            case StoredKey(secret):
                key = await self.stored(secret)
                return (key, ()) if key is not None else None
            case NewKey():
                key = await generate(seen.certificate.spec.private_key)
                note = "Generated new private key"
                told = Told("Normal", names.EVENT_GENERATED, note)
            case ReusedKey():
                reused = await self._of_target(seen)
                if reused is None:
                    return None
                key = reused
                name = seen.certificate.spec.secret_name
                note = f'Reusing private key stored in existing Secret resource "{name}"'
                told = Told("Normal", names.EVENT_REUSED, note)
            case other:
                assert_never(other)
        kept = await self._keep(seen, action, key)
        return (kept, (told,)) if kept is not None else None

    async def stored(self, secret: SecretNote) -> Key | None:
        """The key that `secret` tells of; None where that has changed, as the cache then knows."""
        meta = secret.metadata
        try:
            found = await self._cluster.kube.get(SECRET, meta.namespace, meta.name)
        except NotFound:
            self._cluster.secrets.gone(secret)
            return None
        self._cluster.secrets.feed(found)
        key = _decoded(found)
        same = key is not None and public_key_digest(key) == secret.key_digest
        return key if same and found.metadata.uid == meta.uid else None

    async def _keep(self, seen: Observed, action: Prepare, key: Key) -> Key | None:
        secret = next_key_secret(
            seen.certificate,
            name=action.key_name,
            key=key,
            attempts=action.history,
        )
        try:
            self._cluster.secrets.feed(await self._cluster.kube.create(SECRET, secret))
        except AlreadyExists:
            return await self._of_earlier_try(seen, action.key_name)
        except NamespaceTerminating:
            raise
        except (Invalid, Forbidden) as refused:
            raise NotKept(str(refused)) from None
        return key

    async def _of_earlier_try(self, seen: Observed, name: str) -> Key | None:
        """A Secret of this name is there: ours, if the answer to an earlier create was lost."""
        meta = seen.certificate.metadata
        try:
            found = await self._cluster.kube.get(SECRET, meta.namespace, name)
        except NotFound:
            return None
        owner = controller_of(found)
        ours = owner is not None and owner.uid == meta.uid
        if not ours or found.metadata.deletion_timestamp is not None:
            raise NameTaken(name)  # a finalizer may hold the name for long
        if found.metadata.labels.get(names.WATCHED_SECRET) != "true":
            # Somebody took the label off, and no watch sees it any more: it is made anew.
            await self._cluster.kube.delete(SECRET, meta.namespace, name, uid=found.metadata.uid)
            return None
        self._cluster.secrets.feed(found)
        return _decoded(found)

    async def _of_target(self, seen: Observed) -> Key | None:
        meta, name = seen.certificate.metadata, seen.certificate.spec.secret_name
        try:
            return _decoded(await self._cluster.kube.get(SECRET, meta.namespace, name))
        except NotFound:
            return None


def _decoded(secret: Secret) -> Key | None:
    try:
        return decode(secret.data.get(TLS_KEY, b""))
    except Unreadable:
        return None

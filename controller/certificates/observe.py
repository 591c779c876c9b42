"""From the caches, and the API server where they cannot know, to everything a decision depends on.

Reads by name: the target Secret, only where no watch knows it and something depends on it; the key
of an issuance under way, where no watch knows it any more; and the passwords of key stores, only
where stores are about to be made. Changes nothing.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from controller.certificates.claims import claim
from controller.certificates.damping import Memory
from controller.certificates.faults import faults_of, is_object_name
from controller.certificates.indexes import SECRET_NAME, USED_SECRET
from controller.certificates.observed import (
    NO_PASSWORDS,
    Absent,
    Made,
    NoPassword,
    Observed,
    Refusal,
    Target,
    Unread,
    Wishes,
    spec_changed,
    target_matters,
)
from controller.certificates.pending import is_issued
from controller.certificates.secret import missing_entries
from controller.cluster import Cluster
from controller.issuerref import find_issuer
from controller.pki.csr import read_csr
from controller.pki.faults import Unreadable
from controller.pki.keystores import Passwords
from controller.pki.leaf import read_chain
from controller.pki.matching import request_mismatch
from controller.runtime.errors import NotFound
from controller.runtime.objects import SECRET
from controller.runtime.schedule import HasMetadata, Key
from controller.secretnote import SecretNote, note
from orderapi.attempts import Attempt, recent
from orderapi.certificate import Certificate
from orderapi.certificaterequest import CertificateRequest
from orderapi.conditions import is_true
from orderapi.issuer import AnyIssuer
from orderapi.keystores import JksKeystore, Pkcs12Keystore
from orderapi.meta import controller_of
from orderapi.names import CERTIFICATE_REVISION, ISSUING, READY, WATCHED_SECRET

_LONGEST_REVISION: Final = 18


class Observer:
    """Looks at one Certificate after the other. `shared` is the cluster resource namespace."""

    def __init__(self, cluster: Cluster, *, shared: str, wishes: Wishes, memory: Memory) -> None:
        self._cluster = cluster
        self._shared = shared
        self._wishes = wishes
        self._memory = memory

    async def observe(self, key: Key) -> Observed | None:
        """What there is to know of it now; None where it is gone."""
        certificate = self._cluster.certificates.get(*key)
        if certificate is None:
            return None
        now = self._cluster.clock.now()
        requests = _Requests(certificate, self._cluster.requests.by("owner", _uid(certificate)))
        keys = await self._next_keys(certificate, requests)
        target = await self._target(certificate, now, keys)
        return Observed(
            certificate=certificate,
            now=now,
            target=target,
            issuer=find_issuer(self._cluster, certificate.spec.issuer_ref, key.namespace),
            rivals=self._rivals(certificate),
            claim=self._claim(certificate),
            next_keys=keys,
            current=requests.current(),
            coming=requests.coming(),
            past=requests.past(),
            strays=requests.strays(),
            attempts=self._attempts(certificate, now, keys),
            faults=faults_of(certificate.spec) if _in_doubt(certificate) else (),
            passwords=await self._passwords(certificate, target, requests),
            repair_free_at=self._memory.repairs.free_at(key, now),
            refused=self._refused(certificate, now),
            wishes=self._wishes,
        )

    async def _next_keys(
        self, certificate: Certificate, requests: "_Requests"
    ) -> tuple[SecretNote, ...]:
        owned = self._cluster.secrets.by("owner", _uid(certificate))
        # What is going away may keep its name for long, for a finalizer: it is no key any more.
        keys = tuple(key for key in owned if key.is_next_key and _lives(key))
        namespace, name = certificate.metadata.namespace, _next_key_name(certificate)
        if not name or any(key.metadata.name == name for key in keys) or not requests.coming():
            return keys
        # It was there before its request. Someone may have taken off the label it is watched by.
        try:
            found = await self._cluster.kube.get(SECRET, namespace, name)
        except NotFound:
            return keys
        owner = controller_of(found)
        ours = owner is not None and owner.uid == _uid(certificate)
        return (*keys, note(found)) if ours and _lives(found) else keys

    def _attempts(
        self, certificate: Certificate, now: datetime, keys: tuple[SecretNote, ...]
    ) -> tuple[Attempt, ...]:
        """As told by what there is, even if it is going away, and as remembered."""
        uid = _uid(certificate)
        told = [each.metadata.annotations for each in self._cluster.requests.by("owner", uid)]
        owned = [each for each in self._cluster.secrets.by("owner", uid) if each.is_next_key]
        told += [each.metadata.annotations for each in (*owned, *keys)]
        made = recent(told, now, known=self._memory.requested.known(uid))
        self._memory.requested.seen(uid, made, now)
        return made

    def _refused(self, certificate: Certificate, now: datetime) -> Refusal | None:
        refusal = self._memory.refusals.standing(certificate, now)
        if refusal is None or refusal.behind is None:
            return refusal
        found = self._cluster.requests.get(certificate.metadata.namespace, refusal.behind.name)
        return refusal if found and found.metadata.uid == refusal.behind.uid else None

    async def _target(
        self, certificate: Certificate, now: datetime, keys: tuple[SecretNote, ...]
    ) -> Target:
        namespace, name = certificate.metadata.namespace, certificate.spec.secret_name
        known = self._cluster.secrets.get(namespace, name)
        if known is not None:
            return known
        if certificate.metadata.deletion_timestamp is not None:
            return Unread()
        if not is_object_name(name):
            return Absent()
        has_key = any(secret.metadata.name == _next_key_name(certificate) for secret in keys)
        contested = bool(self._rivals(certificate))
        if not contested and not target_matters(certificate, now, has_next_key=has_key):
            return Unread()
        try:
            secret = await self._cluster.kube.get(SECRET, namespace, name)
        except NotFound:
            return Absent()
        if secret.metadata.labels.get(WATCHED_SECRET) == "true":
            self._cluster.secrets.feed(secret)  # it is, or soon will be, in that watch
        return note(secret)

    def _rivals(self, certificate: Certificate) -> tuple[Certificate, ...]:
        meta = certificate.metadata
        if not certificate.spec.secret_name:
            return ()
        entry = f"{meta.namespace}/{certificate.spec.secret_name}"
        same = self._cluster.certificates.by(SECRET_NAME, entry)
        return tuple(each for each in same if each.metadata.name != meta.name)

    def _claim(self, certificate: Certificate) -> str:
        namespace, name = certificate.metadata.namespace, certificate.spec.secret_name
        issuers: list[AnyIssuer] = [*self._cluster.issuers.by(USED_SECRET, f"{namespace}/{name}")]
        if namespace == self._shared:
            issuers += self._cluster.cluster_issuers.by(USED_SECRET, f"/{name}")
        return claim(issuers, name)

    async def _passwords(
        self, certificate: Certificate, target: Target, requests: "_Requests"
    ) -> Passwords | NoPassword:
        stores = certificate.spec.keystores
        if stores is None or not _stores_are_made(certificate, target, requests.coming()):
            return NO_PASSWORDS
        jks = await self._password(certificate, "JKS", stores.jks)
        pkcs12 = await self._password(certificate, "PKCS12", stores.pkcs12)
        if isinstance(jks, NoPassword):
            return jks
        return pkcs12 if isinstance(pkcs12, NoPassword) else Passwords(jks=jks, pkcs12=pkcs12)

    async def _password(
        self, certificate: Certificate, kind: str, store: JksKeystore | Pkcs12Keystore | None
    ) -> bytes | NoPassword:
        ref = store.password_secret_ref if store is not None else None
        if store is None or ref is None or not store.create or store.password:
            return b""
        named = f'{kind} keystore password Secret "{ref.name}"'
        if not is_object_name(ref.name):
            return NoPassword(secret="", sentence=f"{named} not found")
        try:
            secret = await self._cluster.kube.get(SECRET, certificate.metadata.namespace, ref.name)
        except NotFound:
            return NoPassword(secret=ref.name, sentence=f"{named} not found")
        password = secret.data.get(ref.key or "", b"")
        if password:
            return password
        return NoPassword(secret=ref.name, sentence=f'{named} has no entry "{ref.key or ""}"')


class _Requests:
    """The Certificate's requests, told apart by the revision that they carry."""

    def __init__(self, certificate: Certificate, owned: Iterable[CertificateRequest]) -> None:
        self._spec = certificate.spec
        self._revision = certificate.status.revision or 0
        living = (each for each in owned if _lives(each))
        self.all = tuple(sorted(living, key=lambda each: (_revision(each), _age(each))))

    def current(self) -> Made | None:
        of_it = [each for each in self.all if self._revision and _revision(each) == self._revision]
        return self._read(of_it[-1]) if of_it else None

    def coming(self) -> tuple[Made, ...]:
        next_one = self._revision + 1
        return tuple(self._read(each) for each in self.all if _revision(each) == next_one)

    def past(self) -> tuple[CertificateRequest, ...]:
        older = [each for each in self.all if 0 < _revision(each) <= self._revision]
        newest = [each for each in older if _revision(each) == self._revision][-1:]
        return tuple(each for each in older if each not in newest)

    def strays(self) -> tuple[CertificateRequest, ...]:
        return tuple(each for each in self.all if _revision(each) <= 0)

    def _read(self, request: CertificateRequest) -> Made:
        try:
            csr = read_csr(request.spec.request)
        except Unreadable as error:
            return Made(request=request, csr_fault=str(error))
        leaf, fault = None, ""
        if is_issued(request) and _revision(request) > self._revision:
            try:
                leaf = read_chain(request.status.certificate)
            except Unreadable as error:
                fault = str(error)
        mismatch = request_mismatch(self._spec, csr, request.spec)
        return Made(request=request, csr=csr, mismatch=mismatch, leaf=leaf, leaf_fault=fault)


def _revision(request: CertificateRequest) -> int:
    """The revision it carries; 0 where that cannot be read."""
    written = request.metadata.annotations.get(CERTIFICATE_REVISION, "")
    readable = written.isascii() and written.isdecimal() and len(written) <= _LONGEST_REVISION
    return int(written) if readable else 0


def _lives(obj: HasMetadata) -> bool:
    return obj.metadata.deletion_timestamp is None


def _age(request: CertificateRequest) -> tuple[float, str]:
    created = request.metadata.creation_timestamp
    return created.timestamp() if created else 0.0, request.metadata.name


def _uid(certificate: Certificate) -> str:
    return certificate.metadata.uid


def _next_key_name(certificate: Certificate) -> str | None:
    return certificate.status.next_private_key_secret_name


def _in_doubt(certificate: Certificate) -> bool:
    conditions = certificate.status.conditions
    issuing, ready = is_true(conditions, ISSUING), is_true(conditions, READY)
    return issuing or not ready or spec_changed(certificate)


def _stores_are_made(certificate: Certificate, target: Target, coming: tuple[Made, ...]) -> bool:
    """Whether key stores may be made next: at issuance, or where some are missing or changed."""
    if is_true(certificate.status.conditions, ISSUING):
        return any(is_issued(made.request) for made in coming)
    if not isinstance(target, SecretNote):
        return False
    return spec_changed(certificate) or bool(missing_entries(certificate.spec, target))

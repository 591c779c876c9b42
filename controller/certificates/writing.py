"""The target Secret, written by server-side apply; never over what is not for certificates."""

from dataclasses import dataclass, replace

from controller.certificates.adoption import CA_CERTIFICATE, TLS_TYPE, refusal
from controller.certificates.observed import Observed, Wishes
from controller.certificates.secret import MANAGER, entries, manifest, wanted_stores
from controller.cluster import Cluster
from controller.pki.keys import Key, decode
from controller.pki.keystores import Passwords
from controller.pki.leaf import Leaf, read_chain
from controller.runtime.errors import Invalid, NotFound
from controller.runtime.objects import SECRET, Secret
from controller.secretnote import TLS_CERTIFICATE, TLS_KEY, SecretNote, note
from orderapi.references import IssuerRef


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Content:
    """What goes into the Secret. `issuer` None marks a temporary certificate."""

    key: Key
    chain: bytes
    ca: bytes = b""
    issuer: IssuerRef | None = None


class NotAdopted(Exception):
    """The Secret must not be written to; the text says why, for people."""


class SecretWriter:
    """Writes target Secrets, whole."""

    def __init__(self, cluster: Cluster, wishes: Wishes) -> None:
        self._cluster = cluster
        self._wishes = wishes

    async def write(self, seen: Observed, content: Content) -> None:
        """Write it. Raises `NotAdopted`, `PkiError` where it cannot be made, and `ApiError`."""
        known = seen.target if isinstance(seen.target, SecretNote) else None
        data = _entries(seen, content)
        leaf = read_chain(content.chain)
        try:
            await self._apply(seen, data, leaf, content.issuer, known)
        except Invalid:
            # The type of a Secret cannot change: one that no watch knows may have another.
            found = await self._found(seen)
            if found is None or (known is not None and known.type == found.type):
                raise
            why = refusal(replace(seen, target=found))
            if why:
                raise NotAdopted(why) from None
            await self._apply(seen, data, leaf, content.issuer, found)

    async def repair(self, seen: Observed, target: SecretNote, *, stores: bool) -> bool:
        """Write it again from what it holds; False where it is not what it was any more."""
        meta = target.metadata
        try:
            found = await self._cluster.kube.get(SECRET, meta.namespace, meta.name)
        except NotFound:
            self._cluster.secrets.gone(target)
            return False
        if note(found).digest != target.digest or found.metadata.uid != meta.uid:
            return False
        chain = found.data[TLS_CERTIFICATE]
        data = entries(
            seen.certificate.spec,
            key=decode(found.data[TLS_KEY]),
            chain=chain,
            ca=found.data.get(CA_CERTIFICATE, b""),
            passwords=_passwords(seen),
            now=seen.now,
            kept_stores=None if stores else _kept(seen, target, found),
        )
        issuer = seen.certificate.spec.issuer_ref
        await self._apply(seen, data, read_chain(chain), issuer, target)
        return True

    async def _apply(
        self,
        seen: Observed,
        data: dict[str, bytes],
        leaf: Leaf,
        issuer: IssuerRef | None,
        known: SecretNote | None,
    ) -> None:
        wanted = manifest(
            seen.certificate,
            data=data,
            leaf=leaf,
            issuer=issuer,
            type=known.type if known is not None else TLS_TYPE,
            uid=known.metadata.uid if known is not None else "",
            owned=self._wishes.owner_ref,
        )
        applied = await self._cluster.kube.apply(SECRET, wanted, manager=MANAGER)
        self._cluster.secrets.feed(applied)

    async def _found(self, seen: Observed) -> SecretNote | None:
        certificate = seen.certificate
        try:
            found = await self._cluster.kube.get(
                SECRET, certificate.metadata.namespace, certificate.spec.secret_name
            )
        except NotFound:
            return None
        return note(found)


def _entries(seen: Observed, content: Content) -> dict[str, bytes]:
    return entries(
        seen.certificate.spec,
        key=content.key,
        chain=content.chain,
        ca=content.ca,
        passwords=_passwords(seen),
        now=seen.now,
        # A temporary certificate is for programs that will not start without PEM files.
        kept_stores={} if content.issuer is None else None,
    )


def _passwords(seen: Observed) -> Passwords:
    return seen.passwords if isinstance(seen.passwords, Passwords) else Passwords()


def _kept(seen: Observed, target: SecretNote, found: Secret) -> dict[str, bytes]:
    return {name: found.data[name] for name in wanted_stores(seen.certificate.spec, target)}

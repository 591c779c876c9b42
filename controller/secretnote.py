"""SecretNote: what the cache keeps of a Secret that the controller watches. Never a key, never a
password.

`note` makes it, and cannot fail: a cache must hold whatever is in the cluster. What is wrong with
the data is kept as a sentence for those who decide. The annotation in which `kubectl apply` repeats
the whole Secret is dropped.
"""

import hashlib
from datetime import datetime
from typing import Final

import msgspec

from controller.pki.faults import PkiError
from controller.pki.keys import KeyKind, decode, kind_of, public_key_digest
from controller.pki.leaf import Leaf, read_chain
from controller.runtime.objects import Secret
from orderapi import names
from orderapi.meta import ObjectMeta
from orderapi.references import IssuerRef

TLS_CERTIFICATE: Final = "tls.crt"
TLS_KEY: Final = "tls.key"

_LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"


class SecretNote(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A Secret without its secrets."""

    metadata: ObjectMeta
    type: str = ""
    immutable: bool = False
    digest: str = ""
    """SHA-256 in hex over the names and values of the data: equal where the data is."""
    entries: tuple[str, ...] = ()
    """The names of the data entries that are not empty, sorted."""
    leaf: Leaf | None = None
    """What the first certificate in tls.crt says, where it can be read."""
    certificate_fault: str = ""
    """Why there is no leaf though there is a tls.crt."""
    key_kind: KeyKind | None = None
    """Algorithm and size of tls.key, where it can be read."""
    key_digest: str = ""
    """Digest of the public half of tls.key, comparable with those of leafs and requests."""
    key_fault: str = ""
    """Why tls.key cannot be read though there is one."""

    @property
    def not_before(self) -> datetime | None:
        """Start of the certificate's lifetime."""
        return self.leaf.not_before if self.leaf else None

    @property
    def not_after(self) -> datetime | None:
        """End of the certificate's lifetime."""
        return self.leaf.not_after if self.leaf else None

    @property
    def key_matches(self) -> bool:
        """Whether key and certificate are there and belong together."""
        return self.leaf is not None and self.leaf.public_key_digest == self.key_digest

    @property
    def is_next_key(self) -> bool:
        """Whether it holds the key of an issuance under way."""
        return self.metadata.labels.get(names.NEXT_PRIVATE_KEY) == "true"

    @property
    def certificate_name(self) -> str:
        """The Certificate that it was issued for, by its annotation; empty where it has none."""
        return self.metadata.annotations.get(names.CERTIFICATE_NAME, "")

    @property
    def issuer(self) -> IssuerRef | None:
        """The issuer that its annotations name, as written; None where no annotation does."""
        annotations = self.metadata.annotations
        if names.ISSUER_NAME not in annotations:
            return None
        return IssuerRef(
            name=annotations[names.ISSUER_NAME],
            kind=annotations.get(names.ISSUER_KIND, ""),
            group=annotations.get(names.ISSUER_GROUP, ""),
        )


def note(secret: Secret) -> SecretNote:
    """What to keep of `secret`. Never raises for anything that its data may hold."""
    leaf, certificate_fault = _leaf(secret.data.get(TLS_CERTIFICATE, b""))
    kind, key_digest, key_fault = _key(secret.data.get(TLS_KEY, b""))
    return SecretNote(
        metadata=_kept(secret.metadata),
        type=secret.type,
        immutable=bool(secret.immutable),
        digest=data_digest(secret.data),
        entries=tuple(sorted(name for name, value in secret.data.items() if value)),
        leaf=leaf,
        certificate_fault=certificate_fault,
        key_kind=kind,
        key_digest=key_digest,
        key_fault=key_fault,
    )


def data_digest(data: dict[str, bytes]) -> str:
    """SHA-256 in hex over names and values, each with its length, in the order of the names."""
    digest = hashlib.sha256()
    for name, value in sorted(data.items()):
        encoded = name.encode()
        digest.update(b"%d:%d:" % (len(encoded), len(value)))
        digest.update(encoded)
        digest.update(value)
    return digest.hexdigest()


def _leaf(pem: bytes) -> tuple[Leaf | None, str]:
    try:
        return (read_chain(pem), "") if pem else (None, "")
    except PkiError as error:
        return None, str(error)


def _key(pem: bytes) -> tuple[KeyKind | None, str, str]:
    try:
        key = decode(pem) if pem else None
    except PkiError as error:
        return None, "", str(error)
    return (kind_of(key), public_key_digest(key), "") if key else (None, "", "")


def _kept(meta: ObjectMeta) -> ObjectMeta:
    if _LAST_APPLIED not in meta.annotations:
        return meta
    annotations = {name: value for name, value in meta.annotations.items() if name != _LAST_APPLIED}
    return msgspec.structs.replace(meta, annotations=annotations)

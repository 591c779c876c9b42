"""The room of the Certificate: what wakes one, and one look at it."""

from collections.abc import Iterable, Iterator
from typing import Final

from controller.certificates.claims import uses
from controller.certificates.damping import Memory
from controller.certificates.decide import decide
from controller.certificates.indexes import ISSUER, SECRET_NAME, issuer_entry
from controller.certificates.observe import Observer
from controller.certificates.observed import Wishes
from controller.certificates.perform import ROOM, Performer
from controller.cluster import Cluster
from controller.runtime.schedule import Again, Key, key_of
from controller.runtime.steps import walk
from controller.runtime.worker import Watches
from controller.secretnote import SecretNote
from controller.settings import Settings
from orderapi.certificate import Certificate
from orderapi.certificaterequest import CertificateRequest
from orderapi.issuer import AnyIssuer

_CERTIFICATE: Final = "Certificate"


class Certificates:
    """Keeps each Certificate's wish fulfilled in its Secret."""

    name = ROOM

    def __init__(self, cluster: Cluster, settings: Settings) -> None:
        wishes = Wishes(
            owner_ref=settings.enable_certificate_owner_ref,
            minimum_backoff=settings.certificate_request_minimum_backoff_duration,
            maximum_backoff=settings.certificate_request_maximum_backoff_duration,
            annotation_prefixes=settings.copied_annotation_prefixes,
        )
        self._cluster = cluster
        self._shared = settings.cluster_resource_namespace
        memory = Memory()
        self._observer = Observer(cluster, shared=self._shared, wishes=wishes, memory=memory)
        self._performer = Performer(cluster, wishes=wishes, memory=memory)

    async def reconcile(self, key: Key) -> Again:
        """Look at one Certificate, do what is due, and say when to look again."""
        return await walk(key, self._observer.observe, decide, self._performer.perform)

    def watches(self) -> Watches:
        """Certificates, their requests and Secrets, and the issuers they refer to."""
        cluster = self._cluster
        return (
            (cluster.certificates, self._of_certificate),
            (cluster.requests, _of_request),
            (cluster.secrets, self._of_secret),
            (cluster.issuers, self._of_issuer),
            (cluster.cluster_issuers, self._of_issuer),
        )

    def _of_certificate(self, certificate: Certificate) -> Iterator[Key]:
        """It, and those that share its Secret: one of them may get the right to it now."""
        yield key_of(certificate)
        yield from self._with_secret(certificate.metadata.namespace, certificate.spec.secret_name)

    def _of_secret(self, secret: SecretNote) -> Iterator[Key]:
        yield from _owner(secret)
        yield from self._with_secret(secret.metadata.namespace, secret.metadata.name)

    def _of_issuer(self, issuer: AnyIssuer) -> Iterator[Key]:
        """Those that refer to it, and those whose Secret it uses or has ceased to use."""
        for certificate in self._cluster.certificates.by(ISSUER, issuer_entry(issuer)):
            yield key_of(certificate)
        for name, _ in uses(issuer):
            yield from self._with_secret(issuer.metadata.namespace or self._shared, name)

    def _with_secret(self, namespace: str, name: str) -> Iterable[Key]:
        same = self._cluster.certificates.by(SECRET_NAME, f"{namespace}/{name}")
        return [key_of(certificate) for certificate in same]


def _of_request(request: CertificateRequest) -> Iterator[Key]:
    return _owner(request)


def _owner(obj: CertificateRequest | SecretNote) -> Iterator[Key]:
    owner = next((each for each in obj.metadata.owner_references if each.controller), None)
    if owner is not None and owner.kind == _CERTIFICATE:
        yield Key(obj.metadata.namespace, owner.name)

"""The six resources of the API: where each is served and which Struct it decodes to."""

import builtins
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import msgspec

from orderapi.certificate import Certificate
from orderapi.certificaterequest import CertificateRequest
from orderapi.challenge import Challenge
from orderapi.issuer import ClusterIssuer, Issuer
from orderapi.meta import Object
from orderapi.names import ACME_GROUP, GROUP, VERSION
from orderapi.order import Order

T = TypeVar("T", bound=Object)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource(Generic[T]):
    """A resource of the Kubernetes API. The core group's name is empty."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool
    type: builtins.type[T]

    @property
    def api_version(self) -> str:
        """`group/version`, or the version alone for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def typed(self, obj: T) -> T:
        """`obj` with this resource's apiVersion and kind."""
        return msgspec.structs.replace(obj, api_version=self.api_version, kind=self.kind)


CERTIFICATE: Final = Resource(
    group=GROUP,
    version=VERSION,
    plural="certificates",
    kind="Certificate",
    namespaced=True,
    type=Certificate,
)
CERTIFICATE_REQUEST: Final = Resource(
    group=GROUP,
    version=VERSION,
    plural="certificaterequests",
    kind="CertificateRequest",
    namespaced=True,
    type=CertificateRequest,
)
ISSUER: Final = Resource(
    group=GROUP, version=VERSION, plural="issuers", kind="Issuer", namespaced=True, type=Issuer
)
CLUSTER_ISSUER: Final = Resource(
    group=GROUP,
    version=VERSION,
    plural="clusterissuers",
    kind="ClusterIssuer",
    namespaced=False,
    type=ClusterIssuer,
)
ORDER: Final = Resource(
    group=ACME_GROUP, version=VERSION, plural="orders", kind="Order", namespaced=True, type=Order
)
CHALLENGE: Final = Resource(
    group=ACME_GROUP,
    version=VERSION,
    plural="challenges",
    kind="Challenge",
    namespaced=True,
    type=Challenge,
)

ISSUERS: Final[Mapping[str, Resource[Any]]] = {
    resource.kind: resource for resource in (ISSUER, CLUSTER_ISSUER)
}
"""The kinds of issuers of this API."""

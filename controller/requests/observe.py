"""A CertificateRequest and its surroundings, as one Observed. Asks the API server for nothing.

What is in the signing request and the certificate is not read once the request has ended: a restart
looks at every request that ever did.
"""

from dataclasses import dataclass

from controller.cluster import Cluster
from controller.issuerref import find_issuer
from controller.pki import csr, leaf
from controller.pki.faults import Unreadable as PkiUnreadable
from controller.pki.faults import quoted
from controller.requests.decide import has_ended, is_foreign
from controller.requests.observed import Asked, Leaf, Observed, Unreadable
from controller.requests.ownership import is_its_own, leading
from controller.requests.refusals import Refusals
from controller.runtime.schedule import Key
from orderapi.certificaterequest import CertificateRequest
from orderapi.order import Order


@dataclass(frozen=True, slots=True)
class Observer:
    """Looks at requests. `approves`: whether this controller is the one that approves them."""

    cluster: Cluster
    approves: bool
    refusals: Refusals
    only_namespace: str = ""

    async def observe(self, key: Key) -> Observed | None:
        """The request as it is now; None when it is gone."""
        request = self.cluster.requests.get(*key)
        if request is None:
            return None
        now = self.cluster.clock.now()
        if has_ended(request) or is_foreign(request):
            return Observed(request=request, now=now, approves=self.approves)
        meta, spec = request.metadata, request.spec
        asked = read_asked(spec.request)
        owned = self.cluster.orders.by("owner", meta.uid)
        orders = tuple(order for order in owned if is_its_own(request, asked, order))
        return Observed(
            request=request,
            now=now,
            approves=self.approves,
            issuer=find_issuer(self.cluster, spec.issuer_ref, meta.namespace),
            orders=orders,
            asked=asked,
            leaf=_leaf(request, orders),
            refused_until=self.refusals.until(meta.uid),
            only_namespace=self.only_namespace,
        )


def read_asked(data: bytes) -> Asked | Unreadable:
    """What a signing request (PEM or DER) asks for."""
    try:
        found = csr.read_csr(data)
    except PkiUnreadable as error:
        return Unreadable(why=str(error))
    return Asked(
        common_name=found.common_name,
        dns_names=tuple(dict.fromkeys(found.dns_names)),
        ip_addresses=tuple(dict.fromkeys(found.ip_addresses)),
        unsupported=(
            *(f"URI {quoted(uri)}" for uri in found.uris),
            *(f"e-mail address {quoted(email)}" for email in found.emails),
            *(f"other name {oid}" for oid, _ in found.other_names),
        ),
        is_ca=found.is_ca,
        key_digest=found.public_key_digest,
    )


def _leaf(request: CertificateRequest, orders: tuple[Order, ...]) -> Leaf | Unreadable | None:
    certificate = leading(request, orders).status.certificate if orders else b""
    if not certificate:
        return None
    try:
        return Leaf(key_digest=leaf.read_chain(certificate).public_key_digest)
    except PkiUnreadable as error:
        return Unreadable(why=str(error))

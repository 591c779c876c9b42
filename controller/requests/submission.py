"""The Order of a request: its name and its spec. Pure.

The name says which Certificate it is for and is the same whenever it is computed anew; another salt
gives another name, for where a stranger holds the first.
"""

from controller.requests.observed import Asked
from orderapi import names
from orderapi.certificaterequest import CertificateRequest
from orderapi.copying import copied_annotations, copied_labels
from orderapi.issuer import AcmeIssuer
from orderapi.meta import ObjectMeta, owner_reference
from orderapi.order import Order, OrderSpec
from orderapi.resources import CERTIFICATE_REQUEST, ORDER


def name_of(request: CertificateRequest, salt: int = 0) -> str:
    """Name of the request's Order: the Certificate's name where it is for one, and a number."""
    meta = request.metadata
    prefix = meta.annotations.get(names.CERTIFICATE_NAME) or meta.name
    return names.order_name(prefix, meta.uid, salt)


def order_for(
    request: CertificateRequest, acme: AcmeIssuer, asked: Asked, *, salt: int = 0
) -> Order:
    """The Order to create."""
    meta, spec = request.metadata, request.spec
    order = Order(
        metadata=ObjectMeta(
            name=name_of(request, salt),
            namespace=meta.namespace,
            labels=copied_labels(meta),
            annotations=copied_annotations(meta),
            owner_references=(owner_reference(CERTIFICATE_REQUEST, request),),
        ),
        spec=OrderSpec(
            request=spec.request,
            issuer_ref=spec.issuer_ref,
            common_name=asked.common_name or None,
            dns_names=asked.dns_names,
            ip_addresses=asked.ip_addresses,
            duration=spec.duration if acme.enable_duration_feature else None,
            profile=acme.profile or None,
        ),
    )
    return ORDER.typed(order)

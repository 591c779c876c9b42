"""What people read on a request: in its Ready condition and in its events. Pure.

Wherever cert-manager says the same thing these are its words, for alerts and scripts know them.
"""

import re
from collections.abc import Sequence
from typing import Final

from controller.requests.observed import Asked
from orderapi.conditions import TRUE, Condition
from orderapi.defaults import issuer_kind
from orderapi.order import Order
from orderapi.references import IssuerRef
from orderapi.states import PENDING

APPROVAL_REASON: Final = "cert-manager.io"
APPROVED: Final = "Certificate request has been approved by cert-manager.io"
DENIED: Final = "The CertificateRequest was denied by an approval controller"
NOT_APPROVED: Final = "Not signing CertificateRequest until it is Approved"
CHANGED_BY_ADMISSION: Final = (
    "it was changed as it was made (a mutating webhook or policy), and asks for something else now"
)
ISSUED: Final = "Certificate fetched from issuer successfully"

EVENT_WAITING_FOR_APPROVAL: Final = "WaitingForApproval"
EVENT_ISSUER_NOT_FOUND: Final = "IssuerNotFound"
EVENT_ISSUER_NOT_READY: Final = "IssuerNotReady"
EVENT_ORDER_FAILED: Final = "OrderFailed"
EVENT_ORDER_CREATING_ERROR: Final = "OrderCreatingError"
EVENT_DECODE_ERROR: Final = "DecodeError"

TROUBLES: Final = frozenset({EVENT_ORDER_CREATING_ERROR})
"""Events of a request that still waits, which are warnings all the same."""

_SHOWN: Final = 10


def order_created(name: str) -> str:
    """The event about an Order that was made."""
    return f'Created Order resource "{name}"'


def waiting_on(namespace: str, order: str, state: str = PENDING, reason: str = "") -> str:
    """Of a request whose Order is under way; `reason` where something is in its way."""
    text = f'Waiting on certificate issuance from order {namespace}/{order}: "{state or PENDING}"'
    return f"{text}: {reason}" if reason else text


def is_waiting_on(message: str, namespace: str, order: str) -> bool:
    """Whether the message says that this Order is under way, in any state, and nothing more."""
    beginning = re.escape(waiting_on(namespace, order).rpartition('"pending"')[0])
    return re.fullmatch(beginning + r'"\w*"', message) is not None


def not_created(namespace: str, order: str, why: str) -> str:
    """Of an Order that the API server does not take."""
    return f"Failed create new order resource {namespace}/{order}: {why}; it is tried again"


def order_failed(order: Order) -> str:
    """Of a request whose Order has failed."""
    reason = order.status.reason or "no reason was recorded"
    return (
        f'Failed to wait for order resource "{order.metadata.name}" to become ready: '
        f'order is in "{order.status.state}" state: {reason}'
    )


def other_key(order: Order) -> str:
    """Of a certificate that does not belong to the signing request."""
    return (
        f'The CA returned a certificate for another key: order "{order.metadata.name}" is valid, '
        "but its certificate's public key is not the one in the signing request, as happens where "
        "a CA hands back an earlier order for the same names. This request has failed; another "
        "one, with another order, can succeed"
    )


def undecodable_certificate(order: Order, why: str) -> str:
    """Of a certificate that cannot be read."""
    return f'Failed to decode returned certificate of order "{order.metadata.name}": {why}'


def undecodable_request(why: str) -> str:
    """Of a signing request that cannot be read."""
    return f"Failed to decode CSR in spec.request: {why}"


def strange_common_name(asked: Asked) -> str:
    """Of a common name that is not among the names."""
    names = " ".join(asked.dns_names[:_SHOWN])
    addresses = " ".join(asked.ip_addresses[:_SHOWN])
    return (
        "The CSR PEM requests a commonName that is not present in the list of dnsNames or "
        "ipAddresses. If a commonName is set, ACME requires that the value is also present in the "
        f'list of dnsNames or ipAddresses: "{asked.common_name}" does not exist in [{names}] or '
        f"[{addresses}]"
    )


def ca_certificate() -> str:
    """Of a CA certificate that is asked for."""
    return (
        "The request asks for a CA certificate (isCA): an ACME CA does not issue CA certificates. "
        "Remove spec.isCA, and spec.nameConstraints with it, or use an issuer of another type"
    )


def unsupported_names(unsupported: Sequence[str]) -> str:
    """Of names for which no ACME CA can issue."""
    told = ", ".join(unsupported[:_SHOWN])
    more = f" and {len(unsupported) - _SHOWN} more" if len(unsupported) > _SHOWN else ""
    return (
        f"The CSR asks for {told}{more}: through ACME a certificate can be had for DNS names and "
        "IP addresses only. Take these out, or use an issuer of another type"
    )


def no_names() -> str:
    """Of a signing request that names nothing."""
    return (
        "The CSR names no DNS name and no IP address: through ACME a certificate can be had for "
        "these only"
    )


def issuer_missing(ref: IssuerRef, namespace: str, *, only_namespace: str = "") -> str:
    """Of an issuer that is not there; `only_namespace`: the one that this controller runs for."""
    kind = issuer_kind(ref)
    if kind not in ("Issuer", "ClusterIssuer"):
        return f'Referenced "{kind}" not found: spec.issuerRef.kind must be Issuer or ClusterIssuer'
    if kind == "ClusterIssuer" and only_namespace:
        return (
            f'Referenced "{kind}" not found: this controller runs for one namespace only '
            f'(--namespace={only_namespace}) and does not look at ClusterIssuers, "{ref.name}" '
            "among them. Name an Issuer of this namespace, or run the controller for all"
        )
    where = f' in namespace "{namespace}"' if kind == "Issuer" else ""
    return (
        f'Referenced "{kind}" not found: there is no {kind} "{ref.name}"{where}; this goes on when '
        "there is one"
    )


def issuer_not_ready(ref: IssuerRef, ready: Condition | None) -> str:
    """Of an issuer that cannot sign yet."""
    if ready is None:
        return "Referenced issuer does not have a Ready status condition"
    if ready.status == TRUE:
        return f'Referenced {issuer_kind(ref)} "{ref.name}" is not of type acme'
    why = ready.message or ready.reason or "it does not say why"
    return f'Referenced {issuer_kind(ref)} "{ref.name}" is not ready: {why}'

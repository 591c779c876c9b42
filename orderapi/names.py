"""Names of the API: groups, annotations, labels, finalizers, condition types, event reasons, and
the names of the objects that are made. What is copied from object to object is told in `copying`.
"""

import hashlib
import re
import zlib
from typing import Final

GROUP: Final = "cert-manager.io"
ACME_GROUP: Final = "acme.cert-manager.io"
VERSION: Final = "v1"

# Annotations on Certificates, CertificateRequests and Secrets.
CERTIFICATE_NAME: Final = "cert-manager.io/certificate-name"
CERTIFICATE_REVISION: Final = "cert-manager.io/certificate-revision"
PRIVATE_KEY_SECRET_NAME: Final = "cert-manager.io/private-key-secret-name"  # noqa: S105
ISSUE_TEMPORARY_CERTIFICATE: Final = "cert-manager.io/issue-temporary-certificate"
ISSUER_NAME: Final = "cert-manager.io/issuer-name"
ISSUER_KIND: Final = "cert-manager.io/issuer-kind"
ISSUER_GROUP: Final = "cert-manager.io/issuer-group"
COMMON_NAME: Final = "cert-manager.io/common-name"
ALT_NAMES: Final = "cert-manager.io/alt-names"
IP_SANS: Final = "cert-manager.io/ip-sans"
URI_SANS: Final = "cert-manager.io/uri-sans"
EMAIL_SANS: Final = "cert-manager.io/email-sans"
SUBJECT_ORGANIZATIONS: Final = "cert-manager.io/subject-organizations"
SUBJECT_ORGANIZATIONAL_UNITS: Final = "cert-manager.io/subject-organizationalunits"
SUBJECT_COUNTRIES: Final = "cert-manager.io/subject-countries"
SUBJECT_PROVINCES: Final = "cert-manager.io/subject-provinces"
SUBJECT_LOCALITIES: Final = "cert-manager.io/subject-localities"
SUBJECT_STREET_ADDRESSES: Final = "cert-manager.io/subject-streetaddresses"
SUBJECT_POSTAL_CODES: Final = "cert-manager.io/subject-postalcodes"
SUBJECT_SERIAL_NUMBER: Final = "cert-manager.io/subject-serialnumber"
ALLOW_DIRECT_INJECTION: Final = "cert-manager.io/allow-direct-injection"

# Annotations on Certificates that change the solver of their Orders.
HTTP01_OVERRIDE_INGRESS_NAME: Final = "acme.cert-manager.io/http01-override-ingress-name"
HTTP01_OVERRIDE_INGRESS_CLASS: Final = "acme.cert-manager.io/http01-override-ingress-class"
HTTP01_OVERRIDE_INGRESS_CLASS_NAME: Final = (
    "acme.cert-manager.io/http01-override-ingress-ingressclassname"
)
HTTP01_PARENT_REF_NAME: Final = "acme.cert-manager.io/http01-parentrefname"
HTTP01_PARENT_REF_KIND: Final = "acme.cert-manager.io/http01-parentrefkind"
HTTP01_PARENT_REF_NAMESPACE: Final = "acme.cert-manager.io/http01-parentrefnamespace"

# Annotations on Ingresses and Gateways that ask for Certificates.
INGRESS_ISSUER: Final = "cert-manager.io/issuer"
INGRESS_CLUSTER_ISSUER: Final = "cert-manager.io/cluster-issuer"
IGNORE_TLS_LISTENERS: Final = "cert-manager.io/ignore-tls-listeners"
DURATION: Final = "cert-manager.io/duration"
RENEW_BEFORE: Final = "cert-manager.io/renew-before"
RENEW_BEFORE_PERCENTAGE: Final = "cert-manager.io/renew-before-percentage"
USAGES: Final = "cert-manager.io/usages"
REVISION_HISTORY_LIMIT: Final = "cert-manager.io/revision-history-limit"
PRIVATE_KEY_ALGORITHM: Final = "cert-manager.io/private-key-algorithm"
PRIVATE_KEY_ENCODING: Final = "cert-manager.io/private-key-encoding"
PRIVATE_KEY_SIZE: Final = "cert-manager.io/private-key-size"
PRIVATE_KEY_ROTATION_POLICY: Final = "cert-manager.io/private-key-rotation-policy"
SECRET_TEMPLATE: Final = "cert-manager.io/secret-template"  # noqa: S105
HTTP01_EDIT_IN_PLACE: Final = "acme.cert-manager.io/http01-edit-in-place"
HTTP01_INGRESS_CLASS: Final = "acme.cert-manager.io/http01-ingress-class"
HTTP01_INGRESS_CLASS_NAME: Final = "acme.cert-manager.io/http01-ingress-ingressclassname"

# Our own.
ATTEMPTS: Final = "kubectl-order/attempts"
"""Annotation of a CertificateRequest: times (RFC 3339, comma-separated) of the last requests for
the same names."""
ISSUER_SEEN: Final = "kubectl-order/issuer"
"""Annotation of a CertificateRequest: uid and generation of its issuer when it was made."""
ACME_SERVER: Final = "kubectl-order/acme-server"
"""Annotation of a CertificateRequest: the ACME server of its issuer when it was made."""

CONTROLLER_USER: Final = "system:serviceaccount:cert-manager:order-controller"
"""The user that the controller of deploy/ acts as."""

# The webhook of deploy/: its Service, what it registers, and the Secret that keeps its CA.
WEBHOOK_NAMESPACE: Final = "cert-manager"
WEBHOOK_SERVICE: Final = "order-webhook"
WEBHOOK_CONFIGURATION: Final = "kubectl-order"
WEBHOOK_CA_SECRET: Final = "order-webhook-ca"  # noqa: S105

CHALLENGE_PATH: Final = "/.well-known/acme-challenge/"
"""Where the answer to an HTTP-01 challenge is fetched, before its token (RFC 8555 section 8.3)."""
PROBLEM_URN: Final = "urn:ietf:params:acme:error:"
"""What the types of a CA's problems begin with (RFC 8555 section 6.7)."""

# Labels.
NEXT_PRIVATE_KEY: Final = "cert-manager.io/next-private-key"
WATCHED_SECRET: Final = "controller.cert-manager.io/fao"  # noqa: S105
"""With the value "true": the Secret is one that the controller keeps, and watches."""
MANAGED_BY: Final = "app.kubernetes.io/managed-by"
HTTP_DOMAIN: Final = "acme.cert-manager.io/http-domain"
HTTP_TOKEN: Final = "acme.cert-manager.io/http-token"  # noqa: S105
HTTP01_SOLVER: Final = "acme.cert-manager.io/http01-solver"

# Finalizers of Challenges.
FINALIZER: Final = "acme.cert-manager.io/finalizer"
LEGACY_FINALIZER: Final = "finalizer.acme.cert-manager.io"

# Condition types.
READY: Final = "Ready"
ISSUING: Final = "Issuing"
APPROVED: Final = "Approved"
DENIED: Final = "Denied"
INVALID_REQUEST: Final = "InvalidRequest"

# Reasons of a CertificateRequest's Ready condition.
REASON_PENDING: Final = "Pending"
REASON_FAILED: Final = "Failed"
REASON_ISSUED: Final = "Issued"
REASON_DENIED: Final = "Denied"

# Reasons of a CertificateRequest's InvalidRequest condition, and of the events that go with it.
REASON_PARSING_ERROR: Final = "RequestParsingError"
REASON_INVALID_ORDER: Final = "InvalidOrder"
INVALID_REASONS: Final = frozenset({REASON_PARSING_ERROR, REASON_INVALID_ORDER})
"""With these a request was refused for what it asks: the same request is always refused."""

# Event reasons. The component that reports them is EVENT_SOURCE.
EVENT_SOURCE: Final = "cert-manager"
EVENT_ISSUING: Final = "Issuing"
EVENT_GENERATED: Final = "Generated"
EVENT_REUSED: Final = "Reused"
EVENT_DELETED: Final = "Deleted"
EVENT_DECODE_FAILED: Final = "DecodeFailed"
EVENT_CANNOT_REGENERATE_KEY: Final = "CannotRegenerateKey"
EVENT_REQUESTED: Final = "Requested"
EVENT_REQUEST_FAILED: Final = "RequestFailed"
EVENT_CERTIFICATE_ISSUED: Final = "CertificateIssued"
EVENT_ORDER_CREATED: Final = "OrderCreated"
EVENT_ORDER_VALID: Final = "OrderValid"
EVENT_CREATED: Final = "Created"
EVENT_SOLVER: Final = "Solver"
EVENT_PRESENTED: Final = "Presented"
EVENT_PRESENT_ERROR: Final = "PresentError"
EVENT_DOMAIN_VERIFIED: Final = "DomainVerified"
EVENT_FAILED: Final = "Failed"
EVENT_CLEAN_UP_ERROR: Final = "CleanUpError"
EVENT_BAD_CONFIG: Final = "BadConfig"
EVENT_CREATE_CERTIFICATE: Final = "CreateCertificate"
EVENT_UPDATE_CERTIFICATE: Final = "UpdateCertificate"
EVENT_DELETE_CERTIFICATE: Final = "DeleteCertificate"

# A Challenge's name fits a label value, 63 characters: 48 of the prefix, "-", up to ten digits of
# the hash, "-", three of the index.
_MAX_PREFIX: Final = 48
_MAX_REQUEST_PREFIX: Final = 233
_REQUEST_PREFIX_KEPT: Final = 168

_NOT_ALLOWED: Final = re.compile(r"[^a-z0-9.-]+")
_NOT_ALPHANUMERIC_ENDS: Final = ".-"
_BROKEN_DOT: Final = re.compile(r"-*\.[.-]*")


def order_name(prefix: str, request_uid: str, salt: int) -> str:
    """Name of the Order for a request: always the same for one UID and salt.

    It is `prefix` cut to 48 characters, "-", and the CRC-32 of `<request_uid>/<salt>` in decimal:
    a DNS subdomain and a label value of at most 59 characters, whatever `prefix` holds.
    """
    number = zlib.crc32(f"{request_uid}/{salt}".encode())
    return f"{_cut(_subdomain(prefix), _MAX_PREFIX)}-{number}"


def challenge_name(order_name: str, index: int) -> str:
    """Name of the Challenge for the authorization at `index` (from 0) of an Order's status."""
    return f"{order_name}-{index}"


def request_name(certificate: str, revision: int) -> str:
    """Name of the CertificateRequest for a revision; an over-long name is cut, with a digest."""
    if len(certificate) > _MAX_REQUEST_PREFIX:
        digest = hashlib.sha256(certificate.encode()).hexdigest()
        certificate = f"{_cut(certificate, _REQUEST_PREFIX_KEPT)}-{digest}"
    return f"{certificate}-{revision}"


def _subdomain(text: str) -> str:
    # A prefix may come from an annotation, and so hold anything.
    dashed = _NOT_ALLOWED.sub("-", text.lower())
    return _BROKEN_DOT.sub(".", dashed).strip(_NOT_ALPHANUMERIC_ENDS) or "order"


def _cut(name: str, length: int) -> str:
    return name[:length].rstrip(_NOT_ALPHANUMERIC_ENDS)

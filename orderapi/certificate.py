"""Certificate: the wish for a TLS certificate, kept fulfilled in a Secret.

Defaults are in `orderapi.defaults` and never written into an object.
"""

from datetime import datetime
from typing import Annotated

import msgspec

from orderapi.conditions import Conditions
from orderapi.diagnosis import Diagnosis
from orderapi.keystores import Keystores
from orderapi.meta import Object
from orderapi.references import IssuerRef
from orderapi.usages import Usage
from orderapi.wire import Wire, crd


class Subject(Wire):
    """The X.509 subject apart from its common name."""

    organizations: tuple[str, ...] = ()
    """Organizations (O)."""
    countries: tuple[str, ...] = ()
    """Countries (C), as two letters each."""
    organizational_units: tuple[str, ...] = ()
    """Organizational units (OU)."""
    localities: tuple[str, ...] = ()
    """Localities (L), such as cities."""
    provinces: tuple[str, ...] = ()
    """States or provinces (ST)."""
    street_addresses: tuple[str, ...] = ()
    """Street addresses (STREET)."""
    postal_codes: tuple[str, ...] = ()
    """Postal codes."""
    serial_number: str | None = None
    """Serial number of the subject; it is not the certificate's serial number."""


class OtherName(Wire):
    """A subject alternative name of a kind that has no field of its own."""

    oid: str | None = None
    """Object identifier that tells what the value is, such as 1.3.6.1.4.1.311.20.2.3."""
    utf8_value: str | None = None
    """The value, encoded as an ASN.1 UTF8String."""


class PrivateKey(Wire):
    """How the private key is made and stored."""

    algorithm: Annotated[str, crd(enum=["RSA", "ECDSA", "Ed25519"])] | None = None
    """Algorithm of the key: RSA (the default), ECDSA or Ed25519."""
    size: int | None = None
    """Size in bits: 2048 (the default) to 8192 for RSA; 256 (the default), 384 or 521 for ECDSA;
    without meaning for Ed25519."""
    encoding: Annotated[str, crd(enum=["PKCS1", "PKCS8"])] | None = None
    """How tls.key is encoded: PKCS1 (the default; SEC 1 for ECDSA keys) or PKCS8 (always for
    Ed25519)."""
    rotation_policy: Annotated[str, crd(enum=["Never", "Always"])] | None = None
    """Whether each issuance makes a new key: Always (the default), or Never to keep the key while
    it fits."""


class SecretTemplate(Wire):
    """Metadata for the Secret."""

    annotations: dict[str, str] = msgspec.field(default_factory=dict)
    """Annotations that the Secret gets."""
    labels: dict[str, str] = msgspec.field(default_factory=dict)
    """Labels that the Secret gets."""


class OutputFormat(Wire):
    """One more form of key and certificate in the Secret."""

    type: Annotated[str, crd(enum=["DER", "CombinedPEM"])]
    """DER adds the key as key.der; CombinedPEM adds key and chain together as tls-combined.pem."""


class NameConstraintItems(Wire):
    """Names by kind, for a constraint."""

    dns_domains: tuple[str, ...] = ()
    """DNS domains; a domain covers the names below it."""
    ip_ranges: tuple[str, ...] = ()
    """IP address ranges in CIDR notation."""
    email_addresses: tuple[str, ...] = ()
    """E-mail addresses or the domains of such."""
    uri_domains: tuple[str, ...] = ()
    """Domains of URIs."""


class NameConstraints(Wire):
    """The names that a CA certificate may or may not issue for (RFC 5280 section 4.2.1.10)."""

    critical: bool | None = None
    """Whether a verifier that does not know name constraints must refuse the certificate."""
    permitted: NameConstraintItems | None = None
    """Names it may issue for."""
    excluded: NameConstraintItems | None = None
    """Names it may not issue for, even where they are permitted."""


class RenewalWindow(Wire):
    """A recurring span of time in which renewal is welcome."""

    cron: Annotated[str, crd(min_length=1)]
    """When the window opens, as a cron expression of five fields."""
    window_duration: Annotated[str, crd(pattern=r"^([0-9]+(\.[0-9]+)?(s|m|h))+$")]
    """How long the window stays open, as a Go duration of hours, minutes and seconds."""
    timezone: Annotated[str, crd(min_length=1)] | None = None
    """Time zone of the cron expression, as an IANA name; UTC by default."""


class Renewal(Wire):
    """Whether and when the certificate is renewed by itself."""

    policy: Annotated[str, crd(enum=["RenewBefore", "Disabled"])] | None = None
    """RenewBefore renews in time before the end; Disabled never renews by itself."""
    windows: tuple[RenewalWindow, ...] = ()
    """Spans of time that renewal is moved into, where it would otherwise fall outside all of
    them."""


class CertificateSpec(Wire):
    """What the certificate is to be."""

    secret_name: str
    """Name of the Secret that holds key and certificate, in the same namespace. It is made when it
    is not there."""
    issuer_ref: IssuerRef
    """The issuer that signs the certificate."""
    common_name: str | None = None
    """Common name of the subject, at most 64 bytes; what verifiers look at are the alternative
    names."""
    dns_names: tuple[str, ...] = ()
    """DNS names, wildcards such as *.example.com included."""
    ip_addresses: tuple[str, ...] = ()
    """IP addresses, of either version."""
    uris: tuple[str, ...] = ()
    """URIs, such as SPIFFE IDs."""
    email_addresses: tuple[str, ...] = ()
    """E-mail addresses, without a display name."""
    other_names: tuple[OtherName, ...] = ()
    """Alternative names of other kinds, each given by its object identifier."""
    subject: Subject | None = None
    """Further parts of the subject. Excludes literalSubject."""
    literal_subject: str | None = None
    """The whole subject as an RFC 4514 string, in the order it is written. Excludes commonName and
    subject."""
    duration: str | None = None
    """Lifetime asked for (Go duration), 2160h by default, at least 1h; the issuer may grant
    another."""
    renew_before: str | None = None
    """How long before the end to renew (Go duration), at least 5m; a third of the lifetime by
    default. Excludes renewBeforePercentage."""
    renew_before_percentage: Annotated[int, crd(format="int32")] | None = None
    """The same as a percentage of the lifetime that is left at renewal, above 0 and below 100.
    Excludes renewBefore."""
    renewal: Renewal | None = None
    """Whether and when to renew by itself; always in time, by default."""
    private_key: PrivateKey | None = None
    """How the private key is made and stored; RSA with 2048 bits, new at each issuance, by
    default."""
    signature_algorithm: (
        Annotated[
            str,
            crd(
                enum=[
                    "SHA256WithRSA",
                    "SHA384WithRSA",
                    "SHA512WithRSA",
                    "ECDSAWithSHA256",
                    "ECDSAWithSHA384",
                    "ECDSAWithSHA512",
                    "PureEd25519",
                ]
            ),
        ]
        | None
    ) = None
    """Algorithm that signs the request; it follows from the key's algorithm and size by default."""
    usages: tuple[Usage, ...] = ()
    """Key usages asked for; digital signature and key encipherment by default."""
    encode_usages_in_request: bool | None = None
    """Whether the usages are written into the request; true by default."""
    is_ca: bool | None = None
    """Whether the certificate may sign other certificates; false by default, and public ACME CAs
    refuse it."""
    name_constraints: NameConstraints | None = None
    """Name constraints for a CA certificate."""
    secret_template: SecretTemplate | None = None
    """Labels and annotations for the Secret, kept as they are written here.
    Annotations of cert-manager.io are not taken."""
    keystores: Keystores | None = None
    """Key stores to add to the Secret."""
    additional_output_formats: tuple[OutputFormat, ...] = ()
    """Further forms of key and certificate to add to the Secret."""
    revision_history_limit: Annotated[int, crd(format="int32")] | None = None
    """How many CertificateRequests are kept; 1 by default and at least."""


class AriWindow(Wire):
    """The span of time in which the CA wants the renewal."""

    start: datetime
    """When the window opens."""
    end: datetime
    """When the window closes."""


class AriStatus(Wire):
    """What the CA says about renewal (RFC 9773)."""

    suggested_window: AriWindow | None = None
    """When the CA wants the certificate to be renewed."""
    explanation_url: str | None = None
    """A page of the CA that explains the window."""
    last_checked: datetime | None = None
    """When the CA was last asked."""
    last_error: str | None = None
    """What went wrong when the CA was last asked; absent when it answered."""
    next_check: datetime | None = None
    """When the CA is asked again."""


class CertificateAcmeStatus(Wire):
    """What an ACME CA says about the certificate."""

    ari: AriStatus | None = None
    """The CA's renewal information."""


class CertificateStatus(Wire):
    """What the certificate is now."""

    conditions: Conditions = ()
    """Ready: the Secret holds a valid certificate that fits the spec. Issuing: a new one is being
    made."""
    not_before: datetime | None = None
    """Start of the lifetime of the certificate in the Secret."""
    not_after: datetime | None = None
    """End of the lifetime of the certificate in the Secret."""
    renewal_time: datetime | None = None
    """When the certificate is renewed."""
    revision: int | None = None
    """How often a certificate has been issued; a request carries the revision that it would
    become."""
    next_private_key_secret_name: str | None = None
    """The Secret that holds the key of the issuance under way."""
    failed_issuance_attempts: int | None = None
    """How many issuances failed one after the other; absent after a success."""
    last_failure_time: datetime | None = None
    """When the last issuance failed; absent after a success."""
    acme: CertificateAcmeStatus = CertificateAcmeStatus()
    """What an ACME CA says about the certificate."""
    diagnosis: Diagnosis | None = None
    """Why there is no up-to-date certificate, with the last attempts. For people: nothing is
    decided by it."""


class Certificate(Object):
    """The wish for a TLS certificate: key and certificate are kept in a Secret and renewed in
    time."""

    # A CRD lets an object without a spec pass; it reads as one that asks for nothing.
    spec: CertificateSpec = CertificateSpec(secret_name="", issuer_ref=IssuerRef(name=""))
    """What the certificate is to be."""
    status: CertificateStatus = CertificateStatus()
    """What the certificate is now. Written by the controller."""

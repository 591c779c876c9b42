"""Issuer types other than ACME, as manifests may contain them.

This project does not sign with them; their fields exist so that a manifest written for another
controller is stored whole.
"""

from typing import Annotated

import msgspec

from orderapi.references import LocalObjectReference, SecretKeySelector, ServiceAccountRef
from orderapi.wire import Wire, crd


class CaIssuer(Wire):
    """A CA whose key is in a Secret."""

    secret_name: str
    """Secret with the CA's certificate and key."""
    crl_distribution_points: tuple[str, ...] = ()
    """URLs of revocation lists, for the certificates that it signs."""
    ocsp_servers: tuple[str, ...] = ()
    """URLs of OCSP responders, for the certificates that it signs."""
    issuing_certificate_urls: tuple[str, ...] = ()
    """URLs of the CA's own certificate, for the certificates that it signs."""


class SelfSignedIssuer(Wire):
    """Certificates signed with their own keys."""

    crl_distribution_points: tuple[str, ...] = ()
    """URLs of revocation lists, for the certificates that it signs."""


class VaultAppRole(Wire):
    """Log-in with an AppRole."""

    path: str
    """Path at which the method is mounted."""
    role_id: str = msgspec.field(name="roleId")
    """ID of the role."""
    secret_ref: SecretKeySelector
    """Secret entry with the role's secret ID."""


class VaultAws(Wire):
    """Log-in with an identity of AWS."""

    role: Annotated[str, crd(min_length=1)]
    """Role in Vault."""
    mount_path: str | None = None
    """Path at which the method is mounted; /v1/auth/aws by default."""
    region: str | None = None
    """AWS region of the token service; that of the environment by default."""
    iam_role_arn: str | None = None
    """ARN of the AWS role to take on; needs serviceAccountRef."""
    service_account_ref: ServiceAccountRef | None = None
    """ServiceAccount whose token is exchanged for the AWS role; ambient credentials by default."""
    vault_header_value: str | None = None
    """Value of the header that Vault may demand in the signed request, to tell servers apart."""


class VaultClientCertificate(Wire):
    """Log-in with a client certificate."""

    mount_path: str | None = None
    """Path at which the method is mounted; /v1/auth/cert by default."""
    name: str | None = None
    """Certificate role in Vault; every role is tried by default."""
    secret_name: str | None = None
    """Secret of type kubernetes.io/tls with the client certificate."""


class VaultKubernetes(Wire):
    """Log-in with a ServiceAccount."""

    role: str
    """Role in Vault."""
    mount_path: str | None = None
    """Path at which the method is mounted; /v1/auth/kubernetes by default."""
    secret_ref: SecretKeySelector | None = None
    """Secret entry with a long-lived token. Excludes serviceAccountRef, which is the safer
    choice."""
    service_account_ref: ServiceAccountRef | None = None
    """ServiceAccount whose token is used. Excludes secretRef."""


class VaultAuth(Wire):
    """How to log in to Vault; exactly one way."""

    token_secret_ref: SecretKeySelector | None = None
    """Secret entry with a token."""
    app_role: VaultAppRole | None = None
    """Log in with an AppRole."""
    aws: VaultAws | None = None
    """Log in with an identity of AWS."""
    client_certificate: VaultClientCertificate | None = None
    """Log in with a client certificate."""
    kubernetes: VaultKubernetes | None = None
    """Log in with a ServiceAccount."""


class VaultIssuer(Wire):
    """HashiCorp Vault."""

    server: str
    """URL of the server."""
    path: str
    """Path of the signing endpoint, such as pki/sign/my-role."""
    auth: VaultAuth
    """How to log in."""
    namespace: str | None = None
    """Vault namespace."""
    server_name: str | None = None
    """Host name that the server's certificate must be for; that of the URL by default."""
    ca_bundle: bytes = b""
    """CA certificates (PEM) that the server's certificate is verified with. Excludes
    caBundleSecretRef."""
    ca_bundle_secret_ref: SecretKeySelector | None = None
    """Secret entry with such CA certificates; ca.crt by default. Excludes caBundle."""
    client_cert_secret_ref: SecretKeySelector | None = None
    """Secret entry with a client certificate for the connection; tls.crt by default."""
    client_key_secret_ref: SecretKeySelector | None = None
    """Secret entry with the client certificate's key; tls.key by default."""


class VenafiTpp(Wire):
    """CyberArk Certificate Manager, Self-Hosted (formerly Venafi TPP)."""

    url: str
    """URL of the API."""
    credentials_ref: LocalObjectReference
    """Secret with the credentials: username and password, or access-token."""
    ca_bundle: bytes = b""
    """CA certificates (PEM) that the server's certificate is verified with. Excludes
    caBundleSecretRef."""
    ca_bundle_secret_ref: SecretKeySelector | None = None
    """Secret entry with such CA certificates; ca.crt by default. Excludes caBundle."""


class VenafiCloud(Wire):
    """CyberArk Certificate Manager, SaaS (formerly Venafi Cloud)."""

    api_token_secret_ref: SecretKeySelector
    """Secret entry with an API key."""
    url: str | None = None
    """URL of the API; the vendor's public one by default."""


class VenafiNgts(Wire):
    """Palo Alto Networks Next-Gen Trust Security."""

    tsg_id: str
    """ID of the tenant service group."""
    credentials_ref: LocalObjectReference
    """Secret with the client credentials."""
    token_endpoint: str | None = None
    """URL that hands out access tokens; the vendor's public one by default."""
    url: str | None = None
    """URL of the API; the vendor's public one by default."""


class VenafiIssuer(Wire):
    """A certificate manager in the line of Venafi's."""

    zone: str
    """Zone or policy that the request is made in."""
    tpp: VenafiTpp | None = None
    """The self-hosted product."""
    cloud: VenafiCloud | None = None
    """The product offered as a service."""
    ngts: VenafiNgts | None = None
    """The product within Next-Gen Trust Security."""

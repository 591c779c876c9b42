"""DNS-01: the providers in whose zones the TXT record is published, and what each needs to know."""

from typing import Annotated

from orderapi.references import SecretKeySelector, ServiceAccountRef
from orderapi.wire import Json, Wire, crd


class AcmeDns(Wire):
    """An acme-dns server."""

    host: str
    """URL of the server's API."""
    account_secret_ref: SecretKeySelector
    """Secret entry with the accounts, as a JSON object from domain to account."""


class Akamai(Wire):
    """Akamai Edge DNS."""

    service_consumer_domain: str
    """Host name of the API for this account."""
    client_token_secret_ref: SecretKeySelector
    """Secret entry with the client token."""
    client_secret_secret_ref: SecretKeySelector
    """Secret entry with the client secret."""
    access_token_secret_ref: SecretKeySelector
    """Secret entry with the access token."""


class AzureManagedIdentity(Wire):
    """Which managed identity to use, where there is more than one."""

    client_id: str | None = None
    """Client ID of the identity. Excludes resourceID."""
    resource_id: str | None = None
    """Resource ID of the identity. Excludes clientID."""
    tenant_id: str | None = None
    """Tenant of the identity."""


class AzureDns(Wire):
    """Azure DNS."""

    subscription_id: str
    """Subscription that the zone belongs to."""
    resource_group_name: str
    """Resource group that the zone belongs to."""
    hosted_zone_name: str | None = None
    """Name of the zone; found through DNS by default."""
    zone_type: Annotated[str, crd(enum=["AzurePublicZone", "AzurePrivateZone"])] | None = None
    """Whether the zone is public (AzurePublicZone, the default) or private."""
    environment: (
        Annotated[
            str,
            crd(
                enum=[
                    "AzurePublicCloud",
                    "AzureChinaCloud",
                    "AzureGermanCloud",
                    "AzureUSGovernmentCloud",
                ]
            ),
        ]
        | None
    ) = None
    """The Azure cloud; AzurePublicCloud by default."""
    client_id: str | None = None
    """Application ID of a service principal; needs clientSecretSecretRef and tenantID."""
    client_secret_secret_ref: SecretKeySelector | None = None
    """Secret entry with the service principal's password; needs clientID and tenantID."""
    tenant_id: str | None = None
    """Tenant of the service principal."""
    managed_identity: AzureManagedIdentity | None = None
    """The managed identity to use in place of a service principal."""


class CloudDns(Wire):
    """Google Cloud DNS."""

    project: str
    """Project that the zone belongs to."""
    hosted_zone_name: str | None = None
    """Resource name of the zone; found through DNS by default."""
    service_account_secret_ref: SecretKeySelector | None = None
    """Secret entry with a service account key file; ambient credentials by default, where they are
    allowed."""


class Cloudflare(Wire):
    """Cloudflare."""

    email: str | None = None
    """E-mail address of the account; needed with an API key."""
    api_key_secret_ref: SecretKeySelector | None = None
    """Secret entry with the account's API key. Excludes apiTokenSecretRef, which is the safer
    choice."""
    api_token_secret_ref: SecretKeySelector | None = None
    """Secret entry with an API token that may edit the zone. Excludes apiKeySecretRef."""


class DigitalOcean(Wire):
    """DigitalOcean."""

    token_secret_ref: SecretKeySelector
    """Secret entry with an API token."""


class Rfc2136(Wire):
    """A name server that takes dynamic updates (RFC 2136)."""

    nameserver: str
    """The server as host or host:port; the port is 53 by default, an IPv6 address stands in
    brackets."""
    protocol: Annotated[str, crd(enum=["TCP", "UDP"])] | None = None
    """How updates are sent: UDP (the default) or TCP."""
    tsig_key_name: str | None = None
    """Name of the TSIG key, as the server knows it; needs tsigSecretSecretRef."""
    tsig_secret_secret_ref: SecretKeySelector | None = None
    """Secret entry with the TSIG key in base64; needs tsigKeyName."""
    tsig_algorithm: str | None = None
    """TSIG algorithm: HMACMD5 (the default), HMACSHA1, HMACSHA256 or HMACSHA512."""


class Route53KubernetesAuth(Wire):
    """Authentication by a token of a ServiceAccount."""

    service_account_ref: ServiceAccountRef
    """ServiceAccount whose token is exchanged for the role."""


class Route53Auth(Wire):
    """How to authenticate to AWS."""

    kubernetes: Route53KubernetesAuth
    """Take on the role with a token of a ServiceAccount; needs role."""


class Route53(Wire):
    """AWS Route 53."""

    region: str | None = None
    """AWS region for the token service; that of the environment by default."""
    hosted_zone_id: str | None = None
    """ID of the zone; found through its name by default, which needs wider rights."""
    role: str | None = None
    """ARN of a role to take on."""
    access_key_id: str | None = None
    """Access key ID. Excludes accessKeyIDSecretRef; ambient credentials without both, where they
    are allowed."""
    access_key_id_secret_ref: SecretKeySelector | None = None
    """Secret entry with the access key ID. Excludes accessKeyID."""
    secret_access_key_secret_ref: SecretKeySelector | None = None
    """Secret entry with the secret access key."""
    auth: Route53Auth | None = None
    """How to authenticate where no access key is given."""


class Dns01Webhook(Wire):
    """A provider outside this program, reached through the Kubernetes API."""

    group_name: str
    """API group under which the provider serves its API."""
    solver_name: str
    """Name of the solver within that group."""
    config: Annotated[Json, crd(preserve_unknown_fields=True)] = None
    """Configuration for the provider, passed on as it is. It must hold no secret; most providers
    take references to Secrets."""


class Dns01(Wire):
    """Shows control by a TXT record at _acme-challenge below the name. Exactly one provider."""

    cname_strategy: Annotated[str, crd(enum=["None", "Follow"])] | None = None
    """Whether a CNAME at the record's name is followed to another zone: None (the default) or
    Follow."""
    nameservers: tuple[str, ...] = ()
    """Recursive name servers for the self-check of this solver, as address:port or a DNS-over-HTTPS
    URL; the controller's by default."""
    acme_dns: AcmeDns | None = None
    """Publish through an acme-dns server."""
    akamai: Akamai | None = None
    """Publish in Akamai Edge DNS."""
    azure_dns: AzureDns | None = None
    """Publish in Azure DNS."""
    cloud_dns: CloudDns | None = None
    """Publish in Google Cloud DNS."""
    cloudflare: Cloudflare | None = None
    """Publish at Cloudflare."""
    digitalocean: DigitalOcean | None = None
    """Publish at DigitalOcean."""
    rfc2136: Rfc2136 | None = None
    """Publish by dynamic updates to a name server."""
    route53: Route53 | None = None
    """Publish in AWS Route 53."""
    webhook: Dns01Webhook | None = None
    """Publish through a provider outside this program."""

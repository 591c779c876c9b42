"""DNS providers other than RFC 2136, each as what it cannot do without. Pure.

This controller does not publish through them; manifests that have them are stored as they are.
"""

from orderapi.dns01 import (
    AcmeDns,
    Akamai,
    AzureDns,
    AzureManagedIdentity,
    CloudDns,
    Cloudflare,
    DigitalOcean,
    Dns01Webhook,
    Route53,
)
from orderapi.validation.fault import not_one_of
from webhook.rules.findings import Findings, fault, required
from webhook.rules.references import entry_of, named

AZURE_CLOUDS = ("AzurePublicCloud", "AzureChinaCloud", "AzureUSGovernmentCloud")
CLOSED_CLOUD = "AzureGermanCloud"


def acme_dns(path: str, part: AcmeDns) -> Findings:
    """Server and accounts."""
    yield from required(f"{path}.host", part.host, "it is the URL of the acme-dns server")
    yield from entry_of(f"{path}.accountSecretRef", part.account_secret_ref)


def akamai(path: str, part: Akamai) -> Findings:
    """Host and three credentials."""
    yield from required(
        f"{path}.serviceConsumerDomain",
        part.service_consumer_domain,
        "it is the host of the account's API",
    )
    yield from entry_of(f"{path}.clientTokenSecretRef", part.client_token_secret_ref)
    yield from entry_of(f"{path}.clientSecretSecretRef", part.client_secret_secret_ref)
    yield from entry_of(f"{path}.accessTokenSecretRef", part.access_token_secret_ref)


def azure_dns(path: str, part: AzureDns) -> Findings:
    """Zone, and a service principal or a managed identity or neither."""
    yield from required(
        f"{path}.subscriptionID", part.subscription_id, "it is the subscription of the zone"
    )
    yield from required(
        f"{path}.resourceGroupName", part.resource_group_name, "it is the zone's resource group"
    )
    if part.environment == CLOSED_CLOUD:
        yield fault(f"{path}.environment", f"is {CLOSED_CLOUD}, a cloud that is closed since 2021")
    elif part.environment and part.environment not in AZURE_CLOUDS:
        yield fault(*not_one_of(f"{path}.environment", part.environment, AZURE_CLOUDS))
    if part.client_id or part.tenant_id or part.client_secret_secret_ref is not None:
        yield from _service_principal(path, part)
    elif part.managed_identity is not None:
        yield from _managed_identity(f"{path}.managedIdentity", part.managed_identity)


def cloud_dns(path: str, part: CloudDns) -> Findings:
    """Project; ambient credentials without a reference."""
    yield from required(f"{path}.project", part.project, "it is the project of the zone")
    if part.service_account_secret_ref is not None:
        yield from entry_of(f"{path}.serviceAccountSecretRef", part.service_account_secret_ref)


def cloudflare(path: str, part: Cloudflare) -> Findings:
    """A token, or a key with the account's e-mail address."""
    key, token = part.api_key_secret_ref, part.api_token_secret_ref
    if key is None and token is None:
        yield fault(path, "has no credentials; set apiTokenSecretRef")
    if key is not None and token is not None:
        yield fault(path, "has apiKeySecretRef and apiTokenSecretRef; leave the token alone")
    if key is not None:
        yield from entry_of(f"{path}.apiKeySecretRef", key)
        yield from required(f"{path}.email", part.email, "an API key needs the account's address")
    if token is not None:
        yield from entry_of(f"{path}.apiTokenSecretRef", token)


def digitalocean(path: str, part: DigitalOcean) -> Findings:
    """A token."""
    yield from entry_of(f"{path}.tokenSecretRef", part.token_secret_ref)


def route53(path: str, part: Route53) -> Findings:
    """An access key with its secret, a ServiceAccount, or ambient credentials."""
    if part.access_key_id and part.access_key_id_secret_ref is not None:
        yield fault(path, "has accessKeyID and accessKeyIDSecretRef; leave one of them")
    if part.access_key_id_secret_ref is not None:
        yield from entry_of(f"{path}.accessKeyIDSecretRef", part.access_key_id_secret_ref)
    secret = part.secret_access_key_secret_ref
    if secret is not None and secret.name:  # an empty name stands for none
        yield from entry_of(f"{path}.secretAccessKeySecretRef", secret)
    if part.auth is not None:
        account = part.auth.kubernetes.service_account_ref.name
        account_path = f"{path}.auth.kubernetes.serviceAccountRef.name"
        yield from named(account_path, account, "ServiceAccount")


def webhook(path: str, part: Dns01Webhook) -> Findings:
    """Where the provider serves its API."""
    yield from required(f"{path}.groupName", part.group_name, "it is the provider's API group")
    yield from required(f"{path}.solverName", part.solver_name, "it is the solver in that group")


def _service_principal(path: str, part: AzureDns) -> Findings:
    """Three fields, all or none."""
    together = "clientID, tenantID and clientSecretSecretRef belong together"
    yield from required(f"{path}.clientID", part.client_id, together)
    yield from required(f"{path}.tenantID", part.tenant_id, together)
    if part.client_secret_secret_ref is None:
        yield fault(f"{path}.clientSecretSecretRef", f"is missing; {together}")
    else:
        yield from entry_of(f"{path}.clientSecretSecretRef", part.client_secret_secret_ref)
    if part.managed_identity is not None:
        yield fault(
            f"{path}.managedIdentity",
            "excludes clientID, tenantID and clientSecretSecretRef; leave one or the other",
        )


def _managed_identity(path: str, identity: AzureManagedIdentity) -> Findings:
    if identity.resource_id and (identity.client_id or identity.tenant_id):
        yield fault(f"{path}.resourceID", "excludes clientID and tenantID; leave one of them")
    if identity.tenant_id and not identity.client_id:
        yield fault(f"{path}.tenantID", "needs clientID beside it")

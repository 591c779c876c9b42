"""Issuers of other types than ACME: what their own controllers cannot do without. Pure.

This controller stores them and does not sign with them.
"""

from collections.abc import Sequence

from orderapi.signers import (
    CaIssuer,
    SelfSignedIssuer,
    VaultAppRole,
    VaultAuth,
    VaultAws,
    VaultIssuer,
    VaultKubernetes,
    VenafiIssuer,
    VenafiTpp,
)
from webhook.rules.ca_bundle import bundle
from webhook.rules.findings import Advice, Findings, fault, required
from webhook.rules.references import named


def ca(path: str, part: CaIssuer) -> Findings:
    """A Secret, and URLs that are not empty."""
    yield from named(f"{path}.secretName", part.secret_name)
    yield from _urls(f"{path}.ocspServers", part.ocsp_servers)
    yield from _urls(f"{path}.issuingCertificateURLs", part.issuing_certificate_urls)


def self_signed(_path: str, _part: SelfSignedIssuer) -> Findings:
    """Nothing is needed."""
    return iter(())


def vault(path: str, part: VaultIssuer) -> Findings:
    """Server, path, a way to log in."""
    yield from required(f"{path}.server", part.server, "it is the URL of the server")
    yield from required(f"{path}.path", part.path, "it is the path of the signing endpoint")
    yield from bundle(f"{path}.caBundle", part.ca_bundle)
    if part.ca_bundle and part.ca_bundle_secret_ref is not None:
        yield fault(f"{path}.caBundleSecretRef", "excludes caBundle; leave one of them")
    if (part.client_cert_secret_ref is None) != (part.client_key_secret_ref is None):
        missing = "Key" if part.client_key_secret_ref is None else "Cert"
        yield fault(
            f"{path}.client{missing}SecretRef", "is missing; certificate and key go together"
        )
    yield from _vault_auth(f"{path}.auth", part.auth)


def venafi(path: str, part: VenafiIssuer) -> Findings:
    """Zone, and exactly one product."""
    yield from required(f"{path}.zone", part.zone, "it is the zone that requests are made in")
    given = {"tpp": part.tpp, "cloud": part.cloud, "ngts": part.ngts}
    there = [name for name, value in given.items() if value is not None]
    if len(there) != 1:
        said = f"has {' and '.join(there)}" if there else "names no product"
        yield fault(path, f"{said}; set exactly one of tpp, cloud and ngts")
    if part.tpp is not None:
        yield from _tpp(f"{path}.tpp", part.tpp)
    if part.ngts is not None:
        yield from required(f"{path}.ngts.tsgID", part.ngts.tsg_id, "it is the service group's ID")
        yield from named(f"{path}.ngts.credentialsRef.name", part.ngts.credentials_ref.name)


def _tpp(path: str, part: VenafiTpp) -> Findings:
    yield from required(f"{path}.url", part.url, "it is the URL of the API")
    if part.ca_bundle and part.ca_bundle_secret_ref is not None:
        yield fault(f"{path}.caBundleSecretRef", "excludes caBundle; leave one of them")


def _vault_auth(path: str, auth: VaultAuth) -> Findings:
    given = {
        "tokenSecretRef": auth.token_secret_ref,
        "appRole": auth.app_role,
        "clientCertificate": auth.client_certificate,
        "kubernetes": auth.kubernetes,
        "aws": auth.aws,
    }
    there = [name for name, value in given.items() if value is not None]
    if not there:
        yield fault(path, f"names no way to log in; set one of {', '.join(given)}")
    if len(there) > 1:
        # Not a fault: controllers take the first, and manifests may rely on that.
        yield Advice(path, f"has {' and '.join(there)}; one of them is used, so leave one")
    if auth.app_role is not None:
        yield from _app_role(f"{path}.appRole", auth.app_role)
    if auth.kubernetes is not None:
        yield from _kubernetes(f"{path}.kubernetes", auth.kubernetes)
    if auth.aws is not None:
        yield from _aws(f"{path}.aws", auth.aws)


def _app_role(path: str, role: VaultAppRole) -> Findings:
    yield from required(f"{path}.roleId", role.role_id, "it is the ID of the role")
    yield from named(f"{path}.secretRef.name", role.secret_ref.name)


def _kubernetes(path: str, part: VaultKubernetes) -> Findings:
    yield from required(f"{path}.role", part.role, "it is the role in Vault")
    secret = part.secret_ref is not None and bool(part.secret_ref.name)
    account = part.service_account_ref
    if secret == (account is not None):
        yield fault(path, "needs exactly one of secretRef and serviceAccountRef")
    if account is not None:
        yield from named(f"{path}.serviceAccountRef.name", account.name, "ServiceAccount")


def _aws(path: str, part: VaultAws) -> Findings:
    yield from required(f"{path}.role", part.role, "it is the role in Vault")
    if part.service_account_ref is not None:
        account = part.service_account_ref.name
        yield from named(f"{path}.serviceAccountRef.name", account, "ServiceAccount")
        yield from required(
            f"{path}.iamRoleArn", part.iam_role_arn, "serviceAccountRef needs the AWS role"
        )


def _urls(path: str, urls: Sequence[str]) -> Findings:
    for number, url in enumerate(urls):
        yield from required(f"{path}[{number}]", url, "write a URL, or leave it out")

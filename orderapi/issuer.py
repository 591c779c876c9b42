"""Issuer and ClusterIssuer: an account at a CA, for one namespace or for all of them."""

from typing import Annotated, TypeAlias

from orderapi.conditions import Conditions
from orderapi.meta import Object
from orderapi.references import SecretKeySelector
from orderapi.signers import CaIssuer, SelfSignedIssuer, VaultIssuer, VenafiIssuer
from orderapi.solver import Solver
from orderapi.wire import Wire, crd

_ONE_VENAFI = {
    "rule": "(has(self.tpp) ? 1 : 0) + (has(self.cloud) ? 1 : 0) + (has(self.ngts) ? 1 : 0) == 1",
    "message": "exactly one of tpp, cloud and ngts must be set",
}


class ExternalAccountBinding(Wire):
    """Ties the ACME account to an account that exists at the CA (RFC 8555 section 7.3.4)."""

    key_id: str
    """Key ID that the CA gave out."""
    key_secret_ref: SecretKeySelector
    """Secret entry with the MAC key that the CA gave out, in base64url."""
    key_algorithm: Annotated[str, crd(enum=["HS256", "HS384", "HS512"])] | None = None
    """MAC algorithm; HS256 by default."""


class AcmeIssuer(Wire):
    """An account at an ACME CA (RFC 8555)."""

    server: str
    """URL of the CA's directory; https only."""
    private_key_secret_ref: SecretKeySelector
    """Secret entry with the account's key, tls.key by default. The key is made when the Secret is
    not there."""
    email: str | None = None
    """E-mail address that the CA may write to about the account."""
    external_account_binding: ExternalAccountBinding | None = None
    """Ties the account to one that exists at the CA; needed where the CA demands it."""
    solvers: tuple[Solver, ...] = ()
    """Ways to answer challenges; for each name the most specific one that selects it is taken."""
    profile: str | None = None
    """Certificate profile for all orders; the CA's directory must advertise it."""
    preferred_chain: Annotated[str, crd(max_length=64)] | None = None
    """Common name of the CA certificate that the chain should end under, where the CA offers
    several chains; its first one by default."""
    renewal_information_source: Annotated[str, crd(enum=["ARI", "None"], default="ARI")] | None = (
        None
    )
    """Where the time of renewal comes from: ARI (RFC 9773, the default) or None for the
    certificate's dates alone."""
    enable_duration_feature: bool | None = None
    """Whether a Certificate's duration is asked of the CA; false by default, for most CAs refuse
    it."""
    disable_account_key_generation: bool | None = None
    """Whether a missing account key is an error in place of being made; false by default."""
    ca_bundle: bytes = b""
    """CA certificates (PEM) that the CA's server is verified with, in place of the usual ones.
    Excludes skipTLSVerify."""
    skip_tls_verify: bool | None = None
    """Whether the server's certificate is not verified; false by default, and for tests alone."""


class IssuerSpec(Wire):
    """Who signs; exactly one type."""

    acme: AcmeIssuer | None = None
    """An account at an ACME CA."""
    ca: CaIssuer | None = None
    """A CA whose key is in a Secret. Stored, and not served by this controller."""
    self_signed: SelfSignedIssuer | None = None
    """Certificates signed with their own keys. Stored, and not served by this controller."""
    vault: VaultIssuer | None = None
    """HashiCorp Vault. Stored, and not served by this controller."""
    venafi: Annotated[VenafiIssuer, crd(validations=[_ONE_VENAFI])] | None = None
    """A certificate manager in the line of Venafi's. Stored, and not served by this controller."""


class AcmeIssuerStatus(Wire):
    """The account as the CA knows it."""

    uri: str = ""
    """URL of the account; absent until it is registered."""
    last_registered_email: str | None = None
    """E-mail address that the CA was last told."""
    last_private_key_hash: str | None = None
    """Digest of the account key (base64 of SHA-256) that was last used; never the key."""


class IssuerStatus(Wire):
    """Whether the issuer can sign."""

    conditions: Conditions = ()
    """Ready: whether the issuer can sign, and if not why."""
    acme: AcmeIssuerStatus = AcmeIssuerStatus()
    """The account at the ACME CA."""


class Issuer(Object):
    """Signs certificates for its namespace."""

    spec: IssuerSpec
    """Who signs."""
    status: IssuerStatus = IssuerStatus()
    """Whether the issuer can sign. Written by the controller."""


class ClusterIssuer(Object):
    """Signs certificates for every namespace; its Secrets are in the cluster resource namespace."""

    spec: IssuerSpec
    """Who signs."""
    status: IssuerStatus = IssuerStatus()
    """Whether the issuer can sign. Written by the controller."""


AnyIssuer: TypeAlias = Issuer | ClusterIssuer

"""What a field means when it is empty. Nothing here is ever written into an object.

Durations and texts come as users wrote them: what cannot be read raises ValueError.
"""

from datetime import timedelta
from typing import Final

from orderapi.certificate import CertificateSpec, PrivateKey
from orderapi.durations import format_duration, parse_duration
from orderapi.issuer import AcmeIssuer
from orderapi.keystores import JksKeystore, Pkcs12Keystore
from orderapi.names import GROUP
from orderapi.references import IssuerRef, SecretKeySelector
from orderapi.solver import Dns01

__all__ = ["format_duration", "parse_duration"]

RSA: Final = "RSA"
ECDSA: Final = "ECDSA"
ED25519: Final = "Ed25519"

DURATION: Final = timedelta(days=90)
MIN_DURATION: Final = timedelta(hours=1)
MIN_RENEW_BEFORE: Final = timedelta(minutes=5)

_SIZES: Final = {RSA: 2048, ECDSA: 256}


def issuer_kind(ref: IssuerRef) -> str:
    """Kind of the issuer; Issuer by default."""
    return ref.kind or "Issuer"


def issuer_group(ref: IssuerRef) -> str:
    """API group of the issuer; cert-manager.io by default."""
    return ref.group or GROUP


def key_algorithm(key: PrivateKey | None) -> str:
    """RSA (the default), ECDSA or Ed25519."""
    return (key and key.algorithm) or RSA


def key_size(key: PrivateKey | None) -> int:
    """Size in bits: 2048 for RSA and 256 for ECDSA by default; 0 where the algorithm has none."""
    algorithm = key_algorithm(key)
    if algorithm == ED25519:
        return 0
    return (key and key.size) or _SIZES.get(algorithm, 0)


def key_encoding(key: PrivateKey | None) -> str:
    """PKCS1 (the default) or PKCS8; Ed25519 keys are always PKCS8."""
    if key_algorithm(key) == ED25519:
        return "PKCS8"
    return (key and key.encoding) or "PKCS1"


def rotation_policy(key: PrivateKey | None) -> str:
    """Always (the default) or Never."""
    return (key and key.rotation_policy) or "Always"


def duration(spec: CertificateSpec) -> timedelta:
    """Lifetime to ask for; 90 days by default."""
    return parse_duration(spec.duration) if spec.duration else DURATION


def renew_before(spec: CertificateSpec, lifetime: timedelta) -> timedelta:
    """How long before its end to renew a certificate of `lifetime`; a third of it by default and
    where the spec asks for more than all of it."""
    if spec.renew_before:
        wanted = parse_duration(spec.renew_before)
        if timedelta() < wanted < lifetime:
            return wanted
    percentage = spec.renew_before_percentage or 0
    if 0 < percentage < 100:
        return lifetime * percentage / 100
    return lifetime / 3


def renewal_policy(spec: CertificateSpec) -> str:
    """RenewBefore (the default) or Disabled."""
    return (spec.renewal and spec.renewal.policy) or "RenewBefore"


def usages(requested: tuple[str, ...], *, is_ca: bool | None) -> tuple[str, ...]:
    """Key usages to ask for; digital signature and key encipherment by default, and cert sign for a
    CA."""
    wanted = requested or ("digital signature", "key encipherment")
    return (*wanted, "cert sign") if is_ca and "cert sign" not in wanted else wanted


def encode_usages_in_request(spec: CertificateSpec) -> bool:
    """Whether the usages are written into the request; true by default."""
    return spec.encode_usages_in_request is not False


def revision_history_limit(spec: CertificateSpec) -> int:
    """How many CertificateRequests are kept; 1 by default and at least."""
    return max(spec.revision_history_limit or 1, 1)


def jks_alias(store: JksKeystore) -> str:
    """Alias of the entry in the key store; certificate by default."""
    return store.alias or "certificate"


def pkcs12_profile(store: Pkcs12Keystore) -> str:
    """Profile of the key store's algorithms; LegacyRC2 by default."""
    return store.profile or "LegacyRC2"


def account_key_name(acme: AcmeIssuer) -> str:
    """Entry of the account key in its Secret; tls.key by default."""
    return acme.private_key_secret_ref.key or "tls.key"


def secret_key(ref: SecretKeySelector, default: str) -> str:
    """Entry of the Secret that is meant."""
    return ref.key or default


def renewal_information_source(acme: AcmeIssuer) -> str:
    """ARI (the default) or None."""
    return acme.renewal_information_source or "ARI"


def cname_strategy(dns01: Dns01) -> str:
    """None (the default) or Follow."""
    return dns01.cname_strategy or "None"


def service_type(written: str | None) -> str:
    """Type of the Service in front of an HTTP-01 answer; NodePort by default."""
    return written or "NodePort"

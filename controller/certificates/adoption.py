"""Whether an existing Secret may become the target of a Certificate. Pure.

Whoever may create a Certificate has the controller write to the Secret that it names. So only
Secrets that are made for certificates are written to, never one that holds somebody's key, password
or token.
"""

from typing import Final

from controller.certificates.observed import Observed
from controller.pki.formats import COMBINED_PEM, KEY_DER
from controller.pki.keystores import KEYSTORE_JKS, KEYSTORE_P12, TRUSTSTORE_JKS, TRUSTSTORE_P12
from controller.secretnote import TLS_CERTIFICATE, TLS_KEY, SecretNote
from orderapi import defaults

CA_CERTIFICATE: Final = "ca.crt"
TLS_TYPE: Final = "kubernetes.io/tls"

_OUR_ENTRIES: Final = frozenset(
    {
        TLS_CERTIFICATE,
        TLS_KEY,
        CA_CERTIFICATE,
        KEY_DER,
        COMBINED_PEM,
        KEYSTORE_JKS,
        KEYSTORE_P12,
        TRUSTSTORE_JKS,
        TRUSTSTORE_P12,
    }
)
_OPAQUE: Final = ("Opaque", "")
_SYSTEM_TYPES: Final = ("kubernetes.io/", "bootstrap.kubernetes.io/", "helm.sh/")


def refusal(seen: Observed) -> str:
    """Why the Secret must not be written to, in sentences that say what to do; empty: it may be."""
    name = seen.certificate.spec.secret_name
    why = _why_not(seen)
    if not why:
        return ""
    return (
        f'Secret "{name}" {why}. It is left alone, and no certificate is asked for: set '
        f"spec.secretName to another name, or delete that Secret."
    )


def _why_not(seen: Observed) -> str:
    if seen.claim:
        return f"holds {seen.claim}"
    target = seen.target
    if not isinstance(target, SecretNote):
        return ""
    if target.immutable:
        return "is immutable"
    if target.is_next_key:
        return "holds the private key of an issuance under way"
    if target.type == TLS_TYPE:
        return ""
    ours = target.certificate_name == seen.certificate.metadata.name
    if target.type in _OPAQUE:
        return "" if ours else _why_not_opaque(seen, target)
    if ours and not target.type.startswith(_SYSTEM_TYPES):
        return ""
    return f"is of type {target.type}, which is not for certificates"


def _why_not_opaque(seen: Observed, target: SecretNote) -> str:
    foreign = sorted(set(target.entries) - _OUR_ENTRIES)
    if foreign:
        return f'has an entry "{foreign[0]}", which no certificate has'
    # This is what an account key looks like. Where it is kept as it is, nothing can be lost.
    keeps_key = defaults.rotation_policy(seen.certificate.spec.private_key) == "Never"
    if target.entries == (TLS_KEY,) and not keeps_key:
        return "holds a private key alone, such as that of an ACME account"
    return ""

"""Who may approve or deny a CertificateRequest: those with `approve` on its signer.

    apiGroups: [cert-manager.io]
    resources: [signers]
    resourceNames: ["clusterissuers.cert-manager.io/letsencrypt", "issuers.cert-manager.io/shop.ca"]
    verbs: [approve]

The right to write a request's status is not enough: whoever issues has it too.
"""

import re
from collections.abc import Generator, Sequence
from typing import Final

from orderapi.defaults import issuer_group, issuer_kind
from orderapi.names import GROUP
from orderapi.references import IssuerRef
from orderapi.resources import ISSUERS
from orderapi.validation.fault import quoted
from webhook.questions import Answer, Question, SignerKind, Unanswered, may, served
from webhook.request import User
from webhook.rules.issuerref import described
from webhook.verdict import Fault

_OURS: Final = {
    (GROUP, resource.kind): SignerKind(resource.plural, resource.namespaced)
    for resource in ISSUERS.values()
}

# What can be the name of a group at all; nothing else is worth a question.
_GROUP: Final = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


def approval_faults(
    user: User, namespace: str, ref: IssuerRef, decided: Sequence[str]
) -> Generator[Question, Answer, list[Fault]]:
    """Why the user may not set the conditions `decided` on a request for that issuer; nothing where
    that is allowed."""
    kind = yield from _signer_kind(ref)
    if isinstance(kind, Unanswered):
        return [_unanswered(kind)]
    if kind is None:
        text = f"names {described(ref)}, of a kind that the API does not serve: nobody may decide"
        return [Fault("spec.issuerRef", text, "approval")]
    signers = _signers(kind, namespace, ref)
    for signer in signers:
        allowed = yield from may(user, "approve", GROUP, "signers", name=signer)
        if isinstance(allowed, Unanswered):
            return [_unanswered(allowed)]
        if allowed:
            return []
    return [_refusal(user, ref, decided, signers)]


def _signer_kind(
    ref: IssuerRef,
) -> Generator[Question, Answer, SignerKind | Unanswered | None]:
    group, kind = issuer_group(ref), issuer_kind(ref)
    if (group, kind) in _OURS:
        return _OURS[group, kind]
    if not _GROUP.fullmatch(group):
        return None
    return (yield from served(group, kind))


def _signers(kind: SignerKind, namespace: str, ref: IssuerRef) -> tuple[str, str]:
    """The names that give the right: all issuers of the kind, and this one."""
    prefix = f"{kind.plural}.{issuer_group(ref)}/"
    return f"{prefix}*", f"{prefix}{namespace}.{ref.name}" if kind.namespaced else prefix + ref.name


def _refusal(user: User, ref: IssuerRef, decided: Sequence[str], signers: Sequence[str]) -> Fault:
    text = (
        f"user {quoted(user.username)} may not set {' and '.join(decided)} for {described(ref)}; "
        f"that needs the verb approve on signers of the API group {GROUP} with the name "
        f"{' or '.join(map(quoted, signers))}"
    )
    return Fault("status.conditions", text, "approval")


def _unanswered(missing: Unanswered) -> Fault:
    text = f"whether you may approve or deny could not be found out ({missing.why}); try again"
    return Fault("status.conditions", text, "unanswered")

"""The labels of a CertificateRequest, and of its Order, that choose solvers.

They choose with what credentials the names are proven: a changed label would do what a changed spec
does. An Order copies those of its request. Once it has ended they choose nothing. Other labels are
free.
"""

from collections.abc import Callable, Generator
from typing import TypeAlias

import msgspec

from orderapi.defaults import issuer_group, issuer_kind
from orderapi.issuer import AnyIssuer
from orderapi.names import GROUP
from orderapi.references import IssuerRef
from orderapi.resources import ISSUERS
from webhook.questions import Answer, Question, Unanswered, read
from webhook.rules import issuerref
from webhook.rules.unchanged import changed_keys
from webhook.rules.undecoded import Parts, texts
from webhook.rules.wording import at_key
from webhook.verdict import Fault

Ended: TypeAlias = Callable[[msgspec.Raw], bool]
"""Whether an object of this status has ended."""


def label_faults(
    old: Parts, new: Parts, namespace: str, has_ended: Ended, instead: str
) -> Generator[Question, Answer, list[Fault]]:
    """One for each label that differs and that a solver of its issuer selects by; `instead`:
    what to do. Asks for the issuer only where labels differ and may still choose."""
    if old.metadata.labels == new.metadata.labels:
        return []
    changed = changed_keys(texts(old.metadata.labels), texts(new.metadata.labels))
    ref = issuerref.of(old)
    if not changed or not ref.name or has_ended(old.status):
        return []
    issuer = yield from _issuer(ref, namespace)
    if isinstance(issuer, Unanswered):
        shown = issuerref.described(ref)
        text = f"{shown}, whose solvers select by labels, could not be read ({issuer.why})"
        return [Fault("metadata.labels", f"{text}; try again", "unanswered")]
    selecting = _keys(issuer)
    return [_chooses(key, ref, instead) for key in changed if key in selecting]


def _chooses(key: str, ref: IssuerRef, instead: str) -> Fault:
    text = (
        f"chooses among the solvers of {issuerref.described(ref)}, and stays until the order has "
        f"ended; {instead}"
    )
    return Fault(at_key("metadata.labels", key), text, "labels")


def _issuer(
    ref: IssuerRef, namespace: str
) -> Generator[Question, Answer, AnyIssuer | Unanswered | None]:
    """The issuer; None where there is none, or none of ours."""
    resource = ISSUERS.get(issuer_kind(ref))
    if resource is None or issuer_group(ref) != GROUP:
        return None
    return (yield from read(resource, namespace if resource.namespaced else "", ref.name))


def _keys(issuer: AnyIssuer | None) -> frozenset[str]:
    acme = issuer.spec.acme if issuer is not None else None
    selectors = [solver.selector for solver in acme.solvers] if acme is not None else []
    return frozenset(key for selector in selectors if selector for key in selector.match_labels)

"""The labels of an Order that choose its solvers.

They choose with what credentials the names are proven: a changed label would do what a changed spec
does. Once the Order has ended they choose nothing. Other labels are free.
"""

from collections.abc import Generator
from typing import Final

import msgspec

from orderapi import states
from orderapi.defaults import issuer_group, issuer_kind
from orderapi.issuer import AnyIssuer
from orderapi.names import GROUP
from orderapi.references import IssuerRef
from orderapi.resources import CLUSTER_ISSUER, ISSUER
from webhook.questions import Answer, Question, Unanswered, read
from webhook.request import parsed
from webhook.rules.frozen import changed_keys
from webhook.rules.issuerref import described
from webhook.rules.parts import Parts, texts
from webhook.rules.status import written
from webhook.rules.wording import at_key
from webhook.verdict import Fault


class _Spec(msgspec.Struct, rename="camel"):
    issuer_ref: IssuerRef | None = None


_SPEC: Final = msgspec.json.Decoder(_Spec | None)


def label_faults(
    old: Parts, new: Parts, namespace: str, instead: str
) -> Generator[Question, Answer, tuple[Fault, ...]]:
    """One for each label that differs and that a solver of the Order's issuer selects by. Asks for
    the issuer only where labels differ and may still choose."""
    if old.metadata.labels == new.metadata.labels:
        return ()
    changed = changed_keys(texts(old.metadata.labels), texts(new.metadata.labels))
    spec = parsed(_SPEC, old.spec)
    ref = spec.issuer_ref if spec else None
    if not changed or ref is None or written(old.status).state in states.FINAL:
        return ()
    issuer = yield from _issuer(ref, namespace)
    shown = described(ref)
    if isinstance(issuer, Unanswered):
        text = f"{shown}, whose solvers select by labels, could not be read ({issuer.why})"
        return (Fault("metadata.labels", f"{text}; try again", "unanswered"),)
    selecting = _keys(issuer)
    text = f"chooses among the solvers of {shown}, and stays until the Order has ended; {instead}"
    return tuple(
        Fault(at_key("metadata.labels", key), text, "labels") for key in changed if key in selecting
    )


def _issuer(
    ref: IssuerRef, namespace: str
) -> Generator[Question, Answer, AnyIssuer | Unanswered | None]:
    """The issuer; None where there is none, or none of ours."""
    if issuer_group(ref) != GROUP:
        return None
    match issuer_kind(ref):
        case "Issuer":
            return (yield from read(ISSUER, namespace, ref.name))
        case "ClusterIssuer":
            return (yield from read(CLUSTER_ISSUER, "", ref.name))
        case _:
            return None


def _keys(issuer: AnyIssuer | None) -> frozenset[str]:
    acme = issuer.spec.acme if issuer is not None else None
    selectors = [solver.selector for solver in acme.solvers] if acme is not None else []
    return frozenset(key for selector in selectors if selector for key in selector.match_labels)

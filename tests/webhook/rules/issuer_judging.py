"""Issuers as plain objects, and what the rules say of them."""

from typing import Any

from tests.webhook.rules.build import CONTROLLERS, NAMESPACE, Json, create, settle, update
from webhook.questions import May, Question
from webhook.rules.issuers import judge
from webhook.verdict import Verdict

RFC2136: Json = {"nameserver": "ns1.example.com:53"}
SOLVER: Json = {"dns01": {"rfc2136": RFC2136}}
ACME: Json = {
    "server": "https://acme.example.com/directory",
    "privateKeySecretRef": {"name": "account"},
    "solvers": [SOLVER],
}


def issuer(spec: Any, kind: str = "Issuer") -> Json:
    """An issuer with that spec."""
    metadata = {"name": "acme"} | ({"namespace": NAMESPACE} if kind == "Issuer" else {})
    return {"apiVersion": "cert-manager.io/v1", "kind": kind, "metadata": metadata, "spec": spec}


def on_create(spec: Any, kind: str = "Issuer") -> Verdict:
    """The verdict on a new issuer, by somebody who may read all Secrets."""
    return settle(judge(create(kind, issuer(spec, kind)), CONTROLLERS), yes)


def on_update(old: Any, new: Any, kind: str = "Issuer") -> Verdict:
    """The verdict on a change of spec, by somebody who may read all Secrets."""
    request = update(kind, issuer(old, kind), issuer(new, kind))
    return settle(judge(request, CONTROLLERS), yes)


def with_acme(**changes: Any) -> Json:
    """A spec with these fields of spec.acme."""
    return {"acme": {**ACME, **changes}}


def with_solver(**parts: Any) -> Json:
    """A spec whose one solver has these parts."""
    return with_acme(solvers=[parts])


def yes(question: Question) -> bool:
    """Whatever is asked may be done."""
    assert isinstance(question, May)
    return True

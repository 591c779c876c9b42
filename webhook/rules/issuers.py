"""Issuers and ClusterIssuers: what keeps one from ever working, and what is unwise in one that may.

Only faults refuse. What this controller copes with is none, and on UPDATE neither is what the old
object had, nor is it warned of again: solvers are compared wherever in the list they are, so
removing one never makes a fault of another's.
"""

from collections.abc import Callable
from typing import Any, Final

from orderapi.issuer import AnyIssuer, IssuerSpec
from orderapi.resources import ISSUERS, Resource
from webhook.questions import Judgement
from webhook.request import Request, read
from webhook.rules import other_issuers
from webhook.rules.acme import acme
from webhook.rules.exposure import exposures
from webhook.rules.findings import Advice, Findings, fault, verdict_on
from webhook.rules.oversized import known, oversized
from webhook.rules.undecoded import leaves_spec
from webhook.verdict import ALLOWED

_BY_PLURAL: Final = {resource.plural: resource for resource in ISSUERS.values()}

_OTHERS: Final[dict[str, tuple[str, Callable[[str, Any], Findings]]]] = {
    "ca": ("ca", other_issuers.ca),
    "selfSigned": ("self_signed", other_issuers.self_signed),
    "vault": ("vault", other_issuers.vault),
    "venafi": ("venafi", other_issuers.venafi),
}
"""Types that this controller does not serve: name in the API, attribute, and what judges it."""


def judge(request: Request, controllers: frozenset[str]) -> Judgement:
    """The verdict on a request to create or update an Issuer or a ClusterIssuer."""
    del controllers  # an issuer is anybody's who may write it
    if leaves_spec(request):
        return ALLOWED
    if (verdict := oversized(request)) is not None:
        return verdict
    resource: Resource[Any] = _BY_PLURAL[request.resource.resource]
    new: AnyIssuer = read(resource, request.object)
    old: AnyIssuer | None = known(request, resource)
    before = old.spec if old is not None else None
    verdict = verdict_on(_findings(new.spec, before), _findings(before, None) if before else ())
    # The Secrets of a ClusterIssuer are in a namespace that is the controller's to know.
    if not verdict.allowed or not resource.namespaced:
        return verdict
    exposed = yield from exposures(
        new.spec, before, user=request.user_info, namespace=request.namespace
    )
    return verdict._replace(warnings=(*map(str, exposed), *verdict.warnings))


def _findings(spec: IssuerSpec, old: IssuerSpec | None) -> Findings:
    """All of one spec, but for solvers that the old one has too."""
    others = [
        (name, part, judge_part)
        for name, (attribute, judge_part) in _OTHERS.items()
        if (part := getattr(spec, attribute)) is not None
    ]
    types = ["acme"] * (spec.acme is not None) + [name for name, _, _ in others]
    if not types:
        yield fault("spec", "names no type of issuer; set acme")
    for name in types[1:]:
        yield fault(f"spec.{name}", f"is a second type, beside {types[0]}; an issuer has one")
    if spec.acme is not None:
        yield from acme("spec.acme", spec.acme, old.acme if old is not None else None)
    for name, part, judge_part in others:
        yield Advice(
            f"spec.{name}", "this controller issues through ACME alone: requests to it wait"
        )
        yield from judge_part(f"spec.{name}", part)

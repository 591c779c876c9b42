"""Issuers and ClusterIssuers: what keeps one from ever working, and what is unwise in one that may.

Only faults refuse. What this controller copes with is none, and on UPDATE neither is what the old
object had: solvers are compared wherever in the list they are, so removing one never makes a fault
of another's.
"""

from collections.abc import Callable
from typing import Any, Final

from orderapi.issuer import AnyIssuer, IssuerSpec
from orderapi.resources import CLUSTER_ISSUER, ISSUER
from webhook.questions import Judgement
from webhook.request import UPDATE, Request, Unreadable, read, tree
from webhook.rules import signers
from webhook.rules.acme import acme, digests
from webhook.rules.exposure import exposures
from webhook.rules.findings import Advice, Findings, fault
from webhook.verdict import ALLOWED, Fault, Verdict

MOST_WARNINGS: Final = 12
"""The API server cuts warnings at 4 KiB in all."""

_OTHERS: Final[dict[str, tuple[str, Callable[[str, Any], Findings]]]] = {
    "ca": ("ca", signers.ca),
    "selfSigned": ("self_signed", signers.self_signed),
    "vault": ("vault", signers.vault),
    "venafi": ("venafi", signers.venafi),
}
"""Types that this controller does not serve: name in the API, attribute, and what judges it."""


def judge(request: Request, controllers: frozenset[str]) -> Judgement:
    """The verdict on a request to create or update an Issuer or a ClusterIssuer."""
    del controllers  # an issuer is anybody's who may write it
    if request.operation == UPDATE and _same_spec(request):
        return ALLOWED
    new = _read(request, old=False)
    old = _read_old(request)
    known = old.spec if old is not None else None
    before = set(_findings(known, None)) if known is not None else set()
    found = list(dict.fromkeys(_findings(new.spec, known)))
    faults = tuple(one for one in found if isinstance(one, Fault) and one not in before)
    if faults:
        return Verdict(faults, _warnings(found))
    if request.resource.resource == CLUSTER_ISSUER.plural:
        # Its Secrets are in a namespace that is the controller's to know.
        return Verdict((), _warnings(found))
    exposed = yield from exposures(
        new.spec, known, user=request.user_info, namespace=request.namespace
    )
    return Verdict((), _warnings([*exposed, *found]))


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
        known = digests(old.acme) if old is not None and old.acme is not None else []
        yield from acme("spec.acme", spec.acme, frozenset(known))
    for name, part, judge_part in others:
        yield Advice(
            f"spec.{name}", "this controller issues through ACME alone: requests to it wait"
        )
        yield from judge_part(f"spec.{name}", part)


def _same_spec(request: Request) -> bool:
    return bool(tree(request.object).get("spec") == tree(request.old_object).get("spec"))


def _read(request: Request, *, old: bool) -> AnyIssuer:
    text = request.old_object if old else request.object
    if request.resource.resource == CLUSTER_ISSUER.plural:
        return read(CLUSTER_ISSUER, text)
    return read(ISSUER, text)


def _read_old(request: Request) -> AnyIssuer | None:
    """The object before; None where there is none, or one that cannot be read."""
    if request.operation != UPDATE:
        return None
    try:
        return _read(request, old=True)
    except Unreadable:
        return None


def _warnings(found: list[Fault | Advice]) -> tuple[str, ...]:
    told = [str(one) for one in found if isinstance(one, Advice)]
    more = len(told) - MOST_WARNINGS
    return (*told[:MOST_WARNINGS], f"and {more} more warnings") if more > 0 else tuple(told)

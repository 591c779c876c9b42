"""Objects that are to be deleted and stay: whose finalizer holds them, and why. Pure.

The deepest object speaks, for the others wait for it.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from kubectl_order.explain.about import ref, said, shown
from kubectl_order.explain.words import distance, lasting, listed, sentence
from kubectl_order.facts import Chain, SecretMeta
from kubectl_order.finding import Actor, Finding, Ref, Standing, kubectl
from orderapi.challenge import Challenge
from orderapi.issuer import ClusterIssuer, Issuer
from orderapi.meta import Object
from orderapi.names import FINALIZER, LEGACY_FINALIZER

USUAL: Final = timedelta(seconds=60)
"""How long a deletion may take without a word."""

OURS: Final = frozenset({FINALIZER, LEGACY_FINALIZER})
COLLECTOR: Final = frozenset({"foregroundDeletion", "orphan"})

_TERMINATING: Final = "because it is being terminated"


def deletion_stuck(chain: Chain) -> Finding | None:
    """An object whose deletion does not end."""
    for obj in _deepest_first(chain):
        since, held_by = obj.metadata.deletion_timestamp, obj.metadata.finalizers
        if since is not None and held_by and chain.now - since > USUAL:
            return _stuck(chain, obj, since, held_by)
    return None


def namespace_terminating(chain: Chain) -> Finding | None:
    """Nothing can be made in a namespace that is going."""
    told = [said(chain.request), said(chain.certificate, "Issuing"), said(chain.certificate)]
    found = next((one for one in told if one is not None and _TERMINATING in one.text), None)
    if found is None:
        return None
    return Finding(
        cause="namespace-terminating",
        on=Ref(kind="Namespace", name=chain.namespace, namespace=None),
        headline=f'Namespace "{chain.namespace}" is being terminated: nothing can be made in it',
        evidence=(f'{found.on.kind} "{found.on.name}" says: {sentence(found.text)}',),
        since=found.since,
        who=Actor.YOU,
        fix=(
            "Use another namespace, or wait until this one is gone and make it anew; what holds it "
            "is in its conditions."
        ),
        command=f"kubectl describe namespace {chain.namespace}",
        standing=Standing.WAITING,
    )


def _deepest_first(chain: Chain) -> Iterator[Object]:
    yield from chain.challenges
    for obj in (chain.order, chain.request):
        if obj is not None:
            yield obj
    if isinstance(chain.secret, SecretMeta):
        yield chain.secret
    if chain.certificate is not None:
        yield chain.certificate
    if isinstance(chain.issuer, Issuer | ClusterIssuer):
        yield chain.issuer


def _stuck(chain: Chain, obj: Object, since: datetime, held_by: tuple[str, ...]) -> Finding:
    at = ref(obj)
    what = "finalizer" if len(held_by) == 1 else "finalizers"
    evidence = [f"Its deletion was asked for {distance(since, chain.now)}."]
    reason = obj.status.reason if isinstance(obj, Challenge) else ""
    if reason:
        evidence.append(f"It says: {sentence(reason)}")
    return Finding(
        cause="deletion-stuck",
        on=at,
        headline=(
            f"{shown(at)} has been in deletion for {lasting(chain.now - since)}: "
            f"its {what} {listed(held_by)} {'is' if len(held_by) == 1 else 'are'} not taken off"
        ),
        evidence=tuple(evidence),
        since=since,
        who=Actor.ADMIN,
        fix=_fix(held_by),
        command=kubectl("describe", at),
        standing=Standing.WAITING,
    )


def _fix(held_by: tuple[str, ...]) -> str:
    foreign = [each for each in held_by if each not in OURS | COLLECTOR]
    if foreign:
        return (
            f"Find the controller that put {listed(foreign)} there: it must do its clean-up and "
            f"take that off."
        )
    if OURS & set(held_by):
        return (
            "The controller takes its finalizer off once what it published is taken away: mend "
            "what its reason names, most often the credentials of the solver. This project's "
            "controller gives up after ten minutes, cert-manager never does."
        )
    return "The garbage collector deletes what belongs to it first: look for objects that stay."


RULES: Final = (deletion_stuck, namespace_terminating)

"""The chain, a step for each object. Pure."""

from collections.abc import Iterator

from kubectl_order.describe import states
from kubectl_order.explain.about import issuer_at, ref
from kubectl_order.facts import Absent, Chain, SecretMeta, Unread
from kubectl_order.finding import Ref
from kubectl_order.report import Step
from orderapi.meta import Object


def steps(chain: Chain) -> tuple[Step, ...]:
    """Certificate, CertificateRequest, Order, Challenges, Secret; only what there is."""
    return tuple(_steps(chain))


def issuer(chain: Chain) -> Step | None:
    """The issuer; None where nothing names one."""
    target = issuer_at(chain)
    if not target.name:
        return None
    match chain.issuer:
        case None:
            return _bare(target, "unknown", "")
        case Absent():
            return _bare(target, "absent", "")
        case Unread(why):
            return _bare(target, "unknown", why)
        case there:
            return step(there, *states.of_issuer(there))


def step(obj: Object, state: str, reason: str) -> Step:
    """The step of an object that stands so."""
    meta = obj.metadata
    return Step(
        ref=ref(obj),
        state=state,
        reason=reason,
        created=meta.creation_timestamp,
        deleting=meta.deletion_timestamp,
    )


def _steps(chain: Chain) -> Iterator[Step]:
    if chain.certificate is not None:
        yield step(chain.certificate, *states.of_certificate(chain.certificate, chain.now))
    if chain.request is not None:
        yield step(chain.request, *states.of_request(chain.request))
    if chain.order is not None:
        yield step(chain.order, *states.of_acme(chain.order))
    for challenge in chain.challenges:
        yield step(challenge, *states.of_acme(challenge))
    found = secret(chain)
    if found is not None:
        yield found


def secret(chain: Chain) -> Step | None:
    """The Secret; None where no Certificate names one."""
    name = chain.certificate.spec.secret_name if chain.certificate is not None else ""
    target = Ref(kind="Secret", name=name, namespace=chain.namespace)
    match chain.secret:
        case None:
            return None
        case Absent():
            return _bare(target, "absent", "")
        case Unread(why):
            return _bare(target, "unknown", why)
        case SecretMeta() as there:
            found = step(there, "present", "")
            return Step(
                ref=target,
                state=found.state,
                reason="",
                created=found.created,
                deleting=found.deleting,
            )


def _bare(target: Ref, state: str, reason: str) -> Step:
    return Step(ref=target, state=state, reason=reason, created=None, deleting=None)

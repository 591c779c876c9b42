"""Certificates: what keeps one from being issued, and what none should write anew. Pure.

The controller refuses to issue by the same words. On UPDATE only those faults and warnings are told
that the old object did not have.
"""

from collections.abc import Generator

from orderapi.certificate import Certificate, CertificateSpec
from orderapi.resources import CERTIFICATE
from orderapi.validation.certificate import faults_of, oversights_of
from webhook.questions import Answer, Judgement, Question, Unanswered, claims
from webhook.request import UPDATE, Request, Unreadable, read, tree
from webhook.rules.certificate_advice import advice_on, shared_secret
from webhook.rules.findings import Advice, fault
from webhook.rules.windows import window_faults
from webhook.verdict import ALLOWED, Fault, Verdict


def judge(request: Request, controllers: frozenset[str]) -> Judgement:
    """The verdict on a request to create or update a Certificate."""
    del controllers  # a Certificate is anybody's who may write it
    if request.operation == UPDATE and _same_spec(request):
        return ALLOWED
    new, old = read(CERTIFICATE, request.object).spec, _before(request)
    found = _faults(new)
    known = frozenset(_faults(old)) if old is not None else frozenset()
    fresh = tuple(each for each in found if each not in known)
    if fresh:
        return Verdict(fresh)
    before = frozenset(advice_on(old)) if old is not None and not known else frozenset()
    told = [each for each in advice_on(new) if each not in before] if not found else []
    if old is None or old.secret_name != new.secret_name:
        told += yield from _claimed(request, new.secret_name)
    return Verdict((), tuple(map(str, told)))


def _faults(spec: CertificateSpec) -> tuple[Fault, ...]:
    found = (*faults_of(spec), *oversights_of(spec), *window_faults(spec.renewal))
    return tuple(fault(*each) for each in dict.fromkeys(found))


def _claimed(request: Request, secret_name: str) -> Generator[Question, Answer, tuple[Advice, ...]]:
    """A warning where another Certificate has the Secret; none where that cannot be asked."""
    found = yield from claims(request.namespace, secret_name)
    if isinstance(found, Unanswered):
        return ()
    others = sorted(name for name in found if name != request.name)
    return (shared_secret(others[0]),) if others else ()


def _same_spec(request: Request) -> bool:
    return bool(tree(request.object).get("spec") == tree(request.old_object).get("spec"))


def _before(request: Request) -> CertificateSpec | None:
    """The spec before; None where there is none, or one that cannot be read."""
    if request.operation != UPDATE:
        return None
    try:
        old: Certificate = read(CERTIFICATE, request.old_object)
    except Unreadable:
        return None
    return old.spec

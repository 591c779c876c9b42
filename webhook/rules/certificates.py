"""Certificates: what keeps one from being issued, and what none should write anew. Pure.

The controller refuses to issue by the same words. On UPDATE only those faults and warnings are told
that the old object did not have.
"""

from collections.abc import Generator

from orderapi.certificate import CertificateSpec
from orderapi.resources import CERTIFICATE
from orderapi.validation.certificate import faults_of, oversights_of
from webhook.questions import Answer, Judgement, Question, Unanswered, claims
from webhook.request import Request, read
from webhook.rules.certificate_advice import advice_on, shared_secret
from webhook.rules.findings import Findings, from_spec, verdict_on
from webhook.rules.oversized import known, oversized
from webhook.rules.undecoded import leaves_spec
from webhook.rules.windows import window_faults
from webhook.verdict import ALLOWED


def judge(request: Request, controllers: frozenset[str]) -> Judgement:
    """The verdict on a request to create or update a Certificate."""
    del controllers  # a Certificate is anybody's who may write it
    if leaves_spec(request):
        return ALLOWED
    if (verdict := oversized(request)) is not None:
        return verdict
    new, old = read(CERTIFICATE, request.object).spec, known(request, CERTIFICATE)
    verdict = verdict_on(_findings(new), _findings(old.spec) if old is not None else ())
    if verdict.allowed and (old is None or old.spec.secret_name != new.secret_name):
        claimed = yield from _claimed(request, new.secret_name)
        return verdict._replace(warnings=verdict.warnings + claimed)
    return verdict


def _findings(spec: CertificateSpec) -> Findings:
    yield from from_spec((*faults_of(spec), *oversights_of(spec)))
    yield from window_faults(spec.renewal)
    yield from advice_on(spec)


def _claimed(request: Request, secret_name: str) -> Generator[Question, Answer, tuple[str, ...]]:
    """A warning where another Certificate has the Secret; none where that cannot be asked."""
    found = yield from claims(request.namespace, secret_name)
    if isinstance(found, Unanswered):
        return ()
    others = sorted(name for name in found if name != request.name)
    return (str(shared_secret(others[0])),) if others else ()

"""CertificateRequests: what they ask for never changes, who asks and who decides is checked."""

from collections.abc import Generator, Iterator
from typing import Final

import msgspec

from orderapi.frozen import changed_fields
from orderapi.names import ACME_GROUP, GROUP
from orderapi.references import IssuerRef
from orderapi.resources import CERTIFICATE_REQUEST
from webhook.questions import Answer, Judgement, Question
from webhook.request import CREATE, UPDATE, Request, parsed, read
from webhook.rules.approval import approval_faults
from webhook.rules.conditions import condition_faults, conditions_of, newly_decided
from webhook.rules.frozen import changed_keys
from webhook.rules.parts import Parts, fields, parts, texts
from webhook.rules.requester import IDENTITY, requester_faults
from webhook.rules.signing import signing_faults
from webhook.rules.wording import at_field, at_key
from webhook.verdict import ALLOWED, Fault, Verdict

_ANNOTATIONS: Final = (f"{GROUP}/", f"{ACME_GROUP}/")
_INSTEAD: Final = "never changes after creation; make a new CertificateRequest instead"


class _Spec(msgspec.Struct, rename="camel"):
    issuer_ref: IssuerRef = IssuerRef(name="")


_SPEC: Final[msgspec.json.Decoder[_Spec | None]] = msgspec.json.Decoder(_Spec | None)


def judge(request: Request, controllers: frozenset[str]) -> Judgement:
    """What stands against a CertificateRequest, or a change of one.

    The controller identities have no more rights here than others: an approval of theirs needs the
    right to approve as well.
    """
    if request.operation == CREATE:
        return Verdict(tuple(_new(request)))
    if request.operation == UPDATE:
        return Verdict(tuple((yield from _changed(request))))
    return ALLOWED


def _new(request: Request) -> Iterator[Fault]:
    made = read(CERTIFICATE_REQUEST, request.object)
    yield from signing_faults(made.spec)
    yield from requester_faults(made.spec, request.user_info)
    yield from condition_faults([], conditions_of(parts(request.object).status))


def _changed(request: Request) -> Generator[Question, Answer, list[Fault]]:
    old, new = parts(request.old_object), parts(request.object)
    found = [*_spec_faults(old, new), *_annotation_faults(old, new)]
    if old.status == new.status:
        return found
    before, after = conditions_of(old.status), conditions_of(new.status)
    found += condition_faults(before, after)
    decided = newly_decided(before, after)
    if decided:
        ref = _issuer_ref(old)
        found += yield from approval_faults(request.user_info, request.namespace, ref, decided)
    return found


def _spec_faults(old: Parts, new: Parts) -> Iterator[Fault]:
    if old.spec == new.spec:
        return
    for name in changed_fields(fields(old.spec), fields(new.spec)):
        rule = "requester" if name in IDENTITY else "spec"
        yield Fault(at_field("spec", name), _INSTEAD, rule)


def _annotation_faults(old: Parts, new: Parts) -> Iterator[Fault]:
    before, after = old.metadata.annotations, new.metadata.annotations
    if before == after:
        return
    for key in changed_keys(texts(before), texts(after)):
        if key.startswith(_ANNOTATIONS):
            yield Fault(at_key("metadata.annotations", key), _INSTEAD, "annotations")


def _issuer_ref(old: Parts) -> IssuerRef:
    """Of the old object: a change of the spec must not choose whose right is asked for."""
    return (parsed(_SPEC, old.spec) or _Spec()).issuer_ref

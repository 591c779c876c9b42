"""What the API server refuses to the controller: webhooks, policies, quotas, missing rights. Pure.

Told by whichever object waits for what was refused. The controller tries again each minute.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from kubectl_order.explain.about import Said, is_given_up, is_issuing, ref, said
from kubectl_order.explain.words import clause, one_line, quoted, sentence
from kubectl_order.facts import Chain
from kubectl_order.finding import Actor, Finding, Standing
from orderapi import states
from orderapi.names import ISSUING

_PLAIN: Final = r"[A-Za-z0-9.:/_-]{1,253}"

_NEXT: Final = re.compile(r"(?:; it is tried again|\. It is tried again by itself\.)$")
"""What the controller says of what comes next, after the words of the API server."""

_WEBHOOK: Final = re.compile(
    r'admission webhook "(?P<who>[^"]{1,253})" denied the request(?: without explanation)?'
    r"(?:: (?P<why>.+))?"
)
_POLICY: Final = re.compile(
    r"ValidatingAdmissionPolicy [\"'](?P<who>[^\"']{1,253})[\"'] with binding [\"'][^\"']{1,253}"
    r"[\"'] denied request(?:: (?P<why>.+))?"
)
_UNREACHABLE: Final = re.compile(
    r'failed calling webhook "(?P<who>[^"]{1,253})": (?:failed to call webhook: )?(?P<why>.+)'
)
_QUOTA: Final = re.compile(r"exceeded quota: (?P<who>[^,\s]{1,253}), (?P<why>.+)")
_RIGHTS: Final = re.compile(
    rf'User "(?P<who>{_PLAIN})" cannot (?P<verb>[a-z]+) resource "(?P<what>{_PLAIN})" '
    rf'in API group "(?P<group>[A-Za-z0-9.-]*)"'
)


class _Refusal(msgspec.Struct, frozen=True):
    """What was said, and the words of it that a pattern found."""

    chain: Chain
    said: Said
    found: re.Match[str]

    def part(self, name: str) -> str:
        """A part of the pattern; empty where it is not there."""
        return self.found.groupdict().get(name) or ""

    def finding(self, cause: str, headline: str, *, fix: str, command: str) -> Finding:
        """The Finding; the whole text is its evidence."""
        on = self.said.on
        return Finding(
            cause=cause,
            on=on,
            headline=headline,
            evidence=(f'{on.kind} "{on.name}" says: {sentence(self.said.text)}',),
            since=self.said.since,
            who=Actor.ADMIN,
            fix=fix,
            command=command,
            standing=Standing.WAITING,
        )


def refused(chain: Chain) -> Finding | None:
    """The first refusal that an object of the chain tells of."""
    for told in _told(chain):
        line = _NEXT.sub("", one_line(told.text, 4_000))
        for pattern, make in _ROWS:
            found = pattern.search(line)
            if found is not None:
                return make(_Refusal(chain, told, found))
    return None


def _told(chain: Chain) -> Iterator[Said]:
    """What waits, the deepest first."""
    order = chain.order
    if order is not None and order.status.state not in states.FINAL:
        for one in chain.challenges:
            if one.status.state not in states.FINAL and one.status.reason:
                began = one.metadata.creation_timestamp
                yield Said(ref(one), "", one.status.reason, began)
        yield Said(ref(order), "", order.status.reason, order.metadata.creation_timestamp)
    request = said(chain.request)
    if request is not None and order is None and not is_given_up(chain):
        yield request
    issuing = said(chain.certificate, ISSUING)
    if issuing is not None and is_issuing(chain.certificate):
        yield issuing


def _by_webhook(refusal: _Refusal) -> Finding:
    return _by_rule(refusal, "Admission webhook", "webhookconfigurations")


def _by_policy(refusal: _Refusal) -> Finding:
    return _by_rule(refusal, "ValidatingAdmissionPolicy", "policies")


def _by_rule(refusal: _Refusal, what: str, listed: str) -> Finding:
    name, why = quoted(refusal.part("who")), clause(refusal.part("why"))
    command = (
        "kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations"
        if listed == "webhookconfigurations"
        else "kubectl get validatingadmissionpolicies"
    )
    return refusal.finding(
        "webhook-refused",
        f"{what} {name} refuses {_thing(refusal)}: {why or 'it gives no reason'}",
        fix=(
            f"Have {what.removeprefix('Admission ')} {name} allow what the controller makes, or "
            f"change the Certificate as it asks; the controller tries again each minute."
        ),
        command=command,
    )


def _unreachable(refusal: _Refusal) -> Finding:
    name = quoted(refusal.part("who"))
    return refusal.finding(
        "webhook-unreachable",
        f"The API server cannot reach admission webhook {name} for {_thing(refusal)}: "
        f"{clause(refusal.part('why'))}",
        fix=(
            f"Start what serves webhook {name}, or take its configuration away where nothing serves"
            f" it any more; the controller tries again by itself."
        ),
        command="kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations",
    )


def _by_quota(refusal: _Refusal) -> Finding:
    name, namespace = quoted(refusal.part("who")), refusal.chain.namespace
    return refusal.finding(
        "quota-refused",
        f'ResourceQuota {name} of namespace "{namespace}" has no room for {_thing(refusal)}: '
        f"{clause(refusal.part('why'))}",
        fix=(
            f"Delete what is not needed, or raise quota {name}; the controller tries again each "
            f"minute."
        ),
        command=f"kubectl describe resourcequota -n {namespace}",
    )


def _by_rights(refusal: _Refusal) -> Finding:
    who, verb, what = (refusal.part(part) for part in ("who", "verb", "what"))
    group, namespace = refusal.part("group"), refusal.chain.namespace
    resource = f"{what.partition('/')[0]}.{group}" if group else what.partition("/")[0]
    return refusal.finding(
        "rights-missing",
        f'The controller has no right to {verb} {what} in namespace "{namespace}"',
        fix=f'Give user "{who}" the verb {verb} for {what}, as the manifests in deploy/ do.',
        command=f"kubectl auth can-i {verb} {resource} -n {namespace} --as={who}",
    )


_MADE: Final = (
    ("Failed create new order resource", "the Order"),
    ("Failed to create CertificateRequest", "the CertificateRequest"),
    ("Failed to create the Secret", "the Secret for the private key"),
    ("The Secret could not be written", "the Secret with the certificate"),
    ("could not be created", "a Challenge"),
)


def _thing(refusal: _Refusal) -> str:
    """What was to be made, by the words before the refusal."""
    before = refusal.found.string[: refusal.found.start()]
    found = next((thing for words, thing in _MADE if words in before), "")
    if found:
        return found
    return "what answers the challenge" if refusal.said.on.kind == "Challenge" else "what is made"


_ROWS: Final[tuple[tuple[re.Pattern[str], Callable[[_Refusal], Finding]], ...]] = (
    (_UNREACHABLE, _unreachable),
    (_WEBHOOK, _by_webhook),
    (_POLICY, _by_policy),
    (_QUOTA, _by_quota),
    (_RIGHTS, _by_rights),
)

RULES: Final = (refused,)

"""The words that people read in a Challenge's reason. Pure.

Types, states and what servers said; never a token, a key authorization or a credential.
"""

from typing import Final

from controller.acme import messages
from controller.challenges.indexes import edited_ingress
from controller.challenges.observed import Checked, Step, Trouble
from controller.reasons import ended
from controller.verdict import is_rate_limit
from orderapi import defaults
from orderapi.challenge import HTTP01, ChallengeSpec
from orderapi.names import PROBLEM_URN
from orderapi.references import IssuerRef

SUCCESS: Final = "Successfully authorized domain"
NOT_OFFERED: Final = (
    "The CA does not list this challenge in its authorization any more; the Order has to be placed "
    "anew."
)
FOREIGN_KEY: Final = (
    "spec.key is not what the issuer's account answers the token with: the account key was changed "
    "since, or the Challenge was not made by this controller."
)

_TRIED: Final[dict[Step, str]] = {
    "account": "The account of the issuer cannot be used",
    "present": "Failed to publish the answer",
    "check": "The answer cannot be checked",
    "answer": "Error accepting challenge",
    "read": "Failed to read the authorization at the CA",
}


def tried(step: Step, message: str) -> str:
    """What was tried and what came back."""
    return f"{_TRIED[step]}: {message}"


def held_up(trouble: Trouble, until: str) -> str:
    """Why the Challenge waits after a failure that is no end; `until` is a time, or empty."""
    told = tried(trouble.step, trouble.facts.message)
    if not until:
        return f"{ended(told)} It is tried again when the Secret or the issuer changes."
    if is_rate_limit(trouble.facts):
        return f"The CA asks to wait until {until}; then it is tried again. {told}"
    return f"{ended(told)} It is tried again by itself."


def no_issuer(ref: IssuerRef, namespace: str) -> str:
    """Why a Challenge whose issuer is not there waits."""
    kind = defaults.issuer_kind(ref)
    where = "" if kind == "ClusterIssuer" else f' in namespace "{namespace}"'
    return f'{kind} "{ref.name}"{where} does not exist, or is not of type acme.'


def other_solver(ref: IssuerRef) -> str:
    """Why a Challenge with a solver of yesterday is not worked on."""
    return (
        f'The solver is not one that {defaults.issuer_kind(ref)} "{ref.name}" has now. Its '
        f"credentials are not used; the Order makes the Challenge anew."
    )


def no_part(kind: str) -> str:
    """Why a Challenge whose solver is not of its type is not worked on."""
    return f"The solver of the Challenge does not answer {kind}."


def taken_away(spec: ChallengeSpec) -> str:
    """What is told where the route is made again and again."""
    if name := edited_ingress(spec):
        return (
            f'The path in Ingress "{name}" is taken away again and again: a tool that '
            f"keeps the Ingress as it is in Git (Argo CD, Flux) does that. Use ingressClassName in "
            f"the solver, or have the tool ignore spec.rules."
        )
    return "The route is changed or deleted again and again, by a policy or a person."


def cannot_tell(kind: str, evidence: str, until: str) -> str:
    """Why a Challenge waits whose answer cannot be looked for from here, and until when."""
    return (
        f"Whether the {kind} answer can be seen cannot be told from here; at {until} the CA is "
        f"asked to look all the same. {evidence}"
    )


def queued() -> str:
    """Why a Challenge is not started."""
    return (
        "Waiting for its turn: as many challenges as --max-concurrent-challenges allows are being "
        "worked on."
    )


def order_failed(reason: str) -> str:
    """Why a Challenge ends that nothing is wrong with."""
    return f"Not tried to the end, because the Order has failed: {reason}"


def propagation(kind: str, evidence: str) -> str:
    """What our own check has seen so far."""
    return f"Waiting for {kind} challenge propagation: {evidence}"


def waiting_as_told(kind: str, until: str) -> str:
    """Why a Challenge whose solver asks for a wait in place of the self-check waits."""
    return f"Waiting until {until} before accepting {kind} challenge without self-check"


def undecided() -> str:
    """Why a Challenge waits that the CA has been told to look at."""
    return "The CA was told that the answer is published, and has not decided yet."


def refused(
    authorization: messages.Authorization, spec: ChallengeSpec, checked: Checked | None
) -> str:
    """Why the CA ended the authorization, and what our own check had seen."""
    own = [one for one in authorization.challenges if one.url == spec.url]
    errors = [one.error.sentence() for one in own if one.error is not None]
    errors = errors or [
        one.error.sentence() for one in authorization.challenges if one.error is not None
    ]
    told = "; ".join(errors) or f"it is {authorization.status}, and the CA gave no reason"
    return f"Error accepting authorization: {ended(told)} {_seen(spec.type, checked)}"


def lost(message: str) -> str:
    """The authorization is not at the CA any more.

    Without the URN: another order would be placed, so nobody has to change anything first.
    """
    plain = message.replace(PROBLEM_URN, "")
    return f"The CA no longer knows the authorization; it answered: {plain}"


def leftover(spec: ChallengeSpec, why: str) -> str:
    """What stays behind, and why."""
    if spec.type == HTTP01:
        name = edited_ingress(spec)
        what = f'A path in Ingress "{name}"' if name else "The route"
        return (
            f"{what} of the challenge for {spec.dns_name} may be left behind: {ended(why)} "
            f"Remove it by hand; it does no harm."
        )
    return (
        f"A TXT record for {spec.dns_name} may be left behind at _acme-challenge.{spec.dns_name}: "
        f"{ended(why)} Remove it by hand; it does no harm."
    )


def _seen(kind: str, checked: Checked | None) -> str:
    if checked is None:
        return f"Our own {kind} check was not made."
    found = "had found the answer" if checked.passed else "had not found the answer"
    if checked.unknown:
        found = "could not tell"
    return f"Our own check {found}: {checked.evidence}"

"""Reasons in the controller's own words, made by the functions that make them in the cluster, and
what the rules on Orders find in them."""

from datetime import timedelta

from controller.acme.messages import Authorization, Identifier
from controller.acme.messages import Challenge as Offered
from controller.acme.problem import Problem, Subproblem
from controller.challenges import sentences as of_challenge
from controller.challenges.observed import Checked
from controller.challenges.observed import Step as ChallengeStep
from controller.challenges.observed import Trouble as ChallengeTrouble
from controller.orders import sentences as of_order
from controller.orders.observed import Step as OrderStep
from controller.orders.observed import Trouble as OrderTrouble
from controller.solvers.errors import SolverError
from controller.verdict import FailureFacts, facts_of
from kubectl_order.explain.orders import RULES
from kubectl_order.facts import Chain
from kubectl_order.finding import Finding
from orderapi.challenge import Challenge
from orderapi.solver import Solver
from tests.kubectl_order.build import (
    DNS_NAME,
    HTTP01_SOLVER,
    NOW,
    RFC2136_SOLVER,
    a_challenge,
    an_order,
    an_ordered_chain,
)

UNTIL = NOW + timedelta(minutes=30)
SOLVERS: dict[str, Solver] = {"HTTP-01": HTTP01_SOLVER, "DNS-01": RFC2136_SOLVER}


def found(chain: Chain) -> Finding:
    """What the rules on Orders find; they find something."""
    finding = next((one for rule in RULES if (one := rule(chain)) is not None), None)
    assert finding is not None
    return finding


def a_problem(
    kind: str, detail: str, status: int = 403, *subproblems: Subproblem, instance: str = ""
) -> Problem:
    """What a CA answers."""
    return Problem(
        kind=kind, detail=detail, status=status, subproblems=subproblems, instance=instance
    )


def published(error: Exception) -> str:
    """The reason of a Challenge whose answer could not be published, for the second time."""
    return tried("present", error)


def tried(step: ChallengeStep, error: Exception) -> str:
    """The reason of a Challenge with which a step failed, for the second time."""
    facts = facts_of(error)
    lasting = isinstance(error, SolverError) and not error.retryable
    trouble = ChallengeTrouble(step=step, facts=facts, attempts=2, at=NOW)
    return of_challenge.held_up(trouble, "" if lasting else of_order.stamp(UNTIL))


def refused(kind: str, problem: Problem, seen: str = "") -> str:
    """The reason of a Challenge that the CA refused; `seen`: what our own check had found."""
    spec = a_challenge(solver=SOLVERS[kind]).spec
    offered = Offered(url=spec.url, type=kind.lower(), status="invalid", error=problem)
    authorization = Authorization(
        url=spec.authorization_url,
        status="invalid",
        identifier=Identifier("dns", DNS_NAME),
        challenges=(offered,),
    )
    checked = Checked(passed=not seen, evidence=seen or "seen", at=NOW)
    return of_challenge.refused(authorization, spec, checked)


def ordered(step: OrderStep, error: Exception, *, waits: bool = False) -> str:
    """The reason of an Order with which a step failed; it waits, or has ended."""
    facts = facts_of(error)
    return of_step(step, facts, waits=waits)


def of_step(step: OrderStep, facts: FailureFacts, *, waits: bool = False) -> str:
    """The same, of facts."""
    if waits:
        trouble = OrderTrouble(step=step, facts=facts, attempts=2, at=NOW)
        return of_order.held_up(trouble, UNTIL)
    return of_order.tried(step, facts.message)


def waiting(kind: str, reason: str, *, presented: bool = True) -> Chain:
    """A chain whose Challenge waits for that reason."""
    one = a_challenge(reason=reason, solver=SOLVERS[kind], presented=presented)
    return an_ordered_chain(one)


def failed(kind: str, reason: str) -> Chain:
    """A chain whose Challenge, and so its Order, failed for that reason."""
    one: Challenge = a_challenge("invalid", reason, solver=SOLVERS[kind])
    order = an_order("invalid", of_order.failed_challenges(None, [one]), failed=NOW)
    return an_ordered_chain(one, order=order)


def errored(reason: str, *, dns_names: tuple[str, ...] = (DNS_NAME,)) -> Chain:
    """A chain whose Order ended for that reason, before it had a Challenge."""
    order = an_order("errored", reason, failed=NOW, dns_names=dns_names)
    return unproved(an_ordered_chain(order=order))


def held(reason: str) -> Chain:
    """A chain whose Order waits for that reason, without a Challenge."""
    return unproved(an_ordered_chain(order=an_order(reason=reason)))


def unproved(chain: Chain) -> Chain:
    """The chain without its Challenges."""
    return Chain(
        namespace=chain.namespace,
        now=chain.now,
        certificate=chain.certificate,
        request=chain.request,
        order=chain.order,
        issuer=chain.issuer,
        secret=chain.secret,
        leader=chain.leader,
    )

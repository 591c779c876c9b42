"""How a name is proved: what is published where, what is seen there, what the CA says. Pure."""

from collections.abc import Iterator
from datetime import datetime

from kubectl_order.pages import parts
from kubectl_order.report import Identifier, Problem, Proof, Solver
from kubectl_order.view.page import Block, Fields, Paragraph, Span, Style, Text, text


def block(
    proof: Identifier | Proof, now: datetime, *, indent: int = 0, wide: bool = False
) -> tuple[Block, ...]:
    """The name with its state, and below it what is known; the name alone where it is proved."""
    name = f"*.{proof.name}" if proof.wildcard else proof.name
    told = text(Span(name, Style.STRONG), ": ", parts.state_span(proof.state))
    title = Paragraph(told, indent=indent)
    if proof.state == "valid" and not wide and not proof.value:
        return (title,)
    rows = tuple(_rows(proof, now))
    return (title, Fields(rows, indent=indent + 2)) if rows else (title,)


def refusal(problem: Problem) -> Iterator[tuple[str, Text]]:
    """`CA says: 403 unauthorized: its words`, then its subproblems, as rows of fields."""
    status = f"{problem.status} " if problem.status else ""
    detail = f": {problem.detail}" if problem.detail else ""
    yield "CA says", text(Span(f"{status}{problem.type}{detail}", Style.BAD))
    yield from (("", text(each)) for each in problem.subproblems)


def _rows(proof: Identifier | Proof, now: datetime) -> Iterator[tuple[str, Text]]:
    challenge = proof.ref if isinstance(proof, Proof) else proof.challenge
    if challenge is not None:
        yield "Challenge", text(f"{challenge.name}, {proof.type}")
    if proof.solver is not None:
        yield from _solver(proof.solver)
    if proof.record:
        kind = "TXT record" if proof.type == "DNS-01" else "URL"
        yield kind, text(proof.record)
    if proof.value is not None:
        yield "Value", text(Span(proof.value, Style.STRONG))
    if challenge is not None and proof.state in ("new", "pending"):
        told = parts.moment(proof.presented, now) if proof.presented else "not yet"
        yield "Published", text(told)
    yield from _answers(proof)
    if proof.next_retry is not None and proof.state not in ("valid", "invalid"):
        at = f", at {parts.clock(proof.next_retry, now)}" if proof.next_retry > now else ""
        yield "Next retry", text(parts.retry(proof.next_retry, now) + at)


def _solver(solver: Solver) -> Iterator[tuple[str, Text]]:
    number = f"number {solver.number}, " if solver.number is not None else ""
    yield "Solver", text(f"{number}{solver.what}")
    if solver.why:
        yield "Chosen", text(f"because {solver.why}" if solver.number is not None else solver.why)


def _answers(proof: Identifier | Proof) -> Iterator[tuple[str, Text]]:
    """What the self-check saw and what the CA said; the whole reason where it is neither."""
    if proof.seen:
        yield "Self-check", text(proof.seen)
    if proof.problem is not None:
        yield from refusal(proof.problem)
    if proof.reason and not proof.seen and proof.problem is None:
        yield "Reason", text(proof.reason)

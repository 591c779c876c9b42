"""The root cause alone. Pure. Its first line is the headline and nothing else."""

from collections.abc import Iterator
from datetime import datetime

from kubectl_order.explain import words
from kubectl_order.finding import Finding, Standing
from kubectl_order.pages import parts
from kubectl_order.report import Check, Status
from kubectl_order.view.page import Blank, Block, Fields, Page, Paragraph, Span, Style, Text, text

_STYLES = {"pass": Style.GOOD, "fail": Style.BAD}


def page(status: Status) -> Page:
    """Headline, evidence, since and until, who must act, the next command; then the checks."""
    return tuple(_blocks(status))


def _blocks(status: Status) -> Iterator[Block]:
    finding = status.finding
    yield Paragraph(text(Span(finding.headline, parts.style_of(finding.standing))))
    yield from (Paragraph(text(f"- {told}"), indent=2, hanging=2) for told in finding.evidence)
    if status.checks is not None:
        yield Blank()
        yield from checks(status.checks)
    yield Blank()
    times = _times(finding, status.time)
    if times:
        yield Paragraph(text(times))
    yield Paragraph(text(parts.deed(finding)))
    if status.checks is None or "--live" not in finding.command.split():
        # Else it is the command that was just run.
        yield from parts.next_command(finding.command)
    if status.unread:
        yield Blank()
        yield Fields(parts.unread(status.unread))


def checks(made: tuple[Check, ...]) -> Iterator[Block]:
    """What was looked at from here, each with its verdict."""
    yield Paragraph(text(Span("Looked at from here:", Style.STRONG)))
    if not made:
        yield Paragraph(text("Nothing could be looked at."), indent=2)
        return
    yield Fields(tuple(_rows(made)))


def _rows(made: tuple[Check, ...]) -> Iterator[tuple[str, Text]]:
    for check in made:
        style = _STYLES.get(check.verdict, Style.WARNING)
        yield (
            check.verdict,
            text(
                Span(f"{check.name}, {check.target}" if check.target else check.name, style),
                f": {words.sentence(check.evidence, most=words.LONGEST)}" if check.evidence else "",
            ),
        )
        if check.fix:
            yield "", text(f"To do: {words.sentence(check.fix)}")


def _times(finding: Finding, now: datetime) -> str:
    told = []
    if finding.since is not None and finding.standing is not Standing.FINE:
        told.append(f"Since {parts.moment(finding.since, now)}.")
    told.append(parts.next_attempt(finding, now))
    return " ".join(filter(None, told))

"""Parts that several pages share: marks, ages, the closing words. Pure.

A mark is a word, for colour is not seen by everybody and is not there in a file.
"""

import re
from datetime import UTC, datetime
from typing import Final, assert_never

from kubectl_order.describe.states import BAD, GOOD
from kubectl_order.explain import words
from kubectl_order.finding import Actor, Finding, Ref, Standing
from kubectl_order.report import Running
from kubectl_order.view.page import Block, Paragraph, Span, Style, Text, text
from orderapi.names import PROBLEM_URN

SHORT: Final = 80
"""Characters of a reason in a table, unless it is wide."""

_WRAPPED: Final = re.compile(
    r"\A(?:The certificate request has failed to complete and will be retried: )?"
    r'(?:Failed to wait for order resource "[^"]*" to become ready: order is in "\w*" state: )?'
    r'(?:(?:Waiting for )?Challenge "[^"]*" for "(?P<name>[^"]*)"(?: failed)?: '
    r'|CertificateRequest "[^"]*" says: )?'
    r"(?:Error accepting authorization: |Waiting for \S+ challenge propagation: )?"
)
"""Whose reason it is, and the objects that hand it on."""
_PROBLEM: Final = re.compile(rf"(?<!\S)(?:\d{{3}} )?{PROBLEM_URN}(?=\w)")
_OWN_CHECK: Final = re.compile(r"(?<=\.) Our own \S+ check .*")
_ACTS: Final = {
    Actor.YOU: "You must act",
    Actor.ADMIN: "The admin of the cluster must act",
    Actor.DNS: "Whoever runs the DNS zone must act",
    Actor.ROUTER: "Whoever runs the router or the network before it must act",
    Actor.CA: "The CA, or whoever has the account there, must act",
    Actor.NOBODY: "Nobody has to act",
}


def mark(state: str) -> str:
    """`good`, `bad` or `wait` for a state's word; `?` where it is not known."""
    if state in GOOD:
        return "good"
    if state in BAD:
        return "bad"
    return "?" if state in ("", "unknown") else "wait"


def state_span(state: str) -> Span:
    """A state's word in the colour of its mark."""
    styles = {"good": Style.GOOD, "bad": Style.BAD, "wait": Style.WARNING}
    return Span(state, styles.get(mark(state), Style.FAINT))


def style_of(standing: str) -> Style:
    """The colour of a standing."""
    match Standing(standing):
        case Standing.FINE:
            return Style.GOOD
        case Standing.MOVING:
            return Style.PLAIN
        case Standing.WAITING:
            return Style.WARNING
        case Standing.FAILED | Standing.OVERDUE:
            return Style.BAD
        case never:
            assert_never(never)


def placed(ref: Ref) -> str:
    """`Certificate "web" in namespace "shop"`."""
    where = f' in namespace "{ref.namespace}"' if ref.namespace else ""
    return f'{ref.kind} "{ref.name}"{where}'


def clock(time: datetime, now: datetime) -> str:
    """A time as people write it: `14:05:00 UTC` where it is of the same day, else with its date."""
    time = time.astimezone(UTC)
    near = time.date() == now.astimezone(UTC).date()
    return f"{time:%H:%M:%S} UTC" if near else f"{time:%Y-%m-%d %H:%M} UTC"


def moment(time: datetime, now: datetime) -> str:
    """`14:05:00 UTC (2 min ago)`."""
    return f"{clock(time, now)} ({words.distance(time, now)})"


def age(created: datetime | None, now: datetime) -> str:
    """How old something is; empty where that is not known."""
    return words.lasting(now - created) if created is not None else ""


def cut(reason: str, *, wide: bool, limit: int = SHORT) -> str:
    """The reason on one line; unless it may be as long as it is, without the words around what
    happened, and shortened at a word's end."""
    line = " ".join(reason.split())
    if wide:
        return line
    line = _WRAPPED.sub(lambda match: f"{match['name']}: " if match["name"] else "", line)
    line = _OWN_CHECK.sub("", _PROBLEM.sub("", line))
    if len(line) <= limit:
        return line
    kept = line[: limit - 1]
    return (kept.rpartition(" ")[0] or kept).rstrip(" ,;:.") + "…"


def retry(time: datetime, now: datetime) -> str:
    """When it is tried again: `in 10 s`, or `due`."""
    return words.distance(time, now) if time > now else "due"


def closing(finding: Finding, now: datetime) -> tuple[Block, ...]:
    """What it waits for, since when, who must act; and the next command, unless all is well."""
    since = f" Since {moment(finding.since, now)}." if finding.since is not None else ""
    told = text(
        *_standing(finding.standing),
        Span(words.sentence(finding.headline), Style.STRONG),
        "" if finding.standing is Standing.FINE else since,
        f" {deed(finding)}",
        f" {attempt}" if (attempt := next_attempt(finding, now)) else "",
    )
    if finding.standing is Standing.FINE:
        return (Paragraph(told),)
    return Paragraph(told), *next_command(finding.command)


def deed(finding: Finding) -> str:
    """Who must act, and how."""
    if finding.standing is Standing.FINE and finding.fix:
        return words.sentence(finding.fix, most=words.LONGEST)
    acts = _ACTS[finding.who]
    if finding.who is Actor.NOBODY and finding.standing is not Standing.MOVING:
        acts += " yet"
    if not finding.fix:
        return f"{acts}."
    between = ". " if finding.who is Actor.NOBODY else ": "
    return f"{acts}{between}{words.sentence(finding.fix, most=words.LONGEST)}"


def next_attempt(finding: Finding, now: datetime) -> str:
    """What happens by itself, and when; empty where that is not known."""
    if finding.until is None or finding.standing is Standing.FINE:
        return ""
    if finding.until <= now:
        return "The next attempt is due."
    return (
        f"The next attempt is made by itself {words.distance(finding.until, now)}, "
        f"at {clock(finding.until, now)}."
    )


def next_command(command: str) -> tuple[Block, ...]:
    """`Next: <command>`."""
    return (Paragraph(text("Next: ", Span(command, Style.COMMAND)), indent=2),) if command else ()


def unread(sentences: tuple[str, ...]) -> tuple[tuple[str, Text], ...]:
    """What could not be read, as rows of fields."""
    return tuple(
        ("" if number else "Not read", text(Span(told, Style.WARNING)))
        for number, told in enumerate(sentences)
    )


def _standing(standing: Standing) -> Text:
    match standing:
        case Standing.FINE:
            return text("It waits for nothing. ")
        case Standing.MOVING:
            return text("It is on its way. ")
        case Standing.WAITING:
            return text(Span("It waits. ", Style.WARNING))
        case Standing.FAILED:
            return text(Span("It failed. ", Style.BAD))
        case Standing.OVERDUE:
            return text(Span("It is overdue. ", Style.BAD))
        case never:
            assert_never(never)


def controller(running: Running, now: datetime) -> tuple[str, Text]:
    """The field that tells whether the controller lives."""
    since = f" {moment(running.renewed, now)}" if running.renewed is not None else ""
    state = "down since" if running.state == "down" else running.state
    return (
        "Controller",
        text(
            Span(state, state_span(running.state).style),
            since if running.state == "down" else "",
            f". {running.told}" if running.told and running.state != "alive" else "",
        ),
    )

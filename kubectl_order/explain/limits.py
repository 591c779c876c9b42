"""Which of a CA's rate limits was met, until when, and what lifts it. Pure.

Knows the words of Boulder (Let's Encrypt), old and new; a limit that it does not know is quoted.
"""

import re
from typing import Final

from kubectl_order.explain.told import Told, time_in
from kubectl_order.explain.words import clause, dated_after
from kubectl_order.finding import Actor, Finding

PAUSED: Final = re.compile(
    r"temporarily prevented from requesting certificates for (?P<names>.+?)"
    r"(?: and possibly others)?\.? Please visit:? (?P<url>https://[^\s\"'<>\]\[]+)"
    r"(?P<hidden>\[key authorization\])?"
)
_LIMITS: Final[tuple[tuple[str, str], ...]] = (
    (
        (r"too many certificates(?: \((?P<n>\d+)\))? already issued for (?:this |the )?exact set"),
        "{n}certificates for the same set of names",
    ),
    (
        (
            r"too many certificates(?: \((?P<n>\d+)\))? already issued for:? "
            r"[\"“]?(?P<what>[^\s\"”,;:]+)"
        ),
        "{n}certificates for the domain {what}",
    ),
    (
        (r"too many failed authorizations(?: \((?P<n>\d+)\))?(?: for [\"“](?P<what>[^\"”]+))?"),
        "{n}failed validations{of_what}",
    ),
    (r"too many new orders(?: \((?P<n>\d+)\))?", "{n}new orders of the account"),
    (r"too many (?:new )?registrations(?: \((?P<n>\d+)\))?", "{n}new accounts of one address"),
    (r"too many currently pending authorizations", "pending authorizations of the account"),
)


def rate_limited(told: Told, detail: str) -> Finding:
    """The Finding for a refusal that only time, or the account's owner, lifts."""
    paused = PAUSED.search(detail)
    if paused is not None:
        return _paused(told, paused)
    # cert-manager, which writes no diagnosis, tries again in an hour whatever the CA says.
    said = time_in(detail) if told.failed and told.diagnosis is None else None
    until = said if said is not None and said > told.chain.now else told.until()
    limit = _limit(detail)
    what = f"its limit of {limit} is reached" if limit else f"too many requests: {clause(detail)}"
    when = f", until {dated_after(until)}" if until is not None else ""
    return told.finding(
        "ca-rate-limited",
        f"{told.ca} does not take an order for {told.name} now{when}: {what}",
        told.quoted(),
        who=Actor.NOBODY,
        fix="Nothing helps but to wait: another attempt before that time is refused too, and may "
        "prolong it."
        if until is not None
        else "Wait: the CA does not say until when, and it is tried again less and less often. "
        "More attempts by hand only prolong it.",
        command=told.watch(),
    )


def _paused(told: Told, found: re.Match[str]) -> Finding:
    url = found["url"].rstrip(".,")
    cut = found["hidden"] is not None
    fix = (
        "Open the CA's unpause page; its link was cut in the message, so ask the CA for it "
        f"({url.partition('?')[0]})."
        if cut
        else f"Open {url} and confirm there; mend what made the validations fail before that."
    )
    return told.finding(
        "ca-rate-limited",
        f"{told.ca} has paused the account for {clause(found['names'])}: too many failed "
        f"validations in a row",
        told.quoted(),
        who=Actor.CA,
        fix=fix,
        command=told.retry() if told.failed else told.watch(),
    )


def _limit(detail: str) -> str:
    """The limit in words; empty where the detail does not tell."""
    for pattern, words in _LIMITS:
        found = re.search(pattern, detail)
        if found is not None:
            groups = found.groupdict()
            count, what = groups.get("n"), groups.get("what")
            return words.format(
                n=f"{count} " if count else "",
                what=clause(what or ""),
                of_what=f" of {clause(what)}" if what else "",
            )
    return ""

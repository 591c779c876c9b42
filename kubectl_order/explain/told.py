"""One reason that an Order or a Challenge tells, with all that is known around it. Pure.

A reader makes a Finding of a `Told`, or has none. Its text is one line, and the tokens and key
authorizations of the chain are out of it from the start. Refuses to know what a reason means.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from kubectl_order.explain.about import issuer_at, issuer_owner, ref, shown
from kubectl_order.explain.words import LONGEST, clause, one_line, sentence
from kubectl_order.facts import Chain
from kubectl_order.finding import Actor, Finding, Ref, Standing, kubectl, plugin
from kubectl_order.report import Problem
from kubectl_order.solving import problem_in
from orderapi.challenge import Challenge
from orderapi.diagnosis import Diagnosis
from orderapi.issuer import ClusterIssuer, Issuer

LONGEST_HEADLINE: Final = 320

_SHOWN: Final = 5
_HOUR: Final = timedelta(hours=1)
_MOST_DOUBLINGS: Final = 5
_OWN_CHECK: Final = re.compile(r"(?<=[.;,]) ?(Our own (?:HTTP-01 |DNS-01 )?check .+)$")
_AGAIN: Final = re.compile(
    r"\.? It is tried again (?:by itself|when the (?:Secret or the )?issuer changes)\.$"
)
_TIME: Final = re.compile(
    r"(?:\buntil|\bafter|; at) (\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z| UTC)"
)


@dataclass(frozen=True, kw_only=True)
class Told:
    """One reason: of a Challenge, else of the Order, else what comes before it repeats of it.

    `name` is the name that it is about, `others` are the names in the same danger. `kind` is the
    challenge's type, empty where it is not known.
    """

    chain: Chain
    on: Ref
    text: str
    name: str
    kind: str = ""
    state: str = ""
    challenge: Challenge | None = None
    diagnosis: Diagnosis | None = None
    failed: bool = False
    since: datetime | None = None
    others: tuple[str, ...] = ()

    @cached_property
    def words(self) -> str:
        """The reason without what it says of the next try."""
        return _AGAIN.sub("", self.text)

    @cached_property
    def told(self) -> str:
        """The same, and without what our own check had seen."""
        found = _OWN_CHECK.search(self.words)
        return self.words[: found.start()].rstrip() if found is not None else self.words

    @cached_property
    def own_check(self) -> str:
        """What our own check had seen, a sentence; empty where nothing is said of it."""
        found = _OWN_CHECK.search(self.words)
        return found[1] if found is not None else ""

    @cached_property
    def problem(self) -> Problem | None:
        """The CA's problem document, if the reason tells of one."""
        return problem_in(self.told)

    @property
    def dns_name(self) -> str:
        """The name without the label of a wildcard."""
        return self.name.removeprefix("*.")

    @property
    def record(self) -> str:
        """The name of the TXT record."""
        return f"_acme-challenge.{self.dns_name}"

    @property
    def subject(self) -> Ref:
        """Whom commands are about: the Certificate, else the Order, else what tells it."""
        head = self.chain.certificate or self.chain.order
        return ref(head) if head is not None else self.on

    @property
    def issuer(self) -> Ref:
        """The issuer that is named, whether or not it could be read."""
        return issuer_at(self.chain)

    @property
    def the_issuer(self) -> str:
        """The issuer in words: `Issuer "acme" in namespace "shop"`."""
        return shown(self.issuer)

    @property
    def issuer_owner(self) -> Actor:
        """Who may change the issuer."""
        return issuer_owner(self.chain)

    @cached_property
    def ca(self) -> str:
        """The CA in words: `the CA at acme.example`; `the CA` where its host is not known."""
        return f"the CA at {self.host}" if self.host else "the CA"

    @cached_property
    def host(self) -> str:
        """The host of the CA, by its issuer or else by the Order's URL; empty where neither
        tells."""
        chain, urls = self.chain, list[str]()
        if isinstance(chain.issuer, Issuer | ClusterIssuer) and chain.issuer.spec.acme is not None:
            urls.append(chain.issuer.spec.acme.server)
        if chain.order is not None:
            urls.append(chain.order.status.url)
        return next((host for url in urls if (host := _host(url))), "")

    def retry(self) -> str:
        """The command for a new attempt now; for an Order without Certificate, a closer look."""
        return plugin("retry", self.subject) if self.chain.certificate is not None else self.look()

    def look(self) -> str:
        """The command for a look from where it runs."""
        return plugin("why", self.subject, "--live")

    def watch(self) -> str:
        """The command that waits for the end."""
        return plugin("watch", self.subject)

    def edit(self) -> str:
        """The command that edits the Certificate."""
        if self.chain.certificate is None:
            return self.describe()
        return kubectl("edit", ref(self.chain.certificate))

    def describe(self) -> str:
        """The command that shows what tells it, with its events."""
        return kubectl("describe", self.on)

    def edit_issuer(self) -> str:
        """The command that edits the issuer."""
        return kubectl("edit", self.issuer)

    def describe_issuer(self) -> str:
        """The command that shows the issuer, with its events."""
        return kubectl("describe", self.issuer)

    def quoted(self) -> str:
        """The reason as evidence, without our own check, which is a sentence of its own."""
        whose = f'{self.on.kind} "{self.on.name}"'
        return f"{whose} says: {self.told}" if self.text else f"{whose} gives no reason"

    def until(self) -> datetime | None:
        """When the next attempt is made by itself (UTC)."""
        if self.failed:
            return _next_attempt(self.chain) or time_in(self.text)
        told = self.diagnosis.next_retry_time if self.diagnosis is not None else None
        return told or time_in(self.text)

    def finding(
        self,
        cause: str,
        headline: str,
        *evidence: str,
        who: Actor,
        fix: str,
        command: str,
        standing: Standing | None = None,
    ) -> Finding:
        """The Finding. Without evidence of its own the reason is the evidence; what our own check
        had seen and which other names are in the same danger are added. A headline may begin with
        `the`, as `told.ca` does."""
        seen = list(evidence) or [self.quoted()]
        if self.own_check and not evidence:
            seen.append(self.own_check)
        if self.others:
            names = ", ".join(self.others[:_SHOWN])
            more = ", and others" if len(self.others) > _SHOWN else ""
            verb = "failed" if self.failed else "wait"
            seen.append(f"{counted(self.others)} {verb} too: {names}{more}")
        return Finding(
            cause=cause,
            on=self.on,
            headline=clause(_begun(headline), LONGEST_HEADLINE),
            evidence=tuple(sentence(each, LONGEST) for each in seen),
            since=self.since,
            until=self.until(),
            who=who,
            fix=sentence(fix, LONGEST),
            command=one_line(command, LONGEST),
            standing=standing or (Standing.FAILED if self.failed else Standing.WAITING),
        )


Reader: TypeAlias = Callable[[Told], Finding | None]
Row: TypeAlias = tuple[str, Callable[[Told, re.Match[str]], Finding | None]]


def by_table(rows: Sequence[Row], told: Told, text: str) -> Finding | None:
    """The Finding of the first row whose pattern is in the text."""
    for pattern, make in rows:
        match = re.search(pattern, text)  # compiled once, and only where there is trouble
        if match is not None and (found := make(told, match)) is not None:
            return found
    return None


def _begun(headline: str) -> str:
    return f"T{headline[1:]}" if headline.startswith("the ") else headline


def group(found: re.Match[str], name: str) -> str:
    """What the pattern found under that name; empty where it has no such group."""
    return found.groupdict().get(name) or ""


def counted(names: Sequence[str]) -> str:
    """How many more names: `2 more names`."""
    return f"{len(names)} more name{'s' if len(names) > 1 else ''}"


def time_in(text: str) -> datetime | None:
    """The time that a reason names as the end of a wait (UTC), if it names one."""
    found = _TIME.search(text)
    if found is None:
        return None
    try:
        return datetime.fromisoformat(f"{found[1]}T{found[2]}").replace(tzinfo=UTC)
    except ValueError:
        return None


def _next_attempt(chain: Chain) -> datetime | None:
    """When the Certificate makes its next attempt."""
    if chain.certificate is None:
        return None
    status = chain.certificate.status
    if status.diagnosis is not None or status.last_failure_time is None:
        return status.diagnosis.next_retry_time if status.diagnosis is not None else None
    # cert-manager tells no time: it waits for an hour, and each time twice as long.
    failures = max(status.failed_issuance_attempts or 1, 1)
    try:
        return status.last_failure_time + _HOUR * (1 << min(failures - 1, _MOST_DOUBLINGS))
    except OverflowError:
        return None


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""

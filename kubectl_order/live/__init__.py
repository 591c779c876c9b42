"""`why --live`: looks for itself, from where it runs, at what the CA is going to look at.

    names      what no CA will sign, told by the names alone; pure
    ca         the directory, and the order and its authorizations where the CA shows them unsigned
    domain     DNS: addresses, CAA, DNSSEC, delegation, the TXT record at every authoritative server
    web        HTTP-01 by stages: connect, answer, redirects, body; each address by itself

Each check passes, fails, or cannot tell, with evidence. What is seen from here need not be what the
CA sees: a verdict is no more than that. Nothing is written, and no token or key authorization is in
an evidence; a body that was fetched is compared and never quoted. dnspython is imported here alone.

Whoever is asked may be slow on purpose: all of it ends after a minute, with what is known by then.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Final, TypeAlias

from kubectl_order.facts import Chain
from kubectl_order.live import ca, domain, names, web
from kubectl_order.live.jobs import Job, begin
from kubectl_order.live.lookup import Lookup
from kubectl_order.live.subject import Subject, subjects
from kubectl_order.report import Check

MOST_NAMES: Final = 20
"""Names that are looked at: those whose proof is open or failed come first."""

WITHIN: Final = 60.0
"""Seconds for everything; what is not known by then is unknown."""

_DIRECTORY_WITHIN: Final = 15.0

Look: TypeAlias = Callable[[Subject, Lookup], Iterable[Check]]
_LOOKS: Final[Sequence[Look]] = (
    domain.addresses,
    domain.caa,
    domain.dnssec,
    domain.delegation,
    domain.records,
    web.stages,
)


def checks(
    chain: Chain, *, nameservers: Sequence[str] = (), within: float = WITHIN
) -> tuple[Check, ...]:
    """All checks that make sense for the chain; takes seconds, and no more than `within`.

    `nameservers` (`address` or `address:port`) are asked in place of the system's.
    """
    return tuple(_all(chain, Lookup(nameservers), within))


def _all(chain: Chain, lookup: Lookup, within: float) -> Iterator[Check]:
    deadline = time.monotonic() + within
    directory = _directory(chain, min(_DIRECTORY_WITHIN, within / 2))
    yield from names.checks(chain)
    wanted = subjects(chain)
    shown = [subject.asking(directory.caa_identities) for subject in wanted[:MOST_NAMES]]
    jobs = [
        Job("CA", directory.url, partial(ca.checks, chain, directory)),
        *(
            Job(look.__name__, each.shown, partial(look, each, lookup))
            for each in shown
            for look in _LOOKS
        ),
    ]
    begin(jobs)
    for job in jobs:
        yield from job.result(deadline)
    if len(wanted) > MOST_NAMES:
        more = f"{len(wanted) - MOST_NAMES} more names were not looked at"
        yield Check(name="names", target="", verdict="unknown", evidence=more, fix="")


def _directory(chain: Chain, within: float) -> ca.Directory:
    found: list[ca.Directory] = []

    def ask() -> Iterator[Check]:
        found.append(ca.directory(chain))
        yield from ()

    job = Job("CA", "", ask)
    begin([job])
    made = job.result(time.monotonic() + within)
    if found:
        return found[0]
    return ca.Directory(url=ca.server(chain), fault=made[0].evidence)

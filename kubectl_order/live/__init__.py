"""`why --live`: looks for itself, from where it runs, at what the CA is going to look at.

    names      what no CA will sign, told by the names alone; pure
    ca         the directory, and the order and its authorizations where the CA shows them unsigned
    domain     DNS: addresses, CAA, DNSSEC, delegation, the TXT record at every authoritative server
    web        HTTP-01 by stages: connect, answer, redirects, body; each address by itself

Each check passes, fails, or cannot tell, with evidence. What is seen from here need not be what the
CA sees: a verdict is no more than that. Nothing is written, and no token or key authorization is in
an evidence; a body that was fetched is compared and never quoted. dnspython is imported here alone.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeAlias

from kubectl_order.facts import Chain
from kubectl_order.live import ca, domain, names, web
from kubectl_order.live.lookup import Lookup
from kubectl_order.live.subject import Subject, subjects
from kubectl_order.report import Check

MOST_NAMES: Final = 20
"""Names that are looked at: those whose proof is open or failed come first."""

_WORKERS: Final = 8

Look: TypeAlias = Callable[[Subject, Lookup], Iterable[Check]]
_LOOKS: Final[Sequence[Look]] = (
    domain.addresses,
    domain.caa,
    domain.dnssec,
    domain.delegation,
    domain.records,
    web.stages,
)


def checks(chain: Chain, *, nameservers: Sequence[str] = ()) -> tuple[Check, ...]:
    """All checks that make sense for the chain; takes seconds, at most about a minute.

    `nameservers` (`address` or `address:port`) are asked in place of the system's.
    """
    return tuple(_all(chain, Lookup(nameservers)))


def _all(chain: Chain, lookup: Lookup) -> Iterator[Check]:
    wanted = subjects(chain)
    directory = ca.directory(chain)
    yield from names.checks(chain)
    yield from ca.checks(chain, directory)
    identities = directory.caa_identities
    shown = [subject.asking(identities) for subject in wanted[:MOST_NAMES]]
    with ThreadPoolExecutor(_WORKERS) as pool:
        jobs = [pool.submit(_seen, look, each, lookup) for each in shown for look in _LOOKS]
        for job in jobs:
            yield from job.result()
    if len(wanted) > MOST_NAMES:
        more = f"{len(wanted) - MOST_NAMES} more names were not looked at"
        yield Check(name="names", target="", verdict="unknown", evidence=more, fix="")


def _seen(look: Look, subject: Subject, lookup: Lookup) -> tuple[Check, ...]:
    return tuple(look(subject, lookup))

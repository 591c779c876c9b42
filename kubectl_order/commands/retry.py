"""`kubectl order retry ORDER|CERT`."""

from typing import Annotated

from typer import Argument, Option

from kubectl_order.attempting import attempting, exit_of
from kubectl_order.commands.renew import MESSAGE, check_waiting, line, report
from kubectl_order.describe import status_of
from kubectl_order.explain.about import is_issuing
from kubectl_order.facts import Chain
from kubectl_order.failure import Exit, Failure
from kubectl_order.flags import DryRun, Timeout
from kubectl_order.following.deadline import Deadline
from kubectl_order.following.issuance import follow
from kubectl_order.following.phases import has_failed
from kubectl_order.output import say
from kubectl_order.pages import parts, why
from kubectl_order.session import Session
from orderapi import states
from orderapi.certificate import Certificate


def run(
    session: Session,
    name: Annotated[str, Argument(help="An Order or a Certificate, or a name of its chain.")],
    dry_run: DryRun = "none",
    wait: Annotated[bool, Option("--wait", help="Follow it until it is done.")] = False,
    timeout: Timeout = "",
) -> Exit:
    """Begin a new attempt now, after one that failed, without waiting for the next by itself.

    What is known of the failure stays in the Certificate's status.diagnosis. The exit code is 1
    where there were too many attempts within an hour. An attempt that is under way is left alone:
    what it waits for is told.
    """
    from kubectl_order.naming.target import resolve

    deadline = Deadline(timeout)
    check_waiting(session, "retry", wait=wait, dry_run=dry_run, timeout=timeout)
    cluster = session.cluster
    how = attempting(cluster, dry_run)
    chain = cluster.chain_of(resolve(cluster, name))
    certificate = chain.certificate
    if certificate is None:
        raise _without_certificate(chain)
    if is_issuing(certificate) or not _failed(chain, certificate):
        if wait and is_issuing(certificate):
            return follow(session, certificate, deadline)
        return _left_alone(session, chain)
    start, written = how.begin(certificate, _message(chain))
    if session.for_people:
        say(session, line(start))
    if wait and written is not None:
        return follow(session, written, deadline)
    if not session.for_people:
        report(session, [start], dry_run=how.dry_run)
    return exit_of([start])


def _failed(chain: Chain, certificate: Certificate) -> bool:
    """Whether there is a failure to try again after."""
    order = chain.order
    failed = order is not None and order.status.state in states.FAILED
    return has_failed(certificate) or failed or certificate.status.last_failure_time is not None


def _message(chain: Chain) -> str:
    order = chain.order
    return f'{MESSAGE}: a retry of Order "{order.metadata.name}"' if order is not None else MESSAGE


def _left_alone(session: Session, chain: Chain) -> Exit:
    """It is on its way, or waits for something that a new attempt does not change, or is there."""
    status = status_of(chain)
    ready = parts.closing(status.finding, status.time)
    under_way = is_issuing(chain.certificate)
    session.show(status, why.page(status) if under_way else ready)
    return Exit.FINE


def _without_certificate(chain: Chain) -> Failure:
    found = chain.order or chain.request
    name = found.metadata.name if found is not None else ""
    kind = "Order" if chain.order is not None else "CertificateRequest"
    unread = "; ".join(chain.unread)
    if unread:
        sentence = f'the Certificate of the {kind} "{name}" cannot be found: {unread}'
        return Failure(sentence, exit=Exit.NO_ACCESS)
    return Failure(
        f'the {kind} "{name}" belongs to no Certificate, so nothing would begin a new attempt',
        exit=Exit.FAILED,
        hint="make a new CertificateRequest, as whoever made the last one did",
    )

"""`kubectl order renew CERT...`."""

from collections.abc import Sequence
from typing import Annotated, Final

from typer import Argument, Option

from kubectl_order.attempting import Start, Starts, attempting, exit_of
from kubectl_order.failure import Exit, Failure
from kubectl_order.flags import DryRun, Timeout
from kubectl_order.following.deadline import Deadline
from kubectl_order.following.issuance import follow
from kubectl_order.following.lines import check_output
from kubectl_order.output import say
from kubectl_order.session import Session
from kubectl_order.view.page import Page, Paragraph, Text, text
from orderapi.certificate import Certificate
from orderapi.resources import CERTIFICATE

MESSAGE: Final = "Certificate re-issuance manually triggered"
"""As cert-manager's own tool writes it."""


def run(
    session: Session,
    names: Annotated[list[str] | None, Argument(help="Names of Certificates.")] = None,
    everything: Annotated[bool, Option("--all", help="All Certificates there are.")] = False,
    selector: Annotated[str, Option("--selector", "-l", help="Those with these labels.")] = "",
    all_namespaces: Annotated[
        bool, Option("--all-namespaces", "-A", help="With --all or -l: in all namespaces.")
    ] = False,
    dry_run: DryRun = "none",
    wait: Annotated[bool, Option("--wait", help="Follow each until it is done.")] = False,
    timeout: Timeout = "",
) -> Exit:
    """Have certificates issued anew, now, whatever their age.

    The condition Issuing is set; the spec stays as it is. The exit code is 1 where there were too
    many attempts within an hour, with --wait where one failed too.
    """
    names = names or []
    _check(names, everything=everything, selector=selector, all_namespaces=all_namespaces)
    deadline = Deadline(timeout)
    check_waiting(session, "renew", wait=wait, dry_run=dry_run, timeout=timeout)
    found = _named(session, names) if names else _all(session, selector, all_namespaces)
    how = attempting(session.cluster, dry_run)
    starts: list[Start] = []
    begun: list[Certificate] = []
    for certificate in found:
        start, written = how.begin(certificate, MESSAGE)
        starts.append(start)
        if session.for_people:
            say(session, line(start, namespace=all_namespaces))
        if written is not None or not start.refused:
            begun.append(written or certificate)
    code = exit_of(starts)
    if wait:
        return max((code, *(follow(session, one, deadline) for one in begun)))
    if not session.for_people:
        report(session, starts, dry_run=how.dry_run)
    return code


def check_waiting(
    session: Session, command: str, *, wait: bool, dry_run: str, timeout: str
) -> None:
    """Raises Failure for flags that do not go together."""
    if wait and dry_run == "server":
        raise Failure("with --dry-run=server there is nothing to wait for", exit=Exit.USAGE)
    if timeout and not wait:
        raise Failure("--timeout goes with --wait", exit=Exit.USAGE)
    if wait:
        check_output(session, f"{command} --wait")


def line(start: Start, *, namespace: bool = False) -> Text:
    """`certificate/web: an attempt begins now`."""
    where = f"{start.ref.namespace}/" if namespace else ""
    return text(f"{where}{start.ref}: {start.told}")


def report(session: Session, starts: Sequence[Start], *, dry_run: bool) -> None:
    """Print the document about all of them."""
    document = Starts(time=session.cluster.now, dry_run=dry_run, items=tuple(starts))
    page: Page = tuple(Paragraph(line(start)) for start in starts)
    session.show(document, page)


def _check(names: Sequence[str], *, everything: bool, selector: str, all_namespaces: bool) -> None:
    many = "--all" if everything else "-l" if selector else "-A" if all_namespaces else ""
    if names and many:
        raise Failure(f"names do not go with {many}", exit=Exit.USAGE)
    if not names and many in ("", "-A"):
        raise Failure(
            "which Certificates are to be renewed?",
            exit=Exit.USAGE,
            hint="give their names, or labels with -l, or --all",
        )


def _named(session: Session, names: Sequence[str]) -> list[Certificate]:
    """All of them; nothing is begun where one is not there. Raises Failure."""
    found = (_one(session, name) for name in dict.fromkeys(names))
    return list({certificate.metadata.uid: certificate for certificate in found}.values())


def _one(session: Session, written: str) -> Certificate:
    from kubectl_order.naming.missing import nothing
    from kubectl_order.reading.kinds import spelled

    kind, slash, name = written.rpartition("/")
    if slash and spelled(kind) is not CERTIFICATE:
        raise Failure(
            f'renew is for Certificates, and "{written}" is none',
            exit=Exit.USAGE,
            hint="kubectl order retry is for Orders too",
        )
    try:
        return session.cluster.certificate(name)
    except Failure as failure:
        if failure.exit is not Exit.NOT_FOUND:
            raise
        raise nothing(session.cluster, name, kinds=(CERTIFICATE.kind,), refused={}) from None


def _all(session: Session, selector: str, all_namespaces: bool) -> list[Certificate]:
    cluster = session.cluster
    rows = list(cluster.certificates(all_namespaces=all_namespaces, selector=selector))
    if not rows:
        labels = f' with the labels "{selector}"' if selector else ""
        where = "any namespace" if all_namespaces else f'namespace "{cluster.namespace}"'
        raise Failure(f"there is no Certificate{labels} in {where}", exit=Exit.NOT_FOUND)
    return [cluster.certificate(row.metadata.name, row.metadata.namespace) for row in rows]

"""`kubectl order watch [NAME]`."""

from typing import Annotated

from typer import Argument, Option

from kubectl_order.failure import Exit, Failure
from kubectl_order.following import Deadline, check_output, follow
from kubectl_order.session import Session


def run(
    session: Session,
    name: Annotated[str, Argument(help="A name, or KIND/NAME.")] = "",
    all_namespaces: Annotated[
        bool, Option("--all-namespaces", "-A", help="Without NAME: all namespaces.")
    ] = False,
    selector: Annotated[
        str, Option("--selector", "-l", help="Without NAME: those with these labels.")
    ] = "",
    timeout: Annotated[str, Option(help="The longest wait, such as 5m; none by default.")] = "",
) -> Exit:
    """Follow an issuance until it is done: how everything stands, then a line for each change.

    Without NAME, all Orders are followed until none is under way. The exit code is 0 when the
    certificate is there, 1 at the first failure, 124 after --timeout. With -o json each line is a
    document.
    """
    check_output(session, "watch")
    deadline = Deadline(timeout)
    if not name:
        from kubectl_order.following_orders import follow_orders

        return follow_orders(session, deadline, all_namespaces=all_namespaces, selector=selector)
    if all_namespaces or selector:
        raise Failure("a NAME goes with neither -A nor -l", exit=Exit.USAGE)
    from kubectl_order.target import resolve

    return follow(session, resolve(session.cluster, name), deadline)

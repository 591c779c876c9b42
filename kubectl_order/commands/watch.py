"""`kubectl order watch [NAME]`."""

from typing import Annotated

from typer import Argument, Option

from kubectl_order.failure import Exit
from kubectl_order.flags import AllNamespaces, Selector, check_alone
from kubectl_order.following.deadline import Deadline
from kubectl_order.following.issuance import follow
from kubectl_order.following.lines import check_output
from kubectl_order.session import Session


def run(
    session: Session,
    name: Annotated[str, Argument(help="A name, or KIND/NAME.")] = "",
    all_namespaces: AllNamespaces = False,
    selector: Selector = "",
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
        from kubectl_order.following.orders import follow_orders

        return follow_orders(session, deadline, all_namespaces=all_namespaces, selector=selector)
    check_alone(all_namespaces=all_namespaces, selector=selector)
    from kubectl_order.naming.target import resolve

    return follow(session, resolve(session.cluster, name), deadline)

"""What the API server refuses, as failures of the command: a sentence, an exit code, a hint."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from shlex import quote
from typing import Any, Final

import msgspec

from kubectl_order.access.errors import ApiError, BadConfig, Conflict, Forbidden, Gone, NotFound
from kubectl_order.failure import Exit, Failure
from orderapi.resources import ORDER, Resource

READ: Final = "view"
"""The ClusterRole that lets people read what is shown here."""
WRITE: Final = "edit"
"""The ClusterRole that lets people set a condition."""

_SERVICE_ACCOUNT: Final = "system:serviceaccount:"
_ANONYMOUS: Final = "system:anonymous"
_REFUSED: Final = re.compile(
    r'User "([^"]*)" cannot ([\w:-]+) resource "([^"]*)" in API group "([^"]*)"'
    r'(?: in the namespace "([^"]*)")?'
)


@contextmanager
def told() -> Iterator[None]:
    """Errors of the API server and of the kubeconfig as Failures."""
    try:
        yield
    except (ApiError, BadConfig) as error:
        raise failure_for(error) from error
    except msgspec.DecodeError as error:
        sentence = f"an answer of the API server cannot be understood: {error}"
        raise Failure(sentence, exit=Exit.FAILED) from error


def failure_for(error: ApiError | BadConfig) -> Failure:
    """The failure for an answer, or a kubeconfig, that leaves nothing to show."""
    match error:
        case NotFound() if not error.reason:
            return not_installed()
        case NotFound():
            return Failure(str(error), exit=Exit.NOT_FOUND, hint=error.hint)
        case Conflict():
            return Failure(str(error), exit=Exit.FAILED, hint="run the command again")
        case Gone():
            return Failure(
                "the list changed while it was read, for too long to go on",
                exit=Exit.NO_ACCESS,
                hint="run the command again",
            )
        case Forbidden():
            return forbidden(error)
        case _:
            return Failure(str(error), exit=Exit.NO_ACCESS, hint=error.hint)


def not_installed() -> Failure:
    """The kinds of the API are not served."""
    return Failure(
        "this cluster has neither kubectl-order nor cert-manager: the resource "
        f"{ORDER.plural}.{ORDER.group} does not exist",
        exit=Exit.NOT_FOUND,
        hint="kubectl apply --server-side -k deploy installs it, from the sources of kubectl-order;"
        " or choose another cluster with --context",
    )


def forbidden(
    error: Forbidden,
    resource: Resource[Any] | None = None,
    namespace: str = "",
    *,
    role: str = READ,
) -> Failure:
    """Who may not do what, and which ClusterRole lets them; without a namespace, in all of them."""
    match_ = _REFUSED.search(error.message)
    if match_ is None:
        return Failure(error.message or str(error), exit=Exit.NO_ACCESS, hint=error.hint)
    user, verb, what, group, said = match_.groups(default="")
    if verb.startswith("impersonate"):
        return Failure(
            f'user "{user}" may not act as somebody else',
            exit=Exit.NO_ACCESS,
            hint="leave out --as, or see what they may: kubectl auth can-i --list",
        )
    if resource is not None:
        group = resource.group
    else:
        namespace = said
    where = f'in namespace "{namespace}"' if namespace else "in all namespaces"
    return Failure(
        f'user "{user}" may not {verb} {what}.{group} {where}'.replace(". ", " "),
        exit=Exit.NO_ACCESS,
        hint=_remedy(user, namespace, role),
    )


def _remedy(user: str, namespace: str, role: str) -> str:
    if user == _ANONYMOUS:
        # Nobody should be told to give rights to everybody.
        return "the kubeconfig shows the API server no credentials: kubectl config view --minify"
    return f'the ClusterRole "{role}" lets them: {_binding(user, namespace, role)}'


def _binding(user: str, namespace: str, role: str) -> str:
    if user.startswith(_SERVICE_ACCOUNT):
        account = user.removeprefix(_SERVICE_ACCOUNT)
        who = f"--serviceaccount={quote(account)}"
        name = account.replace(":", "-")
    else:
        who, name = f"--user={quote(user)}", user
    safe = re.sub(r"[^a-z0-9-]+", "-", name.lower()).strip("-") or "someone"
    kind, where = (
        ("rolebinding", f" -n {quote(namespace)}") if namespace else ("clusterrolebinding", "")
    )
    return f"kubectl create {kind} {safe}-{role} --clusterrole={role} {who}{where}"

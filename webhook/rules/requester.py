"""Who a CertificateRequest says it comes from.

Approvers decide by these fields: each may be empty, and is otherwise that of the user who creates
the request.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from orderapi.certificaterequest import CertificateRequestSpec
from orderapi.refusals import REQUESTER
from webhook.request import User
from webhook.verdict import Fault

IDENTITY: Final = frozenset({"username", "uid", "groups", "extra"})
"""The fields of spec that tell it."""


def requester_faults(spec: CertificateRequestSpec, user: User) -> Iterator[Fault]:
    """One for each field that tells of someone else than the user."""
    if spec.username and spec.username != user.username:
        yield _fault("username")
    if spec.uid and spec.uid != user.uid:
        yield _fault("uid")
    if spec.groups and set(spec.groups) != set(user.groups):
        yield _fault("groups")
    extra = _as_sets(spec.extra)
    if extra and extra != _as_sets(user.extra):
        yield _fault("extra")


def _fault(field: str) -> Fault:
    return Fault(f"spec.{field}", REQUESTER, "requester")


def _as_sets(extra: Mapping[str, Sequence[str]]) -> dict[str, frozenset[str]]:
    """No order, and a name without values is none."""
    return {name: frozenset(values) for name, values in extra.items() if values}

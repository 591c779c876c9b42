"""Who a CertificateRequest says it comes from.

Approvers decide by these fields: each may be empty, and is otherwise that of the user who creates
the request.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from orderapi.certificaterequest import CertificateRequestSpec
from orderapi.validation.fault import quoted
from webhook.request import User
from webhook.verdict import Fault

IDENTITY: Final = frozenset({"username", "uid", "groups", "extra"})
"""The fields of spec that tell it."""


def requester_faults(spec: CertificateRequestSpec, user: User) -> Iterator[Fault]:
    """One for each field that tells of someone else than the user."""
    if spec.username and spec.username != user.username:
        yield _fault("username", f"is not {quoted(user.username)}, who creates this request")
    if spec.uid and spec.uid != user.uid:
        yield _fault("uid", "is not the UID of the user who creates this request")
    if spec.groups and set(spec.groups) != set(user.groups):
        yield _fault("groups", "are not the groups of the user who creates this request")
    extra = _as_sets(spec.extra)
    if extra and extra != _as_sets(user.extra):
        yield _fault("extra", "are not the attributes of the user who creates this request")


def _fault(field: str, what: str) -> Fault:
    return Fault(f"spec.{field}", f"{what}; leave it out", "requester")


def _as_sets(extra: Mapping[str, Sequence[str]]) -> dict[str, frozenset[str]]:
    """No order, and a name without values is none."""
    return {name: frozenset(values) for name, values in extra.items() if values}

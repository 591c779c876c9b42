"""What a rule has to ask of the cluster, and how it asks: by `yield from`, so that rules are pure.

    found = yield from read(ORDER, namespace, name)
    if isinstance(found, Unanswered): ...

A rule is a generator of questions that returns a Verdict. Who drives it answers each question, with
Unanswered where the API server did not: that is an answer too, and each rule says what follows.
"""

from collections.abc import Generator
from typing import Any, NamedTuple, TypeAlias, TypeVar, cast

from orderapi.meta import Object
from orderapi.resources import Resource
from webhook.request import User
from webhook.verdict import Verdict

T = TypeVar("T", bound=Object)


class Unanswered(NamedTuple):
    """The API server could not be asked, or refused: one sentence, without a full stop."""

    why: str


class Read(NamedTuple):
    """One object. Answer: it, or None where there is none."""

    resource: Resource[Any]
    namespace: str
    name: str


class Claims(NamedTuple):
    """The names of the Certificates of a namespace that have this secretName."""

    namespace: str
    secret_name: str


class May(NamedTuple):
    """Whether the user may do that (SubjectAccessReview). Answer: a bool."""

    user: User
    verb: str
    group: str
    resource: str
    namespace: str
    name: str


class SignerKind(NamedTuple):
    """How a kind of issuer is served."""

    plural: str
    namespaced: bool


class Served(NamedTuple):
    """How a kind is served (discovery). Answer: SignerKind, or None where the API has no such
    kind."""

    group: str
    kind: str


Question: TypeAlias = Read | Claims | May | Served
Answer: TypeAlias = Object | tuple[str, ...] | bool | SignerKind | Unanswered | None
Judgement: TypeAlias = Generator[Question, Answer, Verdict]


def read(
    resource: Resource[T], namespace: str, name: str
) -> Generator[Question, Answer, T | Unanswered | None]:
    """The object, None, or Unanswered."""
    return cast("T | Unanswered | None", (yield Read(resource, namespace, name)))


def claims(
    namespace: str, secret_name: str
) -> Generator[Question, Answer, tuple[str, ...] | Unanswered]:
    """The names of the Certificates that have this secretName, or Unanswered."""
    return cast("tuple[str, ...] | Unanswered", (yield Claims(namespace, secret_name)))


def may(
    user: User, verb: str, group: str, resource: str, *, namespace: str = "", name: str = ""
) -> Generator[Question, Answer, bool | Unanswered]:
    """Whether the user may do that, or Unanswered."""
    return cast("bool | Unanswered", (yield May(user, verb, group, resource, namespace, name)))


def served(group: str, kind: str) -> Generator[Question, Answer, SignerKind | Unanswered | None]:
    """How the kind is served, None where it is not, or Unanswered."""
    return cast("SignerKind | Unanswered | None", (yield Served(group, kind)))

"""Answers the rules' questions from the API server.

Rights that this takes: get certificaterequests, orders, issuers, clusterissuers; list certificates;
create subjectaccessreviews; discovery, which every account has.
"""

import asyncio
import hashlib
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import msgspec

from orderapi.meta import Object
from orderapi.resources import CERTIFICATE, Resource
from webhook.cache import Cache
from webhook.decoding import Undecodable, decoded
from webhook.errors import ApiError, Forbidden, NotFound
from webhook.kube import Kube, path_to, selects
from webhook.questions import (
    Answer,
    Claims,
    May,
    Question,
    Read,
    Served,
    SignerKind,
    Unanswered,
)

_SERVED_FOR: Final = 600.0
_MOST_SERVED: Final = 64
_MAY_FOR: Final = 1.0
_MOST_MAY: Final = 256
_MOST_CLAIMS: Final = 10
# Names are enough: a Certificate may have megabytes that nobody asked for.
_NAMES: Final = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
_REVIEWS: Final = ("authorization.k8s.io", "v1", "subjectaccessreviews")


class _Meta(msgspec.Struct, frozen=True):
    name: str


class _Named(msgspec.Struct, frozen=True):
    metadata: _Meta


class _Names(msgspec.Struct, frozen=True):
    items: tuple[_Named, ...] | None


class _Review(msgspec.Struct, frozen=True):
    class Status(msgspec.Struct, frozen=True):
        allowed: bool = False

    status: Status


class _Version(msgspec.Struct, frozen=True):
    version: str


class _Group(msgspec.Struct, frozen=True):
    versions: tuple[_Version, ...]
    preferred: _Version = msgspec.field(name="preferredVersion")

    def in_order(self) -> tuple[str, ...]:
        """The versions, the preferred one first."""
        return tuple(dict.fromkeys(v.version for v in (self.preferred, *self.versions)))


class _Served(msgspec.Struct, frozen=True):
    name: str
    kind: str
    namespaced: bool


class _ServedList(msgspec.Struct, frozen=True):
    resources: tuple[_Served, ...] | None


class Answers:
    """Asks the API server on behalf of rules; each answer within `timeout` seconds."""

    def __init__(
        self, kube: Kube, *, timeout: float = 2.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`clock` gives seconds that never go back: how long answers are kept."""
        self._kube = kube
        self._timeout = timeout
        self._served: Cache[Answer] = Cache(seconds=_SERVED_FOR, most=_MOST_SERVED, clock=clock)
        self._may: Cache[Answer] = Cache(seconds=_MAY_FOR, most=_MOST_MAY, clock=clock)

    async def to(self, question: Question) -> Answer:
        """The answer, or Unanswered, which says why there is none; it raises nothing.

        That a user may do something is believed for a second, that a kind is served for ten
        minutes.
        """

        async def ask() -> Answer:
            return await self._ask(question)

        match question:
            case Served():
                return await self._served.answer(
                    _key(question), ask, worth=lambda answer: isinstance(answer, SignerKind)
                )
            case May():
                return await self._may.answer(
                    _key(question), ask, worth=lambda answer: isinstance(answer, bool)
                )
            case _:
                return await ask()

    async def _ask(self, question: Question) -> Answer:
        try:
            async with asyncio.timeout(self._timeout):
                return await self._find(question)
        except Forbidden:
            return Unanswered(
                f"the webhook's account lacks the right to {_right(question)}; "
                "give it that in its ClusterRole"
            )
        except ApiError as error:
            return Unanswered(f"the API server was asked and failed: {error}")
        except TimeoutError:
            return Unanswered(
                f"the API server did not answer within {self._timeout:g} s to {_right(question)}"
            )
        except Undecodable as error:
            return Unanswered(f"the answer to {_right(question)} does not decode: {error}")

    async def _find(self, question: Question) -> Answer:
        match question:
            case Read():
                return await self._read(question)
            case Claims():
                return await self._claims(question)
            case May():
                return await self._allowed(question)
            case Served():
                return await self._kind(question)

    async def _read(self, question: Read) -> Answer:
        resource = question.resource
        try:
            path = path_to(
                *_collection(resource, question.namespace if resource.namespaced else None),
                question.name,
            )
            body = await self._kube.get(path)
        except NotFound:
            return None
        found: Object = decoded(body, resource.type)
        if found.kind != resource.kind:
            raise Undecodable(f"it is no {resource.kind}")
        return found

    async def _claims(self, question: Claims) -> tuple[str, ...]:
        query = {
            "fieldSelector": selects("spec.secretName", question.secret_name),
            "limit": str(_MOST_CLAIMS),
        }
        path = path_to(*_collection(CERTIFICATE, question.namespace))
        found = decoded(await self._kube.get(path, query, accept=_NAMES), _Names)
        return tuple(item.metadata.name for item in found.items or ())

    async def _allowed(self, question: May) -> bool:
        user = question.user
        resource, _, subresource = question.resource.partition("/")
        attributes = {
            "verb": question.verb,
            "group": question.group,
            "resource": resource,
            "subresource": subresource,
            "namespace": question.namespace,
            "name": question.name,
        }
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": {
                "user": user.username,
                "uid": user.uid,
                "groups": user.groups,
                "extra": user.extra,
                "resourceAttributes": attributes,
            },
        }
        body = await self._kube.create(path_to("apis", *_REVIEWS), review)
        return decoded(body, _Review).status.allowed

    async def _kind(self, question: Served) -> SignerKind | None:
        try:
            group = await self._kube.get(path_to("apis", question.group))
        except NotFound:
            return None
        for version in decoded(group, _Group).in_order():
            with suppress(NotFound):  # a version that has gone since
                body = await self._kube.get(path_to("apis", question.group, version))
                for served in decoded(body, _ServedList).resources or ():
                    if served.kind == question.kind and "/" not in served.name:
                        return SignerKind(served.name, served.namespaced)
        return None


def _collection(resource: Resource[Any], namespace: str | None) -> tuple[str, ...]:
    """The segments of its path; `namespace` None where the resource has none."""
    within = () if namespace is None else ("namespaces", namespace)
    return ("apis", resource.group, resource.version, *within, resource.plural)


def _right(question: Question) -> str:
    """What is asked for, as a rule of RBAC names it."""
    match question:
        case Read():
            return f"get {question.resource.plural}.{question.resource.group}"
        case Claims():
            return f"list {CERTIFICATE.plural}.{CERTIFICATE.group}"
        case May():
            return "create subjectaccessreviews.authorization.k8s.io"
        case Served():
            return "get /apis and what is under it"


def _key(question: May | Served) -> bytes:
    # A digest, for a user may have thousands of groups.
    return hashlib.sha256(msgspec.json.encode(question, order="deterministic")).digest()

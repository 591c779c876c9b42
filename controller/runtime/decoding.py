"""From the API server's bytes to our types. Pure but for the log.

One object that does not decode costs itself only: it is logged with its name, and skipped.
"""

import functools
import logging
from typing import Any, Generic, Literal, TypeVar

import msgspec

from controller.runtime.errors import Status, Unavailable, from_status
from controller.runtime.schedule import Key
from orderapi.meta import Object, ObjectMeta
from orderapi.resources import Resource

logger = logging.getLogger(__name__)

T = TypeVar("T", bound=Object)


class Listed(msgspec.Struct, Generic[T], frozen=True):
    """What a list holds, and as of when; `unreadable` names what is there but does not decode."""

    items: tuple[T, ...]
    resource_version: str
    unreadable: tuple[Key, ...] = ()


class Watched(msgspec.Struct, Generic[T], frozen=True):
    """One line of a watch. A BOOKMARK has no object, only a version to go on from.

    Of what was DELETED there is the metadata alone, in `removed`: it need not decode to be gone.
    """

    type: Literal["ADDED", "MODIFIED", "DELETED", "BOOKMARK"]
    resource_version: str
    object: T | None = None
    removed: Object | None = None


class _ListMeta(msgspec.Struct, frozen=True, rename={"resource_version": "resourceVersion"}):
    resource_version: str = ""
    continue_: str = msgspec.field(default="", name="continue")


class _Page(msgspec.Struct, Generic[T], frozen=True):
    metadata: _ListMeta
    items: tuple[T, ...] | None = ()


class _RawPage(msgspec.Struct, frozen=True):
    metadata: _ListMeta
    items: tuple[msgspec.Raw, ...] = ()


class _Line(msgspec.Struct, frozen=True):
    type: str
    object: msgspec.Raw


class _Named(msgspec.Struct, frozen=True):
    metadata: ObjectMeta = ObjectMeta()
    kind: str = ""


_RAW_PAGE = msgspec.json.Decoder(_RawPage)
_LINE = msgspec.json.Decoder(_Line)
_NAMED = msgspec.json.Decoder(_Named)
_STATUS = msgspec.json.Decoder(Status)


@functools.cache
def _decoder(type_: type[T]) -> msgspec.json.Decoder[T]:
    return msgspec.json.Decoder(type_)


@functools.cache
def _page_decoder(type_: type[T]) -> msgspec.json.Decoder[_Page[T]]:
    return msgspec.json.Decoder(_Page[type_])  # type: ignore[valid-type]  # a type made at run time


def one(resource: Resource[T], body: bytes, *, asked: object) -> T:
    """The object in an answer."""
    try:
        decoder: msgspec.json.Decoder[T] = _decoder(resource.type)
        return decoder.decode(body)
    except msgspec.DecodeError as error:
        raise Unavailable(200, "Unreadable", f"{asked}: the answer does not decode: {error}") from (
            error
        )


def deleted(resource: Resource[T], body: bytes, *, asked: object) -> T | None:
    """What the answer to a delete says is still there: an object on its way out, or None."""
    try:
        seen = _NAMED.decode(body)
    except msgspec.DecodeError:
        return None
    if seen.kind == "Status" or seen.metadata.deletion_timestamp is None:
        return None
    return one(resource, body, asked=asked)


def page(resource: Resource[T], body: bytes, *, asked: object) -> tuple[Listed[T], str]:
    """One page of a list, and the token that continues it (empty on the last)."""
    try:
        decoder: msgspec.json.Decoder[_Page[T]] = _page_decoder(resource.type)
        whole = decoder.decode(body)
        return Listed(whole.items or (), whole.metadata.resource_version), whole.metadata.continue_
    except msgspec.ValidationError:
        return _one_by_one(resource, body, asked=asked)
    except msgspec.DecodeError as error:
        raise Unavailable(200, "Unreadable", f"{asked}: the list does not decode: {error}") from (
            error
        )


def _one_by_one(resource: Resource[T], body: bytes, *, asked: object) -> tuple[Listed[T], str]:
    try:
        raw = _RAW_PAGE.decode(body)
    except msgspec.DecodeError as error:
        raise Unavailable(200, "Unreadable", f"{asked}: the list does not decode: {error}") from (
            error
        )
    items: list[T] = []
    unreadable: list[Key] = []
    for piece in raw.items:
        found = _item(resource, piece)
        if isinstance(found, _Named):
            unreadable.append(Key(found.metadata.namespace, found.metadata.name))
        else:
            items.append(found)
    meta = raw.metadata
    return Listed(tuple(items), meta.resource_version, tuple(unreadable)), meta.continue_


def entry(resource: Resource[T], line: bytes, *, asked: object) -> Watched[T]:
    """One line of a watch; an ERROR line is raised. What does not decode becomes a BOOKMARK.

    Except what was deleted: that is known by its metadata.
    """
    try:
        event = _LINE.decode(line)
        match event.type:
            case "DELETED":
                meta = _name_in(event.object).metadata
                if meta.name:
                    return Watched("DELETED", meta.resource_version, removed=Object(metadata=meta))
                return Watched("BOOKMARK", meta.resource_version)
            case "ADDED" | "MODIFIED" as kind:
                found = _item(resource, event.object)
                if isinstance(found, _Named):
                    return Watched("BOOKMARK", found.metadata.resource_version)
                return Watched(kind, found.metadata.resource_version, found)
            case "BOOKMARK":
                seen = _NAMED.decode(event.object)
                return Watched("BOOKMARK", seen.metadata.resource_version)
        status = _STATUS.decode(event.object)
    except msgspec.DecodeError as error:
        raise Unavailable(200, "Unreadable", f"{asked}: a line does not decode: {error}") from error
    raise from_status(status, asked=str(asked))


def _item(resource: Resource[T], raw: msgspec.Raw) -> T | _Named:
    try:
        decoder: msgspec.json.Decoder[T] = _decoder(resource.type)
        return decoder.decode(raw)
    except msgspec.DecodeError as error:
        seen = _name_in(raw)
        logger.error(  # noqa: TRY400  the text names the field; there is no bug to trace
            "object skipped: it does not decode",
            extra={
                "resource": name_of(resource),
                "object": str(Key(seen.metadata.namespace, seen.metadata.name)),
                "error": str(error),
            },
        )
        return seen


def _name_in(raw: msgspec.Raw) -> _Named:
    try:
        return _NAMED.decode(raw)
    except msgspec.DecodeError:
        return _Named()


def name_of(resource: Resource[Any]) -> str:
    """The resource as kubectl and rules name it: `orders.acme.cert-manager.io`."""
    return f"{resource.plural}.{resource.group}" if resource.group else resource.plural

"""Objects of the chain, one at a time or those that belong to one.

What may not be read, or does not decode, ends nothing: it is noted once in `unread`, as a sentence,
and the rest goes on. What does end it is a server that does not answer or does not know us.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar

import msgspec

from kubectl_order.access.api import JSON, METADATA, METADATA_LIST, Api
from kubectl_order.access.errors import ApiError, Forbidden, NotFound, Unauthorized
from kubectl_order.chain import is_owned
from kubectl_order.facts import Absent, Unread
from kubectl_order.reading.kinds import SECRET, place
from kubectl_order.rows import MetaRow, metadata_in, raw_in
from orderapi.meta import Object
from orderapi.resources import Resource

T = TypeVar("T", bound=Object)

PAGE: Final = 500
"""How many objects of a list are asked for at once."""


class Undecodable(Exception):
    """An object that is not of the form it should have; the text is a sentence without a full
    stop, and holds no value of the object."""


class Reader:
    """Reads through one Api; `unread` grows by what could not be read, one sentence each."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self._unread: dict[str, None] = {}

    @property
    def unread(self) -> tuple[str, ...]:
        """What could not be read so far, each once."""
        return tuple(self._unread)

    def note(self, *sentences: str) -> None:
        """Take over what another Reader could not read."""
        self._unread |= dict.fromkeys(sentences)

    def get(self, resource: Resource[T], namespace: str, name: str) -> T:
        """The object; of a Secret its metadata. Raises ApiError or Undecodable."""
        accept = METADATA if resource is SECRET else JSON
        body = self.api.get(place(resource, namespace, name), accept=accept)
        return decoded(resource, namespace, body)

    def one(self, resource: Resource[T], namespace: str, name: str) -> T | Absent | Unread:
        """The object; or that it is not there, or why it could not be read, which is noted. Raises
        ApiError where nothing can be read at all."""
        try:
            return self.get(resource, namespace, name)
        except NotFound:
            return Absent()
        except (ApiError, Undecodable) as error:
            return self._noted(error, resource, namespace)

    def found(self, resource: Resource[T], namespace: str, name: str) -> T | None:
        """The object, or None; what could not be read is noted."""
        obj = self.one(resource, namespace, name)
        return None if isinstance(obj, (Absent, Unread)) else obj

    def belonging(self, resource: Resource[T], namespace: str, uid: str) -> Iterator[T]:
        """The objects of the namespace that the one with this UID owns, found by their metadata
        alone, and then read one by one."""
        owned = [row for row in self.metadata(resource, namespace) if is_owned(row, uid)]
        for row in owned:
            obj = self.found(resource, namespace, row.metadata.name)
            if obj is not None:
                yield obj

    def listed(
        self, resource: Resource[T], namespace: str, *, wanted: Callable[[MetaRow], bool]
    ) -> Iterator[T]:
        """The objects of the namespace whose metadata are wanted; the others are not decoded."""
        for page in self._pages(resource, namespace):
            for raw in raw_in(page):
                try:
                    if wanted(msgspec.json.decode(raw, type=MetaRow)):
                        yield decoded(resource, namespace, raw)
                except (msgspec.ValidationError, Undecodable) as error:
                    self._noted(error, resource, namespace)

    def metadata(self, resource: Resource[Any], namespace: str) -> Iterator[MetaRow]:
        """The metadata of all objects of the namespace."""
        for page in self._pages(resource, namespace, METADATA_LIST):
            yield from metadata_in(page)

    def _pages(
        self, resource: Resource[Any], namespace: str, accept: str = JSON
    ) -> Iterator[bytes]:
        try:
            yield from self.api.pages(place(resource, namespace), limit=PAGE, accept=accept)
        except ApiError as error:
            self._noted(error, resource, namespace)

    def _noted(self, error: Exception, resource: Resource[Any], namespace: str) -> Unread:
        if isinstance(error, Unauthorized) or (isinstance(error, ApiError) and not error.status):
            raise error
        kinds = plural(resource.kind)
        where = f' in namespace "{namespace}"' if resource.namespaced else ""
        match error:
            case Forbidden():
                sentence, why = f"{kinds}{where} may not be read", "forbidden"
            case NotFound():
                sentence = f"the resource {resource.plural}.{resource.group} does not exist"
                why = sentence
            case _:
                sentence, why = f"{kinds}{where} could not be read: {error}", str(error)
        self._unread[sentence] = None
        return Unread(why)


def decoded(resource: Resource[T], namespace: str, body: bytes | msgspec.Raw) -> T:
    """The object in an answer. Raises Undecodable, which names the field and no value."""
    try:
        return msgspec.json.decode(body, type=resource.type)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        where = f' in namespace "{namespace}"' if resource.namespaced else ""
        raise Undecodable(f"{named(resource, body)}{where} cannot be understood: {error}") from None


def named(resource: Resource[Any], body: bytes | msgspec.Raw) -> str:
    """The object in an answer by kind and name, whatever else is in it."""
    try:
        return f'{resource.kind} "{msgspec.json.decode(body, type=MetaRow).metadata.name}"'
    except (msgspec.DecodeError, UnicodeDecodeError):
        return f"{resource.kind} of an unknown name"


def plural(kind: str) -> str:
    """`Ingresses`, `Secrets`."""
    return f"{kind}es" if kind.endswith("s") else f"{kind}s"

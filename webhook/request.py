"""The request that a rule judges, as AdmissionReview (admission.k8s.io/v1) carries it."""

from functools import cache
from typing import Final, TypeVar

import msgspec

from orderapi.meta import Object
from orderapi.resources import Resource

T = TypeVar("T", bound=Object)
D = TypeVar("D")

CREATE: Final = "CREATE"
UPDATE: Final = "UPDATE"
STATUS: Final = "status"

NOTHING: Final = msgspec.Raw(b"null")


class User(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who asks (authentication.k8s.io/v1 UserInfo)."""

    username: str = ""
    uid: str = ""
    groups: tuple[str, ...] = ()
    extra: dict[str, tuple[str, ...]] = {}


class GroupVersionResource(msgspec.Struct, frozen=True):
    """Which resource is asked for."""

    group: str
    version: str
    resource: str


class GroupVersionKind(msgspec.Struct, frozen=True):
    """Of which kind the object is."""

    group: str = ""
    version: str = ""
    kind: str = ""


class Request(msgspec.Struct, frozen=True, rename="camel"):
    """One request. `object` and `old_object` are JSON texts, `null` where there is none."""

    uid: str
    resource: GroupVersionResource
    operation: str
    user_info: User
    kind: GroupVersionKind = GroupVersionKind()
    name: str = ""
    namespace: str = ""
    sub_resource: str = ""
    object: msgspec.Raw = NOTHING
    old_object: msgspec.Raw = NOTHING


class Unreadable(Exception):
    """An object that is not what its kind says; the message tells the field, and no value of it."""


def read(resource: Resource[T], text: msgspec.Raw) -> T:
    """The object; Unreadable where a field has a wrong type or is missing."""
    found: T = parsed(_decoder(resource.type), text)
    return found


def before(request: Request, resource: Resource[T]) -> T | None:
    """The object that an update changes; None where there is none, or none that can be read: what
    was not understood excuses nothing."""
    if request.operation != UPDATE:
        return None
    try:
        return read(resource, request.old_object)
    except Unreadable:
        return None


def parsed(decoder: msgspec.json.Decoder[D], text: msgspec.Raw) -> D:
    """What the decoder makes of the text; Unreadable where it cannot."""
    try:
        return decoder.decode(text)
    except msgspec.MsgspecError as error:  # names the place, and no value
        raise Unreadable(str(error)) from None
    except RecursionError:
        raise Unreadable("it is nested too deep") from None
    except UnicodeDecodeError:
        raise Unreadable("it is not UTF-8") from None


@cache
def _decoder(kind: type[T]) -> msgspec.json.Decoder[T]:
    return msgspec.json.Decoder(kind)

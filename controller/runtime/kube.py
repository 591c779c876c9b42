"""The API server's verbs, with our types in and out and our errors.

No retries: who called decides when to try again. Nothing is defaulted and no object is replaced.
"""

import functools
from collections.abc import AsyncGenerator, Mapping
from typing import Any, Literal, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from controller.runtime import credentials
from controller.runtime.credentials import Credentials
from controller.runtime.decoding import Listed, Watched, deleted, entry, name_of, one, page
from controller.runtime.errors import NotFound
from controller.runtime.schedule import Key
from controller.runtime.transport import Call, Observe, Reload, Transport
from orderapi.meta import Object
from orderapi.resources import Resource

__all__ = ["Kube", "Listed", "Watched"]

T = TypeVar("T", bound=Object)

PAGE = 500
"""Objects in one page of a list."""

PAGE_OF = {"secrets": 25}
"""The exceptions, by resource: a Secret may have 1 MiB, and whoever may label one can fill a page.
"""

_GRACE = 30.0  # seconds after which a watch that the API server should have ended is cut
_ENCODER = msgspec.json.Encoder()
_MERGE = "application/merge-patch+json"
_APPLY = "application/apply-patch+yaml"


class Kube:
    """A connection to one API server. `observe(verb, resource, code, seconds)` hears of calls.

    The code is 0 where no answer came.
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        user_agent: str,
        reload: Reload | None = None,
        observe: Observe | None = None,
    ) -> None:
        self._transport = Transport(
            credentials, user_agent=user_agent, reload=reload, observe=observe
        )

    @classmethod
    async def connect(
        cls, kubeconfig: str | None, *, user_agent: str, observe: Observe | None = None
    ) -> "Kube":
        """As the kubeconfig says, or, with None or "", as the pod's service account.

        NoCredentials if there are none. Nothing is sent yet.
        """
        load = functools.partial(credentials.load, kubeconfig)
        return cls(await load(), user_agent=user_agent, reload=load, observe=observe)

    async def close(self) -> None:
        """Close all connections."""
        await self._transport.close()

    async def get(self, resource: Resource[T], namespace: str, name: str) -> T:
        """The object, or NotFound."""
        call = _call("get", "GET", resource, Key(namespace, name))
        return one(resource, await self._transport.send(call), asked=call)

    async def pages(
        self,
        resource: Resource[T],
        namespace: str = "",
        *,
        label_selector: str = "",
        field_selector: str = "",
    ) -> AsyncGenerator[Listed[T], None]:
        """A list page by page, all of one version; Expired when it takes more than minutes."""
        query = _selectors(label_selector, field_selector) | {
            "limit": str(PAGE_OF.get(name_of(resource), PAGE))
        }
        while True:
            call = _call("list", "GET", resource, Key(namespace, ""), named=False, query=query)
            listed, token = page(resource, await self._transport.send(call), asked=call)
            yield listed
            if not token:
                return
            query["continue"] = token

    async def list(
        self,
        resource: Resource[T],
        namespace: str = "",
        *,
        label_selector: str = "",
        field_selector: str = "",
    ) -> Listed[T]:
        """All objects, of one namespace or of all, fetched page by page."""
        parts = [
            part
            async for part in self.pages(
                resource, namespace, label_selector=label_selector, field_selector=field_selector
            )
        ]
        return Listed(
            tuple(item for part in parts for item in part.items),
            parts[-1].resource_version,
            tuple(key for part in parts for key in part.unreadable),
        )

    async def create(self, resource: Resource[T], obj: T) -> T:
        """Create it and give what the API server made of it; AlreadyExists if the name is taken."""
        obj = resource.typed(obj)
        meta = obj.metadata
        call = _call("create", "POST", resource, Key(meta.namespace, meta.name), named=False)
        return one(resource, await self._transport.send(call, _ENCODER.encode(obj)), asked=call)

    async def patch(
        self,
        resource: Resource[T],
        namespace: str,
        name: str,
        patch: Mapping[str, Any],
        *,
        subresource: str = "",
    ) -> T:
        """JSON merge patch. metadata.resourceVersion and uid in it are guards: else Conflict.

        On a subresource the API server overlooks a uid that comes alone, so that is a ValueError.
        """
        metadata = patch.get("metadata", {})
        if subresource and "uid" in metadata and "resourceVersion" not in metadata:
            raise ValueError("a uid alone guards nothing on a subresource: add the resourceVersion")
        return await self._patch(
            resource, Key(namespace, name), patch, subresource=subresource, content_type=_MERGE
        )

    async def apply(
        self,
        resource: Resource[T],
        obj: Mapping[str, Any],
        *,
        manager: str,
        force: bool = True,
        subresource: str = "",
    ) -> T:
        """Server-side apply as `manager`; Conflict on others' fields unless `force` takes them."""
        meta = obj["metadata"]
        return await self._patch(
            resource,
            Key(meta.get("namespace", ""), meta["name"]),
            {"apiVersion": resource.api_version, "kind": resource.kind} | dict(obj),
            subresource=subresource,
            content_type=_APPLY,
            query={"fieldManager": manager, "force": "true" if force else "false"},
        )

    async def delete(
        self,
        resource: Resource[T],
        namespace: str,
        name: str,
        *,
        uid: str = "",
        propagation: Literal["Background", "Foreground", "Orphan"] = "Background",
    ) -> T | None:
        """Delete it: None once it is gone, else the object that a finalizer still holds.

        NotFound if it was gone before; with `uid`, Conflict if the name now is another object's.
        """
        options: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": propagation,
        }
        if uid:
            options["preconditions"] = {"uid": uid}
        call = _call("delete", "DELETE", resource, Key(namespace, name))
        body = await self._transport.send(call, _ENCODER.encode(options))
        return deleted(resource, body, asked=call)

    async def watch(
        self,
        resource: Resource[T],
        namespace: str = "",
        *,
        resource_version: str,
        label_selector: str = "",
        field_selector: str = "",
        timeout: float,
    ) -> AsyncGenerator[Watched[T], None]:
        """Changes after that version, with bookmarks, until the API server ends it (`timeout` s).

        Expired when the version is too old; Unavailable when the connection breaks.
        """
        query = _selectors(label_selector, field_selector) | {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": resource_version,
            "timeoutSeconds": str(int(timeout)),
        }
        call = _call("watch", "GET", resource, Key(namespace, ""), named=False, query=query)
        async for line in self._transport.lines(call, timeout=timeout + _GRACE):
            if line:
                yield entry(resource, line, asked=call)

    async def _patch(
        self,
        resource: Resource[T],
        key: Key,
        body: object,
        *,
        subresource: str,
        content_type: str,
        query: Mapping[str, str] | None = None,
    ) -> T:
        call = _call(
            "patch",
            "PATCH",
            resource,
            key,
            subresource=subresource,
            query=query,
            content_type=content_type,
        )
        return one(resource, await self._transport.send(call, _ENCODER.encode(body)), asked=call)


def _call(
    verb: str,
    method: str,
    resource: Resource[Any],
    key: Key,
    *,
    named: bool = True,
    subresource: str = "",
    query: Mapping[str, str] | None = None,
    content_type: str = "application/json",
) -> Call:
    path = f"/apis/{resource.group}" if resource.group else "/api"
    path += f"/{resource.version}"
    if key.namespace and resource.namespaced:
        path += f"/namespaces/{_segment(key.namespace)}"
    path += f"/{resource.plural}"
    if named:
        path += f"/{_segment(key.name)}"
    if subresource:
        path += f"/{subresource}"
    if query:
        path += f"?{urlencode(query)}"
    rule = name_of(resource) + (f"/{subresource}" if subresource else "")
    return Call(verb, rule, key, method, path, content_type)


def _segment(name: str) -> str:
    # Names come from specs that anybody may have written. None may lead to another path.
    if name in ("", ".", ".."):
        raise NotFound(404, "NotFound", f'nothing can have the name "{name}"')
    return quote(name, safe="")


def _selectors(label: str, field: str) -> dict[str, str]:
    selectors = {"labelSelector": label, "fieldSelector": field}
    return {name: text for name, text in selectors.items() if text}

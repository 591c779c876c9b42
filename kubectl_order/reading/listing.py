"""Long lists, of many objects but few of their fields, in little time and memory.

A list of up to one page is read as one. A longer one is streamed: the API server sends the objects
one by one out of its cache (`sendInitialEvents`), where every further page of a list may have to
come out of etcd, which takes twice as long. Where the server cannot stream, or we may not watch, it
is read in pages after all.
"""

from collections.abc import Generator, Iterable, Mapping
from contextlib import closing
from typing import Final, TypeVar

import msgspec

from kubectl_order.access.api import Api
from kubectl_order.access.errors import Forbidden, Gone, Invalid
from kubectl_order.reading.reader import PAGE
from kubectl_order.rows import CertificateRow, OrderRow, row_in, rows_in

R = TypeVar("R", OrderRow, CertificateRow)

_STREAM: Final = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"}
_PATIENCE: Final = 120.0
_END: Final = "k8s.io/initial-events-end"


class _ListMeta(msgspec.Struct, frozen=True, rename={"continue_": "continue"}):
    continue_: str = ""


class _List(msgspec.Struct, frozen=True):
    metadata: _ListMeta = _ListMeta()


class _MarkMeta(msgspec.Struct, frozen=True):
    annotations: dict[str, str] = {}


class _Mark(msgspec.Struct, frozen=True):
    metadata: _MarkMeta = _MarkMeta()


def rows(
    api: Api, path: str, query: Mapping[str, str], type_: type[R], *, limit: int = PAGE
) -> Generator[R, None, None]:
    """The objects of a list as rows, `limit` of them at once where it is read in pages. Raises
    ApiError.

    With the first row a stream has begun, and goes on in a thread whatever is done meanwhile.
    """
    page = api.get(path, {**query, "limit": str(limit)})
    token = msgspec.json.decode(page, type=_List).metadata.continue_
    if not token:
        yield from rows_in(page, type_)
        return
    from concurrent.futures import ThreadPoolExecutor  # a short list does not need it

    changes = api.watch(path, {**query, **_STREAM}, timeout=_PATIENCE)
    with ThreadPoolExecutor(1) as aside, closing(changes):
        all_of_them = aside.submit(_streamed, changes, type_)
        told = {_key(row): row for row in rows_in(page, type_)}
        yield from told.values()
        streamed = all_of_them.result()
    if streamed is not None:
        yield from (row for row in streamed if _key(row) not in told)
        return
    for page in api.pages(path, {**query, "continue": token}, limit=limit):
        yield from rows_in(page, type_)


def _streamed(changes: Iterable[tuple[str, bytes]], type_: type[R]) -> Iterable[R] | None:
    """All objects, or None where the server does not send them, or not to the end."""
    found: dict[tuple[str, str], R] = {}
    try:
        for change, body in changes:
            if change == "BOOKMARK":
                if _END in msgspec.json.decode(body, type=_Mark).metadata.annotations:
                    return found.values()
                continue
            row = row_in(body, type_)
            if change == "DELETED":
                found.pop(_key(row), None)
            else:
                found[_key(row)] = row
    except (Invalid, Forbidden, Gone):
        return None
    return None


def _key(row: OrderRow | CertificateRow) -> tuple[str, str]:
    return row.metadata.namespace, row.metadata.name

"""Watches, against an API server that does what a test says."""

import asyncio
import contextlib
import json
from typing import Any

import pytest
from aiohttp import web

from tests.webhook.scripted import Handler, following, scripted, status
from webhook.errors import ApiError, NotFound, Unavailable


def event(kind: str) -> bytes:
    """One line of a watch."""
    return json.dumps({"type": kind, "object": {"metadata": {"name": "a"}}}).encode() + b"\n"


def streams(*pieces: bytes, cut: bool = False) -> Handler:
    """A handler that writes the pieces one by one; `cut` breaks the connection after them."""

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for piece in pieces:
            await response.write(piece)
            await asyncio.sleep(0.01)
        if cut:
            assert request.transport is not None
            request.transport.abort()
        return response

    return handler


async def test_a_watch_gives_what_comes_in_pieces() -> None:
    text = event("ADDED") + b"\n" + event("MODIFIED")
    pieces = [text[i : i + 7] for i in range(0, len(text), 7)]
    async with scripted(streams(*pieces)) as server, server.kube() as kube:
        assert await following(kube, "/x", timeout=60) == ["ADDED", "MODIFIED"]
    assert dict(server.seen[0].query) == {
        "watch": "true",
        "fieldSelector": "metadata.name=a",
        "timeoutSeconds": "60",
    }


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (status(404, "NotFound"), NotFound),
        (status(410, "Expired"), ApiError),
        (status(500, "InternalError"), Unavailable),
        ({}, Unavailable),
        (5, Unavailable),
    ],
)
async def test_an_error_in_a_watch_is_raised(line: Any, kind: type[ApiError]) -> None:
    text = json.dumps({"type": "ERROR", "object": line}).encode() + b"\n"
    async with scripted(streams(text)) as server, server.kube() as kube:
        with pytest.raises(kind, match=r"^watch /x: "):
            await following(kube, "/x", timeout=60)


@pytest.mark.parametrize("text", [b"garbage\n", b'{"type": 1}\n', event("ADDED")[:-9]])
async def test_a_broken_line_is_no_answer(text: bytes) -> None:
    async with scripted(streams(text)) as server, server.kube() as kube:
        with pytest.raises(Unavailable, match="a line does not decode"):
            await following(kube, "/x", timeout=60)


async def test_a_cut_watch_is_no_answer() -> None:
    handler = streams(event("ADDED"), cut=True)
    async with scripted(handler) as server, server.kube() as kube:
        events = kube.watch("/x", name="a", timeout=60)
        assert await anext(events) == "ADDED"
        with pytest.raises(Unavailable):
            await anext(events)


async def test_a_watch_that_nobody_ends_ends() -> None:
    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(event("ADDED"))
        await asyncio.sleep(60)
        return response

    async with scripted(handler) as server, server.kube(timeout=0.2) as kube:
        async with asyncio.timeout(5):
            assert await following(kube, "/x", timeout=0.2) == ["ADDED"]


async def test_a_watch_can_be_left() -> None:
    gone = asyncio.Event()

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(event("ADDED"))
        try:
            await asyncio.sleep(60)
        finally:
            gone.set()
        return response

    async with scripted(handler) as server, server.kube() as kube:
        events = kube.watch("/x", name="a", timeout=60)
        async with contextlib.aclosing(events):
            async for _event in events:
                break
        async with asyncio.timeout(5):
            await gone.wait()

"""The connection to the API server, against one that does what a test says."""

import asyncio
import contextlib
import socket
from pathlib import Path

import pytest
import uvloop
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from tests.webhook.scripted import following, refuses, says, scripted, status
from webhook.credentials import Credentials
from webhook.errors import ApiError, Conflict, Forbidden, NotFound, Unavailable
from webhook.kube import Kube, path_to, selects

PATH = "/api/v1/namespaces/default/configmaps/a"


async def test_what_is_sent() -> None:
    async with scripted(says({})) as server, server.kube(token="t") as kube:
        await kube.get("/api/v1/x%2Fy", {"a": "b&c"}, accept="text/x")
        await kube.patch(PATH, [{"op": "test"}])
        await kube.create(PATH, {"a": b"x"})
    first, patch, create = server.seen
    assert first.raw_path == "/api/v1/x%2Fy?a=b%26c"
    assert first.headers["Accept"] == "text/x"
    assert first.headers["Accept-Encoding"] == "identity"
    assert first.headers["User-Agent"] == "order-webhook/1"
    assert first.headers["Authorization"] == "Bearer t"
    assert (patch.method, create.method) == ("PATCH", "POST")
    assert patch.headers["Content-Type"] == "application/json-patch+json"
    assert create.headers["Content-Type"] == "application/json"
    assert server.bodies == [b"", b'[{"op":"test"}]', b'{"a":"eA=="}']


async def test_connections_are_kept() -> None:
    peers = set()

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        assert request.transport is not None
        peers.add(request.transport.get_extra_info("peername"))
        return web.json_response({})

    async with scripted(handler) as server, server.kube() as kube:
        for _ in range(5):
            await kube.get(PATH)
    assert len(peers) == 1


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


async def test_a_server_that_is_not_there() -> None:
    gone = Credentials(server=f"http://127.0.0.1:{free_port()}")
    async with Kube(gone, user_agent="x") as kube:
        with pytest.raises(Unavailable, match=rf"^get {PATH}: no usable answer: "):
            await kube.get(PATH)
        with pytest.raises(Unavailable, match=r"^watch /x: "):
            await following(kube, "/x", timeout=5)


async def test_a_silent_server() -> None:
    async def handler(_request: web.BaseRequest) -> web.StreamResponse:
        await asyncio.sleep(60)
        return web.Response()

    async with scripted(handler) as server, server.kube(timeout=0.2) as kube:
        with pytest.raises(Unavailable, match=rf"^get {PATH}: .*"):
            await kube.get(PATH)
        with pytest.raises(Unavailable, match=r"^watch /x: no usable answer in time$"):
            await following(kube, "/x", timeout=60)


async def test_a_closed_connection_is_told_as_no_answer() -> None:
    async with scripted(says({})) as server:
        async with server.kube() as kube:
            pass
        with pytest.raises(Unavailable):
            await kube.get(PATH)


def test_uvloop_is_served_as_well() -> None:
    async def talk() -> None:
        async with scripted(says({"a": 1})) as server, server.kube() as kube:
            assert await kube.get(PATH) == b'{"a": 1}'
        with pytest.raises(Unavailable):
            await kube.get(PATH)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(talk())


async def test_no_redirect_is_followed() -> None:
    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        raise web.HTTPFound("/elsewhere")

    async with scripted(handler) as server, server.kube() as kube:
        with pytest.raises(ApiError) as caught:
            await kube.get(PATH)
    assert caught.value.status == 302
    assert len(server.seen) == 1


async def test_an_answer_without_end_is_cut() -> None:
    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            while True:
                await response.write(b"x" * 1024 * 1024)
        return response

    async with scripted(handler) as server, server.kube() as kube:
        with pytest.raises(Unavailable, match="more than 16 MiB"):
            await kube.get(PATH)
        with pytest.raises(Unavailable, match="more than 16 MiB"):
            await following(kube, PATH, timeout=5)


@pytest.mark.parametrize(
    ("code", "reason", "kind"),
    [
        (400, "BadRequest", ApiError),
        (401, "Unauthorized", ApiError),
        (403, "Forbidden", Forbidden),
        (404, "NotFound", NotFound),
        (409, "Conflict", Conflict),
        (418, "", ApiError),
        (422, "Invalid", ApiError),
        (429, "TooManyRequests", ApiError),
        (500, "InternalError", Unavailable),
        (503, "ServiceUnavailable", Unavailable),
    ],
)
async def test_codes_have_their_errors(code: int, reason: str, kind: type[ApiError]) -> None:
    async with scripted(refuses(code, reason)) as server, server.kube() as kube:
        with pytest.raises(ApiError) as caught:
            await kube.get(PATH)
        with pytest.raises(kind):
            await following(kube, "/x", timeout=5)
    assert type(caught.value) is kind
    assert (caught.value.status, caught.value.reason) == (code, reason)
    assert str(caught.value) == f"get {PATH}: {f'{code} {reason}'.strip()}: it is so"


@pytest.mark.parametrize("body", [b"<html>hidden", b"", b"[" * 100_000, b'"\xff"', b'{"kind": 1}'])
async def test_the_page_of_a_proxy_is_not_quoted(body: bytes) -> None:
    async def handler(_request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=502, body=body)

    async with scripted(handler) as server, server.kube() as kube:
        with pytest.raises(Unavailable, match="502: an answer that is not from") as caught:
            await kube.get(PATH)
    assert "hidden" not in str(caught.value)


async def with_token(request: web.BaseRequest) -> web.StreamResponse:
    if request.headers.get("Authorization") == "Bearer new":
        if "watch" in request.query:
            return web.json_response({"type": "MODIFIED", "object": {}})
        return web.json_response({"kind": "ConfigMap"})
    return web.json_response(status(401, "Unauthorized"), status=401)


async def test_a_refused_token_is_read_again_and_the_request_goes_once_more(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("old")
    async with scripted(with_token) as server, server.kube(token_file=str(file)) as kube:
        with pytest.raises(ApiError, match="401 Unauthorized"):
            await kube.get(PATH)
        assert len(server.seen) == 1  # the file has no other token
        file.write_text("new")
        assert await kube.get(PATH) == b'{"kind": "ConfigMap"}'
        file.write_text("old")
    async with scripted(with_token) as server, server.kube(token_file=str(file)) as kube:
        with pytest.raises(ApiError, match="401 Unauthorized"):
            await kube.get(PATH)
        file.write_text("new")
        assert await following(kube, "/x", timeout=5) == ["MODIFIED"]
        await kube.create(PATH, {"a": 1})
        assert server.bodies[-1] == b'{"a":1}'


async def test_a_token_file_that_is_gone_is_told(tmp_path: Path) -> None:
    file = tmp_path / "token"
    async with scripted(with_token) as server, server.kube(token_file=str(file)) as kube:
        with pytest.raises(ApiError, match=rf"^get {PATH}: the token cannot be read from"):
            await kube.get(PATH)
        assert server.seen == []
        file.write_text("old")
        with pytest.raises(ApiError, match="401 Unauthorized"):
            await kube.get(PATH)
        file.unlink()
        with pytest.raises(ApiError, match="the token cannot be read from"):
            await kube.get(PATH)


@pytest.mark.parametrize("name", ["", ".", "..", "a" * 254])
def test_no_name_leads_elsewhere(name: str) -> None:
    with pytest.raises(NotFound, match="nothing can have the name"):
        path_to("api", "v1", "namespaces", "default", "secrets", name)


@given(st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=6))
def test_a_path_has_as_many_segments_as_it_is_made_of(segments: list[str]) -> None:
    try:
        path = path_to(*segments)
    except NotFound:
        assert {".", ".."} & set(segments)
    else:
        assert path.count("/") == len(segments)
        assert path.isascii()
        assert path.isprintable()
        assert not {"?", "#", " "} & set(path)


def test_a_value_in_a_selector_is_one_value() -> None:
    assert selects("spec.secretName", r"a,b=c\d") == r"spec.secretName=a\,b\=c\\d"

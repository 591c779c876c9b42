"""The connection to the API server: against a real one, and against one that misbehaves."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import uvloop
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from devcluster.cluster import Cluster
from tests.webhook.scripted import refuses, says, scripted, status
from webhook import kube as kube_module
from webhook.credentials import Credentials, from_kubeconfig
from webhook.errors import from_answer
from webhook.kube import (
    ApiError,
    Conflict,
    Expired,
    Forbidden,
    Invalid,
    Kube,
    NotFound,
    Unauthorized,
    Unavailable,
    path_to,
    selects,
)

PATH = "/api/v1/namespaces/default/configmaps/a"


@pytest.fixture
async def kube(devcluster: Cluster) -> AsyncIterator[Kube]:
    async with Kube(from_kubeconfig(devcluster.kubeconfig), user_agent="tests") as connected:
        yield connected


@pytest.fixture
async def namespace(kube: Kube) -> str:
    namespaces = path_to("api", "v1", "namespaces")
    made = await kube.create(namespaces, {"metadata": {"generateName": "webhook-"}})
    return str(json.loads(made)["metadata"]["name"])


def a_map(name: str = "a", **data: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "data": data}


async def following(kube: Kube, path: str, made: dict[str, Any], *, timeout: float) -> list[Any]:
    """The events of one object after the version that `made` has."""
    meta = made["metadata"]
    watch = kube.watch(
        path, name=meta["name"], resource_version=meta["resourceVersion"], timeout=timeout
    )
    return [(type_, json.loads(text)) async for type_, text in watch]


async def test_the_verbs_on_a_real_server(kube: Kube, namespace: str) -> None:
    maps = path_to("api", "v1", "namespaces", namespace, "configmaps")
    made = json.loads(await kube.create(maps, a_map(x="1")))
    with pytest.raises(Conflict) as taken:
        await kube.create(maps, a_map())
    assert taken.value.reason == "AlreadyExists"
    one = f"{maps}/a"
    test = {"op": "test", "path": "/data/x", "value": "1"}
    put = {"op": "replace", "path": "/data/x", "value": "2"}
    assert json.loads(await kube.patch(one, [test, put]))["data"] == {"x": "2"}
    for misfit in ([test, put], [{"op": "remove", "path": "/data/none"}]):
        with pytest.raises(Conflict, match="is not as the patch takes it to be"):
            await kube.patch(one, misfit)
    with pytest.raises(Invalid, match="cannot unmarshal number") as caught:
        await kube.patch(one, [{"op": "add", "path": "/metadata/labels", "value": 5}])
    assert "apiVersion" not in str(caught.value)
    with pytest.raises(Conflict):
        await kube.replace(one, made)
    now = json.loads(await kube.get(one))
    assert json.loads(await kube.replace(one, now | {"data": {}})).get("data") is None
    query = {"fieldSelector": selects("metadata.name", "a")}
    assert len(json.loads(await kube.get(maps, query))["items"]) == 1
    with pytest.raises(NotFound, match=rf"^get {maps}/none: 404 NotFound: "):
        await kube.get(f"{maps}/none")


async def test_a_watch_of_a_real_server_tells_of_one_object(kube: Kube, namespace: str) -> None:
    maps = path_to("api", "v1", "namespaces", namespace, "configmaps")
    made = json.loads(await kube.create(maps, a_map(x="1")))
    watching = asyncio.create_task(following(kube, maps, made, timeout=2))
    await kube.create(maps, a_map("other"))
    await kube.replace(f"{maps}/a", a_map(x="2"))
    events = [event for event in await watching if event[0] != "BOOKMARK"]
    assert [(type_, obj["data"]) for type_, obj in events] == [("MODIFIED", {"x": "2"})]


async def test_a_real_server_refuses_who_it_does_not_know(devcluster: Cluster) -> None:
    known = from_kubeconfig(devcluster.kubeconfig)
    unknown = Credentials(server=known.server, ca=known.ca, token="hidden")
    async with Kube(unknown, user_agent="tests") as kube:
        with pytest.raises(Unauthorized) as caught:
            await kube.get(PATH)
    assert "hidden" not in str(caught.value)
    nobody = Credentials(server=known.server, ca=known.ca)
    async with Kube(nobody, user_agent="tests") as kube:
        with pytest.raises(Forbidden, match='User "system:anonymous" cannot get'):
            await kube.get(PATH)


async def test_a_server_of_another_authority_is_not_spoken_to(devcluster: Cluster) -> None:
    server = from_kubeconfig(devcluster.kubeconfig).server
    async with Kube(Credentials(server=server, token="t"), user_agent="tests") as kube:
        with pytest.raises(Unavailable, match="certificate verify failed"):
            await kube.get(PATH)


async def test_a_server_may_have_another_name_or_none(devcluster: Cluster) -> None:
    known = from_kubeconfig(devcluster.kubeconfig)
    wrong = Credentials(server=known.server, ca=known.ca, server_name="other.example")
    async with Kube(wrong, user_agent="tests") as kube:
        with pytest.raises(Unavailable, match=r"other\.example"):
            await kube.get(PATH)
    named = Credentials(server=known.server, ca=known.ca, server_name="kubernetes.default.svc")
    unverified = Credentials(server=known.server, server_name="other.example", verify=False)
    for credentials in (named, unverified):
        async with Kube(credentials, user_agent="tests") as kube:
            with pytest.raises(Forbidden):
                await kube.get(PATH)


async def test_what_is_sent() -> None:
    async with scripted(says({})) as server, server.kube(token="t") as kube:
        await kube.get("/api/v1/x%2Fy", {"a": "b&c"}, accept="text/x")
        await kube.patch(PATH, [{"op": "test"}])
        await kube.create(PATH, {"a": b"x"})
        await kube.replace(PATH, {})
    first, patch, create, replace = server.seen
    assert first.raw_path == "/api/v1/x%2Fy?a=b%26c"
    assert first.headers["Accept"] == "text/x"
    assert first.headers["Accept-Encoding"] == "identity"
    assert first.headers["User-Agent"] == "order-webhook/1"
    assert first.headers["Authorization"] == "Bearer t"
    assert (patch.method, create.method, replace.method) == ("PATCH", "POST", "PUT")
    assert patch.headers["Content-Type"] == "application/json-patch+json"
    assert create.headers["Content-Type"] == "application/json"
    assert server.bodies == [b"", b'[{"op":"test"}]', b'{"a":"eA=="}', b"{}"]


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
            await following(kube, "/x", json.loads(version("1")), timeout=5)


async def test_a_silent_server() -> None:
    async def handler(_request: web.BaseRequest) -> web.StreamResponse:
        await asyncio.sleep(60)
        return web.Response()

    async with scripted(handler) as server, server.kube(timeout=0.2) as kube:
        with pytest.raises(Unavailable, match=rf"^get {PATH}: .*"):
            await kube.get(PATH)
        with pytest.raises(Unavailable, match=r"^watch /x: no usable answer in time$"):
            await following(kube, "/x", json.loads(version("1")), timeout=60)


async def test_a_closed_connection_is_told_as_no_answer() -> None:
    async with scripted(says({})) as server:
        kube = server.kube()
        await kube.close()
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
            await following(kube, PATH, json.loads(version("1")), timeout=5)


@pytest.mark.parametrize(
    ("code", "reason", "kind"),
    [
        (400, "BadRequest", Invalid),
        (401, "Unauthorized", Unauthorized),
        (403, "Forbidden", Forbidden),
        (404, "NotFound", NotFound),
        (409, "Conflict", Conflict),
        (410, "Expired", Expired),
        (418, "", ApiError),
        (422, "Invalid", Invalid),
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
            await following(kube, "/x", json.loads(version("1")), timeout=5)
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


@pytest.mark.parametrize(
    "message",
    [
        'cannot be read, error found in #10 byte of ...|"hidden|..., bigger context ...|hidden',
        'data.key: Invalid value: "hid\\"den hidden": too odd',
        f'data.key: Invalid value: "hidden{"x" * 2000}',
        "x" * 600 + "hidden",
    ],
)
def test_values_in_messages_are_cut(message: str) -> None:
    error = from_answer(400, json.dumps(status(400, "BadRequest", message)).encode(), asked="get x")
    assert "hidden" not in str(error)
    assert len(str(error)) < 600


async def test_a_body_that_a_real_server_cannot_read_is_not_quoted(
    kube: Kube, namespace: str
) -> None:
    secrets = path_to("api", "v1", "namespaces", namespace, "secrets")
    secret = {"metadata": {"name": "a"}, "data": {"a": "c2VjcmV0", "b": 5, "c": "not base64"}}
    with pytest.raises(Invalid) as caught:
        await kube.create(secrets, secret)
    assert "c2VjcmV0" not in str(caught.value)
    assert "not base64" not in str(caught.value)


async def with_token(request: web.BaseRequest) -> web.StreamResponse:
    if request.headers.get("Authorization") == "Bearer new":
        if "watch" in request.query:
            return web.Response(body=version("2", type_="MODIFIED"))
        return web.json_response({"kind": "ConfigMap"})
    return web.json_response(status(401, "Unauthorized"), status=401)


async def test_a_refused_token_is_read_again_and_the_request_goes_once_more(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("old")
    async with scripted(with_token) as server, server.kube(token_file=str(file)) as kube:
        with pytest.raises(Unauthorized):
            await kube.get(PATH)
        assert len(server.seen) == 1  # the file has no other token
        file.write_text("new")
        assert await kube.get(PATH) == b'{"kind": "ConfigMap"}'
        file.write_text("old")
    async with scripted(with_token) as server, server.kube(token_file=str(file)) as kube:
        with pytest.raises(Unauthorized):
            await kube.get(PATH)
        file.write_text("new")
        assert len(await following(kube, "/x", json.loads(version("1")), timeout=5)) == 1
        await kube.create(PATH, {"a": 1})
        assert server.bodies[-1] == b'{"a":1}'


async def test_a_token_file_that_is_gone_is_told(tmp_path: Path) -> None:
    file = tmp_path / "token"
    async with scripted(with_token) as server, server.kube(token_file=str(file)) as kube:
        with pytest.raises(Unauthorized, match=rf"^get {PATH}: the token cannot be read from"):
            await kube.get(PATH)
        assert server.seen == []
        file.write_text("old")
        with pytest.raises(Unauthorized):
            await kube.get(PATH)
        file.unlink()
        with pytest.raises(Unauthorized, match="the token cannot be read from"):
            await kube.get(PATH)


def version(number: str, *, type_: str = "") -> bytes:
    """An object of that version, or a line of a watch with it."""
    obj = {"metadata": {"name": "a", "resourceVersion": number}}
    return json.dumps({"type": type_, "object": obj} if type_ else obj).encode() + b"\n"


def streams(*pieces: bytes, cut: bool = False) -> Any:
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


async def test_a_watch_gives_what_comes_in_pieces_and_bookmarks() -> None:
    text = version("2", type_="MODIFIED") + b"\n" + version("3", type_="BOOKMARK")
    pieces = [text[i : i + 7] for i in range(0, len(text), 7)]
    async with scripted(streams(*pieces)) as server, server.kube() as kube:
        events = await following(kube, "/x", json.loads(version("1")), timeout=60)
    assert [(type_, obj["metadata"]["resourceVersion"]) for type_, obj in events] == [
        ("MODIFIED", "2"),
        ("BOOKMARK", "3"),
    ]
    assert dict(server.seen[0].query) == {
        "watch": "true",
        "allowWatchBookmarks": "true",
        "fieldSelector": "metadata.name=a",
        "resourceVersion": "1",
        "timeoutSeconds": "60",
    }


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (status(410, "Expired"), Expired),
        (status(500, "InternalError"), Unavailable),
        ({}, Unavailable),
        (5, Unavailable),
    ],
)
async def test_an_error_in_a_watch_is_raised(line: Any, kind: type[ApiError]) -> None:
    text = json.dumps({"type": "ERROR", "object": line}).encode() + b"\n"
    async with scripted(streams(text)) as server, server.kube() as kube:
        with pytest.raises(kind, match=r"^watch /x: "):
            await following(kube, "/x", json.loads(version("1")), timeout=60)


@pytest.mark.parametrize("text", [b"garbage\n", b'{"type": 1}\n', version("2", type_="ADDED")[:-9]])
async def test_a_broken_line_is_no_answer(text: bytes) -> None:
    async with scripted(streams(text)) as server, server.kube() as kube:
        with pytest.raises(Unavailable, match="a line does not decode"):
            await following(kube, "/x", json.loads(version("1")), timeout=60)


async def test_a_cut_watch_is_no_answer() -> None:
    handler = streams(version("2", type_="ADDED"), cut=True)
    async with scripted(handler) as server, server.kube() as kube:
        events = kube.watch("/x", name="a", resource_version="1", timeout=60)
        assert (await anext(events))[0] == "ADDED"
        with pytest.raises(Unavailable):
            await anext(events)


async def test_a_watch_that_nobody_ends_ends() -> None:
    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(version("2", type_="ADDED"))
        await asyncio.sleep(60)
        return response

    async with scripted(handler) as server, server.kube(timeout=0.2) as kube:
        async with asyncio.timeout(5):
            events = await following(kube, "/x", json.loads(version("1")), timeout=0.2)
    assert len(events) == 1


async def test_a_watch_can_be_left() -> None:
    gone = asyncio.Event()

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(version("2", type_="ADDED"))
        try:
            await asyncio.sleep(60)
        finally:
            gone.set()
        return response

    async with scripted(handler) as server, server.kube() as kube:
        events = kube.watch("/x", name="a", resource_version="1", timeout=60)
        async with contextlib.aclosing(events):
            async for _event in events:
                break
        async with asyncio.timeout(5):
            await gone.wait()


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


def test_the_limits_are_those_that_are_told() -> None:
    assert (kube_module.CONNECT_TIMEOUT, kube_module.TIMEOUT) == (3.0, 5.0)

"""Watches: what comes through, and all the ways in which they end."""

import json
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_order.access.api import Api
from kubectl_order.access.credentials import Credentials
from kubectl_order.access.errors import Gone, Unavailable
from kubectl_order.access.watching import lines
from tests.kubectl_order.access.serving import Handler, free_port, says, serving, status, streams

PATH = "/apis/a/v1/orders"


def change(type_: str, **content: object) -> bytes:
    """One line of a watch."""
    return json.dumps({"type": type_, "object": content}).encode() + b"\n"


def test_changes_come_as_they_happen() -> None:
    go_on = threading.Event()
    pieces = change("ADDED", a=1) + change("BOOKMARK", b=2)

    def second(handler: Handler) -> None:
        streams(pieces[:5], pieces[5:], then=lambda: go_on.wait(10))(handler)

    with serving(second) as server:
        api = Api(Credentials(server=server.url))
        watch = api.watch(PATH, {"resourceVersion": "7"}, timeout=30)
        assert next(watch) == ("ADDED", b'{"a": 1}')
        assert next(watch) == ("BOOKMARK", b'{"b": 2}')
        go_on.set()
        assert list(watch) == []
        api.close()
    assert server.seen[0].target == (
        f"{PATH}?watch=true&allowWatchBookmarks=true&timeoutSeconds=30&resourceVersion=7"
    )


def test_a_watch_leaves_the_other_connection_alone() -> None:
    hold = threading.Event()
    with serving(says({}), streams(change("ADDED"), then=hold.wait), says({})) as server:
        api = Api(Credentials(server=server.url))
        api.get(PATH)
        watch = api.watch(PATH, timeout=30)
        next(watch)
        api.get(PATH)
        assert len(server.peers) == 2
        api.close()
        hold.set()
        assert list(watch) == []


def test_the_time_is_over() -> None:
    hold = threading.Event()
    with serving(streams(change("ADDED"), then=hold.wait)) as server:
        api = Api(Credentials(server=server.url))
        began = time.monotonic()
        assert [kind for kind, _ in api.watch(PATH, timeout=0.2)] == ["ADDED"]
        assert 0.1 < time.monotonic() - began < 5
        hold.set()
        api.close()


@pytest.mark.parametrize("through", ["watch", "api"])
def test_it_is_closed_from_another_thread(through: str) -> None:
    hold = threading.Event()
    with serving(streams(change("ADDED"), then=hold.wait)) as server:
        api = Api(Credentials(server=server.url))
        watch = api.watch(PATH, timeout=60)
        next(watch)
        closing = threading.Timer(0.1, watch.close if through == "watch" else api.close)
        closing.start()
        began = time.monotonic()
        assert list(watch) == []
        assert time.monotonic() - began < 5
        closing.join()
        hold.set()
        api.close()


def test_it_is_closed_before_it_is_begun() -> None:
    api = Api(Credentials(server=f"http://127.0.0.1:{free_port()}"))
    watch = api.watch(PATH, timeout=60)
    api.close()
    assert list(watch) == []


def test_the_server_goes_away() -> None:
    def leaves(handler: Handler) -> None:
        handler.close_connection = True
        handler.send_response_only(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        line = change("ADDED")
        handler.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))

    with serving(leaves) as server:
        api = Api(Credentials(server=server.url))
        assert [kind for kind, _ in api.watch(PATH, timeout=60)] == ["ADDED"]
        api.close()


def test_the_version_is_too_old() -> None:
    error = change("ERROR", kind="Status", code=410, reason="Expired", message="too old: 1 (9)")
    with serving(streams(error)) as server:
        api = Api(Credentials(server=server.url))
        with pytest.raises(Gone, match=r"410 Expired: too old: 1 \(9\)"):
            list(api.watch(PATH, timeout=60))
        api.close()


def test_it_is_refused_at_once() -> None:
    with serving(status(410, "Expired", "too old")) as server:
        api = Api(Credentials(server=server.url))
        with pytest.raises(Gone):
            next(api.watch(PATH, timeout=60))
        api.close()


@pytest.mark.parametrize("line", [b"no\n", b'{"type": 1}\n', b'{"type": "ADDED"}\n', b"\xff\n"])
def test_a_line_that_is_no_change(line: bytes) -> None:
    with serving(streams(line)) as server:
        api = Api(Credentials(server=server.url))
        with pytest.raises(Unavailable, match=f"a line that is no change to GET {PATH}"):
            list(api.watch(PATH, timeout=60))
        api.close()


def test_a_new_token_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("new")
    with serving(status(401, "Unauthorized", "no"), streams(change("ADDED"))) as server:
        api = Api(Credentials(server=server.url, token="old", token_file=str(file)))
        assert [kind for kind, _ in api.watch(PATH, timeout=60)] == ["ADDED"]
        api.close()
    assert server.seen[1].all("Authorization") == ["Bearer new"]


@given(
    st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b""))),
    st.lists(st.integers(1, 20), min_size=1),
)
def test_lines_come_out_however_they_are_cut(content: list[bytes], cuts: list[int]) -> None:
    stream, pieces = b"".join(line + b"\n" for line in content), []
    for number in range(len(stream)):
        size = cuts[number % len(cuts)]
        pieces.append(stream[:size])
        stream = stream[size:]
    assert list(lines(pieces)) == [line for line in content if line.strip()]


def test_a_line_without_end() -> None:
    taken = 0

    def endless() -> object:
        nonlocal taken
        while True:
            taken += 1
            yield b"x" * 1_000

    with pytest.raises(Unavailable, match="sends a line of more than"):
        list(lines(endless(), longest=5_000))  # type: ignore[arg-type]
    assert taken == 6

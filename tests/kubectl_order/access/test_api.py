"""The API server's answers, from one that says what a test wants."""

import json
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_order.access.api import TABLE, Api, path_to
from kubectl_order.access.credentials import Credentials, Impersonation
from kubectl_order.access.errors import (
    ApiError,
    BadConfig,
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    TooLarge,
    Unauthorized,
    Unavailable,
)
from tests.kubectl_order.access.conftest import Pki
from tests.kubectl_order.access.serving import (
    Handler,
    accepting,
    free_port,
    says,
    serving,
    status,
)

PATH = "/api/v1/namespaces/default/configmaps/a"
TOKEN = "t0ken.that-nobody.may-see"


def test_what_is_sent() -> None:
    whom = Impersonation(
        user="jané", uid="7", groups=("a", "b"), extra=(("a.io/x y", "1"), ("a.io/x y", "2"))
    )
    with serving(says({"a": 1})) as server:
        api = Api(Credentials(server=server.url, token=TOKEN, impersonate=whom))
        assert api.get(PATH, {"labelSelector": "a=b&c"}, accept=TABLE) == b'{"a": 1}'
        api.patch(PATH, b"{}", content_type="application/merge-patch+json", query={"dryRun": "All"})
        api.close()
    get, patch = server.seen
    assert (get.method, get.target) == ("GET", f"{PATH}?labelSelector=a%3Db%26c")
    assert get.all("Accept") == [TABLE]
    assert get.all("Authorization") == [f"Bearer {TOKEN}"]
    assert get.all("Impersonate-User") == ["jané".encode().decode("latin-1")]
    assert get.all("Impersonate-Uid") == ["7"]
    assert get.all("Impersonate-Group") == ["a", "b"]
    assert get.all("Impersonate-Extra-a.io%2Fx%20y") == ["1", "2"]
    assert (patch.method, patch.target, patch.body) == ("PATCH", f"{PATH}?dryRun=All", b"{}")
    assert patch.all("Content-Type") == ["application/merge-patch+json"]


def test_a_server_below_a_path() -> None:
    with serving(says({})) as server:
        api = Api(Credentials(server=f"{server.url}/k8s/clusters/c-1"))
        api.get(PATH)
        api.close()
    assert server.seen[0].target == f"/k8s/clusters/c-1{PATH}"


def test_reads_share_a_connection_and_writes_do_not() -> None:
    with serving(says({})) as server:
        api = Api(Credentials(server=server.url))
        for _ in range(3):
            api.get(PATH)
        assert len(server.peers) == 1
        api.patch(PATH, b"{}", content_type="application/json")
        assert len(server.peers) == 2
        api.close()


def test_refusals_keep_the_connection() -> None:
    with serving(status(404, "NotFound", "no"), says({})) as server:
        api = Api(Credentials(server=server.url))
        with pytest.raises(NotFound):
            api.get(PATH)
        api.get(PATH)
        api.close()
    assert len(server.peers) == 1


def closes_after(content: Any) -> Callable[[Handler], None]:
    """Answers, and closes the connection without having said so."""

    def answer(handler: Handler) -> None:
        says(content)(handler)
        handler.close_connection = True

    return answer


def breaks(handler: Handler) -> None:
    """Closes the connection without an answer."""
    handler.close_connection = True


def test_a_kept_connection_that_was_closed_is_opened_anew() -> None:
    with serving(closes_after({}), says({"a": 2})) as server:
        api = Api(Credentials(server=server.url))
        api.get(PATH)
        assert api.get(PATH) == b'{"a": 2}'
        api.close()
    assert len(server.peers) == 2


@pytest.mark.parametrize("kept", [False, True], ids=["new", "kept"])
def test_a_write_is_never_sent_twice(kept: bool) -> None:
    with serving(*([says({})] if kept else []), breaks) as server:
        api = Api(Credentials(server=server.url))
        if kept:
            api.get(PATH)
        with pytest.raises(Unavailable, match=r"gives no answer to PATCH /api.*closed"):
            api.patch(PATH, b"{}", content_type="application/json")
        api.close()
    assert [seen.method for seen in server.seen].count("PATCH") == 1


def test_a_read_is_tried_twice_at_most() -> None:
    with serving(says({}), breaks) as server:
        api = Api(Credentials(server=server.url))
        api.get(PATH)
        with pytest.raises(
            Unavailable, match=r"gives no answer to GET /api.*closed the connection"
        ):
            api.get(PATH)
        api.close()
    assert len(server.seen) == 3


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (400, Invalid),
        (401, Unauthorized),
        (403, Forbidden),
        (404, NotFound),
        (405, ApiError),
        (409, Conflict),
        (410, Gone),
        (413, TooLarge),
        (422, Invalid),
        (429, Unavailable),
        (500, Unavailable),
        (503, Unavailable),
    ],
)
def test_a_status(code: int, expected: type[ApiError]) -> None:
    with serving(status(code, "Because", 'things "a" are\nnot so.')) as server:
        api = Api(Credentials(server=server.url))
        with pytest.raises(ApiError) as caught:
            api.get(PATH)
        api.close()
    assert type(caught.value) is expected
    assert (caught.value.status, caught.value.reason) == (code, "Because")
    assert caught.value.message == 'things "a" are not so'
    assert str(caught.value) == (
        f"the API server at {server.url} answers GET {PATH} with {code} Because: "
        'things "a" are not so'
    )


def test_what_is_no_status_is_quoted_shortly() -> None:
    page = b"<html>" + b"x " * 5_000_000
    with serving(says(page, 404, kind="text/html")) as server:
        api = Api(Credentials(server=server.url))
        with pytest.raises(NotFound) as caught:
            api.get(PATH)
        api.close()
    assert caught.value.reason == ""
    told = str(caught.value).partition("404: ")[2]
    assert told.startswith("<html>x x")
    assert len(told) <= 201


@pytest.mark.parametrize(
    "padding", range(0, 240, 20), ids=lambda padding: f"after {padding} characters"
)
def test_a_token_that_is_said_back_is_not_repeated(padding: int) -> None:
    """Also where the shortening would cut it."""
    with serving(says(b"x" * padding + TOKEN.encode(), 500, kind="text/plain")) as server:
        api = Api(Credentials(server=server.url, token=TOKEN))
        with pytest.raises(Unavailable) as caught:
            api.get(PATH)
        api.close()
    assert TOKEN[:5] not in str(caught.value)


def test_a_redirect_is_not_followed() -> None:
    with serving(says(b"", 302, Location=f"https://login.test/?q={TOKEN}")) as server:
        api = Api(Credentials(server=server.url))
        with pytest.raises(Unavailable, match=r"with 302: a redirect to login\.test, which is not"):
            api.get(PATH)
        api.close()


def test_a_page_in_place_of_an_object() -> None:
    with serving(says(b"<html>", kind="text/html")) as server:
        api = Api(Credentials(server=server.url))
        with pytest.raises(Unavailable, match=r'GET /api.* with "text/html" in place of JSON'):
            api.get(PATH)
        api.close()


def page(*items: int, token: str = "") -> Callable[[Handler], None]:
    """A part of a list."""
    return says({"metadata": {"continue": token}, "items": items})


def test_pages() -> None:
    with serving(page(1, 2, token="x/y"), page(3, token="z"), page()) as server:
        api = Api(Credentials(server=server.url))
        pages = [json.loads(part)["items"] for part in api.pages("/list", {"a": "b"}, limit=2)]
        api.close()
    assert pages == [[1, 2], [3], []]
    assert [seen.target for seen in server.seen] == [
        "/list?a=b&limit=2",
        "/list?a=b&limit=2&continue=x%2Fy",
        "/list?a=b&limit=2&continue=z",
    ]


def test_a_list_that_expires_while_it_is_read() -> None:
    with serving(page(1, token="x"), status(410, "Expired", "too old")) as server:
        api = Api(Credentials(server=server.url))
        pages = api.pages("/list")
        next(pages)
        with pytest.raises(Gone, match="410 Expired: too old"):
            next(pages)
        api.close()


def test_a_list_without_end() -> None:
    with serving(page(1, token="x")) as server:
        api = Api(Credentials(server=server.url))
        with pytest.raises(Unavailable, match="the same part of the list again"):
            list(api.pages("/list"))
        api.close()


@pytest.mark.parametrize("body", [b"nothing", b"[]", b'{"metadata": 5}', b"\xff"])
def test_what_is_no_list(body: bytes) -> None:
    with serving(says(body)) as server:
        api = Api(Credentials(server=server.url))
        with pytest.raises(Unavailable, match="what is no list"):
            list(api.pages("/list"))
        api.close()


def test_a_new_token_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("new")
    with serving(status(401, "Unauthorized", "no"), says({"a": 1})) as server:
        api = Api(Credentials(server=server.url, token="old", token_file=str(file)))
        assert api.get(PATH) == b'{"a": 1}'
        api.close()
    tokens = [seen.all("Authorization") for seen in server.seen]
    assert tokens == [["Bearer old"], ["Bearer new"]]


def test_a_token_file_with_the_same_token(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("old")
    with serving(status(401, "Unauthorized", "no")) as server:
        api = Api(Credentials(server=server.url, token="old", token_file=str(file)))
        with pytest.raises(Unauthorized) as caught:
            api.get(PATH)
        api.close()
    assert len(server.seen) == 1
    assert caught.value.hint.endswith("of another cluster: kubectl auth whoami")


def test_a_token_file_that_is_gone(tmp_path: Path) -> None:
    file = tmp_path / "token"
    with serving(status(401, "Unauthorized", "no")) as server:
        api = Api(Credentials(server=server.url, token="old", token_file=str(file)))
        with pytest.raises(Unauthorized, match="401 Unauthorized: no; cannot read the token from"):
            api.get(PATH)
        api.close()


def test_the_time_is_the_servers() -> None:
    with serving(says({}, Date="Tue, 15 Nov 2033 08:12:31 GMT"), says({}, Date="soon")) as server:
        api = Api(Credentials(server=server.url))
        before = api.now
        assert abs((datetime.now(UTC) - before).total_seconds()) < 5
        api.get(PATH)
        assert 0 <= (api.now - datetime(2033, 11, 15, 8, 12, 31, tzinfo=UTC)).total_seconds() < 5
        api.get(PATH)
        assert api.now.year == 2033
        api.close()


def test_what_is_traced() -> None:
    lines: list[str] = []
    with serving(says({}), status(404, "NotFound", "no"), breaks) as server:
        api = Api(Credentials(server=server.url, token=TOKEN), trace=lines.append)
        api.get(PATH, {"a": "b"})
        with pytest.raises(NotFound):
            api.get(PATH)
        with pytest.raises(Unavailable):
            api.patch(PATH, b"{}", content_type="application/json")
        api.close()
    assert [line.rpartition(" in ")[0] for line in lines] == [
        f"GET {server.url}{PATH}?a=b 200",
        f"GET {server.url}{PATH} 404",
        f"PATCH {server.url}{PATH} failed",
    ]
    assert all(line.endswith(" ms") for line in lines)


def test_nothing_listens() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(Unavailable) as caught:
        Api(Credentials(server=url)).get(PATH)
    assert str(caught.value) == f"cannot reach the API server at {url}: connection refused"
    assert (caught.value.status, caught.value.hint) == (0, "kubectl cluster-info")


def test_no_answer_within_the_timeout() -> None:
    def silent(client: Any) -> None:
        client.recv(10_000)
        client.recv(10_000)

    with accepting(silent) as address:
        api = Api(Credentials(server=f"http://{address}"), timeout=0.2)
        with pytest.raises(Unavailable, match=r"gives no answer to GET /api.*: no answer in time"):
            api.get(PATH)
        api.close()


def test_an_answer_that_takes_long_is_told_once_and_waited_for() -> None:
    told: list[str] = []

    def slow(handler: Handler) -> None:
        time.sleep(0.2)
        says({"a": 1})(handler)

    with serving(slow, says({"b": 2})) as server:
        api = Api(Credentials(server=server.url), waiting=told.append, patience=0.05)
        assert api.get("/slow") == b'{"a": 1}'
        assert api.get("/quick") == b'{"b": 2}'
        api.close()
    assert told == [f"still waiting for the API server at {server.url} to answer GET /slow"]


@pytest.mark.parametrize("timeout", [1e12, float("inf")])
def test_a_timeout_that_is_longer_than_any_socket_takes(timeout: float) -> None:
    with serving(says({})) as server:
        api = Api(Credentials(server=server.url), timeout=timeout)
        assert api.get(PATH) == b"{}"
        api.close()


def test_an_answer_that_drips() -> None:
    """Each part comes soon enough, and the whole does not."""

    def drips(client: Any) -> None:
        client.recv(10_000)
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
        client.sendall(b"Content-Length: 1000\r\n\r\n")
        client.settimeout(0.05)
        for _ in range(60):
            client.sendall(b" ")
            try:
                if not client.recv(1):
                    return
            except TimeoutError:
                pass

    with accepting(drips) as address:
        api = Api(Credentials(server=f"http://{address}"), timeout=0.3)
        with pytest.raises(Unavailable, match="no answer in time"):
            api.get(PATH)
        api.close()


def test_an_answer_that_is_cut() -> None:
    def cuts(client: Any) -> None:
        client.recv(10_000)
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
        client.sendall(b"Content-Length: 1000\r\n\r\nabc")

    with accepting(cuts) as address:
        api = Api(Credentials(server=f"http://{address}"))
        with pytest.raises(Unavailable, match="it closed the connection"):
            api.get(PATH)
        api.close()


def test_what_is_not_http() -> None:
    def talks_otherwise(client: Any) -> None:
        client.recv(10_000)
        client.sendall(b"SSH-2.0-OpenSSH\r\n")

    with accepting(talks_otherwise) as address:
        api = Api(Credentials(server=f"http://{address}"))
        with pytest.raises(Unavailable, match="its answer is not HTTP"):
            api.get(PATH)
        api.close()


def test_bad_certificates_are_told_before_anything_is_asked(pki: Pki) -> None:
    with pytest.raises(BadConfig, match="certificate-authority of the cluster is not a PEM"):
        Api(Credentials(server="https://k", ca="none"))
    with pytest.raises(BadConfig, match="not a pair of PEM texts without a password"):
        Api(Credentials(server="https://k", ca=pki.ca, certificate=pki.certificate, key="none"))


def test_an_authority_with_comments_in_any_language(pki: Pki) -> None:
    Api(Credentials(server="https://k", ca=f"# Behörde\n{pki.ca}")).close()
    with pytest.raises(BadConfig, match="certificate-authority of the cluster is not a PEM"):
        Api(Credentials(server="https://k", ca="Behörde"))


def test_an_answer_over_tls_in_many_records(pki: Pki) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    pki.authority.issue_cert("127.0.0.1").configure_cert(context)
    content = {"x": "y" * 3_000_000}
    with serving(says(content), context=context) as server:
        api = Api(Credentials(server=server.url, ca=pki.ca))
        assert json.loads(api.get(PATH)) == content
        assert json.loads(api.get(PATH)) == content
        api.close()
    assert len(server.peers) == 1


@given(st.lists(st.text(st.characters(exclude_characters="/%"), min_size=1, max_size=20)))
def test_paths(segments: list[str]) -> None:
    """A path leads to where its segments say, or is refused."""
    try:
        path = path_to(*segments)
    except NotFound:
        assert any(not text.isprintable() or text in (".", "..") for text in segments)
        return
    assert path.isascii()
    assert path.count("/") == len(segments)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "%2e", "a" * 254, "\udcff", "a\nb"])
def test_names_that_nothing_has(name: str) -> None:
    with pytest.raises(NotFound, match="nothing in Kubernetes can have the name") as caught:
        path_to("api", "v1", "namespaces", name)
    assert caught.value.status == 404

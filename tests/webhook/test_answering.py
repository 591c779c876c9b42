"""The rules' questions, where the API server does what a test says."""

import asyncio
import json

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from orderapi.resources import CLUSTER_ISSUER, ORDER
from tests.webhook.asked import APPROVE, ISSUER, QUESTIONS, READ, TENANT
from tests.webhook.scripted import Handler, discovery, refuses, says, scripted
from webhook.answering import Answers
from webhook.kube import Kube
from webhook.questions import Claims, May, Question, Read, Served, SignerKind, Unanswered
from webhook.request import User


async def why(handler: Handler, question: Question, *, timeout: float = 2.0) -> str:
    """The sentence with which such a server leaves the question unanswered."""
    async with scripted(handler) as server, server.kube() as kube:
        answer = await Answers(kube, timeout=timeout).to(question)
    assert isinstance(answer, Unanswered)
    assert "\n" not in answer.why
    assert not answer.why.endswith(".")
    return answer.why


@pytest.mark.parametrize("question", QUESTIONS)
async def test_a_broken_server_leaves_questions_unanswered(question: Question) -> None:
    assert "500 InternalError" in await why(refuses(500, "InternalError"), question)


@pytest.mark.parametrize("question", QUESTIONS)
async def test_a_silent_server_leaves_questions_unanswered(question: Question) -> None:
    async def silent(_request: web.BaseRequest) -> web.StreamResponse:
        await asyncio.sleep(60)
        return web.Response()

    assert "did not answer within 0.1 s" in await why(silent, question, timeout=0.1)


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("body", [b"", b"garbage", b"5", b"{}", b"[" * 100_000])
async def test_garbage_leaves_questions_unanswered(question: Question, body: bytes) -> None:
    async def garbage(_request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(body=body)

    async with scripted(garbage) as server, server.kube() as kube:
        answer = await Answers(kube).to(question)
    assert isinstance(answer, Unanswered)
    assert "does not decode" in answer.why


async def test_an_odd_object_is_unanswered_and_tells_the_field() -> None:
    odd = {"metadata": {"name": "web-1"}, "spec": {"request": "eA==", "isCA": "hidden"}}
    told = await why(says(odd), READ)
    assert "get certificaterequests.cert-manager.io does not decode" in told
    assert "$.spec.isCA" in told
    assert "hidden" not in told


async def test_a_server_that_is_not_there_leaves_questions_unanswered() -> None:
    async with scripted(says({})) as server:
        kube = server.kube()
    async with kube:
        for question in QUESTIONS:
            assert isinstance(await Answers(kube).to(question), Unanswered)


@pytest.mark.parametrize("question", [Claims("shop", "tls"), APPROVE])
async def test_a_missing_kind_is_no_answer_where_no_object_is_asked_for(
    question: Question,
) -> None:
    assert "404 NotFound" in await why(refuses(404, "NotFound"), question)


@pytest.mark.parametrize("name", ["", ".", "..", "a" * 300])
async def test_a_name_that_nothing_has_is_not_asked_for(name: str) -> None:
    async with scripted(says({})) as server, server.kube() as kube:
        assert await Answers(kube).to(Read(ORDER, "shop", name)) is None
        assert await Answers(kube).to(Read(ORDER, name, "x")) is None
    assert server.seen == []


async def test_names_are_all_that_is_asked_of_certificates() -> None:
    async with scripted(says({"items": None})) as server, server.kube() as kube:
        assert await Answers(kube).to(Claims("shop", "a,b=c")) == ()
    asked = server.seen[0]
    assert "PartialObjectMetadataList" in asked.headers["Accept"]
    assert dict(asked.query) == {"fieldSelector": r"spec.secretName=a\,b\=c", "limit": "10"}


async def test_a_review_tells_all_of_the_user_and_the_wish() -> None:
    async with scripted(says({"status": {"allowed": True}})) as server, server.kube() as kube:
        question = May(TENANT, "update", "acme.cert-manager.io", "orders/status", "shop", "x")
        assert await Answers(kube).to(question) is True
    assert json.loads(server.bodies[0])["spec"] == {
        "user": "tenant",
        "uid": "1",
        "groups": ["editors"],
        "extra": {"a": ["b"], "c": ["d"]},
        "resourceAttributes": {
            "verb": "update",
            "group": "acme.cert-manager.io",
            "resource": "orders",
            "subresource": "status",
            "namespace": "shop",
            "name": "x",
        },
    }


async def test_the_preferred_version_is_looked_at_first() -> None:
    kinds = {"v1beta1": [("old", "Both"), ("olds", "Old")], "v1": [("new", "Both")]}
    async with scripted(discovery(kinds, "v1")) as server, server.kube() as kube:
        ask = Answers(kube).to
        assert await ask(Served("x.example", "Both")) == SignerKind("new", True)
        assert [seen.path for seen in server.seen] == ["/apis/x.example", "/apis/x.example/v1"]
        assert await ask(Served("x.example", "Old")) == SignerKind("olds", True)
        assert await ask(Served("x.example", "None")) is None


async def test_a_subresource_is_no_kind_that_is_served() -> None:
    kinds = {"v1": [("issuers/status", "Issuer"), ("issuers", "Issuer")]}
    async with scripted(discovery(kinds, "v1")) as server, server.kube() as kube:
        assert await Answers(kube).to(ISSUER) == SignerKind("issuers", True)


@given(st.data())
def test_no_question_raises(data: st.DataObject) -> None:
    text = st.text(max_size=10)
    user = st.builds(
        User, text, text, st.tuples(text), st.dictionaries(text, st.tuples(text), max_size=2)
    )
    question = data.draw(
        st.builds(Read, st.sampled_from([ORDER, CLUSTER_ISSUER]), text, text)
        | st.builds(Claims, text, text)
        | st.builds(May, user, text, text, text, text, text)
        | st.builds(Served, text, text)
    )

    class Gone(Kube):
        """Answers with bytes that hypothesis chooses."""

        def __init__(self) -> None:
            pass

        async def _send(self, call: object) -> bytes:
            return data.draw(st.binary(max_size=20))

    asyncio.run(Answers(Gone()).to(question))

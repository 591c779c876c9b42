"""Which answers are kept, for how long, and who shares them."""

import asyncio

import pytest
from aiohttp import web

from tests.webhook.asked import APPROVE, ISSUER, READ, TENANT
from tests.webhook.clocks import Seconds
from tests.webhook.scripted import discovery, refuses, says, scripted
from webhook.answering import Answers
from webhook.questions import Question, Served, Unanswered
from webhook.request import User


async def test_a_served_kind_is_known_for_ten_minutes() -> None:
    clock = Seconds()
    handler = discovery({"v1": [("issuers", "Issuer")]}, "v1")
    async with scripted(handler) as server, server.kube() as kube:
        answers = Answers(kube, clock=clock)
        await answers.to(ISSUER)
        clock.now += 599
        await answers.to(ISSUER)
        assert len(server.seen) == 2
        clock.now += 1
        await answers.to(ISSUER)
        assert len(server.seen) == 4


async def test_a_kind_that_is_not_served_is_asked_for_again() -> None:
    async with scripted(refuses(404, "NotFound")) as server, server.kube() as kube:
        answers = Answers(kube, clock=Seconds())
        assert await answers.to(ISSUER) is None
        assert await answers.to(ISSUER) is None
        assert len(server.seen) == 2


async def test_no_more_than_sixty_four_kinds_are_known() -> None:
    kinds = {"v1": [(f"k{n}s", f"K{n}") for n in range(65)]}
    async with scripted(discovery(kinds, "v1")) as server, server.kube() as kube:
        answers = Answers(kube, clock=Seconds())
        for number in range(65):
            await answers.to(Served("x.example", f"K{number}"))
        asked = len(server.seen)
        await answers.to(Served("x.example", "K64"))
        assert len(server.seen) == asked
        await answers.to(Served("x.example", "K0"))
        assert len(server.seen) == asked + 2


async def test_a_right_is_believed_for_a_second() -> None:
    clock = Seconds()
    async with scripted(says({"status": {"allowed": False}})) as server, server.kube() as kube:
        answers = Answers(kube, clock=clock)
        for seconds, calls in ((0, 1), (0.9, 1), (0.2, 2)):
            clock.now += seconds
            assert await answers.to(APPROVE) is False
            assert len(server.seen) == calls


async def test_rights_of_others_are_not_mixed_up() -> None:
    async with scripted(says({"status": {"allowed": True}})) as server, server.kube() as kube:
        answers = Answers(kube, clock=Seconds())
        await answers.to(APPROVE)
        others = [
            APPROVE._replace(user=User("other", "1", ("editors",), TENANT.extra)),
            APPROVE._replace(user=User("tenant", "2", ("editors",), TENANT.extra)),
            APPROVE._replace(user=User("tenant", "1", (), TENANT.extra)),
            APPROVE._replace(user=User("tenant", "1", ("editors",), {})),
            APPROVE._replace(verb="get"),
            APPROVE._replace(namespace="x"),
        ]
        for number, other in enumerate(others):
            await answers.to(other)
            assert len(server.seen) == number + 2
        extra = dict(reversed(TENANT.extra.items()))
        await answers.to(APPROVE._replace(user=User("tenant", "1", ("editors",), extra)))
        assert len(server.seen) == len(others) + 1


@pytest.mark.parametrize(
    ("question", "calls"), [(APPROVE, 1), (ISSUER, 2), (READ, 20)], ids=["may", "served", "read"]
)
async def test_equal_questions_share_a_call(question: Question, calls: int) -> None:
    body = {
        "kind": "CertificateRequest",
        "status": {"allowed": True},
        "versions": [],
        "preferredVersion": {"version": "v1"},
        "resources": [{"name": "issuers", "kind": "Issuer", "namespaced": True}],
    }
    async with scripted(says(body)) as server, server.kube() as kube:
        answers = Answers(kube, clock=Seconds())
        found = await asyncio.gather(*[answers.to(question) for _ in range(20)])
    assert all(answer == found[0] for answer in found)
    assert len(server.seen) == calls


async def test_who_gives_up_leaves_others_their_answer() -> None:
    goes = asyncio.Event()

    async def handler(_request: web.BaseRequest) -> web.StreamResponse:
        await goes.wait()
        return web.json_response({"status": {"allowed": True}})

    async with scripted(handler) as server, server.kube() as kube:
        answers = Answers(kube)
        first, second = (asyncio.create_task(answers.to(APPROVE)) for _ in range(2))
        while not server.seen:  # noqa: ASYNC110  what is awaited has no event of its own
            await asyncio.sleep(0.01)
        first.cancel()
        goes.set()
        assert await second is True
        with pytest.raises(asyncio.CancelledError):
            await first
    assert len(server.seen) == 1


async def test_no_answer_is_not_kept() -> None:
    async with scripted(refuses(500, "InternalError")) as server, server.kube() as kube:
        answers = Answers(kube, clock=Seconds())
        assert isinstance(await answers.to(APPROVE), Unanswered)
        server.handler = says({"status": {"allowed": True}})
        assert await answers.to(APPROVE) is True

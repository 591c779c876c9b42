"""The rules' questions, answered by a real API server and by one that misbehaves."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from devcluster.cluster import Cluster
from devcluster.kubectl import kubectl
from orderapi.certificaterequest import CertificateRequest
from orderapi.resources import CERTIFICATE_REQUEST, CLUSTER_ISSUER, ORDER
from tests.webhook.scripted import Handler, refuses, says, scripted
from webhook.asking import Asker
from webhook.credentials import Credentials, from_kubeconfig
from webhook.kube import Kube, path_to
from webhook.questions import Claims, May, Question, Read, Served, SignerKind, Unanswered
from webhook.request import User

CRDS = Path(__file__).parents[2] / "deploy" / "crds"
GROUP = "cert-manager.io"
TENANT = User("tenant", "1", ("editors",), {"a": ("b",), "c": ("d",)})
READ = Read(CERTIFICATE_REQUEST, "shop", "web-1")
APPROVE = May(TENANT, "approve", GROUP, "signers", "", "issuers.cert-manager.io/shop.x")
ISSUER = Served(GROUP, "Issuer")
QUESTIONS: tuple[Question, ...] = (READ, Claims("shop", "tls"), APPROVE, ISSUER)


class Clock:
    """Seconds that a test sets."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def served(devcluster: Cluster) -> Cluster:
    """The control plane with our kinds."""
    kubectl(devcluster.kubeconfig, "apply", "-f", str(CRDS))
    kubectl(devcluster.kubeconfig, "wait", "--for=condition=Established", "crd", "--all")
    return devcluster


@pytest.fixture
async def kube(served: Cluster) -> AsyncIterator[Kube]:
    async with Kube(from_kubeconfig(served.kubeconfig), user_agent="tests") as connected:
        yield connected


@pytest.fixture
async def namespace(kube: Kube) -> str:
    namespaces = path_to("api", "v1", "namespaces")
    made = await kube.create(namespaces, {"metadata": {"generateName": "asking-"}})
    return str(json.loads(made)["metadata"]["name"])


def a_certificate(name: str, secret: str) -> dict[str, Any]:
    spec = {"secretName": secret, "dnsNames": ["a.example"], "issuerRef": {"name": "i"}}
    return an_object("Certificate", name, spec)


def an_object(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    meta = {"name": name}
    return {"apiVersion": f"{GROUP}/v1", "kind": kind, "metadata": meta, "spec": spec}


async def test_an_object_of_a_real_server_is_read(kube: Kube, namespace: str) -> None:
    requests = path_to("apis", GROUP, "v1", "namespaces", namespace, "certificaterequests")
    spec = {"request": "eA==", "issuerRef": {"name": "i"}}
    await kube.create(requests, an_object("CertificateRequest", "web-1", spec))
    found = await Asker(kube).answer(Read(CERTIFICATE_REQUEST, namespace, "web-1"))
    assert isinstance(found, CertificateRequest)
    assert found.spec.request == b"x"
    assert await Asker(kube).answer(Read(CERTIFICATE_REQUEST, namespace, "web-2")) is None
    assert await Asker(kube).answer(Read(CLUSTER_ISSUER, "", "none")) is None


async def test_who_claims_a_secret_on_a_real_server(kube: Kube, namespace: str) -> None:
    certificates = path_to("apis", GROUP, "v1", "namespaces", namespace, "certificates")
    for name, secret in (("a", "tls"), ("b", "other"), ("c", "tls")):
        await kube.create(certificates, a_certificate(name, secret))
    assert await Asker(kube).answer(Claims(namespace, "tls")) == ("a", "c")
    assert await Asker(kube).answer(Claims(namespace, "x,metadata.name=a")) == ()


async def test_what_a_real_server_lets_a_user_do(kube: Kube, namespace: str) -> None:
    admin = User("root", "", ("system:masters",))
    for user, right in ((admin, True), (TENANT, False)):
        question = May(user, "approve", GROUP, "signers", namespace, "x")
        assert await Asker(kube).answer(question) is right
    nobody = await Asker(kube).answer(May(User(), "get", "", "secrets", namespace, "x"))
    assert isinstance(nobody, Unanswered)


async def test_what_a_real_server_serves(kube: Kube) -> None:
    ask = Asker(kube).answer
    assert await ask(Served(GROUP, "ClusterIssuer")) == SignerKind("clusterissuers", False)
    assert await ask(Served(GROUP, "Issuer")) == SignerKind("issuers", True)
    assert await ask(Served(GROUP, "Nothing")) is None
    assert await ask(Served("nobody.example", "Issuer")) is None
    assert await ask(Served("../v1", "Issuer")) is None
    assert await ask(Served("", "Secret")) is None


async def test_a_right_that_is_missing_is_named(served: Cluster) -> None:
    known = from_kubeconfig(served.kubeconfig)
    nobody = Credentials(server=known.server, ca=known.ca)
    rights = (
        "get certificaterequests.cert-manager.io",
        "list certificates.cert-manager.io",
        "create subjectaccessreviews.authorization.k8s.io",
    )
    async with Kube(nobody, user_agent="tests") as kube:
        for question, right in zip(QUESTIONS, rights, strict=False):
            answer = await Asker(kube).answer(question)
            assert isinstance(answer, Unanswered)
            assert f"lacks the right to {right};" in answer.why


async def test_the_rights_that_are_told_are_enough(
    served: Cluster, kube: Kube, namespace: str
) -> None:
    for rule in (
        {
            "apiGroups": [GROUP, "acme.cert-manager.io"],
            "resources": ["certificaterequests", "orders", "issuers", "clusterissuers"],
            "verbs": ["get"],
        },
        {"apiGroups": [GROUP], "resources": ["certificates"], "verbs": ["list"]},
        {
            "apiGroups": ["authorization.k8s.io"],
            "resources": ["subjectaccessreviews"],
            "verbs": ["create"],
        },
    ):
        await grant(kube, namespace, rule)
    account = path_to("api", "v1", "namespaces", namespace, "serviceaccounts", "default")
    token = json.loads(await kube.create(f"{account}/token", {"spec": {}}))["status"]["token"]
    known = from_kubeconfig(served.kubeconfig)
    mine = Credentials(server=known.server, ca=known.ca, token=token)
    async with Kube(mine, user_agent="tests") as own:
        ask = Asker(own).answer
        for resource in (CERTIFICATE_REQUEST, ORDER, CLUSTER_ISSUER):
            assert await ask(Read(resource, namespace, "none")) is None
        assert await ask(Claims(namespace, "tls")) == ()
        assert await ask(APPROVE) is False
        assert await ask(ISSUER) == SignerKind("issuers", True)


async def grant(kube: Kube, namespace: str, rule: dict[str, Any]) -> None:
    """Give that right to the default account of the namespace."""
    roles = path_to("apis", "rbac.authorization.k8s.io", "v1", "clusterroles")
    made = json.loads(
        await kube.create(roles, {"metadata": {"generateName": "asking-"}, "rules": [rule]})
    )
    await kube.create(
        path_to("apis", "rbac.authorization.k8s.io", "v1", "clusterrolebindings"),
        {
            "metadata": {"generateName": "asking-"},
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": made["metadata"]["name"],
            },
            "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": namespace}],
        },
    )


async def why(handler: Handler, question: Question, *, timeout: float = 2.0) -> str:
    """The sentence with which such a server leaves the question unanswered."""
    async with scripted(handler) as server, server.kube() as kube:
        answer = await Asker(kube, timeout=timeout).answer(question)
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
        answer = await Asker(kube).answer(question)
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
            assert isinstance(await Asker(kube).answer(question), Unanswered)


@pytest.mark.parametrize("question", [Claims("shop", "tls"), APPROVE])
async def test_a_missing_kind_is_no_answer_where_no_object_is_asked_for(
    question: Question,
) -> None:
    assert "404 NotFound" in await why(refuses(404, "NotFound"), question)


@pytest.mark.parametrize("name", ["", ".", "..", "a" * 300])
async def test_a_name_that_nothing_has_is_not_asked_for(name: str) -> None:
    async with scripted(says({})) as server, server.kube() as kube:
        assert await Asker(kube).answer(Read(ORDER, "shop", name)) is None
        assert await Asker(kube).answer(Read(ORDER, name, "x")) is None
    assert server.seen == []


async def test_names_are_all_that_is_asked_of_certificates() -> None:
    async with scripted(says({"items": None})) as server, server.kube() as kube:
        assert await Asker(kube).answer(Claims("shop", "a,b=c")) == ()
    asked = server.seen[0]
    assert "PartialObjectMetadataList" in asked.headers["Accept"]
    assert dict(asked.query) == {"fieldSelector": r"spec.secretName=a\,b\=c", "limit": "10"}


async def test_a_review_tells_all_of_the_user_and_the_wish() -> None:
    async with scripted(says({"status": {"allowed": True}})) as server, server.kube() as kube:
        question = May(TENANT, "update", "acme.cert-manager.io", "orders/status", "shop", "x")
        assert await Asker(kube).answer(question) is True
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


def discovery(kinds: dict[str, list[tuple[str, str]]], preferred: str) -> Handler:
    """Serves a group whose versions have these (name, kind)s; 404 for everything else."""

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        *_, group, version = ("", *request.path.strip("/").split("/"))
        if group == "apis":
            versions = [{"version": name} for name in (*kinds, "gone")]
            return web.json_response(
                {"versions": versions, "preferredVersion": {"version": preferred}}
            )
        if version not in kinds:
            return web.json_response({}, status=404)
        resources = [
            {"name": name, "kind": kind, "namespaced": True} for name, kind in kinds[version]
        ]
        return web.json_response({"resources": resources})

    return handler


async def test_the_preferred_version_is_looked_at_first() -> None:
    kinds = {"v1beta1": [("old", "Both"), ("olds", "Old")], "v1": [("new", "Both")]}
    async with scripted(discovery(kinds, "v1")) as server, server.kube() as kube:
        ask = Asker(kube).answer
        assert await ask(Served("x.example", "Both")) == SignerKind("new", True)
        assert [seen.path for seen in server.seen] == ["/apis/x.example", "/apis/x.example/v1"]
        assert await ask(Served("x.example", "Old")) == SignerKind("olds", True)
        assert await ask(Served("x.example", "None")) is None


async def test_a_subresource_is_no_kind_that_is_served() -> None:
    kinds = {"v1": [("issuers/status", "Issuer"), ("issuers", "Issuer")]}
    async with scripted(discovery(kinds, "v1")) as server, server.kube() as kube:
        assert await Asker(kube).answer(ISSUER) == SignerKind("issuers", True)


async def test_a_served_kind_is_known_for_ten_minutes() -> None:
    clock = Clock()
    handler = discovery({"v1": [("issuers", "Issuer")]}, "v1")
    async with scripted(handler) as server, server.kube() as kube:
        asker = Asker(kube, clock=clock)
        await asker.answer(ISSUER)
        clock.now += 599
        await asker.answer(ISSUER)
        assert len(server.seen) == 2
        clock.now += 1
        await asker.answer(ISSUER)
        assert len(server.seen) == 4


async def test_a_kind_that_is_not_served_is_asked_for_again() -> None:
    async with scripted(refuses(404, "NotFound")) as server, server.kube() as kube:
        asker = Asker(kube, clock=Clock())
        assert await asker.answer(ISSUER) is None
        assert await asker.answer(ISSUER) is None
        assert len(server.seen) == 2


async def test_no_more_than_sixty_four_kinds_are_known() -> None:
    kinds = {"v1": [(f"k{n}s", f"K{n}") for n in range(65)]}
    async with scripted(discovery(kinds, "v1")) as server, server.kube() as kube:
        asker = Asker(kube, clock=Clock())
        for number in range(65):
            await asker.answer(Served("x.example", f"K{number}"))
        asked = len(server.seen)
        await asker.answer(Served("x.example", "K64"))
        assert len(server.seen) == asked
        await asker.answer(Served("x.example", "K0"))
        assert len(server.seen) == asked + 2


async def test_a_right_is_believed_for_a_second() -> None:
    clock = Clock()
    async with scripted(says({"status": {"allowed": False}})) as server, server.kube() as kube:
        asker = Asker(kube, clock=clock)
        for seconds, calls in ((0, 1), (0.9, 1), (0.2, 2)):
            clock.now += seconds
            assert await asker.answer(APPROVE) is False
            assert len(server.seen) == calls


async def test_rights_of_others_are_not_mixed_up() -> None:
    async with scripted(says({"status": {"allowed": True}})) as server, server.kube() as kube:
        asker = Asker(kube, clock=Clock())
        await asker.answer(APPROVE)
        others = [
            APPROVE._replace(user=User("other", "1", ("editors",), TENANT.extra)),
            APPROVE._replace(user=User("tenant", "2", ("editors",), TENANT.extra)),
            APPROVE._replace(user=User("tenant", "1", (), TENANT.extra)),
            APPROVE._replace(user=User("tenant", "1", ("editors",), {})),
            APPROVE._replace(verb="get"),
            APPROVE._replace(namespace="x"),
        ]
        for number, other in enumerate(others):
            await asker.answer(other)
            assert len(server.seen) == number + 2
        extra = dict(reversed(TENANT.extra.items()))
        await asker.answer(APPROVE._replace(user=User("tenant", "1", ("editors",), extra)))
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
        asker = Asker(kube, clock=Clock())
        answers = await asyncio.gather(*[asker.answer(question) for _ in range(20)])
    assert all(answer == answers[0] for answer in answers)
    assert len(server.seen) == calls


async def test_who_gives_up_leaves_others_their_answer() -> None:
    goes = asyncio.Event()

    async def handler(_request: web.BaseRequest) -> web.StreamResponse:
        await goes.wait()
        return web.json_response({"status": {"allowed": True}})

    async with scripted(handler) as server, server.kube() as kube:
        asker = Asker(kube)
        first, second = (asyncio.create_task(asker.answer(APPROVE)) for _ in range(2))
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
        asker = Asker(kube, clock=Clock())
        assert isinstance(await asker.answer(APPROVE), Unanswered)
        server.handler = says({"status": {"allowed": True}})
        assert await asker.answer(APPROVE) is True


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

    asyncio.run(Asker(Gone()).answer(question))

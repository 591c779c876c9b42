"""The rules' questions, answered by a real API server."""

import base64
import json
from typing import Any

import pytest
import yaml

from devcluster.cluster import Cluster
from devcluster.controller import DEPLOY, install
from orderapi.certificaterequest import CertificateRequest
from orderapi.names import GROUP
from orderapi.resources import CERTIFICATE_REQUEST, CLUSTER_ISSUER, ORDER
from tests.webhook.asked import APPROVE, ISSUER, QUESTIONS, TENANT
from tests.webhook.rules.build import signing_request
from webhook.answering import Answers
from webhook.credentials import Credentials, from_kubeconfig
from webhook.kube import Kube, path_to
from webhook.questions import Claims, May, Read, Served, SignerKind, Unanswered
from webhook.request import User

pytestmark = pytest.mark.usefixtures("served")


@pytest.fixture(scope="module")
def served(devcluster: Cluster) -> Cluster:
    """The control plane with our kinds."""
    install(devcluster.kubeconfig, ("crds",))
    return devcluster


def a_certificate(name: str, secret: str) -> dict[str, Any]:
    spec = {"secretName": secret, "dnsNames": ["a.example"], "issuerRef": {"name": "i"}}
    return an_object("Certificate", name, spec)


def an_object(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    meta = {"name": name}
    return {"apiVersion": f"{GROUP}/v1", "kind": kind, "metadata": meta, "spec": spec}


async def test_an_object_of_a_real_server_is_read(kube: Kube, namespace: str) -> None:
    requests = path_to("apis", GROUP, "v1", "namespaces", namespace, "certificaterequests")
    spec: dict[str, Any] = {
        "request": signing_request("web.example.com"),
        "issuerRef": {"name": "i"},
    }
    await kube.create(requests, an_object("CertificateRequest", "web-1", spec))
    found = await Answers(kube).to(Read(CERTIFICATE_REQUEST, namespace, "web-1"))
    assert isinstance(found, CertificateRequest)
    assert found.spec.request == base64.b64decode(spec["request"])
    assert await Answers(kube).to(Read(CERTIFICATE_REQUEST, namespace, "web-2")) is None
    assert await Answers(kube).to(Read(CLUSTER_ISSUER, "", "none")) is None


async def test_who_claims_a_secret_on_a_real_server(kube: Kube, namespace: str) -> None:
    certificates = path_to("apis", GROUP, "v1", "namespaces", namespace, "certificates")
    for name, secret in (("a", "tls"), ("b", "other"), ("c", "tls")):
        await kube.create(certificates, a_certificate(name, secret))
    assert await Answers(kube).to(Claims(namespace, "tls")) == ("a", "c")
    assert await Answers(kube).to(Claims(namespace, "x,metadata.name=a")) == ()


async def test_what_a_real_server_lets_a_user_do(kube: Kube, namespace: str) -> None:
    admin = User("root", "", ("system:masters",))
    for user, right in ((admin, True), (TENANT, False)):
        question = May(user, "approve", GROUP, "signers", namespace, "x")
        assert await Answers(kube).to(question) is right
    nobody = await Answers(kube).to(May(User(), "get", "", "secrets", namespace, "x"))
    assert isinstance(nobody, Unanswered)


async def test_what_a_real_server_serves(kube: Kube) -> None:
    ask = Answers(kube).to
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
            answer = await Answers(kube).to(question)
            assert isinstance(answer, Unanswered)
            assert f"lacks the right to {right};" in answer.why


def granted() -> list[dict[str, Any]]:
    """The rights that are shipped for this."""
    documents = yaml.safe_load_all((DEPLOY / "webhook.yaml").read_text())
    wanted = ("ClusterRole", "order-webhook")
    (rules,) = [
        found["rules"]
        for found in documents
        if (found["kind"], found["metadata"]["name"]) == wanted
    ]
    return list(rules)


async def test_the_rights_that_are_shipped_are_enough(
    served: Cluster, kube: Kube, namespace: str
) -> None:
    await grant(kube, namespace, granted())
    account = path_to("api", "v1", "namespaces", namespace, "serviceaccounts", "default")
    token = json.loads(await kube.create(f"{account}/token", {"spec": {}}))["status"]["token"]
    known = from_kubeconfig(served.kubeconfig)
    mine = Credentials(server=known.server, ca=known.ca, token=token)
    async with Kube(mine, user_agent="tests") as own:
        ask = Answers(own).to
        for resource in (CERTIFICATE_REQUEST, ORDER, CLUSTER_ISSUER):
            assert await ask(Read(resource, namespace, "none")) is None
        assert await ask(Claims(namespace, "tls")) == ()
        assert await ask(APPROVE) is False
        assert await ask(ISSUER) == SignerKind("issuers", True)


async def grant(kube: Kube, namespace: str, rules: list[dict[str, Any]]) -> None:
    """Give these rights to the default account of the namespace."""
    roles = path_to("apis", "rbac.authorization.k8s.io", "v1", "clusterroles")
    made = json.loads(
        await kube.create(roles, {"metadata": {"generateName": "asking-"}, "rules": rules})
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

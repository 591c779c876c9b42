"""Secrets that the requester may not read, and that would go to a host of their choice."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.webhook.rules.build import CONTROLLERS, NAMESPACE, TENANT, Json, create, settle, update
from tests.webhook.rules.issuer_judging import SOLVER, issuer, with_acme, with_solver
from webhook.questions import May, Question, Unanswered
from webhook.rules.exposure import MOST_SECRETS
from webhook.rules.issuers import judge

REF = {"name": "credentials", "key": "entry"}
ACME_DNS = {"acmeDNS": {"host": "https://auth.evil.example/", "accountSecretRef": REF}}
TSIG: Json = {"nameserver": "NS.evil.example:53", "tsigKeyName": "k", "tsigAlgorithm": "HMACSHA256"}
EAB = {"keyID": "kid", "keySecretRef": REF}
EDGE = {
    "serviceConsumerDomain": "akab.evil.example",
    "clientTokenSecretRef": {"name": "token", "key": "k"},
    "clientSecretSecretRef": {"name": "mac", "key": "k"},
    "accessTokenSecretRef": {"name": "access", "key": "k"},
}
VAULT = {"server": "https://vault.evil.example:8200", "path": "pki/sign/a"}
ROLE = {"path": "approle", "roleId": "id", "secretRef": REF}


def vault(**auth: Any) -> Json:
    """A spec of type vault."""
    return {"vault": VAULT | {"auth": auth}}


def venafi(**product: Any) -> Json:
    """A spec of type venafi."""
    return {"venafi": {"zone": "z", **product}}


def signing(name: str) -> Json:
    """A solver whose updates are signed with a key of that Secret."""
    return {"dns01": {"rfc2136": TSIG | {"tsigSecretSecretRef": {"name": name, "key": "k"}}}}


class Cluster:
    """Answers questions about Secrets, and keeps what it was asked."""

    def __init__(self, answer: Callable[[str], Any]) -> None:
        self.answer = answer
        self.asked: list[str] = []

    def __call__(self, question: Question) -> Any:
        assert isinstance(question, May)
        name = question.name
        assert question == May(TENANT, "get", "", "secrets", NAMESPACE, name)
        self.asked.append(name)
        return self.answer(name)


def hiding() -> Cluster:
    """No Secret may be read."""
    return Cluster(lambda _: False)


def warnings(spec: Json, cluster: Cluster, old: Json | None = None) -> list[str]:
    """The warnings about Secrets."""
    new = issuer(spec)
    request = create("Issuer", new) if old is None else update("Issuer", issuer(old), new)
    verdict = settle(judge(request, CONTROLLERS), cluster)
    assert verdict.allowed
    return [warning for warning in verdict.warnings if "may not read" in warning]


@pytest.mark.parametrize(
    ("spec", "path", "host"),
    [
        (
            with_solver(dns01=ACME_DNS),
            "spec.acme.solvers[0].dns01.acmeDNS.accountSecretRef",
            "auth",
        ),
        (vault(tokenSecretRef=REF), "spec.vault.auth.tokenSecretRef", "vault"),
        (vault(appRole=ROLE), "spec.vault.auth.appRole.secretRef", "vault"),
        (
            vault(kubernetes={"role": "r", "secretRef": REF}),
            "spec.vault.auth.kubernetes.secretRef",
            "vault",
        ),
        (
            venafi(tpp={"url": "https://tpp.evil.example/sdk", "credentialsRef": REF}),
            "spec.venafi.tpp.credentialsRef",
            "tpp",
        ),
        (
            venafi(cloud={"url": "https://saas.evil.example", "apiTokenSecretRef": REF}),
            "spec.venafi.cloud.apiTokenSecretRef",
            "saas",
        ),
        (
            venafi(ngts={"tsgID": "1", "url": "https://ngts.evil.example", "credentialsRef": REF}),
            "spec.venafi.ngts.credentialsRef",
            "ngts",
        ),
    ],
)
def test_a_secret_that_would_be_sent_is_told(spec: Json, path: str, host: str) -> None:
    assert warnings(spec, hiding()) == [
        f'{path}: you may not read Secret "credentials", and the content of it goes to '
        f'"{host}.evil.example"'
    ]


@pytest.mark.parametrize(
    ("spec", "path", "host"),
    [
        (
            with_solver(dns01={"rfc2136": TSIG | {"tsigSecretSecretRef": REF}}),
            "spec.acme.solvers[0].dns01.rfc2136.tsigSecretSecretRef",
            "ns.evil.example",
        ),
        (
            with_acme(externalAccountBinding=EAB),
            "spec.acme.externalAccountBinding.keySecretRef",
            "acme.example.com",
        ),
    ],
)
def test_a_mac_is_worded_as_the_weaker_thing(spec: Json, path: str, host: str) -> None:
    assert warnings(spec, hiding()) == [
        f'{path}: you may not read Secret "credentials", and a MAC made with it goes to "{host}", '
        "by which a weak one can be guessed"
    ]


def test_each_secret_of_akamai_is_told_as_it_is_used() -> None:
    cluster = hiding()
    told = warnings(with_solver(dns01={"akamai": EDGE}), cluster)
    assert cluster.asked == ["token", "access", "mac"]
    assert ["the content of" in one for one in told] == [True, True, False]


@pytest.mark.parametrize(
    "spec",
    [
        with_acme(solvers=[SOLVER]),
        with_solver(dns01={"cloudflare": {"apiTokenSecretRef": REF}}),  # goes to a known host
        with_solver(dns01={"digitalocean": {"tokenSecretRef": REF}}),
        venafi(cloud={"apiTokenSecretRef": REF}),
        vault(clientCertificate={"secretName": "tls"}),
        {"ca": {"secretName": "ca"}},
    ],
)
def test_nothing_is_asked_where_nothing_goes_anywhere(spec: Json) -> None:
    cluster = hiding()
    assert warnings(spec, cluster) == []
    assert cluster.asked == []


@pytest.mark.parametrize("answer", [True, Unanswered("the API server did not answer in time")])
def test_only_a_no_is_told(answer: Any) -> None:
    assert warnings(with_solver(dns01=ACME_DNS), Cluster(lambda _: answer)) == []


def test_a_cluster_issuers_secrets_are_not_asked_about() -> None:
    spec = with_solver(dns01=ACME_DNS)
    request = create("ClusterIssuer", issuer(spec, "ClusterIssuer"))
    assert settle(judge(request, CONTROLLERS)).allowed


def test_only_new_pairs_are_asked_about() -> None:
    old = with_acme(solvers=[{"dns01": ACME_DNS}])
    cluster = hiding()
    moved = with_acme(solvers=[SOLVER, {"dns01": ACME_DNS}], email="a@b.example")
    assert warnings(moved, cluster, old) == []
    assert cluster.asked == []
    other_host = {"acmeDNS": ACME_DNS["acmeDNS"] | {"host": "https://other.example"}}
    assert len(warnings(with_solver(dns01=other_host), cluster, old)) == 1
    other_secret = {"acmeDNS": ACME_DNS["acmeDNS"] | {"accountSecretRef": REF | {"name": "b"}}}
    assert len(warnings(with_solver(dns01=other_secret), cluster, old)) == 1
    assert cluster.asked == ["credentials", "b"]


def test_a_refused_issuer_asks_nothing() -> None:
    request = create("Issuer", issuer(with_acme(server="", solvers=[{"dns01": ACME_DNS}])))
    assert not settle(judge(request, CONTROLLERS)).allowed


def test_a_secret_is_asked_about_once_and_told_once_per_host() -> None:
    cluster = hiding()
    again = {"dns01": ACME_DNS, "selector": {"dnsZones": ["a.example"]}}
    other = {
        "dns01": {"acmeDNS": {"host": "https://b.example", "accountSecretRef": REF}},
        "selector": {"dnsZones": ["b.example"]},
    }
    told = warnings(with_acme(solvers=[{"dns01": ACME_DNS}, again, other]), cluster)
    assert cluster.asked == ["credentials"]
    assert [one.split(":")[0][-36:] for one in told] == [
        "solvers[0].dns01.acmeDNS.accountSecretRef"[-36:],
        "solvers[2].dns01.acmeDNS.accountSecretRef"[-36:],
    ]


def test_questions_are_bounded_and_those_about_whole_contents_come_first() -> None:
    macs = [signing(f"m{n}") for n in range(20)]
    cluster = hiding()
    warnings(with_acme(solvers=[*macs, {"dns01": ACME_DNS}]), cluster)
    assert cluster.asked == ["credentials", *(f"m{n}" for n in range(MOST_SECRETS - 1))]


def test_other_warnings_do_not_crowd_them_out() -> None:
    spec = with_acme(solvers=[{"dns01": ACME_DNS}] * 40)
    assert len(warnings(spec, hiding())) == 1

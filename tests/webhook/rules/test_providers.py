"""DNS-01: exactly one provider, its fields, name servers."""

from typing import Any

import pytest

from tests.webhook.rules.build import changed, paths
from tests.webhook.rules.issuer_judging import RFC2136, on_create, with_solver

AT = "spec.acme.solvers[0].dns01"
REF = {"name": "credentials", "key": "entry"}
KEYED = RFC2136 | {
    "tsigKeyName": "update.",
    "tsigAlgorithm": "HMACSHA256",
    "tsigSecretSecretRef": REF,
}

NOBODY = {"kubernetes": {"serviceAccountRef": {"name": ""}}}

WHOLE: dict[str, dict[str, Any]] = {
    "acmeDNS": {"host": "https://auth.example.com", "accountSecretRef": REF},
    "akamai": {
        "serviceConsumerDomain": "akab-x.luna.akamaiapis.net",
        "clientTokenSecretRef": REF,
        "clientSecretSecretRef": REF,
        "accessTokenSecretRef": REF,
    },
    "azureDNS": {"subscriptionID": "s", "resourceGroupName": "g"},
    "cloudDNS": {"project": "p", "serviceAccountSecretRef": REF},
    "cloudflare": {"apiTokenSecretRef": REF},
    "digitalocean": {"tokenSecretRef": REF},
    "rfc2136": KEYED,
    "route53": {"accessKeyIDSecretRef": REF, "secretAccessKeySecretRef": REF},
    "webhook": {"groupName": "acme.example.com", "solverName": "own", "config": {"a": [1]}},
}

# provider, field, value (... for leaving it out), path of the fault, part of its text
FAULTS: list[tuple[str, str, Any, str, str]] = [
    ("acmeDNS", "host", "", "host", "URL"),
    ("acmeDNS", "accountSecretRef.name", "", "accountSecretRef.name", "names the Secret"),
    ("acmeDNS", "accountSecretRef.key", "", "accountSecretRef.key", "entry of the Secret"),
    ("akamai", "serviceConsumerDomain", "", "serviceConsumerDomain", "host"),
    ("akamai", "clientTokenSecretRef.name", "", "clientTokenSecretRef.name", "is empty"),
    ("akamai", "clientTokenSecretRef.key", ..., "clientTokenSecretRef.key", "is empty"),
    ("akamai", "clientSecretSecretRef.name", "", "clientSecretSecretRef.name", "is empty"),
    ("akamai", "clientSecretSecretRef.key", ..., "clientSecretSecretRef.key", "is empty"),
    ("akamai", "accessTokenSecretRef.name", "", "accessTokenSecretRef.name", "is empty"),
    ("akamai", "accessTokenSecretRef.key", ..., "accessTokenSecretRef.key", "is empty"),
    ("azureDNS", "subscriptionID", "", "subscriptionID", "is empty"),
    ("azureDNS", "resourceGroupName", "", "resourceGroupName", "is empty"),
    ("azureDNS", "environment", "AzureGermanCloud", "environment", "closed since 2021"),
    ("azureDNS", "environment", "Azure", "environment", "AzurePublicCloud"),
    (
        "azureDNS",
        "managedIdentity",
        {"clientID": "a", "resourceID": "b"},
        "managedIdentity.resourceID",
        "excludes",
    ),
    ("azureDNS", "managedIdentity", {"tenantID": "a"}, "managedIdentity.tenantID", "clientID"),
    ("cloudDNS", "project", "", "project", "is empty"),
    ("cloudDNS", "serviceAccountSecretRef.key", "", "serviceAccountSecretRef.key", "is empty"),
    ("cloudflare", "apiTokenSecretRef", ..., "", "has no credentials"),
    ("cloudflare", "apiTokenSecretRef.name", "No_Name", "apiTokenSecretRef.name", "no Secret can"),
    ("cloudflare", "apiTokenSecretRef.key", "a/b", "apiTokenSecretRef.key", "no entry"),
    ("digitalocean", "tokenSecretRef.key", "a" * 254, "tokenSecretRef.key", "no entry"),
    ("digitalocean", "tokenSecretRef.name", "a" * 254, "tokenSecretRef.name", "no Secret"),
    ("digitalocean", "tokenSecretRef.name", "", "tokenSecretRef.name", "is empty"),
    ("route53", "accessKeyID", "AKIA", "", "leave one"),
    ("route53", "accessKeyIDSecretRef.key", ..., "accessKeyIDSecretRef.key", "is empty"),
    ("route53", "secretAccessKeySecretRef.key", ..., "secretAccessKeySecretRef.key", "is empty"),
    ("route53", "auth", NOBODY, "auth.kubernetes.serviceAccountRef.name", "ServiceAccount"),
    ("webhook", "groupName", "", "groupName", "API group"),
    ("webhook", "solverName", "", "solverName", "solver"),
    ("rfc2136", "nameserver", "", "nameserver", "is empty"),
    ("rfc2136", "nameserver", ":53", "nameserver", "host:port"),
    ("rfc2136", "nameserver", "ns:0", "nameserver", "host:port"),
    ("rfc2136", "nameserver", "ns:65536", "nameserver", "host:port"),
    ("rfc2136", "nameserver", "ns:dns", "nameserver", "host:port"),
    ("rfc2136", "nameserver", "[ns]:53", "nameserver", "host:port"),
    ("rfc2136", "nameserver", "[192.0.2.1]:53", "nameserver", "host:port"),
    ("rfc2136", "nameserver", "udp://ns", "nameserver", "host:port"),
    ("rfc2136", "protocol", "TLS", "protocol", "not one of TCP, UDP"),
    ("rfc2136", "tsigAlgorithm", "HMACSHA3", "tsigAlgorithm", "HMACSHA256"),
    ("rfc2136", "tsigKeyName", "", "tsigKeyName", "is empty"),
    ("rfc2136", "tsigKeyName", "a..b", "tsigKeyName", "no DNS name"),
    ("rfc2136", "tsigKeyName", "a" * 64, "tsigKeyName", "no DNS name"),
    ("rfc2136", "tsigSecretSecretRef", ..., "tsigSecretSecretRef", "is missing"),
    ("rfc2136", "tsigSecretSecretRef.name", "", "tsigSecretSecretRef.name", "is empty"),
    ("rfc2136", "tsigSecretSecretRef.key", ..., "tsigSecretSecretRef.key", "is empty"),
]

FINE: list[tuple[str, str, Any]] = [
    ("azureDNS", "managedIdentity", {"clientID": "a", "tenantID": "b"}),
    ("azureDNS", "environment", "AzureChinaCloud"),
    ("cloudDNS", "serviceAccountSecretRef", ...),
    ("route53", "accessKeyIDSecretRef", ...),
    ("route53", "secretAccessKeySecretRef", {"name": ""}),
    ("route53", "auth", {"kubernetes": {"serviceAccountRef": {"name": "dns"}}}),
    ("rfc2136", "nameserver", "192.0.2.1"),
    ("rfc2136", "nameserver", "2001:db8::1"),
    ("rfc2136", "nameserver", "[2001:db8::1]:5353"),
    ("rfc2136", "nameserver", "ns.dns.svc.cluster.local:53"),
    ("rfc2136", "protocol", "tcp"),
    ("rfc2136", "tsigAlgorithm", "hmac-sha512."),
    ("rfc2136", "tsigKeyName", "a\\.b"),
]

LEFT = {"clientID": "c", "tenantID": "t", "clientSecretSecretRef": REF}


def one(provider: str, part: Any, **dns01: Any) -> Any:
    """The verdict on a solver with that provider alone."""
    return on_create(with_solver(dns01={provider: part, **dns01}))


@pytest.mark.parametrize("provider", WHOLE)
def test_a_whole_provider_passes_and_an_unserved_one_is_told(provider: str) -> None:
    verdict = one(provider, WHOLE[provider])
    assert verdict.allowed
    told = [f"{AT}.{provider}: this controller solves DNS-01 by rfc2136 alone"]
    assert [warning.split(";")[0] for warning in verdict.warnings] == (
        [] if provider == "rfc2136" else told
    )


@pytest.mark.parametrize(("provider", "field", "value", "path", "text"), FAULTS)
def test_a_fault_is_told_with_its_path(
    provider: str, field: str, value: Any, path: str, text: str
) -> None:
    verdict = one(provider, changed(WHOLE[provider], field, value))
    assert paths(verdict) == [f"{AT}.{provider}.{path}".rstrip(".")]
    assert text in verdict.faults[0].text


@pytest.mark.parametrize(("provider", "field", "value"), FINE)
def test_what_works_is_no_fault(provider: str, field: str, value: Any) -> None:
    assert one(provider, changed(WHOLE[provider], field, value)).allowed


@pytest.mark.parametrize("left_out", LEFT)
def test_a_service_principal_is_three_fields(left_out: str) -> None:
    part = WHOLE["azureDNS"] | {key: value for key, value in LEFT.items() if key != left_out}
    assert paths(one("azureDNS", part)) == [f"{AT}.azureDNS.{left_out}"]
    assert one("azureDNS", WHOLE["azureDNS"] | LEFT).allowed
    both = WHOLE["azureDNS"] | LEFT | {"managedIdentity": {}}
    assert paths(one("azureDNS", both)) == [f"{AT}.azureDNS.managedIdentity"]


def test_an_api_key_needs_the_address_and_excludes_a_token() -> None:
    assert paths(one("cloudflare", {"apiKeySecretRef": REF})) == [f"{AT}.cloudflare.email"]
    both = {"apiKeySecretRef": REF, "apiTokenSecretRef": REF, "email": "a@b.example"}
    assert paths(one("cloudflare", both)) == [f"{AT}.cloudflare"]


@pytest.mark.parametrize("second", [name for name in WHOLE if name != "acmeDNS"])
def test_a_second_provider_is_refused_whichever_it_is(second: str) -> None:
    verdict = on_create(with_solver(dns01={"acmeDNS": WHOLE["acmeDNS"], second: WHOLE[second]}))
    assert paths(verdict) == [f"{AT}.{second}"]
    assert "beside acmeDNS" in verdict.faults[0].text


def test_a_provider_is_needed() -> None:
    assert paths(on_create(with_solver(dns01={}))) == [AT]


@pytest.mark.parametrize("text", ["", "a b", "192.0.2.1:x", "http://192.0.2.1", "::1:"])
def test_name_servers_are_addresses(text: str) -> None:
    verdict = one("rfc2136", RFC2136, nameservers=["192.0.2.1:53", text])
    assert paths(verdict) == [f"{AT}.nameservers[1]"]


@pytest.mark.parametrize(
    "text", ["192.0.2.1:53", "192.0.2.1", "[2001:db8::1]:53", "dns.example:53"]
)
def test_name_servers_that_the_controller_reads(text: str) -> None:
    assert one("rfc2136", RFC2136, nameservers=[text]) == ((), ())


def test_dns_over_https_is_a_warning() -> None:
    verdict = one("rfc2136", RFC2136, nameservers=["https://1.1.1.1/dns-query"])
    assert verdict.allowed
    assert verdict.warnings[0].startswith(f"{AT}.nameservers[0]: this controller does not speak")


@pytest.mark.parametrize("strategy", ["", "None", "Follow", "follow"])
def test_cname_strategies(strategy: str) -> None:
    assert one("rfc2136", RFC2136, cnameStrategy=strategy) == ((), ())


def test_another_cname_strategy_is_refused() -> None:
    assert paths(one("rfc2136", RFC2136, cnameStrategy="Maybe")) == [f"{AT}.cnameStrategy"]


@pytest.mark.parametrize(
    ("changes", "warns"),
    [
        ({"tsigAlgorithm": "HMACMD5"}, True),
        ({"tsigAlgorithm": "hmac-md5.sig-alg.reg.int."}, True),
        ({"tsigAlgorithm": ""}, True),
        ({"tsigAlgorithm": "HMACSHA1"}, False),
        ({"tsigAlgorithm": "HMACSHA512"}, False),
    ],
)
def test_md5_is_outdated(changes: dict[str, Any], warns: bool) -> None:
    verdict = one("rfc2136", KEYED | changes)
    assert verdict.allowed
    assert [
        warning.startswith(f"{AT}.rfc2136.tsigAlgorithm: ") for warning in verdict.warnings
    ] == ([True] if warns else [])


@pytest.mark.parametrize("ref", [{"name": ""}, {"name": "a"}, {"name": "", "key": "b"}])
def test_half_a_reference_without_a_key_name_is_a_warning(ref: dict[str, str]) -> None:
    verdict = one("rfc2136", RFC2136 | {"tsigSecretSecretRef": ref})
    assert verdict.allowed
    assert verdict.warnings[0].startswith(f"{AT}.rfc2136.tsigSecretSecretRef: ")


@pytest.mark.parametrize(
    "host", ["127.0.0.1:53", "[::1]:53", "169.254.169.254", "a.localhost", "224.0.0.1", "[::]:53"]
)
def test_hosts_that_are_not_connected_to_are_warnings(host: str) -> None:
    verdict = one("rfc2136", {"nameserver": host})
    assert verdict.allowed
    assert "--allow-special-addresses" in verdict.warnings[0]

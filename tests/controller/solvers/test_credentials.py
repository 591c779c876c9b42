"""Which Secrets a solver names, and that their content shows nowhere."""

import pytest

from controller.solvers.credentials import Credentials, secret_refs
from controller.solvers.errors import BadCredentials, Misconfigured
from orderapi.references import SecretKeySelector
from orderapi.solver import (
    AcmeDns,
    Akamai,
    AzureDns,
    CloudDns,
    Cloudflare,
    DigitalOcean,
    Dns01,
    Dns01Webhook,
    Http01,
    Rfc2136,
    Route53,
    Solver,
)


def ref(name: str) -> SecretKeySelector:
    return SecretKeySelector(name=name, key="k")


AKAMAI = Akamai(
    service_consumer_domain="d",
    client_token_secret_ref=ref("token"),
    client_secret_secret_ref=ref("secret"),
    access_token_secret_ref=ref("access"),
)
AZURE = AzureDns(
    subscription_id="s", resource_group_name="r", client_secret_secret_ref=ref("azure")
)
CLOUDFLARE = Cloudflare(api_key_secret_ref=ref("key"), api_token_secret_ref=ref("token"))
ROUTE53 = Route53(access_key_id_secret_ref=ref("id"), secret_access_key_secret_ref=ref("secret"))
WEBHOOK = Dns01Webhook(group_name="g", solver_name="s", config={"name": "x", "key": "y"})


@pytest.mark.parametrize(
    ("provider", "expected"),
    [
        pytest.param(
            Dns01(acme_dns=AcmeDns(host="h", account_secret_ref=ref("account"))),
            ["account"],
            id="acmeDNS",
        ),
        pytest.param(Dns01(akamai=AKAMAI), ["token", "secret", "access"], id="akamai"),
        pytest.param(Dns01(azure_dns=AZURE), ["azure"], id="azureDNS"),
        pytest.param(
            Dns01(cloud_dns=CloudDns(project="p", service_account_secret_ref=ref("account"))),
            ["account"],
            id="cloudDNS",
        ),
        pytest.param(Dns01(cloud_dns=CloudDns(project="p")), [], id="cloudDNS, ambient"),
        pytest.param(Dns01(cloudflare=CLOUDFLARE), ["key", "token"], id="cloudflare"),
        pytest.param(
            Dns01(digitalocean=DigitalOcean(token_secret_ref=ref("token"))),
            ["token"],
            id="digitalocean",
        ),
        pytest.param(
            Dns01(rfc2136=Rfc2136(nameserver="n", tsig_secret_secret_ref=ref("tsig"))),
            ["tsig"],
            id="rfc2136",
        ),
        pytest.param(Dns01(route53=ROUTE53), ["id", "secret"], id="route53"),
        pytest.param(Dns01(webhook=WEBHOOK), [], id="webhook"),
        pytest.param(None, [], id="no dns01"),
    ],
)
def test_secrets_that_a_solver_names(provider: Dns01 | None, expected: list[str]) -> None:
    found = secret_refs(Solver(dns01=provider, http01=None if provider else Http01()))
    assert sorted(selector.name for selector in found) == sorted(expected)


def test_an_entry_named_twice_is_told_once() -> None:
    twice = Cloudflare(api_key_secret_ref=ref("one"), api_token_secret_ref=ref("one"))
    assert secret_refs(Solver(dns01=Dns01(cloudflare=twice))) == (ref("one"),)


def test_credentials_hide_what_they_hold() -> None:
    credentials = Credentials({("tsig", "k"): b"very secret"})
    assert repr(credentials) == str(credentials) == "Credentials(1 hidden)"
    assert credentials.read(ref("tsig")) == b"very secret"


def test_a_missing_entry_is_named() -> None:
    with pytest.raises(BadCredentials, match='Secret "tsig" has no entry "k"') as raised:
        Credentials({("other", "k"): b"very secret"}).read(ref("tsig"))
    assert not raised.value.retryable


def test_a_reference_needs_a_key() -> None:
    with pytest.raises(Misconfigured, match='names Secret "tsig" but none of its entries'):
        Credentials({}).read(SecretKeySelector(name="tsig"))

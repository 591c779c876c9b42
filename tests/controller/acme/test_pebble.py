"""The client against the real Pebble, its faults on."""

import ssl
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from controller.acme import (
    AccountKey,
    Client,
    ExternalAccount,
    Identifier,
    Misconfigured,
    NewOrder,
    Problem,
    RequestMade,
)
from controller.acme.keys import Algorithm
from devcluster import pki, servers
from tests.controller.acme.conftest import MakeClient
from tests.controller.acme.issuing import (
    a_csr,
    a_name,
    dns_names,
    issue,
    names_of,
    ready_order,
    until,
)


async def test_the_directory(client: Client) -> None:
    directory = await client.directory()
    assert directory.new_order.startswith("https://")
    assert directory.renewal_info
    assert directory.terms_of_service
    assert directory.external_account_required is False
    assert {"default", "shortlived"} <= directory.profiles.keys()


async def test_one_dns01_certificate(client: Client, dns: servers.Dns) -> None:
    name = a_name()
    started = time.monotonic()
    pem = await issue(client, dns, NewOrder(dns_names(name)))
    assert names_of(pem) == {name}
    assert time.monotonic() - started < 3


async def test_apex_and_wildcard(client: Client, dns: servers.Dns) -> None:
    name = a_name()
    pem = await issue(client, dns, NewOrder(dns_names(name, f"*.{name}")))
    assert names_of(pem) == {name, f"*.{name}"}


async def test_the_profile_decides_the_lifetime(client: Client, dns: servers.Dns) -> None:
    pem = await issue(client, dns, NewOrder(dns_names(a_name()), profile="shortlived"))
    leaf = x509.load_pem_x509_certificates(pem)[0]
    lifetime = leaf.not_valid_after_utc - leaf.not_valid_before_utc
    assert timedelta(days=5) < lifetime <= timedelta(days=6)


async def test_a_profile_that_is_not_offered_is_refused_before_any_order(
    client: Client, made: list[RequestMade]
) -> None:
    made.clear()
    with pytest.raises(Misconfigured) as caught:
        await client.new_order(NewOrder(dns_names(a_name()), profile="gold"))
    assert caught.value.kind == "invalidProfile"
    assert caught.value.sentence() == (
        "acme: certificate authority does not advertise a profile with name gold; "
        "it offers default, shortlived"
    )
    assert made == []


async def test_not_after_is_asked_for(client: Client) -> None:
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)
    order = await client.new_order(NewOrder(dns_names(a_name()), not_after=end))
    assert order.status == "pending"


async def test_an_order_for_addresses(client: Client) -> None:
    names = (Identifier("ip", "127.0.0.1"), Identifier("ip", "2001:DB8:0::5"))
    order = await client.new_order(NewOrder(names))
    assert set(order.identifiers) == set(names)
    for url in order.authorizations:
        authorization = await client.authorization(url)
        assert authorization.identifier in names
        assert "dns-01" not in {challenge.type for challenge in authorization.challenges}


async def test_the_words_of_a_refusal(client: Client) -> None:
    with pytest.raises(Problem) as caught:
        await client.new_order(NewOrder(dns_names(servers.BLOCKED_NAME)))
    assert caught.value.kind == "rejectedIdentifier"
    assert caught.value.sentence().startswith("400 urn:ietf:params:acme:error:rejectedIdentifier: ")


async def test_a_challenge_that_fails_says_why(client: Client) -> None:
    order = await client.new_order(NewOrder(dns_names(a_name())))
    authorization = await client.authorization(order.authorizations[0])
    challenge = next(c for c in authorization.challenges if c.type == "dns-01")
    answered = await client.answer(challenge.url)
    authorization = await until(
        client.authorization, authorization.url, after=answered, away_from=("pending",)
    )
    assert authorization.status == "invalid"
    error = next(c.error for c in authorization.challenges if c.url == challenge.url)
    assert error is not None
    assert error.kind in ("unauthorized", "dns")
    assert error.detail
    assert (await client.order(order.url)).status == "invalid"


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "ES384", "ES512"])
async def test_every_kind_of_account_key(
    algorithm: Algorithm, make_client: MakeClient, pebble: servers.Pebble
) -> None:
    client = make_client(pebble.directory_url, await AccountKey.generate(algorithm))
    account = await client.register(("mailto:a@example.com",))
    assert account.created
    order = await client.new_order(NewOrder(dns_names(a_name())))
    assert (await client.order(order.url)).status == "pending"


async def test_an_account_is_made_found_adopted_and_changed(
    make_client: MakeClient, pebble: servers.Pebble
) -> None:
    key = await AccountKey.generate("ES256")
    with pytest.raises(Problem) as caught:
        await make_client(pebble.directory_url, key).register((), only_existing=True)
    assert caught.value.kind == "accountDoesNotExist"

    first = await make_client(pebble.directory_url, key).register(("mailto:a@example.com",))
    assert (first.created, first.contact) == (True, ("mailto:a@example.com",))

    found = make_client(pebble.directory_url, key)
    account = await found.register((), only_existing=True)
    assert (account.url, account.created) == (first.url, False)
    assert found.account_url == first.url

    adopted = await make_client(pebble.directory_url, key).register(("mailto:b@example.com",))
    assert (adopted.url, adopted.created) == (first.url, False)
    assert adopted.contact == ("mailto:a@example.com",), "an existing account keeps its contacts"

    known = make_client(pebble.directory_url, key, account_url=first.url)
    assert (await known.update_contact(("mailto:b@example.com",))).contact == (
        "mailto:b@example.com",
    )
    assert (await known.update_contact(())).contact == ()


async def test_without_an_account_nothing_is_sent(
    make_client: MakeClient, pebble: servers.Pebble
) -> None:
    client = make_client(pebble.directory_url)
    with pytest.raises(Misconfigured, match="registered first"):
        await client.new_order(NewOrder(dns_names(a_name())))
    with pytest.raises(Misconfigured, match="registered first"):
        await client.update_contact(())


async def test_an_unknown_account_is_the_cas_problem(
    make_client: MakeClient, pebble: servers.Pebble
) -> None:
    base = pebble.directory_url.removesuffix("/dir")
    client = make_client(
        pebble.directory_url,
        await AccountKey.generate("ES256"),
        account_url=f"{base}/my-account/gone",
    )
    with pytest.raises(Problem) as caught:
        await client.new_order(NewOrder(dns_names(a_name())))
    assert caught.value.kind == "accountDoesNotExist"


async def test_an_order_that_is_gone(client: Client, pebble: servers.Pebble) -> None:
    base = pebble.directory_url.removesuffix("/dir")
    with pytest.raises(Problem) as caught:
        await client.order(f"{base}/my-order/gone")
    assert caught.value.status == 404
    assert "404 Not Found" in caught.value.sentence()


async def test_the_requests_are_counted_under_known_names(
    client: Client, dns: servers.Dns, made: list[RequestMade], pebble: servers.Pebble
) -> None:
    await issue(client, dns, NewOrder(dns_names(a_name())))
    assert {request.action for request in made} == {
        "discover",
        "register_account",
        "authorize_order",
        "get_authorization",
        "accept_challenge",
        "get_order",
        "create_order_cert",
        "fetch_cert",
    }
    assert {request.host for request in made} == {
        pebble.directory_url.removeprefix("https://").removesuffix("/dir")
    }
    assert all(request.seconds > 0 for request in made)
    assert sum(request.action == "discover" for request in made) == 1


async def test_the_user_agent_is_ours(client: Client, pebble: servers.Pebble) -> None:
    await client.directory()
    agents = {request["userAgent"] for request in pebble.requests()}
    assert "kubectl-order/0.0.0 (+cert-manager compatible)" in agents


@pytest.fixture(scope="module")
def harsh_pebble(
    tmp_path_factory: pytest.TempPathFactory, authority: pki.Authority, dns: servers.Dns
) -> Iterator[servers.Pebble]:
    """A Pebble that refuses half of all good nonces."""
    server = servers.start_pebble(
        tmp_path_factory.mktemp("harsh-pebble"),
        authority,
        dns_server=dns.address,
        environment={"PEBBLE_WFE_NONCEREJECT": "50"},
        name="harsh-pebble",
        die_with_parent=True,
    )
    yield server
    server.process.stop()


async def test_half_of_all_nonces_refused(
    make_client: MakeClient, harsh_pebble: servers.Pebble, dns: servers.Dns
) -> None:
    client = make_client(harsh_pebble.directory_url)
    names = dns_names(a_name())
    for _ in range(3):  # eleven refusals in a row happen once in two hundred such issuances
        try:
            await client.register(())
            assert await issue(client, dns, NewOrder(names))
            break
        except Problem as problem:
            assert problem.kind == "badNonce"  # noqa: PT017
    refused = [request for request in harsh_pebble.requests() if str(request["status"]) == "400"]
    assert refused, "it did refuse some"


@pytest.fixture(scope="module")
def strict_pebble(
    tmp_path_factory: pytest.TempPathFactory, authority: pki.Authority, dns: servers.Dns
) -> Iterator[servers.Pebble]:
    """A Pebble that wants an external account and hands out four chains of three certificates.

    Nonces: 5 % refused, as everywhere.
    """
    folder: Path = tmp_path_factory.mktemp("strict-pebble")
    server = servers.start_pebble(
        folder,
        authority,
        dns_server=dns.address,
        eab_required=True,
        environment={"PEBBLE_ALTERNATE_ROOTS": "3", "PEBBLE_CHAIN_LENGTH": "2"},
        name="strict-pebble",
        die_with_parent=True,
    )
    yield server
    server.process.stop()


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
async def test_an_external_account(
    algorithm: str, make_client: MakeClient, strict_pebble: servers.Pebble
) -> None:
    secret = strict_pebble.eab_key.encode()
    client = make_client(strict_pebble.directory_url, await AccountKey.generate("ES256"))
    assert (await client.directory()).external_account_required
    with pytest.raises(Problem) as caught:
        await client.register(())
    assert caught.value.kind == "externalAccountRequired"
    eab = ExternalAccount.read(servers.EAB_KEY_ID, secret, algorithm)
    assert (await client.register((), eab=eab)).created


async def test_the_wrong_external_key_is_the_cas_problem(
    make_client: MakeClient, strict_pebble: servers.Pebble
) -> None:
    client = make_client(strict_pebble.directory_url, await AccountKey.generate("ES256"))
    eab = ExternalAccount.read(servers.EAB_KEY_ID, b"d3Jvbmc=")
    with pytest.raises(Problem) as caught:
        await client.register((), eab=eab)
    assert caught.value.status in (400, 401, 403)


async def test_the_default_chain_and_the_preferred_ones(
    make_client: MakeClient, strict_pebble: servers.Pebble, dns: servers.Dns
) -> None:
    client = make_client(strict_pebble.directory_url, await AccountKey.generate("ES256"))
    await client.register(
        (), eab=ExternalAccount.read(servers.EAB_KEY_ID, strict_pebble.eab_key.encode())
    )
    names = dns_names(a_name())
    order = await ready_order(client, dns, NewOrder(names))
    final = await client.finalize(order.finalize, a_csr(*names))
    order = await until(client.order, order.url, after=final, away_from=("processing",))
    default = await client.certificate(order.certificate)
    assert len(x509.load_pem_x509_certificates(default)) == 3
    assert await client.certificate(order.certificate, preferred_chain="No Such Root") == default

    seen = set()
    for number in range(4):
        wanted = _common_name(strict_pebble, number)
        chain = await client.certificate(order.certificate, preferred_chain=wanted)
        top = x509.load_pem_x509_certificates(chain)[-1]
        assert top.issuer.rfc4514_string() == f"CN={wanted}"
        seen.add(chain)
    assert len(seen) == 4
    assert default in seen


def _common_name(server: servers.Pebble, number: int) -> str:
    """The common name of one of the CA's roots."""
    context = ssl.create_default_context(cafile=str(server.ca))
    url = f"{server.management_url}/roots/{number}"
    with urllib.request.urlopen(url, context=context) as answer:  # noqa: S310
        root = x509.load_pem_x509_certificate(answer.read())
    return root.subject.rfc4514_string().removeprefix("CN=")

"""Names, servers, keys, providers, times: what is read from the API's fields."""

import base64
from datetime import UTC, datetime, timedelta

import dns.name
import dns.tsig
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.solvers.dns01.provider import PROVIDERS, only_rfc2136
from controller.solvers.dns01.record import record_name
from controller.solvers.dns01.tsig import algorithm, signing_key
from controller.solvers.errors import (
    BadCredentials,
    LookupFailed,
    Misconfigured,
    SolverError,
    Unsupported,
)
from controller.solvers.lookup.servers import Endpoint, Server, addresses, parse
from controller.solvers.timing import check_again_at
from orderapi.references import SecretKeySelector
from orderapi.solver import Dns01, Dns01Webhook, Rfc2136, Route53
from tests.controller.solvers.dns01.build import SECRET, a_secret

T0 = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("domain", ["example.com", "*.example.com", "example.com."])
def test_the_record_stands_below_the_name(domain: str) -> None:
    assert record_name(domain) == dns.name.from_text("_acme-challenge.example.com.")


@pytest.mark.parametrize("domain", ["a..b", "a" * 64 + ".com", ".".join(["a" * 60] * 4) + ".com"])
def test_a_name_that_dns_cannot_hold_is_refused(domain: str) -> None:
    with pytest.raises(Misconfigured, match="has no place in DNS"):
        record_name(domain)


@pytest.mark.parametrize(
    ("text", "expected", "shown"),
    [
        pytest.param("192.0.2.53", Endpoint("192.0.2.53", 53), "192.0.2.53", id="IPv4"),
        pytest.param("192.0.2.53:53", Endpoint("192.0.2.53", 53), "192.0.2.53", id="port 53"),
        pytest.param("192.0.2.53:5353", Endpoint("192.0.2.53", 5353), "192.0.2.53:5353", id="port"),
        pytest.param(
            "dns.example.com", Endpoint("dns.example.com", 53), "dns.example.com", id="host"
        ),
        pytest.param("bind.dns:54", Endpoint("bind.dns", 54), "bind.dns:54", id="host and port"),
        pytest.param("[2001:db8::53]", Endpoint("2001:db8::53", 53), "2001:db8::53", id="IPv6"),
        pytest.param(
            "[2001:db8::53]:54", Endpoint("2001:db8::53", 54), "[2001:db8::53]:54", id="IPv6, port"
        ),
        pytest.param("2001:db8::53", Endpoint("2001:db8::53", 53), "2001:db8::53", id="bare IPv6"),
    ],
)
def test_servers_are_read(text: str, expected: Endpoint, shown: str) -> None:
    assert parse(text, field="f") == expected
    assert str(expected) == shown


@pytest.mark.parametrize(
    "text",
    ["", ":53", "host:", "host:0", "host:65536", "[host]:53", "a b", "1.2.3.4:53:53", "[::1"],
)
def test_what_names_no_server_is_refused(text: str) -> None:
    with pytest.raises(Misconfigured, match=r'^rfc2136.nameserver is ".*", which names no server'):
        parse(text, field="rfc2136.nameserver")


def test_dns_over_https_is_refused_in_words() -> None:
    with pytest.raises(
        Unsupported, match=r'dns01.nameservers names "https://dns.example/dns-query"'
    ):
        parse("https://dns.example/dns-query", field="dns01.nameservers")


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "::1", "fe80::1"])
async def test_special_addresses_are_refused_unless_allowed(address: str) -> None:
    endpoint = Endpoint(address, 53)
    with pytest.raises(Misconfigured, match=f"DNS server {address}: .* not connected to"):
        await addresses(endpoint, allow=False)
    assert await addresses(endpoint, allow=True) == (Server(address, 53),)


async def test_a_name_that_leads_to_this_host_is_refused_and_looked_at_again() -> None:
    with pytest.raises(LookupFailed, match="DNS server localhost:54 cannot be used") as raised:
        await addresses(Endpoint("localhost", 54), allow=False)
    assert raised.value.retryable
    assert Server("127.0.0.1", 54) in await addresses(Endpoint("localhost", 54), allow=True)


async def test_private_addresses_are_fine() -> None:
    assert await addresses(Endpoint("10.0.0.53", 53), allow=False) == (Server("10.0.0.53"),)


async def test_a_host_that_does_not_exist_is_named() -> None:
    with pytest.raises(LookupFailed, match=r"DNS server no-such-host\.invalid was not found"):
        await addresses(Endpoint("no-such-host.invalid", 53), allow=False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, dns.tsig.HMAC_MD5),
        ("", dns.tsig.HMAC_MD5),
        ("HMACMD5", dns.tsig.HMAC_MD5),
        ("hmac-md5.sig-alg.reg.int.", dns.tsig.HMAC_MD5),
        ("HMACSHA1", dns.tsig.HMAC_SHA1),
        ("hmac-sha1", dns.tsig.HMAC_SHA1),
        ("hmacsha256", dns.tsig.HMAC_SHA256),
        ("hmac-sha256.", dns.tsig.HMAC_SHA256),
        ("HMACSHA512", dns.tsig.HMAC_SHA512),
        ("Hmac-Sha512", dns.tsig.HMAC_SHA512),
    ],
)
def test_algorithms_by_all_their_names(text: str | None, expected: dns.name.Name) -> None:
    assert algorithm(text) == expected


def test_an_unknown_algorithm_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(Misconfigured, match='"ROT13"; known are HMACMD5, HMACSHA1, HMACSHA256'):
        algorithm("ROT13")


def rfc2136(key_name: str | None, source: SecretKeySelector | None) -> Rfc2136:
    return Rfc2136(nameserver="n", tsig_key_name=key_name, tsig_secret_secret_ref=source)


@pytest.mark.parametrize(
    "text",
    ["MDEyMzQ1Njc4OWFiY2RlZg==", "MDEyMzQ1Njc4OWFiY2RlZg==\n", " MDEyMzQ1Njc4 OWFiY2RlZg== \r\n"],
)
def test_the_key_is_base64_with_white_space(text: str) -> None:
    found = signing_key(rfc2136("key.", SECRET), a_secret(text))
    assert found is not None
    assert found.key.secret == b"0123456789abcdef"
    assert repr(found) == "SigningKey(key hmac-md5)"


@pytest.mark.parametrize("text", ["not base64!", "MDEyMzQ1Njc4OWFiY2RlZg=", "\n", "geheim-geheim"])
def test_a_bad_key_names_the_secret_and_does_not_show_it(text: str) -> None:
    with pytest.raises(BadCredentials, match='Secret "tsig", entry "secret", holds no') as raised:
        signing_key(rfc2136("key.", SECRET), a_secret(text))
    assert text.strip() == "" or text.strip() not in str(raised.value)
    assert raised.value.__cause__ is None


@pytest.mark.parametrize(
    ("solver", "message"),
    [
        (rfc2136("key", None), "tsigKeyName is set and tsigSecretSecretRef is not"),
        (rfc2136(None, SECRET), "tsigSecretSecretRef is set and tsigKeyName is not"),
        (rfc2136("a..b", SECRET), 'tsigKeyName is "a..b", which is not a DNS name'),
    ],
)
def test_half_a_key_is_refused(solver: Rfc2136, message: str) -> None:
    with pytest.raises(Misconfigured, match=message):
        signing_key(solver, a_secret())


def test_without_a_key_updates_go_unsigned() -> None:
    assert signing_key(rfc2136(None, None), a_secret()) is None
    assert signing_key(rfc2136("", None), a_secret()) is None


@pytest.mark.parametrize(
    ("solver", "kind", "message"),
    [
        pytest.param(Dns01(), Misconfigured, "names no provider: set rfc2136", id="none"),
        pytest.param(
            Dns01(route53=Route53()),
            Unsupported,
            "the provider route53: this release solves DNS-01 through rfc2136 only",
            id="another",
        ),
        pytest.param(
            Dns01(webhook=Dns01Webhook(group_name="g", solver_name="s")),
            Unsupported,
            "the provider webhook: this release",
            id="webhook",
        ),
        pytest.param(
            Dns01(route53=Route53(), rfc2136=Rfc2136(nameserver="n")),
            Misconfigured,
            r"names 2 providers \(rfc2136, route53\)",
            id="two",
        ),
    ],
)
def test_providers_that_cannot_be_used(
    solver: Dns01, kind: type[SolverError], message: str
) -> None:
    with pytest.raises(kind, match=message) as raised:
        only_rfc2136(solver)
    assert not raised.value.retryable


def test_every_provider_of_the_api_is_known() -> None:
    fields = set(Dns01.__struct_fields__) - {"cname_strategy", "nameservers"}
    assert set(PROVIDERS.values()) == fields


@pytest.mark.parametrize(
    ("passed", "step"),
    [
        pytest.param(0, 0.2, id="at once"),
        pytest.param(-5, 0.2, id="a clock that went back"),
        pytest.param(0.2, 0.2, id="doubling starts"),
        pytest.param(0.4, 0.4, id="doubling"),
        pytest.param(3.2, 3.2, id="doubling later"),
        pytest.param(10, 10, id="every ten seconds"),
        pytest.param(599.9, 10, id="until ten minutes"),
        pytest.param(600, 60, id="every minute"),
        pytest.param(86_400, 60, id="for ever"),
    ],
)
def test_when_to_check_again(passed: float, step: float) -> None:
    now = T0 + timedelta(seconds=passed)
    assert check_again_at(T0, now) == now + timedelta(seconds=step)


def test_the_steps_from_the_beginning() -> None:
    now, seen = T0, []
    for _ in range(8):
        now = check_again_at(T0, now)
        seen.append((now - T0).total_seconds())
    assert seen == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 22.8]


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=30)))
def test_a_check_is_always_due_within_a_minute_and_never_at_once(passed: timedelta) -> None:
    step = check_again_at(T0, T0 + passed) - (T0 + passed)
    assert timedelta(seconds=0.2) <= step <= timedelta(minutes=1)


def test_the_default_secret_of_the_tests_is_a_key() -> None:
    assert base64.b64decode(a_secret().read(SECRET)) == b"0123456789abcdef"

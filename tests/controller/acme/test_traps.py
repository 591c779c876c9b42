"""The traps of real CAs, one by one: each has broken a client in the wild."""

import asyncio
import base64
import json
from datetime import UTC, datetime, timedelta

import pytest

from controller.acme import (
    AccountKey,
    Client,
    ExternalAccount,
    NewOrder,
    Problem,
    RequestMade,
    Unreachable,
    poll_at,
)
from controller.acme.keys import Algorithm
from controller.acme.retryafter import Polled
from devcluster import servers
from tests.controller.acme.conftest import MakeClient
from tests.controller.acme.faults import (
    Fault,
    Forward,
    Front,
    Reply,
    after_the_work,
    answering,
    changed,
    problem,
)
from tests.controller.acme.issuing import (
    a_csr,
    a_name,
    authorize,
    dns_names,
    ready_order,
    until,
)

HTML = b"<html><body><h1>429 Too Many Requests</h1><hr>nginx s3cret</body></html>"


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        pytest.param(problem(429, "rateLimited", Retry_After="3600"), 3600, id="said in seconds"),
        pytest.param(answering(429, HTML, Retry_After="7"), 7, id="HTML"),
        pytest.param(problem(503, "rateLimited", Retry_After="60"), 60, id="as 503"),
        pytest.param(answering(429, HTML, Retry_After="999999"), 86400, id="more than a day"),
        pytest.param(answering(429, HTML, Retry_After=""), None, id="empty"),
        pytest.param(answering(429, HTML), None, id="not said"),
    ],
)
async def test_trap_3_a_rate_limit_says_when_it_ends(
    fault: Fault, seconds: int | None, behind: Client, front: Front
) -> None:
    front.inject("/order-plz", fault)
    before = datetime.now(UTC)
    with pytest.raises(Problem) as caught:
        await behind.new_order(NewOrder(dns_names(a_name())))
    after = datetime.now(UTC)
    error = caught.value
    assert error.kind == "rateLimited"
    assert "s3cret" not in error.sentence()
    assert "urn:ietf:params:acme:error:rateLimited" in error.sentence()
    if seconds is None:
        assert error.retry_at is None
    else:
        assert error.retry_at is not None
        assert before <= error.retry_at - timedelta(seconds=seconds) <= after
    assert len(front.to("/order-plz")) == 1, "the client itself does not try again"


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [
        pytest.param("3", 3, 3, id="seconds"),
        pytest.param("0", 1, 1, id="zero"),
        pytest.param("86400", 300, 300, id="a day, as ZeroSSL says"),
        pytest.param("Wed, 01 Jan 2020 00:00:00 GMT", 1, 1, id="a date in the past"),
        pytest.param("Wed, 01 Jan 2098 00:00:00 GMT", 300, 300, id="a date far away"),
        pytest.param("", 0.1, 0.1, id="empty"),
        pytest.param("-1", 0.1, 0.1, id="negative"),
        pytest.param("later", 0.1, 0.1, id="words"),
        pytest.param(None, 0.1, 0.1, id="absent"),
    ],
)
async def test_trap_4_retry_after_in_every_shape(
    value: str | None, least: float, most: float, behind: Client, front: Front
) -> None:
    order = await behind.new_order(NewOrder(dns_names(a_name())))
    for part in ("/my-order", "/authZ"):
        front.inject(part, changed(headers={"Retry-After": value}))
    before = datetime.now(UTC)
    seen: list[Polled] = [
        await behind.order(order.url),
        await behind.authorization(order.authorizations[0]),
    ]
    after = datetime.now(UTC)
    for one in seen:
        assert poll_at(one, before, 0) >= before + timedelta(seconds=least)
        assert poll_at(one, after, 0) <= after + timedelta(seconds=most)


async def test_trap_5_finalize_may_not_repeat_the_order_url(
    behind: Client, front: Front, dns: servers.Dns
) -> None:
    names = dns_names(a_name())
    order = await ready_order(behind, dns, NewOrder(names))
    front.inject("/finalize-order", changed(headers={"Location": None}))
    finalized = await behind.finalize(order.finalize, a_csr(*names))
    assert finalized.url == ""
    assert finalized.status in ("processing", "valid")
    done = await until(behind.order, order.url, after=finalized, away_from=("processing",))
    assert (done.status, done.url) == ("valid", order.url)


async def test_trap_6_finalize_that_answers_valid_at_once(
    behind: Client, front: Front, dns: servers.Dns
) -> None:
    names = dns_names(a_name())
    order = await ready_order(behind, dns, NewOrder(names))
    cert = f"{front.base}/certZ/1"
    front.inject("/finalize-order", changed(json_members={"status": "valid", "certificate": cert}))
    finalized = await behind.finalize(order.finalize, a_csr(*names))
    assert (finalized.status, finalized.certificate) == ("valid", cert)


async def test_trap_6_an_order_that_stays_in_processing(
    behind: Client, front: Front, dns: servers.Dns
) -> None:
    names = dns_names(a_name())
    order = await ready_order(behind, dns, NewOrder(names))
    finalized = await behind.finalize(order.finalize, a_csr(*names))
    stalled = changed(
        json_members={"status": "processing", "certificate": None}, headers={"Retry-After": None}
    )
    front.inject("/my-order", stalled, stalled, stalled)
    front.calls.clear()
    done = await until(behind.order, order.url, after=finalized, away_from=("processing",))
    assert done.certificate
    assert len(front.to("/my-order")) >= 4


async def test_trap_6_order_not_ready_is_told_as_such(behind: Client, front: Front) -> None:
    names = dns_names(a_name())
    order = await behind.new_order(NewOrder(names))
    with pytest.raises(Problem) as caught:
        await behind.finalize(order.finalize, a_csr(*names))
    assert (caught.value.status, caught.value.kind) == (403, "orderNotReady")
    assert (await behind.order(order.url)).status == "pending"


async def test_trap_6_finalize_that_was_done_though_the_answer_was_lost(
    behind: Client, front: Front, dns: servers.Dns
) -> None:
    names = dns_names(a_name())
    order = await ready_order(behind, dns, NewOrder(names))
    front.inject("/finalize-order", after_the_work(502, HTML))
    with pytest.raises(Unreachable):
        await behind.finalize(order.finalize, a_csr(*names))
    done = await until(behind.order, order.url, after=order, away_from=("ready", "processing"))
    assert await behind.certificate(done.certificate)
    with pytest.raises(Problem) as caught:
        await behind.finalize(order.finalize, a_csr(*names))
    assert caught.value.kind == "orderNotReady"


@pytest.mark.parametrize("challenges", [[], None])
async def test_trap_7_an_authorization_that_is_valid_from_the_start(
    challenges: object, behind: Client, front: Front
) -> None:
    order = await behind.new_order(NewOrder(dns_names(a_name())))
    front.inject("/authZ", changed(json_members={"status": "valid", "challenges": challenges}))
    authorization = await behind.authorization(order.authorizations[0])
    assert (authorization.status, authorization.challenges) == ("valid", ())


async def test_trap_7_a_reused_authorization(client: Client, dns: servers.Dns) -> None:
    names = dns_names(a_name())
    await ready_order(client, dns, NewOrder(names))
    for _ in range(40):  # Pebble hands a valid authorization out again every other time
        order = await client.new_order(NewOrder(names))
        if order.status == "ready":
            break
    assert order.status == "ready"
    assert (await client.authorization(order.authorizations[0])).status == "valid"


async def test_trap_8_nothing_is_a_closed_list(
    make_client: MakeClient, front: Front, dns: servers.Dns
) -> None:
    odd = {
        "q2VkR4ndom": "https://community.test/adding-random-entries",
        "newAuthz": f"{front.base}/nowhere",
        "meta": {"profiles": {"x" * 200: "odd"}, "unheard-of": [1, 2]},
    }
    front.inject("/dir", changed(json_members=odd))
    client = make_client(front.directory_url)
    await client.register(())
    order = await client.new_order(NewOrder(dns_names(a_name())))
    new_type = {"type": "dns-persist-01", "url": "/c/9", "issuer-domain-names": ["ca.test"]}
    front.inject("/authZ", changed(json_members={"challenges": [new_type]}))
    authorization = await client.authorization(order.authorizations[0])
    assert [challenge.type for challenge in authorization.challenges] == ["dns-persist-01"]
    assert (await authorize(client, dns, order.authorizations[0])).status == "valid"

    front.inject("/my-order", changed(json_members={"status": "pondering"}))
    assert (await client.order(order.url)).status == "pondering"
    front.inject("/my-order", problem(400, "neverHeardOf", "really"))
    with pytest.raises(Problem) as caught:
        await client.order(order.url)
    assert caught.value.kind == "neverHeardOf"


async def test_trap_9_polling_asks_the_authorization_and_posts_nothing_to_the_challenge(
    behind: Client, front: Front, dns: servers.Dns
) -> None:
    order = await behind.new_order(NewOrder(dns_names(a_name())))
    assert (await authorize(behind, dns, order.authorizations[0])).status == "valid"
    assert [call.payload for call in front.to("/chalZ")] == [{}]
    assert {json.dumps(call.payload) for call in front.to("/authZ")} == {"null"}


async def test_trap_9_a_second_answer_is_not_an_error(
    behind: Client, front: Front, dns: servers.Dns
) -> None:
    order = await behind.new_order(NewOrder(dns_names(a_name())))
    authorization = await behind.authorization(order.authorizations[0])
    challenge = next(c for c in authorization.challenges if c.type == "dns-01")
    assert (await authorize(behind, dns, order.authorizations[0])).status == "valid"
    front.calls.clear()
    assert (await behind.answer(challenge.url)).status == "valid"
    assert [(call.payload, call.status) for call in front.to("/chalZ")] == [({}, 400), (None, 200)]


async def test_trap_9_a_second_answer_to_a_failed_challenge_shows_its_error(
    behind: Client,
) -> None:
    order = await behind.new_order(NewOrder(dns_names(a_name())))
    authorization = await behind.authorization(order.authorizations[0])
    challenge = next(c for c in authorization.challenges if c.type == "dns-01")
    answered = await behind.answer(challenge.url)
    await until(behind.authorization, authorization.url, after=answered, away_from=("pending",))
    again = await behind.answer(challenge.url)
    assert again.status == "invalid"
    assert again.error is not None


async def test_trap_9_malformed_for_a_pending_challenge_is_an_error(
    behind: Client, front: Front
) -> None:
    order = await behind.new_order(NewOrder(dns_names(a_name())))
    authorization = await behind.authorization(order.authorizations[0])
    front.inject("/chalZ", problem(400, "malformed", "no such thing"))
    with pytest.raises(Problem, match="no such thing"):
        await behind.answer(authorization.challenges[0].url)


async def test_trap_10_no_more_requests_in_flight_than_the_limiter_allows(
    make_client: MakeClient, front: Front
) -> None:
    """Asked of the directory: two looks at one order at the same time can hang Pebble for good."""
    open_now, most = 0, 0

    async def counted(forward: Forward) -> Reply:
        nonlocal open_now, most
        open_now, most = open_now + 1, max(most, open_now + 1)
        await asyncio.sleep(0.02)
        reply = await forward()
        open_now -= 1
        return reply

    front.inject("/dir", *[counted] * 8)
    clients = [make_client(front.directory_url) for _ in range(8)]
    await asyncio.gather(*(one.directory() for one in clients))
    assert most == 2
    assert len(front.to("/dir", method="GET")) == 8


async def test_trap_11_external_accounts_are_bound_with_hs256_unless_told_otherwise(
    make_client: MakeClient, front: Front
) -> None:
    for algorithm, expected in ((None, "HS256"), ("HS384", "HS384"), ("HS512", "HS512")):
        client = make_client(front.directory_url, await AccountKey.generate("ES256"))
        secret = base64.urlsafe_b64encode(b"k" * 64)
        with pytest.raises(Problem):  # Pebble knows no such key id
            await client.register((), eab=ExternalAccount.read("kid", secret, algorithm))
        binding = front.to("/sign-me-up")[-1].payload["externalAccountBinding"]
        protected = binding["protected"]
        header = json.loads(base64.urlsafe_b64decode(protected + "=" * (-len(protected) % 4)))
        assert header["alg"] == expected


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
async def test_trap_11_rsa_and_ecdsa_account_keys(
    algorithm: Algorithm, make_client: MakeClient, pebble: servers.Pebble, made: list[RequestMade]
) -> None:
    client = make_client(pebble.directory_url, await AccountKey.generate(algorithm))
    assert (await client.register(())).created
    assert {request.status for request in made} <= {200, 201, 204, 400}

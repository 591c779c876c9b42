"""What the client makes of a CA that misbehaves, through a front before the real Pebble."""

import logging
from datetime import timedelta

import pytest
from cryptography import x509

from controller.acme import (
    AccountKey,
    AcmeError,
    Client,
    NewOrder,
    Problem,
    RequestMade,
    Unreachable,
    Violation,
)
from controller.acme.transport import NO_ANSWER
from devcluster import servers
from tests.controller.acme.build import FixedClock
from tests.controller.acme.conftest import MakeClient
from tests.controller.acme.faults import (
    Fault,
    Front,
    after_the_work,
    answering,
    changed,
    hung_up,
    problem,
)
from tests.controller.acme.issuing import (
    a_csr,
    a_name,
    authorize,
    dns_names,
    issue,
    names_of,
    ready_order,
    until,
)

HTML = b"<html><body>internal: s3cret at 10.0.0.7</body></html>"


async def test_nonces_that_are_dropped_cost_a_fetch_each(behind: Client, front: Front) -> None:
    order = await behind.new_order(NewOrder(dns_names(a_name())))
    without = changed(headers={"Replay-Nonce": None})
    front.inject("/my-order", without, without, without)
    front.calls.clear()
    for _ in range(4):
        assert (await behind.order(order.url)).status == "pending"
    assert len(front.to("/nonce-plz", method="HEAD")) >= 3


async def test_a_newnonce_without_a_nonce_is_a_violation(
    make_client: MakeClient, front: Front
) -> None:
    front.inject("/nonce-plz", changed(headers={"Replay-Nonce": None}))
    with pytest.raises(Violation, match="Replay-Nonce"):
        await make_client(front.directory_url).register(())


async def test_a_newnonce_that_is_limited_is_a_rate_limit(
    make_client: MakeClient, front: Front
) -> None:
    front.inject("/nonce-plz", answering(429, HTML, Retry_After="9"))
    with pytest.raises(Problem) as caught:
        await make_client(front.directory_url).register(())
    assert caught.value.kind == "rateLimited"
    assert caught.value.retry_at is not None


async def test_a_nonce_that_is_refused_in_unknown_words_is_retried(
    behind: Client, front: Front
) -> None:
    refusal = problem(400, "badNonce", "Die Nonce gilt nicht", Replay_Nonce="junk")
    front.inject("/order-plz", refusal)
    assert (await behind.new_order(NewOrder(dns_names(a_name())))).url


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        pytest.param(answering(500, HTML), Unreachable, id="500 with HTML"),
        pytest.param(answering(502, b""), Unreachable, id="502 with nothing"),
        pytest.param(answering(503, HTML, Retry_After="5"), Unreachable, id="503"),
        pytest.param(answering(403, HTML), Problem, id="403 with HTML"),
        pytest.param(answering(404, {"error": "s3cret"}), Problem, id="404 with JSON of its own"),
        pytest.param(answering(200, HTML), Violation, id="200 with HTML"),
        pytest.param(answering(200, b'"s3cret"'), Violation, id="200 with a JSON string"),
        pytest.param(answering(200, b'{"status": "s3cret'), Violation, id="200, cut off"),
        pytest.param(answering(200, b"x" * (1 << 20) + b"y"), Violation, id="200, too long"),
        pytest.param(
            answering(302, HTML, Location="https://other.test/s3cret"), Violation, id="302"
        ),
        pytest.param(answering(307, HTML), Violation, id="307 without a Location"),
        pytest.param(hung_up, Unreachable, id="no answer"),
    ],
)
async def test_an_answer_that_is_none(
    fault: Fault, kind: type[AcmeError], behind: Client, front: Front
) -> None:
    order = await behind.new_order(NewOrder(dns_names(a_name())))
    front.inject("/my-order", fault)
    with pytest.raises(kind) as caught:
        await behind.order(order.url)
    said = caught.value.sentence()
    assert "s3cret" not in said
    assert "10.0.0.7" not in said
    assert said.startswith(("POST 127.0.0.1:", "403: POST", "404: POST"))
    assert "(get_order)" in said
    assert (await behind.order(order.url)).status == "pending", "the next request works"


async def test_a_request_without_an_answer_is_counted(
    behind: Client, front: Front, made: list[RequestMade]
) -> None:
    front.inject("/order-plz", hung_up)
    with pytest.raises(Unreachable):
        await behind.new_order(NewOrder(dns_names(a_name())))
    assert (made[-1].action, made[-1].status) == ("authorize_order", NO_ANSWER)


@pytest.mark.parametrize("fault", [after_the_work(500, HTML), after_the_work(504)])
async def test_a_new_order_whose_answer_was_lost_can_be_asked_for_again(
    fault: Fault, behind: Client, front: Front
) -> None:
    new = NewOrder(dns_names(a_name()))
    front.inject("/order-plz", fault)
    with pytest.raises(Unreachable):
        await behind.new_order(new)
    assert (await behind.new_order(new)).status == "pending"


async def test_an_account_whose_answer_was_lost_is_found(
    make_client: MakeClient, front: Front
) -> None:
    client = make_client(front.directory_url, await AccountKey.generate("ES256"))
    front.inject("/sign-me-up", after_the_work(502, HTML))
    with pytest.raises(Unreachable):
        await client.register(())
    assert client.account_url == ""
    account = await client.register(())
    assert (account.created, account.url) == (False, client.account_url)


async def test_an_account_with_an_empty_body(make_client: MakeClient, front: Front) -> None:
    url = f"{front.base}/my-account/1"
    front.inject("/sign-me-up", answering(200, b"", Location=url))
    account = await make_client(front.directory_url).register(())
    assert (account.url, account.status, account.created) == (url, "valid", False)


async def test_an_account_without_its_url_is_a_violation(behind: Client, front: Front) -> None:
    front.inject("/sign-me-up", changed(headers={"Location": None}))
    with pytest.raises(Violation, match=r"an account without its URL \(Location\)"):
        await behind.register(())


async def test_an_order_without_its_url_is_a_violation(behind: Client, front: Front) -> None:
    front.inject("/order-plz", changed(headers={"Location": None}))
    with pytest.raises(Violation, match=r"an order without its URL \(Location\)"):
        await behind.new_order(NewOrder(dns_names(a_name())))


async def test_relative_urls_everywhere(
    make_client: MakeClient, front: Front, dns: servers.Dns
) -> None:
    paths = {"newNonce": "nonce-plz", "newAccount": "/sign-me-up", "newOrder": "./order-plz"}
    front.inject("/dir", changed(json_members=paths))
    client = make_client(front.directory_url)
    await client.register(())
    order = await client.new_order(NewOrder(dns_names(a_name())))
    path = order.authorizations[0].removeprefix(front.base)
    front.inject("/my-order", changed(json_members={"authorizations": [path]}))
    assert (await client.order(order.url)).authorizations == order.authorizations
    assert (await authorize(client, dns, order.authorizations[0])).status == "valid"


async def test_an_order_that_leads_to_http_is_a_violation(behind: Client, front: Front) -> None:
    order = await behind.new_order(NewOrder(dns_names(a_name())))
    front.inject("/my-order", changed(json_members={"finalize": "http://127.0.0.1/x"}))
    with pytest.raises(Violation, match="over https alone"):
        await behind.order(order.url)


async def test_the_directory_is_asked_for_again_after_an_hour(
    make_client: MakeClient, front: Front
) -> None:
    clock = FixedClock()
    client = make_client(front.directory_url, clock=clock)
    for minutes, asked in ((0, 1), (59, 1), (61, 2), (61, 2), (122, 3)):
        clock.time = FixedClock().time + timedelta(minutes=minutes)
        await client.directory()
        assert len(front.to("/dir", method="GET")) == asked


@pytest.mark.parametrize(
    ("fault", "kind", "match"),
    [
        pytest.param(answering(200, HTML), Violation, "expected a JSON object", id="a web page"),
        pytest.param(answering(200, {"a": 1}), Violation, "not an ACME directory", id="other JSON"),
        pytest.param(answering(404, HTML), Problem, "404 Not Found", id="404"),
        pytest.param(answering(503), Unreachable, "503 Service Unavailable", id="503"),
    ],
)
async def test_a_server_that_has_no_directory(
    fault: Fault, kind: type[AcmeError], match: str, make_client: MakeClient, front: Front
) -> None:
    front.inject("/dir", fault)
    client = make_client(front.directory_url)
    with pytest.raises(kind, match=match):
        await client.directory()
    assert (await client.directory()).new_order, "it recovers"


@pytest.mark.parametrize("keep", [40, 400, -40])
async def test_a_chain_that_is_cut_off_is_not_taken(
    keep: int, behind: Client, front: Front, dns: servers.Dns
) -> None:
    names = dns_names(a_name())
    order = await ready_order(behind, dns, NewOrder(names))
    final = await behind.finalize(order.finalize, a_csr(*names))
    done = await until(behind.order, order.url, after=final, away_from=("processing",))
    front.inject("/certZ", changed(keep=keep))
    with pytest.raises(Violation):
        await behind.certificate(done.certificate)
    assert names_of(await behind.certificate(done.certificate)) == {names[0].value}


async def test_blank_lines_after_a_chain(behind: Client, front: Front, dns: servers.Dns) -> None:
    pem = await issue(behind, dns, NewOrder(dns_names(a_name())))
    front.inject("/certZ", answering(200, pem + b"\n\n  \n", content_type="text/plain"))
    assert await behind.certificate(f"{front.base}/certZ/1") == pem


async def test_an_alternate_chain_that_cannot_be_had_leaves_the_default(
    behind: Client, front: Front, dns: servers.Dns, caplog: pytest.LogCaptureFixture
) -> None:
    pem = await issue(behind, dns, NewOrder(dns_names(a_name())))
    link = f'<{front.base}/certZ/x>;rel="alternate"'
    front.inject("/certZ", answering(200, pem, Link=link), answering(500, HTML))
    with caplog.at_level(logging.WARNING):
        found = await behind.certificate(f"{front.base}/certZ/1", preferred_chain="Other Root")
    assert found == pem
    assert [record.message for record in caplog.records] == ["alternate chain not read"]


async def test_no_more_than_ten_alternates_are_read(
    behind: Client, front: Front, dns: servers.Dns
) -> None:
    pem = await issue(behind, dns, NewOrder(dns_names(a_name())))
    assert x509.load_pem_x509_certificates(pem)
    link = ", ".join(f'<{front.base}/certZ/{n}>;rel="alternate"' for n in range(30))
    front.inject("/certZ", *[answering(200, pem, Link=link)] * 40)
    front.calls.clear()
    await behind.certificate(f"{front.base}/certZ/1", preferred_chain="Other Root")
    assert len(front.to("/certZ")) == 11


async def test_nothing_secret_is_logged(
    behind: Client, front: Front, dns: servers.Dns, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        await issue(behind, dns, NewOrder(dns_names(a_name())))
    tokens = [
        challenge.token
        for call in front.to("/authZ")
        for challenge in (await behind.authorization(f"{front.base}{call.path}")).challenges
    ]
    assert tokens
    shown = " ".join(
        f"{record.getMessage()} {record.__dict__}"
        for record in caplog.records
        if record.name.startswith("controller")
    )
    assert "acme request answered" in shown
    for token in filter(None, tokens):
        assert token not in shown
        assert behind.key_authorization(token) not in shown
        assert behind.dns01_value(token) not in shown

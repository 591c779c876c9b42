"""Orders on real parts: what is asked, written, told and left behind."""

import json

from controller.orders.sentences import MISMATCH
from devcluster import zone
from devcluster.servers import BLOCKED_NAME
from tests.controller.acme.faults import Forward, Reply, after_the_work, answering, problem
from tests.controller.acme.issuing import names_of
from tests.controller.orders.live import ZONE, Live, a_label


async def test_two_challenges_on_one_name(live: Live) -> None:
    await live.start()
    label = a_label()
    order = await live.order(f"{label}.{ZONE}", f"*.{label}.{ZONE}", name="web-7")
    done = await live.until_state(order, "valid")
    assert names_of(done.status.certificate) == {f"{label}.{ZONE}", f"*.{label}.{ZONE}"}
    assert done.status.reason == ""
    assert [one.wildcard for one in done.status.authorizations] == [False, True]
    await live.until_no_challenges()
    assert live.records(label) == {}
    writes = {
        key: number
        for key, number in live.requests.items()
        if key[0] in ("create", "patch", "delete", "get") and key[1] != "events"
    }
    assert writes == {
        ("patch", "orders/status"): 2,
        ("create", "challenges"): 2,
        ("patch", "challenges/status"): 4,
        ("patch", "challenges"): 2,
        ("delete", "challenges"): 2,
        ("get", "secrets"): 3,  # the account's key, and the solver's for each Challenge
    }


async def test_what_is_told(live: Live) -> None:
    await live.start()
    name = f"{a_label()}.{ZONE}"
    order = await live.order(name, name="web-7")
    await live.until_state(order, "valid")
    await live.until_no_challenges()

    async def all_told() -> dict[str, list[str]] | None:
        told = await live.events()
        return told if len(told.get("Order/web-7", [])) == 2 else None

    told = await live.until(all_told)
    assert sorted(told["Order/web-7"]) == [
        f'Created: Created Challenge resource "web-7-0" for domain "{name}"',
        "OrderValid: Order completed successfully",
    ]
    assert sorted(told["Challenge/web-7-0"]) == [
        f'DomainVerified: Domain "{name}" verified with "DNS-01" validation',
        "Presented: Presented challenge using DNS-01 challenge mechanism",
    ]


async def test_an_order_whose_names_are_proved_takes_two_writes(live: Live) -> None:
    await live.start()
    name = f"{a_label()}.{ZONE}"
    first = await live.order(name)
    await live.until_state(first, "valid")
    await live.until_no_challenges()
    live.requests.clear()
    live.front.calls.clear()
    second = await live.order(name)
    await live.until_state(second, "valid")
    assert [key for key in live.requests if key[1] == "challenges"] == []
    assert live.requests["patch", "orders/status"] == 2
    asked = [call.path.split("/")[1] for call in live.front.calls if call.method == "POST"]
    assert asked[0] == "order-plz"
    assert len(asked) <= 6


async def test_a_label_edited_during_new_order_costs_no_second_order(live: Live) -> None:
    await live.start()

    async def edit(forward: Forward) -> Reply:
        reply = await forward()
        if reply.status == 201:
            patch = {"metadata": {"labels": {"edited": "meanwhile"}}}
            await live.kube.patch(live.order_resource, live.namespace, "web-7", patch)
        return reply

    live.front.inject("/order-plz", edit)
    order = await live.order(f"{a_label()}.{ZONE}", name="web-7")
    done = await live.until_state(order, "valid")
    assert done.metadata.labels == {"edited": "meanwhile"}
    assert len(live.front.to("/order-plz")) == 1


async def test_a_rate_limit_is_waited_for_and_told(live: Live) -> None:
    await live.start()
    live.front.inject("/order-plz", problem(429, "rateLimited", "slow down", Retry_After="3"))
    order = await live.order(f"{a_label()}.{ZONE}")
    told = await live.until_reason(order, "The CA asks to wait until")
    assert "slow down" in told.status.reason
    assert told.status.failure_time is None
    assert told.status.diagnosis is not None
    assert told.status.diagnosis.next_retry_time is not None
    done = await live.until_state(order, "valid")
    assert done.status.reason == ""
    assert [call.status for call in live.front.to("/order-plz")] == [429, 201]


async def test_a_refused_name_ends_in_the_ca_s_words_with_no_more_calls(live: Live) -> None:
    await live.start()
    order = await live.order(BLOCKED_NAME)
    done = await live.until_state(order, "errored")
    assert done.status.reason.startswith(
        "Failed to create Order: 400 urn:ietf:params:acme:error:rejectedIdentifier: "
    )
    assert done.status.failure_time is not None
    assert done.status.diagnosis is not None
    assert done.status.diagnosis.cause == "rejectedIdentifier"
    assert len(live.front.to("/order-plz")) == 1


async def test_a_ca_that_is_down_for_a_moment(live: Live) -> None:
    await live.start()
    down = answering(503, b"<html>no backend</html>")
    live.front.inject("/order-plz", down)
    live.front.inject("/finalize-order", down, problem(500, "serverInternal", "on fire"))
    order = await live.order(f"{a_label()}.{ZONE}")
    done = await live.until_state(order, "valid", seconds=30)
    assert done.status.reason == ""


async def test_an_answer_to_finalize_that_is_lost(live: Live) -> None:
    await live.start()
    live.front.inject("/finalize-order", after_the_work(502, b"lost"))
    order = await live.order(f"{a_label()}.{ZONE}")
    await live.until_state(order, "valid", seconds=30)


async def test_an_order_that_the_ca_forgot(live: Live) -> None:
    name = f"{a_label()}.{ZONE}"
    order = await live.order(name)
    gone = f"{live.front.base}/my-order/nothing"
    patch = {"status": {"url": gone, "finalizeURL": f"{gone}/finalize", "state": "pending"}}
    await live.kube.patch(
        live.order_resource, live.namespace, order.metadata.name, patch, subresource="status"
    )
    await live.start()
    done = await live.until_state(order, "errored")
    assert gone in done.status.reason
    assert live.front.to("/order-plz") == []


async def test_an_order_that_was_given_to_another_key(live: Live) -> None:
    await live.start()
    name = f"{a_label()}.{ZONE}"
    first = await live.until_state(await live.order(name), "valid")

    async def the_same(forward: Forward) -> Reply:
        reply = await forward()
        if reply.status != 201:
            return reply
        reply.headers["Location"] = first.status.url
        members = json.loads(reply.body)
        members |= {"status": "valid", "finalize": first.status.finalize_url}
        return Reply(reply.status, json.dumps(members).encode(), reply.headers)

    live.front.inject("/order-plz", the_same)
    second = await live.until_state(await live.order(name), "valid")
    assert second.status.url == first.status.url
    assert second.status.certificate == first.status.certificate
    assert second.status.reason == MISMATCH


async def test_no_solver_waits_and_an_edit_of_the_issuer_heals_it(live: Live) -> None:
    await live.start()
    order = await live.order(f"{a_label()}.example.net")
    solvers = await live.select_only(ZONE)
    told = await live.until_reason(order, "Failed to determine a valid solver configuration")
    assert told.status.state == "pending"
    await live.set_solvers(solvers)
    done = await live.until_state(order, "valid")
    assert done.status.reason == ""


async def test_a_failed_order_keeps_its_challenges_clean_and_free(live: Live) -> None:
    await live.set_solvers(live.solvers_that_wait("0s"))
    await live.start()
    label = a_label()
    zone.hold(live.dns, ZONE)
    try:
        order = await live.order(f"{label}.{ZONE}")
        done = await live.until_state(order, "invalid")
    finally:
        zone.release(live.dns, ZONE)
    (challenge,) = await live.until_released()
    assert challenge.status.state == "invalid"
    assert "urn:ietf:params:acme:error:" in challenge.status.reason
    assert challenge.status.presented is False
    assert challenge.metadata.finalizers == ()
    assert done.status.reason.startswith(f'Challenge "{challenge.metadata.name}" for "{label}')
    assert challenge.status.reason in done.status.reason
    assert live.records(label) == {}


async def test_killed_again_and_again(live: Live) -> None:
    label = a_label()
    names = [f"{number}.{label}.{ZONE}" for number in range(6)]
    orders = [await live.order(name) for name in names]
    kills = 0
    while kills < 8:
        await live.start()
        await live.sleep(0.3 + kills / 10)
        await live.crash()
        kills += 1
    await live.start()
    for order in orders:
        await live.until_state(order, "valid", seconds=40)
    await live.until_no_challenges()
    assert live.records(label) == {}
    placed = [call for call in live.front.to("/order-plz") if call.status == 201]
    assert len(placed) <= len(orders) + 5 * kills
    urls = {(await live.look(order)).status.url for order in orders}
    assert len(urls) == len(orders)

"""Laws of the life of a request, whatever happens in between."""

import asyncio
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from controller.requests.decide import Rest, Submit, Write, decide
from controller.requests.observed import Asked, Leaf, Observed, Unreadable
from controller.requests.submission import name_of
from controller.runtime.errors import Unavailable
from orderapi.certificaterequest import CertificateRequest
from orderapi.conditions import FALSE, TRUE, find, is_true
from orderapi.order import Order
from orderapi.references import IssuerRef
from orderapi.resources import CERTIFICATE_REQUEST, ORDER
from orderapi.states import ALL
from tests.controller.certificates.world import ApiServer, Killed
from tests.controller.requests.build import (
    ASKED,
    Process,
    a_condition,
    a_request,
    a_server,
    an_issuer,
    an_order,
    seen,
    set_order,
)

CONDITIONS = st.lists(
    st.sampled_from(
        [
            a_condition(reason="Pending", message="waits"),
            a_condition(reason="Failed"),
            a_condition(status=TRUE, reason="Issued"),
            a_condition("Denied", TRUE),
            a_condition("InvalidRequest", TRUE),
        ]
    ),
    unique_by=lambda condition: condition.type,
)
REFS = st.builds(
    IssuerRef,
    name=st.just("acme"),
    kind=st.sampled_from(["", "Issuer", "ClusterIssuer", "Other"]),
    group=st.sampled_from(["", "cert-manager.io", "example.com"]),
)
ORDERS = st.lists(
    st.builds(
        an_order,
        st.sampled_from(["", *ALL]),
        name=st.sampled_from(["a", "b"]),
        reason=st.sampled_from(["", "why"]),
        certificate=st.sampled_from([b"", b"chain"]),
    ),
    max_size=2,
)


@st.composite
def observations(draw: st.DrawFn) -> Observed:
    """Anything that can be seen."""
    request = a_request(
        *draw(CONDITIONS),
        approved=draw(st.booleans()),
        ref=draw(REFS),
        deleting=draw(st.booleans()),
    )
    return seen(
        request,
        *draw(ORDERS),
        approves=draw(st.booleans()),
        issuer=draw(st.sampled_from([None, an_issuer(), an_issuer(FALSE), an_issuer(None)])),
        asked=draw(st.sampled_from([None, ASKED, Asked(), Unreadable(why="broken")])),
        leaf=draw(st.sampled_from([None, Leaf(key_digest="key"), Unreadable(why="broken")])),
    )


def after(observed: Observed) -> Observed:
    """What is seen once the action's write, if it was one, is done."""
    action = decide(observed)
    if not isinstance(action, Write):
        return observed
    request = msgspec.structs.replace(observed.request, status=action.status)
    return Observed(**{**_fields(observed), "request": request})


@given(observations())
def test_a_write_changes_something_and_is_not_written_again(observed: Observed) -> None:
    action = decide(observed)
    if isinstance(action, Write):
        assert action.status != observed.request.status
    once = after(observed)
    assert after(after(once)) == after(once), "it comes to rest"


@given(observations())
def test_a_foreign_request_gets_nothing_but_an_approval(observed: Observed) -> None:
    if observed.request.spec.issuer_ref.group != "example.com":
        return
    match decide(observed):
        case Write() as write:
            (new,) = set(write.status.conditions) - set(observed.request.status.conditions)
            assert new.type == "Approved"
            assert observed.approves
        case action:
            assert action == Rest()


@given(observations())
def test_an_order_is_made_only_where_there_is_none_and_the_approval_stands(
    observed: Observed,
) -> None:
    if isinstance(decide(observed), Submit):
        assert not observed.orders
        assert is_true(observed.request.status.conditions, "Approved")
        assert not is_true(observed.request.status.conditions, "Denied")


@given(observations())
def test_a_failure_says_why_and_when_and_is_for_ever(observed: Observed) -> None:
    action = decide(observed)
    if not isinstance(action, Write):
        return
    ready = find(action.status.conditions, "Ready")
    if ready is not None and ready.reason in ("Failed", "Denied"):
        assert ready.message
        assert action.status.failure_time is not None
        assert decide(after(observed)) == Rest()


@given(st.data())
def test_never_two_orders_whatever_gets_lost(data: st.DataObject) -> None:
    asyncio.run(_live(data))


async def _live(data: st.DataObject) -> None:
    server = a_server()
    process = Process(server)
    for _ in range(data.draw(st.integers(3, 10))):
        match data.draw(st.sampled_from(["look", "hear", "restart", "deaf", "die", "stranger"])):
            case "hear":
                process.hear()
            case "restart":
                process = Process(server)
            case "deaf":
                server.deaf = True
            case "die":
                server.fuse = 1
            case "stranger":
                _stranger(server)
        try:
            await process.look()
        except Unavailable:
            server.deaf = False
        except Killed:
            process = Process(server)
        assert len(_own(server)) <= 1
    server.deaf, server.fuse = False, None
    process.hear()
    await process.look()
    (order,) = _own(server)
    set_order(server, order, state="errored", reason="refused")
    process = Process(server)
    await process.look()
    assert len(_own(server)) == 1
    ready = find(process.request.status.conditions, "Ready")
    assert ready is not None
    assert ready.reason == "Failed"


def _stranger(server: ApiServer) -> None:
    """Somebody takes the first name that the request's Order would have, and its owner too."""
    name = name_of(a_request_of(server))
    if not any(order.metadata.name == name for order in server.all(ORDER)):
        other = an_order("valid", name=name, of=a_request_of(server))
        spec = msgspec.structs.replace(other.spec, issuer_ref=IssuerRef(name="other"))
        server.put(ORDER, msgspec.structs.replace(other, spec=spec))


def a_request_of(server: ApiServer) -> CertificateRequest:
    """The request as it is at the API server."""
    return server.all(CERTIFICATE_REQUEST)[0]


def _own(server: ApiServer) -> list[Order]:
    return [order for order in server.all(ORDER) if order.spec.issuer_ref.name == "acme"]


def _fields(observed: Observed) -> dict[str, Any]:
    return {name: getattr(observed, name) for name in Observed.__dataclass_fields__}

"""The commands that read, from arguments to an exit code, against a real API server."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest

from devcluster.cluster import Cluster as Devcluster
from kubectl_order.cli.parser import call
from kubectl_order.failure import Failure
from kubectl_order.flags import Flags
from kubectl_order.session import Session
from orderapi import names
from orderapi.certificate import CertificateStatus
from orderapi.issuer import Issuer
from orderapi.resources import CERTIFICATE, CERTIFICATE_REQUEST, CHALLENGE, ISSUER, ORDER
from tests.kubectl_order import build
from tests.kubectl_order.pages import chains
from tests.kubectl_order.served import Shelf, shelf

SHOP = "commands-shop"


@pytest.fixture(scope="module")
def shop(devcluster: Devcluster) -> Iterator[Shelf]:
    """`web`: waits for its TXT record; `done`: issued; `bad`: a failed Order of nobody."""
    made = shelf(devcluster, SHOP)
    issuer = build.an_issuer(metadata=made.meta("acme"), solvers=(build.RFC2136_SOLVER,))
    assert isinstance(issuer, Issuer)
    made.put(ISSUER, issuer)
    _waiting(made)
    made.put(CERTIFICATE, build.a_certificate(build.ISSUED, metadata=made.meta("done")))
    token_url = f"http://www.example.com/.well-known/acme-challenge/{build.TOKEN}"
    told = f'{chains.REFUSED} Invalid response from {token_url}: "404"'
    made.put(ORDER, build.an_order("invalid", told, metadata=made.meta("bad")))
    yield made
    made.remove()


def _waiting(made: Shelf) -> None:
    web = made.put(
        CERTIFICATE,
        build.a_certificate(
            CertificateStatus(conditions=build.FIRST.conditions), metadata=made.meta("web")
        ),
    )
    annotations = {names.CERTIFICATE_NAME: "web", names.CERTIFICATE_REVISION: "1"}
    meta = made.meta("web-1", owner=web, annotations=annotations)
    request = made.put(CERTIFICATE_REQUEST, build.a_request(metadata=meta))
    name = names.order_name("web", request.metadata.uid, 0)
    order = made.put(
        ORDER,
        build.an_order(
            metadata=made.meta(name, owner=request, annotations={names.CERTIFICATE_NAME: "web"})
        ),
    )
    made.put(
        CHALLENGE,
        build.a_challenge(
            reason=f"{chains.UNSEEN}, not {build.KEY}",
            solver=build.RFC2136_SOLVER,
            metadata=made.meta(f"{name}-0", owner=order),
        ),
    )


def called(shop: Shelf, name: str, *arguments: str, user: str = "") -> tuple[int, str, str]:
    """Exit code, what is printed, and the sentence and hint of a failure."""
    sessions: list[Session] = []

    def opened(flags: Flags) -> Session:
        session = Session(flags=flags, environ={}, stdout=io.StringIO(), stderr=io.StringIO())
        sessions.append(session)
        return session

    flags = [f"--kubeconfig={shop.devcluster.kubeconfig}", f"--namespace={shop.namespace}"]
    flags += [f"--as={user}"] if user else []
    try:
        code, failed = call(name, [*arguments, *flags], opened), ""
    except Failure as failure:
        code, failed = failure.exit, f"{failure.sentence}; {failure.hint}"
    (session,) = sessions
    if "cluster" in vars(session):
        session.cluster.close()
    assert isinstance(session.stdout, io.StringIO)
    return code, session.stdout.getvalue(), failed


def document(shop: Shelf, *arguments: str) -> dict[str, Any]:
    _, printed, _ = called(shop, *arguments, "-o", "json")
    content: dict[str, Any] = json.loads(printed)
    return content


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        pytest.param(("status", "web"), 0, "TXT record:   _acme-challenge.www", id="status"),
        pytest.param(("status", "order/bad"), 1, f'Order "bad" in namespace "{SHOP}"', id="failed"),
        pytest.param(("status",), 1, "kubectl order why bad -n", id="status without a name"),
        pytest.param(("why", "web"), 0, "\n  Next: kubectl order", id="why"),
        pytest.param(("why", "order/bad"), 1, "CAA", id="why it failed"),
        pytest.param(("list",), 0, "NAME ", id="list"),
        pytest.param(("list", "-l", "no=such"), 0, "No Orders in", id="list of a label"),
        pytest.param(("challenges",), 0, "ns2.example.com (10.0.0.2)", id="challenges"),
        pytest.param(("challenges", "web"), 0, "ns2.example.com (10.0.0.2)", id="of one Order"),
        pytest.param(("tree",), 0, "└── Secret done-tls", id="tree"),
        pytest.param(("tree", "web"), 0, "├── CertificateRequest web-1", id="tree of one"),
        pytest.param(("history", "web"), 0, "so far   pending", id="history"),
        pytest.param(("events", "web"), 0, "There are no events", id="events"),
    ],
)
def test_commands(shop: Shelf, arguments: tuple[str, ...], code: int, told: str) -> None:
    ended, printed, complained = called(shop, *arguments)

    assert (ended, complained) == (code, "")
    assert told in printed.replace("web-tls", "done-tls")


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        pytest.param(("status", "web"), "OrderStatus", id="status"),
        pytest.param(("why", "web"), "OrderStatus", id="why"),
        pytest.param(("status",), "OrderList", id="attention"),
        pytest.param(("list",), "OrderList", id="list"),
        pytest.param(("challenges", "web"), "ChallengeList", id="challenges"),
        pytest.param(("tree",), "OrderTree", id="tree"),
        pytest.param(("history", "web"), "AttemptList", id="history"),
        pytest.param(("events", "web"), "EventList", id="events"),
    ],
)
def test_documents_hold_no_token_and_no_key(
    shop: Shelf, arguments: tuple[str, ...], kind: str
) -> None:
    found = document(shop, *arguments)

    assert found["kind"] == kind
    assert build.TOKEN not in json.dumps(found)


def test_values_are_shown_where_they_are_asked_for(shop: Shelf) -> None:
    (proof,) = document(shop, "challenges", "--show-values")["items"]

    assert proof["value"] == build.KEY
    assert proof["seen"].endswith("no TXT record, not …")


def test_a_name_goes_with_no_list_of_all(shop: Shelf) -> None:
    assert called(shop, "status", "web", "-A") == (
        2,
        "",
        "a NAME goes with neither -A nor -l; ",
    )


def test_an_order_of_nobody_has_no_history(shop: Shelf) -> None:
    code, printed, complained = called(shop, "history", "order/bad")

    assert (code, printed) == (2, "")
    assert f"kubectl order why bad -n {SHOP}" in complained


def test_a_list_without_the_right_to_certificates_says_so(shop: Shelf) -> None:
    shop.allow("lister", "orders", verbs=("list",))

    code, printed, _ = called(shop, "list", user="lister")

    assert code == 0
    assert "bad " in printed
    assert "Not read:" in printed

"""Pages that are tables, trees and lists, as they are printed into a file."""

from datetime import datetime

import msgspec
import pytest

from kubectl_order.describe import proofs
from kubectl_order.describe.events import happenings
from kubectl_order.describe.proving import with_values
from kubectl_order.facts import Event
from kubectl_order.finding import Ref
from kubectl_order.pages import challenges, events, history, listing, parts, tree
from kubectl_order.report import Attempt, Attempts, Line, Lines, Node, Proofs, Running, Tree
from kubectl_order.view.plain import plain
from tests.kubectl_order.build import KEY, NOW, TOKEN, a_chain, ago, ahead, an_ordered_chain
from tests.kubectl_order.pages import chains

WEB = Ref(kind="Certificate", name="web", namespace="shop")


def line(
    name: str = "web-1",
    *,
    kind: str = "Order",
    state: str = "valid",
    standing: str = "fine",
    reason: str = "",
    cause: str | None = None,
    retry: datetime | None = None,
    not_after: datetime | None = None,
) -> Line:
    return Line(
        ref=Ref(kind=kind, name=name, namespace="shop"),
        certificate="web",
        names=("a.example", "b.example", "c.example", "d.example"),
        issuer="issuer/acme",
        state=state,
        standing=standing,
        reason=reason,
        cause=cause,
        next_retry=retry,
        not_after=not_after,
        created=ago(minutes=4),
    )


BAD = line(
    state="invalid",
    standing="failed",
    reason=f'Challenge "web-1-0" for "www.example.com" failed: {chains.REFUSED}',
    cause="caa",
    retry=ahead(hours=3),
    not_after=ahead(days=9),
)
EXPIRED = line("old-1", standing="overdue", reason="It has expired.", not_after=ago(days=1))


ALIVE = Running(state="alive", holder="one", renewed=NOW, told="one leads.")
DOWN = Running(state="down", holder="one", renewed=ago(hours=1), told="It is gone.")


def listed(
    *items: Line,
    namespace: str | None = "shop",
    total: int | None = None,
    controller: Running = ALIVE,
) -> Lines:
    return Lines(
        time=NOW,
        namespace=namespace,
        total=len(items) if total is None else total,
        items=items,
        controller=controller,
        unread=(),
    )


def test_list() -> None:
    assert plain(listing.page(listed(EXPIRED, BAD, line("fine-1")))) == (
        "NAME     STATE     LEFT      RETRY    AGE     REASON\n"
        "old-1    overdue   expired            4 min   It has expired.\n"
        "web-1    invalid   9 d       in 3 h   4 min   www.example.com: caa: CAA record for "
        "www.example.com prevents issuance.\n"
        "fine-1   valid                        4 min\n"
    )


def test_that_the_controller_is_down_is_told_where_nothing_else_needs_attention() -> None:
    told = plain(listing.attention(listed(controller=DOWN)))
    assert told == (
        'No Orders in namespace "shop", and no Certificate needs attention.\n'
        "\n"
        "Controller:   down since 08:00:00 UTC (60 min ago). It is gone.\n"
    )


def test_list_wide_of_all_namespaces_tells_all() -> None:
    head, row = plain(listing.page(listed(BAD, namespace=None), wide=True)).splitlines()

    assert head.split() == [
        *("NAMESPACE", "NAME", "STATE", "LEFT", "RETRY", "AGE"),
        *("CERTIFICATE", "ISSUER", "NAMES", "CAUSE", "REASON"),
    ]
    assert row.startswith("shop ")
    assert "a.example,b.example,c.example+1" in row
    assert row.endswith(BAD.reason)


@pytest.mark.parametrize(
    ("lines", "printed"),
    [
        pytest.param(
            listed(total=3), '3 Orders in namespace "shop": none needs attention.\n', id="some"
        ),
        pytest.param(
            listed(total=1), '1 Order in namespace "shop": it does not need attention.\n', id="one"
        ),
        pytest.param(
            listed(namespace=None),
            "No Orders in all namespaces, and no Certificate needs attention.\n",
            id="none",
        ),
    ],
)
def test_nothing_needs_attention(lines: Lines, printed: str) -> None:
    assert plain(listing.attention(lines)) == printed


def test_attention_ends_with_the_command_for_the_worst() -> None:
    printed = plain(listing.attention(listed(BAD, total=7)))

    assert printed.startswith('1 of 7 Orders in namespace "shop" needs attention.\n')
    assert printed.endswith("\n  Next: kubectl order why web-1 -n shop\n")


def test_a_certificate_without_an_order_is_told_as_one() -> None:
    row = line("held", kind="Certificate", state="unready", standing="waiting", reason="Bad spec.")

    printed = plain(listing.attention(listed(row, total=0)))

    assert "certificate/held   unready" in printed
    assert "kubectl order why held -n shop" in printed


def test_what_may_not_be_read_is_told_below_a_list() -> None:
    lines = msgspec.structs.replace(listed(), unread=("Certificates may not be read",))

    assert plain(listing.page(lines)) == (
        'No Orders in namespace "shop".\n\nNot read:   Certificates may not be read\n'
    )


def test_challenges() -> None:
    assert plain(challenges.page(proofs(chains.pending()))) == (
        "Without an Order\n"
        "  www.example.com: valid\n"
        "\n"
        "  *.example.com: pending\n"
        "    Challenge:    web-1-2233-1, DNS-01\n"
        '    Solver:       number 1, dns01 rfc2136 at 10.0.0.1:53, TSIG key "order."\n'
        "    Chosen:       because it is the only solver, and fits every name\n"
        "    TXT record:   _acme-challenge.example.com\n"
        "    Published:    08:56:00 UTC (4 min ago)\n"
        "    Self-check:   ns1.example.com (10.0.0.1): has the value; ns2.example.com (10.0.0.2): "
        "no TXT record\n"
        "    Next retry:   in 20 s, at 09:00:20 UTC\n"
    )


def test_challenges_with_what_is_to_be_published_by_hand() -> None:
    chain = an_ordered_chain()
    shown = Proofs(time=NOW, items=with_values(proofs(chain).items, chain), unread=())

    printed = plain(challenges.page(shown))

    assert f"URL:         http://www.example.com/.well-known/acme-challenge/{TOKEN}\n" in printed
    assert f"Value:       {KEY}\n" in printed


def test_no_challenges() -> None:
    assert plain(challenges.page(proofs(chains.fine()))).startswith("No challenges: ")


def node(kind: str, name: str, state: str, *below: Node, reason: str = "") -> Node:
    where = Ref(kind=kind, name=name, namespace="shop")
    return Node(ref=where, state=state, reason=reason, created=ago(minutes=4), below=below)


def test_tree() -> None:
    order = node("Order", "web-1-2", "invalid", reason=chains.REFUSED)
    root = node("Certificate", "web", "failed", order, node("Secret", "web-tls", ""))

    printed = plain(tree.page(Tree(time=NOW, items=(root, node("Order", "x", "new")), unread=())))

    assert printed == (
        "Certificate web, failed, 4 min\n"
        "├── Order web-1-2, invalid, 4 min: caa: CAA record for www.example.com prevents "
        "issuance.\n"
        "└── Secret web-tls, 4 min\n"
        "\n"
        "Order x, new, 4 min\n"
    )


def attempts(*items: Attempt, failed: int = 0, retry: datetime | None = None) -> Attempts:
    return Attempts(
        time=NOW, certificate=WEB, failed=failed, next_attempt=retry, items=items, unread=()
    )


FIRST_TRY = Attempt(
    started=ago(hours=5),
    ended=ago(hours=5),
    seconds=65,
    outcome="caa",
    request=Ref(kind="CertificateRequest", name="web-1", namespace="shop"),
    order=Ref(kind="Order", name="web-1-2", namespace="shop"),
    why="CAA forbids it.",
)
UNDER_WAY = Attempt(
    started=ago(seconds=30),
    ended=None,
    seconds=30,
    outcome="pending",
    request=Ref(kind="CertificateRequest", name="web-2", namespace="shop"),
    order=None,
    why="",
)


def test_history() -> None:
    printed = plain(history.page(attempts(FIRST_TRY, UNDER_WAY, failed=2, retry=ahead(hours=1))))

    assert printed == (
        "STARTED    DURATION      OUTCOME   REQUEST   ORDER     WHY\n"
        "5 h ago    65 s          caa       web-1     web-1-2   CAA forbids it.\n"
        "30 s ago   30 s so far   pending   web-2\n"
        "\n"
        "The last 2 attempts failed. The next is made at 10:00:00 UTC (in 1 h).\n"
    ).replace("(in 1 h)", "(in 60 min)")


def test_history_wide_tells_times_and_without_attempts_a_sentence() -> None:
    assert "2026-11-24T04:00:00Z" in plain(history.page(attempts(FIRST_TRY), wide=True))
    assert plain(history.page(attempts())) == (
        'No attempts are known for Certificate "web" in namespace "shop".\n'
    )


def event(reason: str, *, minutes: int, count: int = 1, kind: str = "Normal") -> Event:
    return Event(
        kind="Order",
        name="web-1-2",
        type=kind,
        reason=reason,
        message="It\nhappened",
        source="cert-manager",
        first=None,
        last=ago(minutes=minutes),
        count=count,
    )


def test_events_in_the_order_of_time() -> None:
    happened = [event("Failed", minutes=3, count=4, kind="Warning"), event("Created", minutes=5)]

    assert plain(events.page(happenings(a_chain(), happened))) == (
        "AGE     TYPE      REASON    OBJECT          MESSAGE\n"
        "5 min   Normal    Created   order/web-1-2   It happened\n"
        "3 min   Warning   Failed    order/web-1-2   It happened (x4)\n"
    )


def test_events_are_gone_after_an_hour() -> None:
    printed = plain(events.page(happenings(a_chain(), ())))

    assert printed.startswith('There are no events about Certificate "web" in namespace "shop"')
    assert printed.endswith("  Next: kubectl order why web -n shop\n")


@pytest.mark.parametrize(
    ("reason", "short"),
    [
        pytest.param("short", "short", id="short"),
        pytest.param("x" * 90, "x" * 79 + "…", id="one long word"),
        pytest.param("word " * 40, " ".join(["word"] * 15) + "…", id="cut at a word"),
        pytest.param('CertificateRequest "a" says: No', "No", id="handed on by a request"),
        pytest.param('Waiting for Challenge "a" for "b": No', "b: No", id="handed on by an Order"),
    ],
)
def test_cut(reason: str, short: str) -> None:
    assert parts.cut(reason, wide=False) == short
    assert parts.cut(reason, wide=True) == " ".join(reason.split())

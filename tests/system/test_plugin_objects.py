"""`kubectl order` about objects as cert-manager writes them, objects without a status, objects with
words for a terminal in them, thousands of Orders, and a controller that is down.

No controller runs. Whoever has the right writes the objects, with nothing in the way.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from kubectl_order.failure import Exit
from tests.kubectl_order.hostile import HOSTILE
from tests.system import foreign, plugin
from tests.system.foreign import TOKEN
from tests.system.guard import Guard
from tests.system.plugin import Person, on_terminal, plain
from tests.system.world import Json, World

CM, MANY, ODD = "plugin-cert-manager", "plugin-many", "plugin-odd"
COUNT = 1_200
LEASE = "cert-manager-controller"


@pytest.fixture(scope="module")
def admin(world: World, guard: Guard, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    """The admin of a cluster that is full of such objects."""
    places = (CM, MANY, ODD)
    for name in places:
        world.namespace(name)
    with guard.down():
        probe = json.dumps(foreign.unowned("probe", ODD))
        attempt = ("create", "--dry-run=server", "-f", "-")
        world.until(lambda: not world.kubectl_fails(*attempt, stdin=probe), why="policies are gone")
        foreign.write_all(world, CM)
        hostile = {key: text for key, text in HOSTILE.items() if key != "half pairs"}
        foreign.write(
            world,
            *(foreign.unowned(f"order-{number:04}", MANY) for number in range(COUNT)),
            foreign.unowned(
                "the-bad-one", MANY, state="errored", reason="Failed to create Order: 400"
            ),
            foreign.certificate("bare", namespace=ODD),
            foreign.unowned("bare", ODD),
            *(
                foreign.unowned(f"hostile-{number}", ODD, state="invalid", reason=text)
                for number, text in enumerate(hostile.values())
            ),
        )
    for place in ("cert-manager", "kube-system"):  # that of a controller before
        world.kubectl_fails("-n", place, "delete", "lease", LEASE)
    yield Person(world.cluster.kubeconfig, tmp_path_factory.mktemp("admin"))
    # All at once, and before the next controller comes.
    world.kubectl("delete", "--raw", f"/apis/acme.cert-manager.io/v1/namespaces/{MANY}/orders")
    world.kubectl("delete", "namespace", *places, "--wait=false")


def run(person: Person, line: str, namespace: str = CM) -> plugin.Ran:
    return person.order(*line.split(), "-n", namespace)


@pytest.mark.parametrize(
    ("line", "code", "shown"),
    [
        (
            "status waits",
            0,
            ["wrong status code '404', expected '200'", "Challenge waits-1-1-2905134"],
        ),
        ("why waits", 0, ["404"]),
        ("challenges waits", 0, ["waits.example.com: pending", "3 min ago"]),
        ("why limited", 1, ["limit of 5 certificates", f"now, until {foreign.UNTIL:%Y-%m-%d}"]),
        ("status limited", 1, ["429 rateLimited", "Order limited-1-2, errored"]),
        ("status ready", 0, ["Order ready-1-3, valid", "Certificate:"]),
        ("status", 1, ["of 3 Orders", "limited-1-2"]),
        ("list", 0, ["waits-1-1", "limited-1-2", "ready-1-3"]),
        ("tree", 0, ["Challenge waits-1-1-2905134"]),
        ("history limited", 0, ["limited-1-2", "rateLimited"]),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_cert_manager_writes_is_understood(
    admin: Person, line: str, code: int, shown: Sequence[str]
) -> None:
    ran = run(admin, line)
    assert (ran.code, ran.err) == (code, "")
    for text in shown:
        assert text in ran.out
    assert TOKEN not in ran.out


def test_old_orders_whose_events_are_gone_have_no_events_and_all_the_rest(admin: Person) -> None:
    ran = run(admin, "events limited")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith('There are no events about Certificate "limited" in namespace ')
    assert "Next: kubectl order why limited" in ran.out
    assert run(admin, "events limited -o json").document["items"] == []


@pytest.mark.parametrize(
    "line",
    [
        "status certificate/bare",
        "status order/bare",
        "why order/bare",
        "why certificate/bare",
        "challenges order/bare",
        "tree order/bare",
        "history certificate/bare",
        "watch order/bare --timeout=1s",
    ],
)
def test_objects_without_a_status_are_told_of(admin: Person, line: str) -> None:
    ran = run(admin, line, ODD)
    assert ran.code in (Exit.FINE, Exit.TIMED_OUT)
    assert ran.err == "" or ran.err.startswith("error: order/bare was not done within 1s\n")
    assert "bare" in ran.out or line.startswith("challenges")
    assert "None" not in ran.out


def test_a_history_of_what_has_no_certificate_is_a_wrong_question(admin: Person) -> None:
    ran = run(admin, "history order/bare", ODD)
    assert (ran.code, ran.out) == (Exit.USAGE, "")
    assert "belongs to no Certificate, and has no history" in ran.err


@pytest.mark.parametrize("line", ["list", "status", "tree", "list -o wide", "list -o name"])
def test_hostile_words_of_others_are_shown_as_codes(admin: Person, line: str) -> None:
    """`order` and `on_terminal` look at each character of it."""
    piped = run(admin, line, ODD)
    assert piped.err == ""
    assert "hostile-0" in piped.out
    if line == "list -o wide":
        assert r"\x1b]52;c;" in piped.out
        assert r"\u202etxt.exe" in piped.out
        assert "[red]markup[/red]" in piped.out
    shown = on_terminal(admin, *line.split(), "-n", ODD, columns=40)
    assert shown.code == piped.code
    assert "hostile-0" in plain(shown.out)


def test_why_and_json_of_hostile_words(admin: Person) -> None:
    for number in (0, 2, 7):
        ran = run(admin, f"why hostile-{number}", ODD)
        assert (ran.code, ran.err) == (Exit.FAILED, "")
    document = run(admin, "list -o json", ODD)
    assert document.out.isascii()
    reasons = {each["reason"] for each in document.document["items"]}
    assert HOSTILE["clipboard"] in reasons
    assert run(admin, "list -o yaml", ODD).out.isascii()


def test_thousands_of_orders(admin: Person) -> None:
    """The one that failed is on top, and none is missing."""
    ran = run(admin, "list", MANY)
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[1].startswith("the-bad-one ")
    assert len(lines) == 1 + COUNT + 1
    assert len(run(admin, "list -o name", MANY).out.splitlines()) == COUNT + 1
    assert len(run(admin, "list -o json", MANY).document["items"]) == COUNT + 1


def test_thousands_of_orders_for_somebody_who_may_not_watch(
    world: World, admin: Person, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """In pages of 500, each a request."""
    user = plugin.account("liz", MANY)
    role = plugin.role("plugin-list", ("acme.cert-manager.io", "orders", "list"))
    world.apply(role, plugin.binding(user, MANY, "plugin-list"))
    liz = plugin.acting(world, tmp_path_factory.mktemp("liz"), "liz", user)
    ran = run(liz, "list -v=6", MANY)
    assert ran.code == 0
    asked = [line for line in ran.err.splitlines() if " 200 in " in line]
    assert len([line for line in asked if "limit=500" in line]) >= 3
    assert "the-bad-one" in ran.out.splitlines()[1]
    assert f"order-{COUNT - 1:04}" in ran.out
    assert "certificates.cert-manager.io" in ran.out.partition("Not read:")[2]


def test_a_name_among_thousands(admin: Person) -> None:
    ran = run(admin, "status the-bad-one", MANY)
    assert (ran.code, ran.err) == (Exit.FAILED, "")
    missing = run(admin, "status the-bad-won", MANY)
    assert missing.code == Exit.NOT_FOUND
    assert "did you mean order/the-bad-one?" in missing.err


@pytest.fixture
def lease(world: World) -> Iterator[Json]:
    """The Lease of the controller, to be written; there is none afterwards."""
    place = {"name": LEASE, "namespace": "cert-manager"}
    yield {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": place}
    world.kubectl_fails("-n", "cert-manager", "delete", "lease", LEASE)
    world.kubectl_fails("-n", "kube-system", "delete", "lease", LEASE)


@pytest.mark.parametrize("namespace", ["cert-manager", "kube-system"])
def test_a_controller_that_is_down_is_said_to_be(
    world: World, admin: Person, lease: Json, namespace: str
) -> None:
    """Of the Leases of both places, the one that was renewed last counts."""
    world.kubectl_fails("-n", "cert-manager", "delete", "lease", LEASE)
    lease["metadata"]["namespace"] = namespace
    renewed = f"{datetime.now(UTC) - timedelta(minutes=7):%Y-%m-%dT%H:%M:%S.%fZ}"
    lease["spec"] = {"holderIdentity": "pod-1", "leaseDurationSeconds": 60, "renewTime": renewed}
    world.apply(lease)
    ran = run(admin, "why waits")
    assert (ran.code, ran.err) == (0, "")
    headline = ran.out.splitlines()[0]
    assert headline.startswith(f'The controller in namespace "{namespace}" is down')
    assert headline.endswith(("6 min ago", "7 min ago"))
    assert "The admin of the cluster must act" in ran.out
    assert f"Next: kubectl get pods -n {namespace}" in ran.out
    assert run(admin, "status waits -o json").document["controller"]["state"] == "down"
    assert "Controller:    down since" in run(admin, "status ready").out
    assert "All is fine" in run(admin, "status ready").out


def test_a_controller_that_gave_its_lease_back_and_one_without_any(
    world: World, admin: Person, lease: Json
) -> None:
    renewed = f"{datetime.now(UTC) - timedelta(minutes=7):%Y-%m-%dT%H:%M:%S.%fZ}"
    world.apply(lease | {"spec": {"holderIdentity": "", "renewTime": renewed}})
    assert "is down" in run(admin, "why waits").out.splitlines()[0]
    world.kubectl("-n", "cert-manager", "delete", "lease", LEASE)
    document = run(admin, "status waits -o json").document
    assert document["controller"]["state"] == "unknown"
    assert "404" in document["finding"]["headline"]

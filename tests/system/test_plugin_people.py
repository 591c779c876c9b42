"""`kubectl order` in the hands of a viewer, of those who may see less, and of one who may see
nothing: what may not be read is named, the rest is shown. And each exit code, as scripts see it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from devcluster import servers
from kubectl_order.failure import Exit
from tests.system import plugin
from tests.system.causes import scene
from tests.system.plugin import Person, Ran, Terminal
from tests.system.world import World, certificate

pytestmark = pytest.mark.usefixtures("controller")

SHOP, OTHER = "plugin-shop", "plugin-other"
ORDERS, CERTIFICATES = "acme.cert-manager.io", "cert-manager.io"
WHO = f"system:serviceaccount:{SHOP}"
BOUND = {
    "vera": "view",
    "olga": "plugin-orders",
    "carl": "plugin-certificates",
    "gert": "plugin-get",
}
ROLES = (
    plugin.role("plugin-orders", (ORDERS, "orders", "get list")),
    plugin.role("plugin-certificates", (CERTIFICATES, "certificates", "get list")),
    plugin.role(
        "plugin-get",
        (ORDERS, "orders", "get"),
        (CERTIFICATES, "certificates certificaterequests", "get"),
    ),
)


@pytest.fixture(scope="module")
def shop(world: World) -> Iterator[World]:
    """One certificate that is there, one that the CA refused, one that is on its way as long as
    these tests take; and another namespace with one that is there."""
    for name in (SHOP, OTHER):
        world.namespace(name)
    bound = (plugin.binding(f"{WHO}:{who}", SHOP, role) for who, role in BOUND.items())
    world.apply(*ROLES, *bound)
    with scene.held(world):
        world.apply(
            certificate("good", "good.example.com", namespace=SHOP),
            certificate("bad", "fine.example.com", servers.BLOCKED_NAME, namespace=SHOP),
            certificate("slow", "slow.example.net", namespace=SHOP),
            certificate("theirs", "theirs.example.com", namespace=OTHER),
        )
        world.wait_ready("good", SHOP)
        world.wait_ready("theirs", OTHER)
        world.until(lambda: _state(world, "bad") == "errored", why="the CA refused")
        world.until(lambda: _state(world, "slow") == "pending", why="it waits for DNS")
        yield world
        for name in (SHOP, OTHER):
            scene.clear(world, name)


@pytest.fixture(scope="module")
def people(shop: World, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Person]:
    """A viewer, three who may see less, and one who may see nothing."""
    folder = tmp_path_factory.mktemp("people")
    shown = {"token": plugin.token(shop, "vera", SHOP)}
    return {
        "vera": plugin.person(shop, folder, "vera", shown),
        "admin": Person(shop.cluster.kubeconfig, folder),
    } | {
        name: plugin.acting(shop, folder, name, f"{WHO}:{name}")
        for name in ("olga", "carl", "gert", "nils")
    }


def _state(world: World, name: str) -> str:
    orders = world.all("orders", SHOP)
    found = [each for each in orders if each["metadata"]["name"].startswith(f"{name}-")]
    return str(found[0].get("status", {}).get("state", "")) if found else ""


def _order(world: World, name: str) -> str:
    return world.names("orders", f"{name}-", SHOP)[0]


def run(person: Person, line: str) -> Ran:
    """Run one command in the namespace SHOP, unless it says another."""
    return person.order(*line.split(), *(() if "-n" in line.split() else ("-n", SHOP)))


@pytest.mark.parametrize(
    ("line", "code", "shown"),
    [
        (
            "status good",
            0,
            ["good:   Certificate good, ready", "Controller:    alive", "All is fine"],
        ),
        ("status host/good.example.com", 0, ['Certificate "good" in namespace', "All is fine"]),
        ("status secret/good-tls", 0, ['Certificate "good" in namespace', "All is fine"]),
        ("status slow", 0, ["Challenge", "_acme-challenge.slow.example.net", "alive"]),
        ("why bad", 1, [f"does not issue for {servers.BLOCKED_NAME}", "You must act:"]),
        ("status", 1, ["of 3 Orders", "rejected-identifier", "Next: kubectl order why bad-"]),
        ("list", 0, ["good-", "slow-", "bad-"]),
        ("challenges", 0, ["slow.example.net: pending", "_acme-challenge.slow.example.net"]),
        ("tree", 0, ["Certificate good, ready", "└── Secret good-tls"]),
        ("history bad", 0, ["rejectedIdentifier", "The last attempt failed."]),
        ("events bad", 0, ["OrderFailed", f"{servers.BLOCKED_NAME} is a forbidden domain"]),
        ("watch good", 0, ["certificate/good  ready", "All is fine"]),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_viewer_sees_what_there_is(
    people: dict[str, Person], line: str, code: int, shown: list[str]
) -> None:
    ran = run(people["vera"], line)
    assert (ran.code, ran.err) == (code, "")
    for text in shown:
        assert text in ran.out


def test_a_viewer_is_told_what_is_not_read(people: dict[str, Person]) -> None:
    """ClusterIssuers are of no namespace, and the role `view` has no Secrets."""
    document = run(people["vera"], "status good -o json").document
    assert document["unread"] == [
        f'Secrets in namespace "{SHOP}" may not be read',
        "ClusterIssuers may not be read",
    ]
    assert document["controller"]["state"] == "alive"
    page = run(people["vera"], "status good").out
    assert "?:      Secret good-tls, unknown" in page
    assert "Issuer:        ClusterIssuer acme, unknown: forbidden" in page
    assert f'Not read:      Secrets in namespace "{SHOP}" may not be read' in page


@pytest.mark.parametrize(
    ("who", "line", "code", "shown", "unread"),
    [
        ("olga", "list", 0, "errored", "certificates.cert-manager.io"),
        ("olga", "status ORDER", 1, "CA says:", "CertificateRequests"),
        ("olga", "why ORDER", 1, "does not issue for", "CertificateRequests"),
        ("olga", "tree", 0, "Order bad-", "certificates.cert-manager.io"),
        ("carl", "status bad", 1, "It failed. ", "CertificateRequests"),
        ("carl", "status slow", 0, "Certificate slow", "CertificateRequests"),
        ("carl", "history bad", 0, "The last attempt failed.", "orders.acme.cert-manager.io"),
        ("carl", "tree", 0, "Certificate bad, failed", "orders.acme.cert-manager.io"),
        ("carl", "watch good", 0, "certificate/good  ready", "CertificateRequests"),
        ("gert", "status bad", 1, "bad:   Order bad-", "Secrets"),
        ("gert", "status slow", 0, "Order slow-", "Challenges"),
        ("gert", "challenges slow", 0, "The challenges are not known.", "Challenges"),
    ],
)
def test_those_who_may_see_less_are_shown_that(
    shop: World, people: dict[str, Person], who: str, line: str, code: int, shown: str, unread: str
) -> None:
    ran = run(people[who], line.replace("ORDER", _order(shop, "bad")))
    assert (ran.code, ran.err) == (code, "")
    assert shown in ran.out
    if line != "watch good":
        told = ran.out.partition("Not read:")[2]
        assert unread in told


@pytest.mark.parametrize(
    ("line", "refused"),
    [
        ("status", "list orders.acme.cert-manager.io"),
        ("status good", "list certificates.cert-manager.io"),
        ("why certificate/bad", "get certificates.cert-manager.io"),
        ("tree", "list orders.acme.cert-manager.io"),
        ("watch", "list orders.acme.cert-manager.io"),
        ("renew good", "get certificates.cert-manager.io"),
    ],
)
def test_nobody_is_told_so_in_one_line(people: dict[str, Person], line: str, refused: str) -> None:
    ran = run(people["nils"], line)
    assert (ran.code, ran.out) == (Exit.NO_ACCESS, "")
    assert ran.err == (
        f'error: user "{WHO}:nils" may not {refused} in namespace "{SHOP}"\n'
        'hint: the ClusterRole "view" lets them: kubectl create rolebinding '
        f"{SHOP}-nils-view --clusterrole=view --serviceaccount={SHOP}:nils -n {SHOP}\n"
    )


def test_nobody_is_not_told_that_there_are_no_challenges(people: dict[str, Person]) -> None:
    ran = run(people["nils"], "challenges")
    assert (ran.code, ran.out) == (Exit.NO_ACCESS, "")
    assert ran.err.startswith(f'error: Challenges in namespace "{SHOP}" may not be read\n')


def test_a_viewer_of_one_namespace_sees_no_other(people: dict[str, Person]) -> None:
    for line in ("status theirs", "list"):
        ran = run(people["vera"], f"{line} -n {OTHER}")
        assert (ran.code, ran.out) == (Exit.NO_ACCESS, "")
        assert f'user "{WHO}:vera" may not list ' in ran.err
        assert f'in namespace "{OTHER}"' in ran.err
    ran = run(people["vera"], "list -A")
    assert (ran.code, ran.out) == (Exit.NO_ACCESS, "")
    assert "in all namespaces\nhint: " in ran.err
    assert "kubectl create clusterrolebinding" in ran.err


def test_whoever_may_see_both_namespaces_is_shown_both(
    shop: World, people: dict[str, Person]
) -> None:
    ran = run(people["admin"], "list -A")
    assert (ran.code, ran.err) == (0, "")
    places = [tuple(line.split()[:2]) for line in ran.out.splitlines()]
    assert places[0] == ("NAMESPACE", "NAME")
    assert (SHOP, _order(shop, "bad")) in places
    assert OTHER in {namespace for namespace, _ in places}
    assert run(people["admin"], "status -A").code == Exit.FAILED
    elsewhere = run(people["admin"], "status theirs")
    assert elsewhere.code == Exit.NOT_FOUND
    assert f"there is certificate/theirs -n {OTHER}" in elsewhere.err


def test_who_may_not_impersonate_is_not_told_to_ask_for_a_role(people: dict[str, Person]) -> None:
    ran = run(people["vera"], "list --as nobody")
    assert (ran.code, ran.out) == (Exit.NO_ACCESS, "")
    assert ran.err.startswith(f'error: user "{WHO}:vera" may not act as somebody else\nhint: ')
    assert "rolebinding" not in ran.err


def test_impersonating_shows_what_the_other_one_sees(people: dict[str, Person]) -> None:
    assert run(people["admin"], f"status bad --as {WHO}:vera").code == Exit.FAILED
    ran = run(people["admin"], "status bad --as nobody --as-group nothing")
    assert (ran.code, ran.out) == (Exit.NO_ACCESS, "")
    assert 'user "nobody" may not list certificates.cert-manager.io' in ran.err


def test_who_shows_no_credentials_is_not_told_to_let_everybody_in(
    shop: World, tmp_path: Path
) -> None:
    ran = run(plugin.person(shop, tmp_path, "anonymous", {}), "list")
    assert (ran.code, ran.out) == (Exit.NO_ACCESS, "")
    assert ran.err == (
        'error: user "system:anonymous" may not list orders.acme.cert-manager.io in namespace '
        f'"{SHOP}"\n'
        "hint: the kubeconfig shows the API server no credentials: kubectl config view --minify\n"
    )


@pytest.mark.parametrize(
    ("line", "code", "told"),
    [
        ("status slow", Exit.FINE, ""),
        ("watch bad", Exit.FAILED, ""),
        ("list -o xml", Exit.USAGE, 'error: -o knows no format "xml"\nhint: it knows json'),
        ("status --nonsense", Exit.USAGE, "error: no such option: --nonsense"),
        ("stats", Exit.USAGE, 'error: there is no command "stats"\nhint: did you mean'),
        (f"list -n {OTHER}", Exit.NO_ACCESS, 'error: user "'),
        ("status nothing", Exit.NOT_FOUND, "error: there is no Certificate, Order,"),
        (
            "watch slow --timeout=1s",
            Exit.TIMED_OUT,
            "error: certificate/slow was not done within 1s\nhint: ",
        ),
        ("watch --timeout=1s", Exit.TIMED_OUT, "error: 1 Order not done within 1s\nhint: "),
    ],
)
def test_each_exit_code(people: dict[str, Person], line: str, code: int, told: str) -> None:
    ran = run(people["vera"], line)
    assert ran.code == code, ran.err
    assert ran.err.startswith(told)
    assert bool(ran.err) is bool(told)
    assert len(ran.err.splitlines()) <= 2, "one line and a hint"


@pytest.mark.parametrize("line", ["watch slow", "watch", "renew slow --wait"])
def test_ctrl_c_ends_whoever_waits_without_a_word(people: dict[str, Person], line: str) -> None:
    who = people["admin" if line.startswith("renew") else "vera"]
    terminal = Terminal(who, *line.split(), "-n", SHOP)
    terminal.shows("slow")
    terminal.press("\x03")
    ran = terminal.ended()
    assert ran.code == Exit.INTERRUPTED
    assert "slow" in ran.out
    assert "rror" not in ran.out

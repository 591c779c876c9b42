"""What goes wrong with TXT records: updates that are refused, and values that nobody sees."""

from collections.abc import Iterator

import pytest

from devcluster import servers, zone
from devcluster.controller import Controller
from devcluster.servers import Dns
from tests.system.causes import scene
from tests.system.causes.cause import Cause, check
from tests.system.causes.refusing import SECRET, refusing_server
from tests.system.causes.scene import by
from tests.system.manifests import issuer, secret
from tests.system.world import Json, World, certificate

NAMESPACE = "causes-dns01"
WRONG_KEY = "d3Jvbmcga2V5IHdyb25nIGtleSB3cm9uZyBrZXkh"

CAUSES = (
    Cause(
        name="key-unknown",
        slug="rfc2136-key-unknown",
        words=('does not know TSIG key "badkey"', "BADKEY"),
        who="dns",
        stands="BADKEY",
    ),
    Cause(
        name="key-differs",
        slug="rfc2136-secret-wrong",
        words=('another secret for TSIG key "badsig"', "BADSIG"),
        who="you",
        stands="BADSIG",
    ),
    Cause(
        name="clock-differs",
        slug="rfc2136-clock",
        words=("clocks", "BADTIME"),
        who="admin",
        stands="BADTIME",
    ),
    Cause(
        name="key-not-granted",
        slug="rfc2136-refused",
        words=('does not let TSIG key "refused" change zone example.com', "REFUSED"),
        who="dns",
        stands="does not let TSIG key",
    ),
    Cause(
        name="server-fails",
        slug="rfc2136-failed",
        words=("failed at the update", "SERVFAIL"),
        who="dns",
        stands="SERVFAIL",
    ),
    Cause(
        name="wrong-secret",
        slug="rfc2136-zone",
        words=("NOTAUTH", "example.com, or does not accept TSIG key"),
        who="you",
        stands="NOTAUTH",
    ),
    Cause(
        name="wrong-zone",
        slug="rfc2136-zone",
        words=("not the primary of zone example.com", "NOTAUTH"),
        who="you",
        stands="NOTAUTH",
    ),
    Cause(
        name="closed-port",
        slug="rfc2136-unreachable",
        words=("127.0.0.1:1", "connection refused"),
        who="admin",
        stands="was not confirmed",
    ),
    Cause(
        name="no-tsig-key",
        slug="credentials-invalid",
        words=('Secret "no-base64"', "no TSIG key"),
        who="you",
        stands="holds no TSIG key",
    ),
    Cause(
        name="no-zone",
        slug="dns-lookup-failed",
        words=("_acme-challenge.no-zone.example.org", "REFUSED"),
        who="admin",
        stands="could not be looked up",
    ),
    Cause(
        name="one-of-two",
        slug="txt-not-visible",
        words=("1 of 2 name servers", "one-of-two.example.com"),
        who="nobody",
        stands="no such name.*has the value",
    ),
    Cause(
        name="left-over",
        slug="txt-other-values",
        words=("_acme-challenge.left-over.example.com", "other value"),
        who="nobody",
        stands="1 other value",
    ),
    Cause(
        name="held-back",
        slug="txt-not-visible",
        words=("held-back.example.net", "TXT"),
        who="nobody",
        stands="propagation: .*no TXT record",
    ),
    Cause(
        name="not-followed",
        slug="cname-not-followed",
        words=("alias of not-followed.example.net", "not written"),
        who="you",
        stands="cnameStrategy is not Follow",
    ),
    Cause(
        name="silent-resolver",
        slug="dns-lookup-failed",
        words=("127.0.0.1:1", "connection refused"),
        who="admin",
        stands="propagation: .*could not be looked up|127.0.0.1:1 ",
    ),
    Cause(
        name="no-solver",
        slug="no-solver-matches",
        words=("No solver of Issuer", "no-solver.example.com"),
        who="you",
        stands="no solver can be used",
    ),
    Cause(
        name="no-wildcards",
        slug="no-solver-matches",
        words=("No solver of Issuer", "*.no-wildcards.example.com"),
        who="you",
        stands="no solver can be used",
    ),
    Cause(
        name="other-provider",
        slug="solver-unsupported",
        words=("cloudflare",),
        who="you",
        stands="names the provider cloudflare",
    ),
    Cause(
        name="no-responder",
        slug="responder-down",
        words=("No replica of the responder",),
        who="admin",
        stands="No replica of the responder",
    ),
    Cause(
        name="no-gateway-api",
        slug="gateway-missing",
        words=("Gateway API is not there",),
        who="admin",
        stands="Gateway API",
    ),
)


@pytest.fixture(scope="module")
def refusing() -> Iterator[str]:
    """A DNS server that takes no update."""
    with refusing_server() as address:
        yield address


@pytest.fixture(scope="module")
def second(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dns]:
    """Another server of the same zones that learns nothing from the first, and has a left-over."""
    folder = tmp_path_factory.mktemp("second")
    server = servers.start_dns(folder, name="second", die_with_parent=True)
    zone.add(server, "example.com", "_acme-challenge.left-over", "TXT", "of-yesterday")
    yield server
    server.process.stop()


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dns]:
    """A server of another zone."""
    folder = tmp_path_factory.mktemp("elsewhere")
    server = servers.start_dns(
        folder, name="elsewhere", zones=["example.org"], die_with_parent=True
    )
    yield server
    server.process.stop()


@pytest.fixture(scope="module", autouse=True)
def standing(
    world: World, controller: Controller, refusing: str, second: Dns, elsewhere: Dns
) -> Iterator[None]:
    """An issuer for each cause, and a Certificate by it."""
    assert controller.ready()
    alias = "_acme-challenge.not-followed"
    zone.add(world.cluster.dns, "example.com", alias, "CNAME", "not-followed.example.net.")
    with scene.held(world), scene.namespace(world, NAMESPACE):
        world.apply(
            secret("refusing-key", NAMESPACE, secret=SECRET),
            secret("elsewhere-key", NAMESPACE, secret=elsewhere.tsig_secret),
            secret("wrong-key", NAMESPACE, secret=WRONG_KEY),
            secret("no-base64", NAMESPACE, secret="no base64 at all !!"),
            secret("cloudflare", NAMESPACE, token="of-no-use"),
            *(
                issuer(world, NAMESPACE, solver, name=name)
                for name, solver in _solvers(world, refusing, second, elsewhere).items()
            ),
        )
        world.apply(*map(_certificate, CAUSES))
        yield
    zone.remove(world.cluster.dns, "example.com", alias)


def _solvers(world: World, refusing: str, second: Dns, elsewhere: Dns) -> dict[str, Json]:
    """The solver of each cause's issuer."""
    right = scene.solver(world)

    def key(name: str) -> Json:
        return {"tsigSecretSecretRef": {"name": name, "key": "secret"}}

    def refused(name: str) -> Json:
        return scene.solver(world, nameserver=refusing, tsigKeyName=name, **key("refusing-key"))

    def seen_by(*addresses: str) -> Json:
        return {"dns01": right["dns01"] | {"nameservers": list(addresses)}}

    first, token = world.cluster.dns.address, {"name": "cloudflare", "key": "token"}
    gateway = {"parentRefs": [{"name": "absent"}]}
    return {
        "key-unknown": refused("badkey"),
        "key-differs": refused("badsig"),
        "clock-differs": refused("badtime"),
        "key-not-granted": refused("refused"),
        "server-fails": refused("servfail"),
        "wrong-secret": scene.solver(world, **key("wrong-key")),
        "wrong-zone": scene.solver(world, nameserver=elsewhere.address, **key("elsewhere-key")),
        "closed-port": scene.solver(world, nameserver="127.0.0.1:1"),
        "no-tsig-key": scene.solver(world, **key("no-base64")),
        "no-zone": right,
        "one-of-two": seen_by(first, second.address),
        "left-over": seen_by(first, second.address),
        "held-back": right,
        "not-followed": right,
        "silent-resolver": seen_by("127.0.0.1:1"),
        "no-solver": right | {"selector": {"dnsZones": ["elsewhere.example.org"]}},
        "no-wildcards": {"http01": {"ingress": {"ingressClassName": "absent"}}},
        "other-provider": {"dns01": {"cloudflare": {"apiTokenSecretRef": token}}},
        "no-responder": {"http01": {"ingress": {"ingressClassName": "absent"}}},
        "no-gateway-api": {"http01": {"gatewayHTTPRoute": gateway}},
    }


def _certificate(cause: Cause) -> Json:
    special = {
        "no-zone": "no-zone.example.org",
        "held-back": "held-back.example.net",
        "no-wildcards": "*.no-wildcards.example.com",
    }
    dns_name = special.get(cause.name, f"{cause.name}.example.com")
    return certificate(cause.name, dns_name, namespace=NAMESPACE, issuer=by(cause.name))


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.name)
def test_the_first_line_names_it(world: World, cause: Cause) -> None:
    check(world, cause, NAMESPACE)

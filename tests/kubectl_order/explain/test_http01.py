"""HTTP-01: how far a request came, who stopped it, and what routers say of the route."""

import pytest

from controller.challenges import sentences as of_challenge
from controller.challenges.routing import GATEWAY_API_OFF, NO_GATEWAY_API
from controller.networking import Ingress as NetworkIngress
from controller.solvers.errors import Misconfigured, RouterRefused, SolverError
from controller.solvers.http01 import look
from controller.solvers.http01.redirects import EXEMPT
from controller.solvers.http01.verdicts import FROM_HERE, evidence
from controller.solvers.http01.words import gateway_words, ingress_words
from kubectl_order.facts import Chain
from kubectl_order.finding import Standing
from orderapi.meta import ObjectMeta
from orderapi.solver import Http01, Ingress, Solver
from tests.controller.solvers.http01.built_words import (
    GOOD_ROUTE,
    a_gateway,
    a_route,
    condition,
)
from tests.kubectl_order.build import KEY, TOKEN, a_challenge
from tests.kubectl_order.explain.spoken import UNTIL, found, published, waiting

LIVE = "kubectl order why web --live -n shop"
EDIT_ISSUER = "kubectl edit issuer acme -n shop"
DESCRIBE = "kubectl describe challenge web-1-2233-0 -n shop"
AT = "www.example.com at 192.0.2.80 port 80"
OTHER = "www.example.com at 192.0.2.81 port 80 answered with the key authorization"
NOT_FOUND = f"HTTP: {AT}: answered 404: {look.MEANINGS[404]}"
PATH = "/.well-known/acme-challenge/"


def seen(*statements: str, hint: str = "", route: str = "") -> Chain:
    """A Challenge whose answer is not seen; `route` is what routers say of it."""
    told = " ".join(filter(None, (route, evidence(statements, hint))))
    return waiting("HTTP-01", of_challenge.propagation("HTTP-01", told))


def by_cert_manager(error: str) -> Chain:
    """The same in cert-manager's words."""
    return waiting("HTTP-01", f"Waiting for HTTP-01 challenge propagation: {error}")


def asked(error: str) -> Chain:
    """A request of cert-manager's that failed."""
    url = f"http://www.example.com{PATH}{TOKEN}"
    return by_cert_manager(
        f"failed to perform self check GET request '{url}': Get \"{url}\": {error}"
    )


def not_made(error: SolverError) -> Chain:
    """A Challenge whose route could not be made."""
    return waiting("HTTP-01", published(error), presented=False)


STAGES = [
    pytest.param(
        seen("DNS: www.example.com: there is no such name (NXDOMAIN)", hint="Create an A record"),
        "host-does-not-resolve",
        "www.example.com does not resolve: there is no such name (NXDOMAIN)",
        "dns",
        id="NXDOMAIN",
    ),
    pytest.param(
        seen(
            "DNS: www.example.com: an alias of lb.example.net, and of that there is neither an A "
            "nor an AAAA record"
        ),
        "host-does-not-resolve",
        "www.example.com does not resolve: an alias of lb.example.net, and of that there is "
        "neither an A nor an AAAA record",
        "dns",
        id="no address",
    ),
    pytest.param(
        asked("dial tcp: lookup www.example.com on 10.96.0.10:53: no such host"),
        "host-does-not-resolve",
        "www.example.com does not resolve: no such host",
        "dns",
        id="NXDOMAIN, by cert-manager",
    ),
    pytest.param(
        seen(
            "DNS: www.example.com: The A record of www.example.com could not be looked up: "
            "10.0.0.53 answered SERVFAIL",
            hint="SERVFAIL mostly means that the zone's servers do not answer",
        ),
        "dns-servfail",
        "DNS fails for www.example.com: 10.0.0.53 answered SERVFAIL",
        "dns",
        id="SERVFAIL",
    ),
    pytest.param(
        seen("DNS: www.example.com: no answer within 8 s", hint=FROM_HERE),
        "dns-lookup-failed",
        "www.example.com could not be looked up: no answer within 8 s",
        "admin",
        id="no answer of DNS",
    ),
    pytest.param(
        asked("dial tcp: lookup www.example.com on 10.96.0.10:53: server misbehaving"),
        "dns-servfail",
        "DNS fails for www.example.com: server misbehaving",
        "dns",
        id="SERVFAIL, by cert-manager",
    ),
    pytest.param(
        seen(f"TCP: {AT}: connection refused: nothing listens there", OTHER, hint="See which"),
        "port-closed",
        f"{AT} is closed: connection refused: nothing listens there",
        "router",
        id="port closed",
    ),
    pytest.param(
        asked("dial tcp 192.0.2.80:80: connect: connection refused"),
        "port-closed",
        "www.example.com port 80 is closed: connect: connection refused",
        "router",
        id="port closed, by cert-manager",
    ),
    pytest.param(
        seen(f"TCP: {AT}: no connection within 5 s", hint=FROM_HERE),
        "port-silent",
        f"{AT} does not answer: no connection within 5 s",
        "router",
        id="port silent",
    ),
    pytest.param(
        asked("context deadline exceeded (Client.Timeout exceeded while awaiting headers)"),
        "port-silent",
        "www.example.com port 80 does not answer: context deadline exceeded",
        "router",
        id="port silent, by cert-manager",
    ),
    pytest.param(
        seen(
            f'TLS: {AT}, redirected to "https://www.example.com{PATH}<token>": the TLS handshake '
            "failed (wrong version number)"
        ),
        "tls-failed",
        f"{AT} fails in TLS: the TLS handshake failed (wrong version number)",
        "router",
        id="TLS behind a redirect",
    ),
    pytest.param(
        asked("remote error: tls: handshake failure"),
        "tls-failed",
        "www.example.com port 80 fails in TLS: remote error: tls: handshake failure",
        "router",
        id="TLS, by cert-manager",
    ),
    pytest.param(
        seen(f"HTTP: {AT}: what answers does not speak proper HTTP"),
        "http-broken",
        f"{AT} does not answer as HTTP does: what answers does not speak proper HTTP",
        "router",
        id="no HTTP",
    ),
    pytest.param(
        seen(NOT_FOUND),
        "wrong-status",
        f"{AT} answered 404: the router has no route to the responder yet, or not for this name",
        "router",
        id="404",
    ),
    pytest.param(
        seen(f"HTTP: {AT}: answered 503: {look.MEANINGS[503]}", OTHER, hint=look.HINTS[503]),
        "wrong-status",
        f"{AT} answered 503: the router cannot reach the responder",
        "router",
        id="503 at one of two addresses",
    ),
    pytest.param(
        by_cert_manager("wrong status code '404', expected '200'"),
        "wrong-status",
        "www.example.com port 80 answered 404: 200 is expected",
        "router",
        id="404, by cert-manager",
    ),
    pytest.param(
        seen(
            f"body: {AT}: answered 200 with something else (text/html, 612 bytes): another server "
            "or page answers this path",
            hint=look.OTHER_PAGE,
        ),
        "wrong-body",
        f"{AT} answers with something else than the challenge's answer (text/html, 612 bytes)",
        "router",
        id="another page",
    ),
    pytest.param(
        by_cert_manager(f'did not get expected response "{KEY}" when querying endpoint'),
        "wrong-body",
        "www.example.com port 80 answers with something else than the challenge's answer",
        "router",
        id="another page, by cert-manager",
    ),
    pytest.param(
        seen(
            f'redirect: {AT}, redirected to "https://a/" (2 redirects): redirects in a circle: '
            '"http://a/" → "https://a/" → "http://a/"',
            hint=EXEMPT,
        ),
        "redirect-loop",
        f'{AT} redirects in a circle: "http://a/" → "https://a/" → "http://a/"',
        "router",
        id="redirect loop",
    ),
    pytest.param(
        asked("stopped after 10 redirects"),
        "redirect-loop",
        "www.example.com port 80 stopped after 10 redirects",
        "router",
        id="redirect loop, by cert-manager",
    ),
    pytest.param(
        seen(
            f'redirect: {AT}: redirects to "https://www.example.com:8443/", on port 8443: CAs '
            "follow to ports 80 and 443 alone",
            hint=EXEMPT,
        ),
        "redirect-not-followed",
        f'{AT} redirects to "https://www.example.com:8443/", on port 8443: CAs follow to ports 80 '
        "and 443 alone",
        "router",
        id="redirect to another port",
    ),
    pytest.param(
        seen(f"redirect: {AT}: redirects without saying where to (no Location)", hint=EXEMPT),
        "redirect-not-followed",
        f"{AT} redirects without saying where to (no Location)",
        "router",
        id="redirect to nowhere",
    ),
    pytest.param(
        seen(
            "TCP: www.example.com at 127.0.0.1 port 80: not connected to: 127.0.0.1 is a loopback "
            "address; such addresses are not connected to",
            hint=FROM_HERE,
        ),
        "private-address",
        "www.example.com leads where nothing may connect to: not connected to: 127.0.0.1 is a "
        "loopback address",
        "dns",
        id="loopback",
    ),
    pytest.param(
        by_cert_manager("something of tomorrow"),
        "challenge-waiting",
        "The answer for www.example.com is not seen yet: something of tomorrow",
        "router",
        id="unknown words",
    ),
]

AN_INGRESS = NetworkIngress(metadata=ObjectMeta(name="solver", namespace="shop"))

ROUTES = [
    pytest.param(
        seen(NOT_FOUND, route=ingress_words(AN_INGRESS, "nginx", ["traefik"])),
        "ingress-class-missing",
        'IngressClass "nginx" does not exist: there is "traefik"',
        "you",
        EDIT_ISSUER,
        id="no such class",
    ),
    pytest.param(
        seen(NOT_FOUND, route=ingress_words(AN_INGRESS, None, ["traefik"])),
        "ingress-class-missing",
        "The Ingress for www.example.com names no class and none is the default, so no router "
        'takes it: there is "traefik"',
        "you",
        EDIT_ISSUER,
        id="no class",
    ),
    pytest.param(
        seen(NOT_FOUND, route=gateway_words(GOOD_ROUTE, [])),
        "gateway-missing",
        'Gateway "infra/edge", through which www.example.com is answered, does not exist',
        "you",
        EDIT_ISSUER,
        id="no such Gateway",
    ),
    pytest.param(
        not_made(RouterRefused(NO_GATEWAY_API)),
        "gateway-missing",
        "The solver for www.example.com uses a Gateway, and the Gateway API is not there: The "
        "cluster does not serve HTTPRoute",
        "admin",
        EDIT_ISSUER,
        id="no Gateway API",
    ),
    pytest.param(
        not_made(Misconfigured(GATEWAY_API_OFF)),
        "gateway-missing",
        "The solver for www.example.com uses a Gateway, and the Gateway API is not there: "
        "--enable-gateway-api=false",
        "admin",
        EDIT_ISSUER,
        id="Gateway API off",
    ),
    pytest.param(
        seen(
            NOT_FOUND,
            route=gateway_words(
                GOOD_ROUTE,
                [a_gateway(condition("Programmed", "False", "AddressNotAssigned", "no"))],
            ),
        ),
        "router-not-accepting",
        'The router does not take the HTTPRoute for www.example.com: Gateway "infra/edge" is not '
        "programmed: AddressNotAssigned: no",
        "router",
        "kubectl get gateway,httproute -n shop -o yaml",
        id="not programmed",
    ),
    pytest.param(
        seen(NOT_FOUND, route=gateway_words(None, [])),
        "route-missing",
        "The HTTPRoute that leads to the answer for www.example.com is not there",
        "router",
        "kubectl get events -n shop",
        id="route gone",
    ),
    pytest.param(
        seen(
            NOT_FOUND,
            route="No replica of the responder is ready (Service cert-manager/order-http01 has no "
            "ready endpoint): no challenge can be answered before one is.",
        ),
        "responder-down",
        "No replica of the responder for HTTP-01 is ready, so www.example.com cannot be answered",
        "admin",
        "kubectl get endpointslices,pods -n cert-manager",
        id="no responder",
    ),
    pytest.param(
        seen(
            NOT_FOUND,
            route="Service shop/cm-acme-http-solver, which lets the router reach the responder, is "
            "not there: it is made within seconds",
        ),
        "responder-down",
        "Service shop/cm-acme-http-solver, through which the router reaches the responder, is not "
        "there",
        "admin",
        DESCRIBE,
        id="no Service",
    ),
    pytest.param(
        not_made(
            RouterRefused(
                'Ingress "web", which the solver names, does not exist in namespace "shop": create '
                "it, or correct the solver."
            )
        ),
        "ingress-missing",
        'Ingress "web", to which the path for www.example.com is to be added, does not exist',
        "you",
        EDIT_ISSUER,
        id="no such Ingress",
    ),
    pytest.param(
        not_made(
            RouterRefused(
                'Ingress "web-1-2233-0" exists and is not of this Challenge: delete it, and the '
                "controller makes its own."
            )
        ),
        "route-name-taken",
        'Ingress "web-1-2233-0" exists and is not of this challenge, so the route for '
        "www.example.com cannot be made",
        "you",
        "kubectl delete ingress web-1-2233-0 -n shop",
        id="name taken",
    ),
    pytest.param(
        not_made(RouterRefused("The Ingress was refused with pathType Exact: denied by policy")),
        "route-refused",
        "The API server refuses the Ingress for www.example.com: with pathType Exact: denied by "
        "policy",
        "admin",
        DESCRIBE,
        id="refused",
    ),
]


@pytest.mark.parametrize(("chain", "cause", "headline", "who"), STAGES)
def test_how_far_a_request_came(chain: Chain, cause: str, headline: str, who: str) -> None:
    finding = found(chain)
    assert (finding.cause, finding.headline) == (cause, headline)
    assert (finding.who, finding.command) == (who, LIVE)
    assert finding.standing is Standing.WAITING


@pytest.mark.parametrize(("chain", "cause", "headline", "who", "command"), ROUTES)
def test_what_routers_say_is_the_cause_of_what_a_request_met(
    chain: Chain, cause: str, headline: str, who: str, command: str
) -> None:
    finding = found(chain)
    assert (finding.cause, finding.headline) == (cause, headline)
    assert (finding.who, finding.command) == (who, command)


def test_a_route_that_its_controller_does_not_accept() -> None:
    route = a_route(condition("Accepted", "False", "NotAllowedByListeners", ""))
    finding = found(seen(NOT_FOUND, route=gateway_words(route, [a_gateway()])))
    assert finding.cause == "router-not-accepting"
    assert "does not accept it: NotAllowedByListeners" in finding.headline


@pytest.mark.parametrize(
    ("ingress", "who", "words"),
    [
        pytest.param(Ingress(name="web"), "you", 'takes the path in Ingress "web" away', id="path"),
        pytest.param(Ingress(), "router", "takes the route for www.example.com away", id="route"),
    ],
)
def test_a_route_that_somebody_takes_away(ingress: Ingress, who: str, words: str) -> None:
    spec = a_challenge(solver=Solver(http01=Http01(ingress=ingress))).spec
    told = of_challenge.propagation("HTTP-01", NOT_FOUND)
    finding = found(waiting("HTTP-01", f"{of_challenge.taken_away(spec)} {told}"))
    assert (finding.cause, finding.who) == ("route-fought", who)
    assert words in finding.headline


def test_a_check_that_cannot_tell_is_nobody_s_fault() -> None:
    told = evidence([f"TCP: {AT}: no connection within 5 s"], FROM_HERE)
    reason = of_challenge.cannot_tell("HTTP-01", told, "2026-11-24T09:30:00Z")
    finding = found(waiting("HTTP-01", reason))
    assert (finding.cause, finding.who) == ("selfcheck-unknown", "nobody")
    assert (finding.until, finding.standing) == (UNTIL, Standing.MOVING)


def test_a_token_in_an_error_is_in_no_sentence() -> None:
    finding = found(asked("EOF"))
    assert finding.cause == "http-broken"
    assert TOKEN not in " ".join((finding.headline, *finding.evidence, finding.fix))
    assert f"{PATH}…" in finding.evidence[0]

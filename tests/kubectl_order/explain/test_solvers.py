"""No solver, a solver that cannot be used, and Challenges that are not made or not begun."""

from datetime import timedelta

import pytest

from controller.challenges import sentences as of_challenge
from controller.orders import sentences as of_order
from controller.solvers.dns01.provider import only_rfc2136
from controller.solvers.errors import Misconfigured, SolverError, Unsupported
from kubectl_order.explain.orders import RULES
from kubectl_order.facts import Chain
from kubectl_order.finding import Standing
from orderapi.choice import NoSolver, choose
from orderapi.solver import Cloudflare, Dns01
from tests.kubectl_order.build import (
    CLUSTER_ISSUER_REF,
    DNS_NAME,
    HTTP01_SOLVER,
    ISSUER_REF,
    RFC2136_SOLVER,
    a_chain,
    a_challenge,
    an_authorization,
    an_issuer,
    an_order,
    an_ordered_chain,
    selecting,
)
from tests.kubectl_order.explain.spoken import failed, found, held, published, unproved, waiting

EDIT_ISSUER = "kubectl edit issuer acme -n shop"
WATCH = "kubectl order watch web -n shop"
ELSEWHERE = (
    selecting(RFC2136_SOLVER, dns_zones=("example.net",)),
    selecting(HTTP01_SOLVER, match_labels={"team": "a"}),
)


def no_solver() -> str:
    """Why none of these solvers can be used."""
    offered = frozenset({"http-01", "dns-01"})
    chosen = choose(ELSEWHERE, name=DNS_NAME, wildcard=None, labels={}, offered=offered)
    assert isinstance(chosen, NoSolver)
    return of_order.unsolvable([chosen.reason], ISSUER_REF)


def unsupported() -> SolverError:
    """What this release says of another provider."""
    try:
        only_rfc2136(Dns01(cloudflare=Cloudflare()))
    except Unsupported as error:
        return error
    raise AssertionError("it is supported now")


ROWS = [
    pytest.param(
        held(no_solver()),
        "no-solver-matches",
        f'No solver of Issuer "acme" in namespace "shop" can be used for {DNS_NAME}',
        "you",
        EDIT_ISSUER,
        id="no solver",
    ),
    pytest.param(
        held(
            of_order.unsolvable(
                [f"the solver for {DNS_NAME} cannot be used: The annotations a and b exclude each"],
                ISSUER_REF,
            )
        ),
        "solver-invalid",
        f"The solver for {DNS_NAME} cannot be used: The annotations a and b exclude each",
        "you",
        "kubectl edit certificate web -n shop",
        id="annotations",
    ),
    pytest.param(
        waiting("DNS-01", published(unsupported()), presented=False),
        "solver-unsupported",
        f"The solver for {DNS_NAME} uses the DNS provider cloudflare, which this release does not "
        "do",
        "you",
        EDIT_ISSUER,
        id="provider",
    ),
    pytest.param(
        waiting(
            "DNS-01",
            published(
                Unsupported(
                    'dns01.nameservers names "https://1.1.1.1/dns-query": this release does not '
                    "speak DNS over HTTPS; name a server by address and port."
                )
            ),
            presented=False,
        ),
        "solver-unsupported",
        f"The solver for {DNS_NAME} uses DNS over HTTPS, which this release does not do",
        "you",
        EDIT_ISSUER,
        id="DNS over HTTPS",
    ),
    pytest.param(
        waiting(
            "DNS-01",
            published(Misconfigured("rfc2136.tsigKeyName is set and tsigSecretSecretRef is not.")),
            presented=False,
        ),
        "solver-invalid",
        f"The solver for {DNS_NAME} cannot be used: rfc2136.tsigKeyName is set and "
        "tsigSecretSecretRef is not",
        "you",
        EDIT_ISSUER,
        id="contradiction",
    ),
    pytest.param(
        waiting("HTTP-01", of_challenge.no_part("HTTP-01")),
        "solver-invalid",
        f"The solver for {DNS_NAME} cannot be used: The solver of the Challenge does not answer "
        "HTTP-01",
        "you",
        EDIT_ISSUER,
        id="other type",
    ),
    pytest.param(
        waiting("HTTP-01", of_challenge.other_solver(ISSUER_REF)),
        "other-solver",
        'Issuer "acme" in namespace "shop" no longer has the solver that the challenge for '
        f"{DNS_NAME} was made with",
        "nobody",
        WATCH,
        id="issuer changed",
    ),
    pytest.param(
        failed("HTTP-01", of_challenge.FOREIGN_KEY),
        "foreign-key",
        f"The challenge for {DNS_NAME} was made for another account key than that of Issuer "
        '"acme" in namespace "shop"',
        "you",
        "kubectl order retry web -n shop",
        id="foreign key",
    ),
    pytest.param(
        held(of_order.name_taken("web-1-2233-0")),
        "challenge-name-taken",
        'Challenge "web-1-2233-0" is there already and belongs to somebody else than the Order',
        "you",
        "kubectl delete challenge web-1-2233-0 -n shop",
        id="name taken",
    ),
    pytest.param(
        held(of_order.not_made("web-1-2233-0", "forbidden: exceeded quota: few")),
        "challenge-not-made",
        'The API server does not take Challenge "web-1-2233-0": forbidden: exceeded quota: few',
        "admin",
        "kubectl describe order web-1-2233 -n shop",
        id="quota",
    ),
    pytest.param(
        waiting("HTTP-01", of_challenge.queued(), presented=False),
        "challenge-queued",
        f"The challenge for {DNS_NAME} waits for its turn behind others",
        "nobody",
        WATCH,
        id="queued",
    ),
    pytest.param(
        an_ordered_chain(a_challenge(presented=False, processing=False)),
        "challenge-queued",
        f"The challenge for {DNS_NAME} waits for its turn behind others",
        "nobody",
        WATCH,
        id="queued, by cert-manager, which says nothing",
    ),
    pytest.param(
        waiting("HTTP-01", of_challenge.no_issuer(ISSUER_REF, "shop")),
        "issuer-missing",
        'Issuer "acme" in namespace "shop" does not exist, or is not of type acme',
        "you",
        "kubectl edit certificate web -n shop",
        id="no issuer",
    ),
    pytest.param(
        waiting("DNS-01", of_challenge.waiting_as_told("DNS-01", "2026-11-24T09:30:00Z")),
        "waits-as-told",
        f"The solver for {DNS_NAME} waits in place of a self-check before the CA is told",
        "nobody",
        WATCH,
        id="wait in place of a check",
    ),
    pytest.param(
        waiting("HTTP-01", "Waiting 59s before accepting HTTP-01 challenge without self-check"),
        "waits-as-told",
        f"The solver for {DNS_NAME} waits in place of a self-check before the CA is told",
        "nobody",
        WATCH,
        id="wait in place of a check, by cert-manager",
    ),
]


@pytest.mark.parametrize(("chain", "cause", "headline", "who", "command"), ROWS)
def test_what_is_wrong_with_solvers_is_told(
    chain: Chain, cause: str, headline: str, who: str, command: str
) -> None:
    finding = found(chain)
    assert (finding.cause, finding.headline) == (cause, headline)
    assert (finding.who, finding.command) == (who, command)


WHAT_EACH_LACKS = (
    "The CA offers dns-01, http-01.",
    "Solver 1 is for the zones example.net.",
    "Solver 2 needs the label team=a.",
)


def test_what_each_solver_lacks_is_evidence() -> None:
    assert found(held(no_solver())).evidence == WHAT_EACH_LACKS


def a_silent_order(state: str = "pending") -> Chain:
    """An Order of cert-manager's without a Challenge, which says nothing."""
    known = an_authorization(offered=("http-01", "dns-01"), state=state)
    order = an_order(authorizations=[known])
    return unproved(an_ordered_chain(order=order, issuer=an_issuer(solvers=ELSEWHERE)))


def test_that_no_solver_matches_is_found_where_nobody_says_it() -> None:
    finding = found(a_silent_order())
    assert finding.cause == "no-solver-matches"
    assert finding.evidence == WHAT_EACH_LACKS
    assert finding.standing is Standing.WAITING


@pytest.mark.parametrize(
    "chain",
    [
        pytest.param(a_silent_order(state="valid"), id="the name is proved already"),
        pytest.param(unproved(an_ordered_chain()), id="a solver fits"),
        pytest.param(
            a_chain(
                order=an_order(),
                request=an_ordered_chain().request,
                issuer=an_issuer(solvers=()),
                unread=("Challenges may not be listed: forbidden",),
            ),
            id="Challenges may be there",
        ),
    ],
)
def test_nothing_is_found_where_nothing_is_known(chain: Chain) -> None:
    assert [rule(chain) for rule in RULES] == [None] * len(RULES)


def test_a_challenge_that_was_just_made_is_not_queued() -> None:
    one = a_challenge(presented=False, processing=False)
    made = one.metadata.creation_timestamp
    assert made is not None
    chain = an_ordered_chain(one, now=made + timedelta(seconds=10))
    assert [rule(chain) for rule in RULES] == [None] * len(RULES)


def test_the_solvers_of_a_cluster_issuer_are_the_admin_s() -> None:
    order = an_order(reason=no_solver(), issuer=CLUSTER_ISSUER_REF)
    chain = unproved(an_ordered_chain(order=order, issuer=an_issuer(cluster=True)))
    finding = found(chain)
    assert finding.headline == f'No solver of ClusterIssuer "acme" can be used for {DNS_NAME}'
    assert (finding.who, finding.command) == ("admin", "kubectl edit clusterissuer acme")

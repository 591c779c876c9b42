"""Who answers a challenge, and why; and a CA's problem read back out of a reason."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.acme.problem import Problem as Refusal
from controller.acme.problem import Subproblem
from controller.challenges import sentences as of_challenge
from controller.orders import sentences as of_order
from controller.solvers.dns01.provider import PROVIDERS
from controller.solvers.http01.overrides import overridden
from controller.verdict import problem_kind
from kubectl_order.facts import Absent, Chain, Unread
from kubectl_order.report import Problem
from kubectl_order.report import Solver as Answerer
from kubectl_order.solving import described, problem_in, providers, solver_of
from orderapi.challenge import Challenge
from orderapi.names import HTTP01_OVERRIDE_INGRESS_NAME
from orderapi.solver import (
    Cloudflare,
    Dns01,
    Dns01Webhook,
    GatewayHttpRoute,
    Http01,
    Ingress,
    ParentRef,
    Rfc2136,
    Solver,
)
from tests.kubectl_order.build import (
    HTTP01_SOLVER,
    RFC2136_SOLVER,
    a_chain,
    a_challenge,
    an_issuer,
    an_order,
    meta,
    selecting,
)
from tests.kubectl_order.explain.spoken import a_problem, ordered, refused

URN = "urn:ietf:params:acme:error:"


def a_case(
    one: Challenge, *solvers: Solver, labels: dict[str, str] | None = None
) -> tuple[Chain, Challenge]:
    """A Challenge of an Order with these labels, and an issuer with these solvers."""
    order = an_order(metadata=meta("web-1-2233", labels=labels or {}))
    chain = a_chain(order=order, challenges=[one], issuer=an_issuer(solvers=solvers))
    return chain, one


BY_ZONE = selecting(RFC2136_SOLVER, dns_zones=("example.com",))
BY_NAME = selecting(RFC2136_SOLVER, dns_names=("www.example.com",))
BY_LABEL = selecting(HTTP01_SOLVER, match_labels={"team": "a"})
BY_LONGER = selecting(HTTP01_SOLVER, dns_zones=("com", "www.example.com"))

WHY = [
    pytest.param(
        HTTP01_SOLVER,
        (HTTP01_SOLVER,),
        1,
        "it is the only solver, and fits every name",
        id="alone",
    ),
    pytest.param(
        BY_ZONE,
        (HTTP01_SOLVER, BY_ZONE, BY_LABEL),
        2,
        "its selector names the zone example.com, the longest that fits; solver 1 fits every name, "
        "solver 3 needs the label team=a",
        id="zone",
    ),
    pytest.param(
        BY_LONGER,
        (BY_ZONE, BY_LONGER),
        2,
        "its selector names the zone www.example.com, the longest that fits; solver 1 names the "
        "zone example.com",
        id="longer zone",
    ),
    pytest.param(
        BY_NAME,
        (BY_ZONE, BY_NAME),
        2,
        "its selector names the name www.example.com; solver 1 names the zone example.com",
        id="name",
    ),
    pytest.param(
        HTTP01_SOLVER,
        (HTTP01_SOLVER, RFC2136_SOLVER),
        1,
        "fits every name; solver 2 fits every name too, and comes later",
        id="first of equals",
    ),
    pytest.param(
        HTTP01_SOLVER,
        (selecting(RFC2136_SOLVER, dns_zones=("example.net",)), HTTP01_SOLVER),
        2,
        "fits every name; solver 1 is for the zones example.net",
        id="the other is for another zone",
    ),
    pytest.param(
        BY_LABEL,
        (BY_LABEL, RFC2136_SOLVER),
        1,
        "it was chosen before; by its selector now it needs the label team=a",
        id="the label is gone",
    ),
    pytest.param(
        HTTP01_SOLVER,
        (BY_ZONE,),
        None,
        "the issuer has no such solver now",
        id="the solver is gone",
    ),
]


@pytest.mark.parametrize(("own", "solvers", "number", "why"), WHY)
def test_why_that_solver(
    own: Solver, solvers: tuple[Solver, ...], number: int | None, why: str
) -> None:
    found = solver_of(*a_case(a_challenge(solver=own), *solvers))
    assert found == Answerer(number=number, what=described(own), why=why)


def test_labels_of_the_order_count() -> None:
    found = solver_of(
        *a_case(a_challenge(solver=BY_LABEL), HTTP01_SOLVER, BY_LABEL, labels={"team": "a"})
    )
    assert found is not None
    assert found.why == "its selector names the label team=a; solver 1 fits every name"


def test_many_others_are_not_all_told() -> None:
    found = solver_of(*a_case(a_challenge(solver=BY_ZONE), BY_ZONE, *[BY_LABEL] * 9))
    assert found is not None
    assert found.why.count("needs the label") == 5
    assert found.why.endswith("and 4 more fit less or not at all")


def test_a_solver_that_annotations_change_is_that_of_the_list() -> None:
    annotations = {HTTP01_OVERRIDE_INGRESS_NAME: "web"}
    order = an_order(metadata=meta("web-1-2233", annotations=annotations))
    one = a_challenge(solver=overridden(HTTP01_SOLVER, annotations, "shop"))
    issuer = an_issuer(solvers=(RFC2136_SOLVER, HTTP01_SOLVER))
    found = solver_of(a_chain(order=order, challenges=[one], issuer=issuer), one)
    assert found is not None
    assert found.number == 2
    assert found.what == 'http01 by a path in Ingress "web"'
    assert found.why.endswith("; annotations of the Certificate change it")


@pytest.mark.parametrize(
    ("issuer", "why"),
    [
        pytest.param(Unread("forbidden"), "the issuer may not be read", id="unread"),
        pytest.param(None, "the issuer may not be read", id="not named"),
        pytest.param(Absent(), "the issuer does not exist", id="absent"),
    ],
)
def test_without_the_issuer_the_challenge_tells(issuer: Unread | Absent | None, why: str) -> None:
    one = a_challenge(solver=RFC2136_SOLVER)
    found = solver_of(a_chain(order=an_order(), challenges=[one], issuer=issuer), one)
    assert found == Answerer(
        number=None, what='dns01 rfc2136 at 10.0.0.1:53, TSIG key "order."', why=why
    )


def test_a_challenge_without_a_solver_has_none() -> None:
    one = a_challenge(solver=Solver())
    assert solver_of(a_chain(challenges=[one]), one) is None


@pytest.mark.parametrize(
    ("solver", "what"),
    [
        pytest.param(
            Solver(dns01=Dns01(rfc2136=Rfc2136(nameserver="ns"), cname_strategy="Follow")),
            "dns01 rfc2136 at ns, unsigned, CNAMEs followed",
            id="unsigned, followed",
        ),
        pytest.param(
            Solver(
                dns01=Dns01(webhook=Dns01Webhook(group_name="acme.test", solver_name="hetzner"))
            ),
            "dns01 webhook acme.test/hetzner",
            id="webhook",
        ),
        pytest.param(Solver(dns01=Dns01()), "dns01 without a provider", id="no provider"),
        pytest.param(HTTP01_SOLVER, 'http01 Ingress of class "nginx"', id="class"),
        pytest.param(
            Solver(http01=Http01(ingress=Ingress())), "http01 Ingress without a class", id="Ingress"
        ),
        pytest.param(
            Solver(
                http01=Http01(
                    gateway_http_route=GatewayHttpRoute(
                        parent_refs=(ParentRef(name="edge", namespace="infra"),)
                    )
                ),
                wait_instead_of_self_check="30s",
            ),
            'http01 HTTPRoute at Gateway "infra/edge", waits 30s in place of the self-check',
            id="Gateway",
        ),
        pytest.param(Solver(http01=Http01()), "http01 without a route", id="no route"),
    ],
)
def test_what_a_solver_is(solver: Solver, what: str) -> None:
    assert described(solver) == what


def test_every_provider_of_the_api_is_known_by_its_name_there() -> None:
    fields = {field.name: field.encode_name for field in msgspec.structs.fields(Dns01)}
    for name, attribute in PROVIDERS.items():
        assert fields[attribute] == name
    assert providers(Dns01(cloudflare=Cloudflare(), nameservers=("1.1.1.1",))) == ("cloudflare",)


SUBS = (
    Subproblem("caa", "forbidden; see [x]", "a.example.com"),
    Subproblem("dns", "no such host"),
)

PROBLEMS = [
    pytest.param(
        ordered("create", a_problem("rejectedIdentifier", "not that name", 400)),
        Problem(type="rejectedIdentifier", status=400, detail="not that name", subproblems=()),
        id="Order",
    ),
    pytest.param(
        ordered("create", a_problem("rateLimited", "slow down", 429), waits=True),
        Problem(type="rateLimited", status=429, detail="slow down", subproblems=()),
        id="an Order that waits",
    ),
    pytest.param(
        ordered("create", a_problem("serverInternal", "boom", 500), waits=True),
        Problem(type="serverInternal", status=500, detail="boom", subproblems=()),
        id="an Order that is tried again",
    ),
    pytest.param(
        refused("DNS-01", a_problem("dns", "NXDOMAIN", 0), "ns1: no such name"),
        Problem(type="dns", status=None, detail="NXDOMAIN", subproblems=()),
        id="Challenge",
    ),
    pytest.param(
        ordered("create", a_problem("compound", "several", 403, *SUBS)),
        Problem(
            type="compound",
            status=403,
            detail="several",
            subproblems=("a.example.com: caa: forbidden; see [x]", "dns: no such host"),
        ),
        id="subproblems",
    ),
    pytest.param(
        ordered(
            "create",
            a_problem("userActionRequired", "agree", 403, *SUBS[1:], instance="https://ca.test/t"),
        ),
        Problem(
            type="userActionRequired",
            status=403,
            detail="agree (see https://ca.test/t)",
            subproblems=("dns: no such host",),
        ),
        id="subproblems and a link",
    ),
    pytest.param(
        of_order.failed_challenges(
            None,
            [
                a_challenge("invalid", refused("HTTP-01", a_problem("connection", "refused", 400))),
                a_challenge("invalid", refused("HTTP-01", a_problem("caa", "forbidden", 403))),
            ],
        ),
        Problem(type="connection", status=400, detail="refused", subproblems=()),
        id="the first of several",
    ),
    pytest.param(
        "Error accepting authorization: acme: authorization error for a.example: 400 "
        f"{URN}connection: 192.0.2.1: Timeout; 403 {URN}dns: no",
        Problem(type="connection", status=400, detail="192.0.2.1: Timeout", subproblems=()),
        id="cert-manager's Challenge",
    ),
    pytest.param(
        f"Failed to create Order: 403 {URN}compound: several, subproblems:\n"
        f"\t{URN}caa: [dns: a.example] forbidden\n\t{URN}dns: [dns: b.example] no",
        Problem(
            type="compound",
            status=403,
            detail="several",
            subproblems=("caa: [dns: a.example] forbidden", "dns: [dns: b.example] no"),
        ),
        id="cert-manager's subproblems",
    ),
    pytest.param(
        f"400 {URN}connection: Fetching http://[2001:db8::1]/: [Errno 111]",
        Problem(
            type="connection",
            status=400,
            detail="Fetching http://[2001:db8::1]/: [Errno 111]",
            subproblems=(),
        ),
        id="brackets that are no subproblems",
    ),
    pytest.param(of_challenge.undecided(), None, id="no problem"),
    pytest.param(of_challenge.lost(f"404 {URN}malformed: gone"), None, id="not told as one"),
    pytest.param("", None, id="nothing"),
]


@pytest.mark.parametrize(("reason", "problem"), PROBLEMS)
def test_a_problem_is_read_back(reason: str, problem: Problem | None) -> None:
    assert problem_in(reason) == problem


KINDS = st.from_regex(r"[a-zA-Z]{1,20}", fullmatch=True)
WORDS = st.from_regex(r"[a-z0-9 ,]{1,30}", fullmatch=True).map(str.strip).filter(bool)


@given(KINDS, WORDS, st.integers(100, 599))
def test_what_the_controller_writes_is_read_back(kind: str, detail: str, status: int) -> None:
    read = problem_in(ordered("create", Refusal(status=status, kind=kind, detail=detail)))
    assert read == Problem(type=kind, status=status, detail=detail, subproblems=())


@given(
    st.lists(st.text(max_size=20) | st.sampled_from([URN, f"400 {URN}caa: ", " [", "]"])).map(
        "".join
    )
)
def test_any_text_can_be_read(text: str) -> None:
    kind = problem_kind(text)
    if kind.isascii():
        assert (problem_in(text) is not None) >= bool(kind)

"""Which solver answers for a name: the documented table, and laws that hold for every table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderapi.choice import Chosen, Fit, Misfit, NoSolver, choose, digest, same, weigh
from orderapi.solver import (
    Dns01,
    Dns01Webhook,
    Http01,
    Ingress,
    Rfc2136,
    Selector,
    Solver,
)

BOTH = frozenset({"http-01", "dns-01", "tls-alpn-01"})


def dns(tag: str, selector: Selector | None = None) -> Solver:
    return Solver(dns01=Dns01(rfc2136=Rfc2136(nameserver=tag)), selector=selector)


def http(tag: str, selector: Selector | None = None) -> Solver:
    return Solver(http01=Http01(ingress=Ingress(name=tag)), selector=selector)


def tag(solver: Solver) -> str:
    if solver.dns01 and solver.dns01.rfc2136:
        return solver.dns01.rfc2136.nameserver
    assert solver.http01 is not None
    assert solver.http01.ingress is not None
    return solver.http01.ingress.name or ""


def names(*names: str) -> Selector:
    return Selector(dns_names=names)


def zones(*zones: str) -> Selector:
    return Selector(dns_zones=zones)


def labels(**labels: str) -> Selector:
    return Selector(match_labels=labels)


def chosen(
    solvers: list[Solver],
    name: str,
    *,
    wildcard: bool = False,
    labels: dict[str, str] | None = None,
    offered: frozenset[str] = BOTH,
) -> str:
    found = choose(solvers, name=name, wildcard=wildcard, labels=labels or {}, offered=offered)
    assert isinstance(found, Chosen), found
    return tag(found.solver)


@pytest.mark.parametrize(
    ("solvers", "name", "wildcard", "expected"),
    [
        pytest.param([dns("a"), dns("b")], "example.com", False, "a", id="first of equals"),
        pytest.param(
            [dns("a"), dns("b", Selector())], "example.com", False, "a", id="empty selector is none"
        ),
        pytest.param(
            [dns("default"), dns("zone", zones("example.com"))],
            "www.example.com",
            False,
            "zone",
            id="a selector wins over none",
        ),
        pytest.param(
            [dns("zone", zones("example.com")), dns("name", names("www.example.com"))],
            "www.example.com",
            False,
            "name",
            id="name wins over zone",
        ),
        pytest.param(
            [dns("short", zones("example.com")), dns("long", zones("sub.example.com"))],
            "www.sub.example.com",
            False,
            "long",
            id="longer zone wins",
        ),
        pytest.param(
            [dns("a", zones("com", "sub.example.com")), dns("b", zones("example.com"))],
            "www.sub.example.com",
            False,
            "a",
            id="the best zone of a list counts",
        ),
        pytest.param(
            [dns("a", zones("example.com"))], "example.com", False, "a", id="zone holds itself"
        ),
        pytest.param(
            [dns("zone", zones("ample.com")), dns("default")],
            "example.com",
            False,
            "default",
            id="zones are whole labels",
        ),
        pytest.param(
            [dns("zone", zones("Example.COM."))],
            "www.example.com",
            False,
            "zone",
            id="zone in any case, final dot or not",
        ),
        pytest.param(
            [dns("a", zones("example.com"))], "example.com", True, "a", id="wildcard is in its zone"
        ),
        pytest.param(
            [dns("apex", names("example.com")), dns("wild", names("*.example.com"))],
            "example.com",
            True,
            "wild",
            id="wildcard named to the letter",
        ),
        pytest.param(
            [dns("wild", names("*.example.com")), dns("default")],
            "www.example.com",
            False,
            "default",
            id="a wildcard name matches no other name",
        ),
        pytest.param(
            [dns("name", names("www.example.com")), dns("default")],
            "WWW.example.com",
            False,
            "default",
            id="names are compared to the letter",
        ),
        pytest.param(
            [dns("ip", names("192.0.2.1")), dns("default")],
            "192.0.2.1",
            False,
            "ip",
            id="IP address named to the letter",
        ),
        pytest.param(
            [dns("zone", zones("2.1")), dns("default")],
            "192.0.2.1",
            False,
            "default",
            id="IP address is in no zone",
        ),
    ],
)
def test_names_and_zones(solvers: list[Solver], name: str, wildcard: bool, expected: str) -> None:
    assert chosen(solvers, name, wildcard=wildcard) == expected


@pytest.mark.parametrize(
    ("solvers", "given_labels", "expected"),
    [
        pytest.param(
            [dns("default"), dns("blue", labels(team="blue"))],
            {"team": "blue", "tier": "1"},
            "blue",
            id="all pairs are there",
        ),
        pytest.param(
            [dns("two", labels(team="blue", tier="2")), dns("default")],
            {"team": "blue"},
            "default",
            id="one pair is missing",
        ),
        pytest.param(
            [dns("one", labels(team="blue")), dns("two", labels(team="blue", tier="1"))],
            {"team": "blue", "tier": "1"},
            "two",
            id="more labels win",
        ),
        pytest.param(
            [
                dns("labels", labels(team="blue", tier="1")),
                dns("zone", zones("example.com")),
            ],
            {"team": "blue", "tier": "1"},
            "zone",
            id="a zone wins over labels",
        ),
        pytest.param(
            [
                dns("zone", zones("example.com")),
                dns("both", Selector(dns_zones=("example.com",), match_labels={"team": "blue"})),
            ],
            {"team": "blue"},
            "both",
            id="labels decide between equal zones",
        ),
        pytest.param(
            [
                dns("both", Selector(dns_names=("other.com",), dns_zones=("example.com",))),
                dns("default"),
            ],
            {},
            "default",
            id="all parts of a selector must match",
        ),
    ],
)
def test_labels(solvers: list[Solver], given_labels: dict[str, str], expected: str) -> None:
    assert chosen(solvers, "example.com", labels=given_labels) == expected


@pytest.mark.parametrize(
    ("solvers", "offered", "expected"),
    [
        pytest.param(
            [http("h"), dns("d")], {"dns-01"}, "d", id="wildcards are offered dns-01 alone"
        ),
        pytest.param([http("h"), dns("d")], {"http-01"}, "h", id="http-01 alone"),
        pytest.param([dns("d")], {"DNS-01"}, "d", id="types in any case"),
        pytest.param(
            [http("h", names("example.com")), dns("d")],
            {"dns-01"},
            "d",
            id="the better selector does not help a type that is not offered",
        ),
    ],
)
def test_only_offered_types(solvers: list[Solver], offered: set[str], expected: str) -> None:
    assert chosen(solvers, "example.com", offered=frozenset(offered)) == expected


def test_the_type_is_written_as_in_a_challenge() -> None:
    by_dns = choose([dns("d")], name="a.b", wildcard=None, labels={}, offered=BOTH)
    by_http = choose([http("h")], name="a.b", wildcard=None, labels={}, offered=BOTH)
    assert isinstance(by_dns, Chosen)
    assert isinstance(by_http, Chosen)
    assert (by_dns.type, by_http.type) == ("DNS-01", "HTTP-01")


def test_the_reason_says_of_each_solver_why_it_does_not_fit() -> None:
    none = choose(
        [
            http("h"),
            dns("d", zones("example.net", "example.org")),
            dns("d", names("www.example.com")),
            dns("d", labels(team="blue")),
            Solver(),
            Solver(http01=Http01(), dns01=Dns01()),
        ],
        name="example.com",
        wildcard=True,
        labels={},
        offered=frozenset({"dns-01"}),
    )
    assert none == NoSolver(
        "no solver can be used for *.example.com: the CA offers dns-01; "
        "solver 1 answers http-01, which is not offered; "
        "solver 2 is for the zones example.net, example.org; "
        "solver 3 is for the names www.example.com; "
        "solver 4 needs the label team=blue; "
        "solver 5 sets neither http01 nor dns01; "
        "solver 6 sets both http01 and dns01"
    )


def test_an_issuer_without_solvers_is_told_so() -> None:
    none = choose([], name="example.com", wildcard=False, labels={}, offered=frozenset())
    assert none == NoSolver(
        "no solver can be used for example.com: the issuer has none (the CA offers no challenge)"
    )


def test_the_reason_stays_short() -> None:
    many = [dns("d", names(*(f"{'a' * 60}{n}.example.net" for n in range(50)))) for _ in range(99)]
    none = choose(many, name="example.com", wildcard=False, labels={}, offered=BOTH)
    assert isinstance(none, NoSolver)
    assert len(none.reason) <= 1_000
    assert "and 45 more" in none.reason


LABELS = st.sampled_from(["a", "b", "c"])
NAMES = st.lists(LABELS, min_size=1, max_size=4).map(".".join)
SELECTORS = st.none() | st.builds(
    Selector,
    dns_names=st.lists(NAMES, max_size=2).map(tuple),
    dns_zones=st.lists(NAMES, max_size=2).map(tuple),
    match_labels=st.dictionaries(LABELS, LABELS, max_size=2),
)
SOLVERS = st.lists(
    st.builds(dns, st.uuids().map(str), SELECTORS)
    | st.builds(http, st.uuids().map(str), SELECTORS),
    max_size=6,
)
OFFERED = st.frozensets(st.sampled_from(["http-01", "dns-01"]))
OWN_LABELS = st.dictionaries(LABELS, LABELS, max_size=3)


@given(SOLVERS, NAMES, st.booleans(), OWN_LABELS, OFFERED)
def test_a_chosen_solver_is_one_of_the_issuers_and_of_an_offered_type(
    solvers: list[Solver], name: str, wildcard: bool, own: dict[str, str], offered: frozenset[str]
) -> None:
    found = choose(solvers, name=name, wildcard=wildcard, labels=own, offered=offered)
    if isinstance(found, Chosen):
        assert found.solver in solvers
        assert found.type.lower() in offered
        assert same(found.solver, solvers)


@given(SOLVERS, NAMES, OWN_LABELS, OFFERED)
def test_solvers_that_lose_can_be_taken_away(
    solvers: list[Solver], name: str, own: dict[str, str], offered: frozenset[str]
) -> None:
    found = choose(solvers, name=name, wildcard=False, labels=own, offered=offered)
    if isinstance(found, Chosen):
        for loser in solvers:
            if loser != found.solver:
                rest = [solver for solver in solvers if solver != loser]
                assert found == choose(rest, name=name, wildcard=False, labels=own, offered=offered)


@given(SOLVERS, NAMES, OWN_LABELS)
def test_a_solver_without_selector_serves_every_name(
    solvers: list[Solver], name: str, own: dict[str, str]
) -> None:
    before = choose(solvers, name=name, wildcard=False, labels=own, offered=BOTH)
    after = choose([*solvers, dns("default")], name=name, wildcard=False, labels=own, offered=BOTH)
    assert isinstance(after, Chosen)
    assert after == before if isinstance(before, Chosen) else tag(after.solver) == "default"


def test_the_digest_is_of_what_the_api_writes() -> None:
    written = dns("10.0.0.53", labels(a="1", b="2"))
    again = dns("10.0.0.53", labels(b="2", a="1"))
    assert digest(written) == digest(again)
    assert digest(written) != digest(dns("10.0.0.54", labels(a="1", b="2")))
    assert digest(Solver(dns01=Dns01())) != digest(Solver(http01=Http01()))


def test_the_digest_looks_into_free_configuration() -> None:
    def webhook(config: object) -> Solver:
        return Solver(
            dns01=Dns01(webhook=Dns01Webhook(group_name="g", solver_name="s", config=config))
        )

    assert digest(webhook({"a": 1, "b": [2]})) == digest(webhook({"b": [2], "a": 1}))
    assert digest(webhook({"a": 1})) != digest(webhook({"a": 2}))


def test_a_solver_that_its_issuer_no_longer_has_is_not_the_same() -> None:
    carried = dns("10.0.0.53", zones("example.com"))
    assert same(carried, [dns("other"), dns("10.0.0.53", zones("example.com"))])
    assert not same(carried, [dns("10.0.0.53")])
    assert not same(carried, [])


def test_no_wildcard_is_proven_by_http01() -> None:
    solvers = [Solver(http01=Http01(ingress=Ingress()))]
    offered = frozenset({"http-01", "dns-01"})
    found = choose(solvers, name="example.com", wildcard=True, labels={}, offered=offered)
    assert isinstance(found, NoSolver)
    assert "answers http-01, which is not offered" in found.reason


@pytest.mark.parametrize(
    ("solver", "expected"),
    [
        pytest.param(dns("a"), Fit((0, 0, 0), "DNS-01", "fits every name"), id="no selector"),
        pytest.param(
            http("a", Selector()), Fit((0, 0, 0), "HTTP-01", "fits every name"), id="empty selector"
        ),
        pytest.param(
            dns("a", zones("com", "example.com", "example.net")),
            Fit((0, 2, 0), "DNS-01", "names the zone example.com", zone="example.com"),
            id="the longest zone",
        ),
        pytest.param(
            dns("a", Selector(dns_names=("www.example.com",), match_labels={"team": "blue"})),
            Fit((1, 0, 1), "DNS-01", "names the name www.example.com and the label team=blue"),
            id="name and label",
        ),
        pytest.param(
            dns("a", labels(team="blue", tier="1")),
            Fit((0, 0, 2), "DNS-01", "names the labels team=blue, tier=1"),
            id="labels",
        ),
        pytest.param(dns("a", labels(team="red")), Misfit("needs the label team=red"), id="misfit"),
    ],
)
def test_how_a_solver_fits_is_told(solver: Solver, expected: Fit | Misfit) -> None:
    own = {"team": "blue", "tier": "1"}
    found = weigh([solver], name="www.example.com", wildcard=None, labels=own, offered=BOTH)
    assert found == (expected,)


@given(SOLVERS, NAMES, st.booleans(), OWN_LABELS, OFFERED)
def test_the_first_of_the_best_fits_is_chosen(
    solvers: list[Solver], name: str, wildcard: bool, own: dict[str, str], offered: frozenset[str]
) -> None:
    asked = {"name": name, "wildcard": wildcard, "labels": own, "offered": offered}
    fits = [
        (one.score, solver)
        for solver, one in zip(solvers, weigh(solvers, **asked), strict=True)  # type: ignore[arg-type]
        if isinstance(one, Fit)
    ]
    found = choose(solvers, **asked)  # type: ignore[arg-type]
    if not fits:
        assert isinstance(found, NoSolver)
    else:
        best = max(score for score, _ in fits)
        assert isinstance(found, Chosen)
        assert found.solver == next(solver for score, solver in fits if score == best)

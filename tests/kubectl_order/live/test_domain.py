"""What DNS says about a name, from servers that are there."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devcluster import netns, servers, zone
from kubectl_order.live import domain
from kubectl_order.live.lookup import Lookup
from kubectl_order.live.subject import Subject, subjects
from kubectl_order.report import Check
from orderapi.solver import Dns01, Http01, Rfc2136, Solver
from tests.kubectl_order.build import KEY, a_chain, a_challenge, an_order
from tests.kubectl_order.live.serving import Records, dns_server

NAME = "www.example.com"
RECORD = f"_acme-challenge.{NAME}"
ACCOUNT = "https://acme.example/acct/7"
CA = "ca.test"
PLAIN = Solver(dns01=Dns01(rfc2136=Rfc2136(nameserver="127.0.0.1")))
FOLLOWING = Solver(dns01=Dns01(rfc2136=Rfc2136(nameserver="127.0.0.1"), cname_strategy="Follow"))
HTTP = Solver(http01=Http01())


def subject_of(
    solver: Solver = PLAIN, *, state: str = "pending", wildcard: bool = False
) -> Subject:
    name = f"*.{NAME}" if wildcard else NAME
    challenge = a_challenge(state, dns_name=NAME, wildcard=wildcard, solver=solver)
    (found,) = subjects(a_chain(order=an_order(dns_names=(name,)), challenges=(challenge,)))
    return replace(found, account=ACCOUNT, identities=(CA, "other.test"))


def told(checks: Iterator[Check]) -> list[tuple[str, str]]:
    """Verdict and evidence of each; a failure always says what to do."""
    found = list(checks)
    assert all(check.fix for check in found if check.verdict == "fail")
    return [(check.verdict, check.evidence) for check in found]


CAA: dict[str, tuple[Records, bool, str, str]] = {
    "none": ({(NAME, "A"): ["192.0.2.1"]}, False, "pass", "every CA may issue"),
    "named": ({(NAME, "CAA"): [f'0 issue "{CA}"']}, False, "pass", f"{CA} may issue"),
    "above": ({("example.com", "CAA"): ['0 issue "no.test"']}, False, "fail", f"none names {CA}"),
    "nobody": ({(NAME, "CAA"): ['0 issue ";"']}, False, "fail", f"none names {CA}"),
    "nearest wins": (
        {("example.com", "CAA"): ['0 issue "no.test"'], (NAME, "CAA"): [f'0 issue "{CA}"']},
        False,
        "pass",
        f"{CA} may issue",
    ),
    "wildcards apart": (
        {(NAME, "CAA"): [f'0 issue "{CA}"', '0 issuewild "no.test"']},
        True,
        "fail",
        f"none names {CA}",
    ),
    "issue holds for wildcards too": ({(NAME, "CAA"): [f'0 issue "{CA}"']}, True, "pass", CA),
    "only mail": ({(NAME, "CAA"): ['0 iodef "mailto:a@b.test"']}, False, "pass", "nothing about"),
    "another account": (
        {(NAME, "CAA"): [f'0 issue "{CA}; accounturi=https://acme.example/acct/8"']},
        False,
        "fail",
        "another account",
    ),
    "this account": (
        {(NAME, "CAA"): [f'0 issue "{CA}; accounturi={ACCOUNT}"']},
        False,
        "pass",
        "may issue",
    ),
    "another method": (
        {(NAME, "CAA"): [f'0 issue "{CA}; validationmethods=http-01"']},
        False,
        "fail",
        "leave out dns-01",
    ),
}


@pytest.mark.parametrize(("records", "wildcard", "verdict", "evidence"), CAA.values(), ids=CAA)
def test_caa(records: Records, wildcard: bool, verdict: str, evidence: str) -> None:
    with dns_server(records) as address:
        found = told(domain.caa(subject_of(wildcard=wildcard), Lookup([address])))
    assert [(verdict, True)] == [(each, evidence in words) for each, words in found], found


def test_caa_of_a_ca_that_is_not_known_is_not_judged() -> None:
    with dns_server({(NAME, "CAA"): ['0 issue "no.test"']}) as address:
        subject = replace(subject_of(), identities=())
        ((verdict, _),) = told(domain.caa(subject, Lookup([address])))
    assert verdict == "unknown"


def test_a_server_that_is_not_there_is_no_verdict() -> None:
    looks: list[Callable[[Subject, Lookup], Iterator[Check]]] = [
        domain.caa,
        domain.dnssec,
        domain.delegation,
        domain.records,
    ]
    lookup = Lookup(["127.0.0.1:1"])
    with ThreadPoolExecutor() as pool:  # each waits until its patience ends
        found = list(pool.map(lambda look: told(look(subject_of(), lookup)), looks))
    for ((verdict, evidence),) in found:
        assert verdict == "unknown"
        assert "127.0.0.1:1" in evidence


def test_wrong_signatures() -> None:
    with dns_server({(RECORD, "TXT"): ['"x"']}, bogus=True) as address:
        ((verdict, evidence),) = told(domain.dnssec(subject_of(), Lookup([address])))
    assert (verdict, "signatures are wrong" in evidence) == ("fail", True)


def test_addresses_of_each_family_by_itself() -> None:
    records: Records = {(NAME, "A"): ["10.0.0.7"], (NAME, "AAAA"): ["2606:4700::1"]}
    with dns_server(records) as address:
        found = told(domain.addresses(subject_of(HTTP), Lookup([address])))
    assert [verdict for verdict, _ in found] == ["unknown", "pass"]
    assert "not public" in found[0][1]


def test_a_name_without_an_address() -> None:
    with dns_server({}) as address:
        found = told(domain.addresses(subject_of(HTTP), Lookup([address])))
    assert found == [("fail", "neither an A nor an AAAA record")]


ALIAS: Records = {(RECORD, "CNAME"): ["x.net.test"], ("x.net.test", "TXT"): ['"v"']}


@pytest.mark.parametrize(
    ("solver", "verdict"), [(FOLLOWING, "pass"), (PLAIN, "fail")], ids=["followed", "not followed"]
)
def test_a_delegation(solver: Solver, verdict: str) -> None:
    with dns_server(ALIAS) as address:
        ((found, evidence),) = told(domain.delegation(subject_of(solver), Lookup([address])))
    assert found == verdict
    assert "x.net.test" in evidence


class _Wildcard(dict[tuple[str, str], list[str]]):
    """Every name below NAME is a CNAME to the same."""

    def __contains__(self, key: object) -> bool:
        return isinstance(key, tuple) and key[1] == "CNAME" and key[0].endswith(f".{NAME}")

    def __missing__(self, key: tuple[str, str]) -> list[str]:
        return ["everything.test"]


def test_a_wildcard_that_answers_for_the_record() -> None:
    with dns_server(_Wildcard()) as address:
        ((verdict, evidence),) = told(domain.delegation(subject_of(FOLLOWING), Lookup([address])))
    assert verdict == "fail"
    assert "as every name below" in evidence


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[servers.Dns]:
    """The zone's server, where the zone says that it is: on port 53."""
    if netns.missing():
        pytest.skip(netns.missing())
    listen = "127.0.1.1"
    running = servers.start_dns(
        tmp_path, listen=f"{listen}:53", address=listen, die_with_parent=True
    )
    yield running
    running.process.stop()


def test_the_record_at_the_servers_of_the_zone(authority: servers.Dns) -> None:
    lookup = Lookup([authority.address])
    assert told(domain.records(subject_of(), lookup)) == [
        ("fail", "ns1.example.com (127.0.1.1): NXDOMAIN")
    ]
    zone.add(authority, "example.com", "_acme-challenge.www", "TXT", "left by others")
    assert told(domain.records(subject_of(), lookup)) == [
        ("fail", "ns1.example.com (127.0.1.1): not the value"),
        ("unknown", "1 other TXT value"),
    ]
    zone.add(authority, "example.com", "_acme-challenge.www", "TXT", KEY)
    found = told(domain.records(subject_of(), lookup))
    assert found[0] == ("pass", "ns1.example.com (127.0.1.1): has the value")
    assert KEY not in str(found)


def test_none_is_needed_when_the_challenge_is_over(authority: servers.Dns) -> None:
    ((verdict, _),) = told(domain.records(subject_of(state="valid"), Lookup([authority.address])))
    assert verdict == "pass"


@given(st.lists(st.text(), min_size=1), st.booleans())
def test_whatever_stands_in_the_records_there_is_a_verdict(
    records: list[str], wildcard: bool
) -> None:
    found = domain._allowed(subject_of(wildcard=wildcard), "example.com", records)
    assert found.verdict in ("pass", "fail", "unknown")

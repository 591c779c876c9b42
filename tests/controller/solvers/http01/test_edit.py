"""One path in an Ingress of the user's own, and nothing else."""

import copy
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from controller.solvers.http01.edit import Rules, has_path, with_path, without_path
from controller.solvers.http01.routes import Backend

HOST = "example.com"
PATH = "/.well-known/acme-challenge/token"
BACKEND = Backend("cm-acme-http-solver", 8089)


def leads(path: str, service: str = "web", port: int = 80, **more: Any) -> dict[str, Any]:
    """A path and the Service that it leads to."""
    backend = {"service": {"name": service, "port": {"number": port}}}
    return {"path": path, "pathType": "Exact", "backend": backend, **more}


OURS = leads(PATH, "cm-acme-http-solver", 8089)


def rule(host: str | None, *paths: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A rule with these paths."""
    named = {} if host is None else {"host": host}
    return {**named, "http": {"paths": list(paths)}, **more}


def added(rules: Rules, host: str | None = HOST, path_type: str = "Exact") -> Rules:
    """The rules with our path."""
    return with_path(rules, host, PATH, BACKEND, path_type)


def taken(rules: Rules, host: str | None = HOST) -> Rules:
    """The rules without our path."""
    return without_path(rules, host, PATH, BACKEND.name)


def has(rules: Rules, host: str | None = HOST, port: int | None = None) -> bool:
    """Whether our path is in the rules."""
    return has_path(rules, host, PATH, BACKEND.name, port)


def test_the_path_goes_first_into_the_first_rule_of_the_host() -> None:
    rules = (rule("b.example", leads("/")), rule(HOST, leads("/")), rule(HOST, leads("/x")))
    assert added(rules) == (rules[0], rule(HOST, OURS, leads("/")), rules[2])


def test_a_host_without_rule_gets_one_at_the_end() -> None:
    rules = (rule("b.example", leads("/")),)
    assert added(rules) == (*rules, rule(HOST, OURS))
    assert added((), host=None) == (rule(None, OURS),)


def test_an_address_goes_where_no_host_is_named() -> None:
    rules = (rule(HOST, leads("/")), rule("", leads("/")))
    assert added(rules, host=None) == (rules[0], rule("", OURS, leads("/")))


def test_an_equal_path_is_replaced() -> None:
    rules = (rule(HOST, leads("/"), leads(PATH, "stranger"), leads(PATH, "other")),)
    assert added(rules) == (rule(HOST, OURS, leads("/")),)


def test_a_host_is_matched_whatever_its_case() -> None:
    rules = (rule(HOST, leads("/")),)
    assert added(rules, host="Example.COM") == (rule(HOST, OURS, leads("/")),)
    assert has(added(rules), host="EXAMPLE.com")
    assert taken(added(rules), host="EXAMPLE.com") == rules
    assert added((), host="Example.COM") == (rule(HOST, OURS),)


def test_a_rule_without_paths_stays_as_it_is() -> None:
    bare = {"host": HOST}
    assert added((bare,)) == (bare, rule(HOST, OURS))
    assert taken(added((bare,))) == (bare,)
    assert taken((bare,)) == (bare,)


def test_the_path_type_is_the_one_asked_for() -> None:
    made = added((), path_type="Prefix")
    assert made == (rule(HOST, {**OURS, "pathType": "Prefix"}),)


def test_unknown_fields_are_kept() -> None:
    rules = (
        {"host": HOST, "http": {"paths": [leads("/", note=1)], "extra": [2]}, "later": {"a": 3}},
    )
    assert added(rules) == (
        {
            "host": HOST,
            "http": {"paths": [OURS, leads("/", note=1)], "extra": [2]},
            "later": {"a": 3},
        },
    )
    assert taken(added(rules)) == rules


def test_only_our_own_path_is_taken_away() -> None:
    kept = (
        rule(HOST, leads(PATH, "stranger"), leads("/", "cm-acme-http-solver")),
        rule("b.example", OURS),
        rule(HOST, {"path": PATH, "backend": {"resource": {"kind": "Bucket", "name": "web"}}}),
    )
    assert taken(kept) == kept
    assert not has(kept)


def test_a_rule_that_was_emptied_goes() -> None:
    rules = (rule(HOST, OURS), rule("b.example", leads("/")))
    assert taken(rules) == (rules[1],)
    assert taken((rule(HOST, OURS),)) == ()


def test_the_path_goes_from_every_rule_of_the_host() -> None:
    rules = (rule(HOST, OURS, leads("/")), rule(HOST, leads("/x"), OURS))
    assert taken(rules) == (rule(HOST, leads("/")), rule(HOST, leads("/x")))


@pytest.mark.parametrize(("port", "there"), [(None, True), (8089, True), (80, False)])
def test_the_port_counts_where_it_is_asked_for(port: int | None, there: bool) -> None:
    assert has((rule(HOST, leads("/"), OURS),), port=port) is there


hosts = st.sampled_from([None, HOST, "b.example"])
paths = st.builds(
    leads,
    st.sampled_from(["/", "/x", PATH, PATH + "x"]),
    st.sampled_from(["web", BACKEND.name]),
    st.sampled_from([80, 8089]),
)
with_paths = st.builds(lambda host, found: rule(host, *found), hosts, st.lists(paths, min_size=1))
bare = hosts.map(lambda host: {} if host is None else {"host": host})
extra = st.dictionaries(st.sampled_from(["later", "x-note"]), st.integers(), max_size=1)
rule_lists = st.lists(
    st.builds(lambda one, more: {**one, **more}, with_paths | bare, extra), max_size=5
).map(tuple)


def without_any(rules: Rules, host: str | None) -> bool:
    """Whether no rule for the host has the path."""
    return all(
        one["path"] != PATH
        for found in rules
        if found.get("host") == host
        for one in found.get("http", {}).get("paths", [])
    )


@given(rule_lists, hosts)
def test_what_is_added_can_be_taken_away_again(rules: Rules, host: str | None) -> None:
    assume(without_any(rules, host))
    before = copy.deepcopy(rules)
    there = added(rules, host)
    assert has(there, host)
    assert not has(rules, host)
    assert taken(there, host) == rules == before


@given(rule_lists, hosts)
def test_twice_is_the_same_as_once(rules: Rules, host: str | None) -> None:
    once = added(rules, host)
    assert added(once, host) == once
    assert taken(taken(once, host), host) == taken(once, host)


@given(rule_lists, hosts)
def test_nothing_else_is_touched(rules: Rules, host: str | None) -> None:
    before = copy.deepcopy(rules)
    for after in (added(rules, host), taken(rules, host)):
        assert foreign(after) == foreign(rules)
        assert all(
            one["http"]["paths"] for one in after if "http" in one
        )  # the API refuses a rule with an empty list
    assert rules == before
    assert not has(taken(rules, host), host)


def foreign(rules: Rules) -> list[tuple[str | None, dict[str, Any]]]:
    """All paths with their hosts, less those that are called like ours."""
    return [
        (found.get("host"), one)
        for found in rules
        for one in found.get("http", {}).get("paths", [])
        if one["path"] != PATH
    ]

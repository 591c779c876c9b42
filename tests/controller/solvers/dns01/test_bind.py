"""Against BIND, where it is installed: signatures, policies, secondaries and a caching resolver."""

import asyncio
from collections.abc import Iterator

import pytest

from controller.solvers.check import Check
from controller.solvers.dns01 import Dns01, Written
from controller.solvers.errors import LookupFailed, UpdateRefused
from tests.controller.solvers.dns01.build import OTHER_VALUE, VALUE
from tests.controller.solvers.dns01.named import (
    KEYS,
    NAMED,
    SECONDARY,
    Bind,
    start_bind,
)

pytestmark = pytest.mark.skipif(NAMED is None, reason="BIND's named is not installed")

APEX = "_acme-challenge.example.com"


@pytest.fixture(scope="module")
def bind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bind]:
    """Primary, secondary and resolver for example.com."""
    running = start_bind(tmp_path_factory.mktemp("bind"))
    yield running
    for process in running.processes:
        process.stop()


@pytest.fixture
def solving(bind: Bind) -> Dns01:
    """Finds names at the resolver, checks at primary and secondary."""
    return Dns01((bind.resolver,), False, True, port=bind.port)


async def until_passed(solving: Dns01, domain: str, value: str, bind: Bind) -> Check:
    """The first check that passes, within ten seconds."""
    for _ in range(200):
        check = await solving.check(domain, value, *bind.solver())
        if check.passed:
            return check
        await asyncio.sleep(0.05)
    raise AssertionError(check.evidence)


@pytest.mark.parametrize("protocol", ["UDP", "TCP"])
@pytest.mark.parametrize("key", [key for key in KEYS if key != "guest-key"])
async def test_every_algorithm(bind: Bind, solving: Dns01, key: str, protocol: str) -> None:
    domain = f"{key}.example.com"
    solver, credentials = bind.solver(key, protocol=protocol)
    written = await solving.present(domain, VALUE, solver, credentials)
    assert written == Written(f"_acme-challenge.{domain}", "example.com", bind.primary)
    assert bind.values(written.record) == [VALUE]
    await solving.clean_up(domain, VALUE, solver, credentials)
    assert bind.values(written.record) == []


async def test_apex_and_wildcard_hold_their_values_at_the_same_time(
    bind: Bind, solving: Dns01
) -> None:
    solver, credentials = bind.solver()
    await asyncio.gather(
        solving.present("example.com", VALUE, solver, credentials),
        solving.present("*.example.com", OTHER_VALUE, solver, credentials),
    )
    assert bind.values(APEX) == sorted([VALUE, OTHER_VALUE])
    await solving.clean_up("example.com", VALUE, solver, credentials)
    await solving.clean_up("example.com", VALUE, solver, credentials)
    assert bind.values(APEX) == [OTHER_VALUE]
    await solving.clean_up("*.example.com", OTHER_VALUE, solver, credentials)
    assert bind.values(APEX) == []


@pytest.mark.parametrize(
    ("key", "secret", "algorithm", "message"),
    [
        pytest.param(
            "guest-key", "", "HMACSHA256", r"does not let TSIG key \"guest-key\"", id="no grant"
        ),
        pytest.param(
            "unknown-key",
            "",
            "HMACSHA256",
            r"\"unknown-key\" \(hmac-sha256\) \(BADKEY",
            id="BADKEY",
        ),
        pytest.param("sha256-key", "", "HMACSHA512", r"\(hmac-sha512\) \(BADKEY\)", id="algorithm"),
        pytest.param(
            "sha256-key", "bm90IHRoZSBzZWNyZXQ=", "HMACSHA256", r"differs \(BADSIG\)", id="BADSIG"
        ),
    ],
)
async def test_keys_that_do_not_fit(
    bind: Bind, solving: Dns01, key: str, secret: str, algorithm: str, message: str
) -> None:
    solver, credentials = bind.solver(key, secret=secret, algorithm=algorithm)
    with pytest.raises(UpdateRefused, match=message) as raised:
        await solving.present("www.example.com", VALUE, solver, credentials)
    assert not any(text in str(raised.value) for text in (*bind.secrets.values(), secret or "-0-"))
    assert bind.values("_acme-challenge.www.example.com") == []


async def test_the_secondary_is_waited_for(bind: Bind, solving: Dns01) -> None:
    solver, credentials = bind.solver()
    before = await solving.check("later.example.com", VALUE, solver, credentials)
    assert before == Check(
        False,
        f"ns1.example.com ({bind.primary}): no such name; "
        f"ns2.example.com ({bind.secondary}): no such name",
    )
    await solving.present("later.example.com", VALUE, solver, credentials)
    await until_passed(solving, "later.example.com", VALUE, bind)
    assert bind.values("_acme-challenge.later.example.com", SECONDARY) == [VALUE]
    await solving.clean_up("later.example.com", VALUE, solver, credentials)


async def test_a_resolvers_cache_holds_up_recursive_checks_alone(
    bind: Bind, solving: Dns01
) -> None:
    solver, credentials = bind.solver()
    recursive = Dns01((bind.resolver,), True, True)
    domain = "cached.example.com"
    before = await recursive.check(domain, VALUE, solver, credentials)
    assert before == Check(False, f"{bind.resolver}: no such name")
    await solving.present(domain, VALUE, solver, credentials)
    await until_passed(recursive, domain, VALUE, bind)
    await solving.clean_up(domain, VALUE, solver, credentials)


async def test_a_delegation_within_the_zone_is_followed(bind: Bind, solving: Dns01) -> None:
    solver, credentials = bind.solver(cname_strategy="Follow")
    written = await solving.present("moved.example.com", VALUE, solver, credentials)
    assert written.record == "moved.acme.example.com"
    check = await until_passed(solving, "moved.example.com", VALUE, bind)
    assert "_acme-challenge.moved.example.com is an alias of moved.acme" in check.evidence
    await solving.clean_up("moved.example.com", VALUE, solver, credentials)
    assert bind.values("moved.acme.example.com") == []


async def test_a_wildcards_cname_is_not_followed(bind: Bind, solving: Dns01) -> None:
    solver, credentials = bind.solver(cname_strategy="Follow")
    domain = "shop.apps.example.com"
    before = await solving.check(domain, VALUE, solver, credentials)
    assert (
        "the CNAME to balancer.example.net is a wildcard's and is not followed" in before.evidence
    )
    written = await solving.present(domain, VALUE, solver, credentials)
    assert written.record == "_acme-challenge.shop.apps.example.com"
    await until_passed(solving, domain, VALUE, bind)
    await solving.clean_up(domain, VALUE, solver, credentials)


async def test_a_value_that_a_cname_hides_is_explained(bind: Bind, solving: Dns01) -> None:
    solver, credentials = bind.solver()
    await solving.present("taken.example.com", VALUE, solver, credentials)
    check = await solving.check("taken.example.com", VALUE, solver, credentials)
    assert not check.passed
    assert check.evidence.startswith(
        "_acme-challenge.taken.example.com is an alias of elsewhere.example.net; "
        "cnameStrategy is not Follow, so the value was not written there; "
    )


async def test_a_name_below_a_delegation_is_not_written(bind: Bind, solving: Dns01) -> None:
    solver, credentials = bind.solver()
    with pytest.raises(LookupFailed, match=r"it refers to ns\.sub\.example\.com"):
        await solving.present("www.sub.example.com", VALUE, solver, credentials)


async def test_a_zone_of_another_server_is_named(bind: Bind) -> None:
    solver, credentials = bind.solver()
    solving = Dns01((bind.primary,), True, True)
    with pytest.raises(LookupFailed, match=f"{bind.primary} answered REFUSED"):
        await solving.present("www.example.org", VALUE, solver, credentials)

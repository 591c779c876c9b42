"""Solvers and Secrets that nothing can be published with: said before anything is sent."""

import pytest

from controller.solvers.dns01 import Dns01
from controller.solvers.errors import BadCredentials, Misconfigured, SolverError, Unsupported
from orderapi.solver import Dns01 as Dns01Spec
from tests.controller.solvers.dns01.build import VALUE, a_secret, a_solver


@pytest.mark.parametrize(
    ("solver", "kind", "message"),
    [
        pytest.param(Dns01Spec(), Misconfigured, "names no provider", id="no provider"),
        pytest.param(a_solver("127.0.0.1"), Misconfigured, "loopback", id="special address"),
        pytest.param(a_solver("a b"), Misconfigured, "names no server", id="bad nameserver"),
        pytest.param(
            a_solver("10.0.0.53", protocol="SCTP"), Misconfigured, "known are UDP", id="protocol"
        ),
        pytest.param(
            a_solver("10.0.0.53", cname_strategy="Guess"), Misconfigured, "known are", id="cname"
        ),
        pytest.param(
            a_solver("10.0.0.53", nameservers=("https://d.example/q",)),
            Unsupported,
            "does not speak DNS over HTTPS",
            id="doh",
        ),
        pytest.param(
            a_solver("10.0.0.53", nameservers=("169.254.169.254:53",)),
            Misconfigured,
            "metadata",
            id="special resolver",
        ),
    ],
)
async def test_solvers_that_cannot_work(
    solver: Dns01Spec, kind: type[SolverError], message: str
) -> None:
    solving = Dns01(("127.0.0.1:1",), True, allow_special_addresses=False)
    for act in (solving.present, solving.clean_up):
        with pytest.raises(kind, match=message) as raised:
            await act("www.example.com", VALUE, solver, a_secret())
        assert not raised.value.retryable
        assert raised.value.nothing_written


async def test_a_secret_that_holds_no_key() -> None:
    solving = Dns01(("127.0.0.1:1",), True, allow_special_addresses=False)
    with pytest.raises(BadCredentials, match="holds no TSIG key") as raised:
        await solving.present("a.example.com", VALUE, a_solver("10.0.0.53"), a_secret("?"))
    assert raised.value.nothing_written

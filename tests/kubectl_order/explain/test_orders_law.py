"""Whatever Orders and Challenges say, the rules on them answer, shortly, and repeat no secret."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_order.explain.orders import RULES
from kubectl_order.facts import Absent, Chain, Unread, secrets_in
from kubectl_order.finding import Finding
from orderapi import states
from orderapi.solver import Cloudflare, Dns01, Solver
from tests.kubectl_order.build import (
    HTTP01_SOLVER,
    KEY,
    RFC2136_SOLVER,
    TOKEN,
    a_certificate,
    a_chain,
    a_challenge,
    a_condition,
    a_request,
    an_issuer,
    an_order,
)

URN = "urn:ietf:params:acme:error:"
PIECES = (
    "Waiting for DNS-01 challenge propagation: ",
    "Waiting for HTTP-01 challenge propagation: ",
    "Error accepting authorization: ",
    "Failed to publish the answer: ",
    "Failed to create Order: 429 ",
    "The order expired at the CA at 2026-11-24T09:00:00Z: ",
    'Challenge "web-1-2233-0" for "a.example" failed: ',
    " Our own check had not found the answer: ",
    " It is tried again by itself.",
    f"400 {URN}caa: ",
    f"{URN}rateLimited: ",
    f"{URN}compound: several [a.example: caa: no; b: dns: no]",
    "retry after 9999-99-99 99:99:99 UTC",
    "until 0001-01-01T00:00:00Z",
    "HTTP: a.example at 192.0.2.1 port 80: answered 404: no",
    "ns1.example.com (192.0.2.1): no such name; ",
    "DNS server 10.0.0.1 did not change x: ",
    'HTTPRoute "shop/x": ',
    "no solver can be used for a.example: ",
    "Please visit: https://ca.test/unpause?jwt=x",
    "\x1b[31m",
    "\u202e",
    "\n",
    f"http://a.example/.well-known/acme-challenge/{TOKEN}",
    KEY,
)
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=12), max_size=8).map("".join)
STATES = st.sampled_from(["", *states.ALL])
SOLVERS = st.sampled_from(
    [HTTP01_SOLVER, RFC2136_SOLVER, Solver(), Solver(dns01=Dns01(cloudflare=Cloudflare()))]
)
CHALLENGES = st.builds(
    a_challenge,
    STATES,
    TEXTS,
    dns_name=st.sampled_from(["a.example", "", "b\nc", "x" * 300]),
    wildcard=st.none() | st.booleans(),
    solver=SOLVERS,
    presented=st.none() | st.booleans(),
    processing=st.booleans(),
)
ORDERS = st.none() | st.builds(
    an_order, STATES, TEXTS, dns_names=st.sampled_from([(), ("a.example",), ("a", "*.b", "c")])
)
REQUESTS = st.none() | TEXTS.map(
    lambda text: a_request(
        a_condition(
            "Ready",
            "False",
            "Failed",
            f'Failed to wait for order resource "o" to become ready: order is in "errored" state: '
            f"{text}",
        )
    )
)
CHAINS = st.builds(
    a_chain,
    certificate=st.sampled_from([None, a_certificate()]),
    request=REQUESTS,
    order=ORDERS,
    challenges=st.lists(CHALLENGES, max_size=3),
    issuer=st.sampled_from(
        [None, Absent(), Unread("forbidden"), an_issuer(), an_issuer(server="https://[")]
    ),
)


def findings(chain: Chain) -> list[Finding]:
    """What each of the rules finds."""
    return [told for rule in RULES if (told := rule(chain)) is not None]


@given(CHAINS)
def test_an_answer_is_on_one_line_and_bounded_and_repeats_no_secret(chain: Chain) -> None:
    for finding in findings(chain):
        texts = (finding.headline, *finding.evidence, finding.fix, finding.command)
        assert finding.headline
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", finding.cause)
        assert len(finding.headline) <= 320
        for text in texts:
            assert len(text) <= 1_001
            assert "\n" not in text
            assert not [secret for secret in secrets_in(chain) if secret in text]
            assert f"acme-challenge/{TOKEN}" not in text


@given(CHAINS)
def test_the_same_chain_has_the_same_answer(chain: Chain) -> None:
    assert findings(chain) == findings(chain)


@given(st.sampled_from(sorted(states.FAILED)), TEXTS)
def test_an_order_that_failed_always_has_a_cause(state: str, reason: str) -> None:
    assert findings(a_chain(request=a_request(), order=an_order(state, reason)))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("redirected to " * 300, id="words"),
        pytest.param("HTTP: a at b port 80" * 200, id="stages"),
        pytest.param('"' * 4096, id="quotes"),
        pytest.param("; " * 2048, id="separators"),
        pytest.param(" " * 4096, id="blanks"),
        pytest.param("self check " * 370, id="checks"),
        pytest.param("DNS server a / b / " * 200, id="servers"),
        pytest.param(f"{URN}caa: x [" * 100, id="problems"),
        pytest.param("(a " * 1300, id="brackets"),
    ],
)
@pytest.mark.parametrize("solver", [HTTP01_SOLVER, RFC2136_SOLVER], ids=["http01", "dns01"])
@pytest.mark.timeout(60)
def test_a_hostile_text_comes_to_an_end(text: str, solver: Solver) -> None:
    found = findings(
        a_chain(order=an_order(), challenges=[a_challenge(reason=text, solver=solver)])
    )
    assert len(found) <= len(RULES)

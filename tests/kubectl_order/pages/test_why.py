"""The page of `why`, 80 columns wide; each is to be read as a whole."""

import pytest

from kubectl_order.describe import describe
from kubectl_order.facts import Chain
from kubectl_order.finding import Finding
from kubectl_order.pages.why import page
from kubectl_order.report import Check
from kubectl_order.view.plain import plain
from kubectl_order.view.terminal import show
from tests.kubectl_order.pages import chains, findings

PENDING = """\
The TXT record _acme-challenge.example.com is not at ns2.example.com
  - ns1.example.com (10.0.0.1): has the value.
  - ns2.example.com (10.0.0.2): no TXT record.

Since 08:56:00 UTC (4 min ago). The next attempt is made by itself in 20 s, at
09:00:20 UTC.
Whoever runs the DNS zone must act: Have ns2.example.com transfer the zone.
  Next: kubectl order why web --live -n shop
"""

FAILED = """\
CAA records of www.example.com forbid acme.example to issue
  - The CA says: CAA record for www.example.com prevents issuance.

Since 08:58:00 UTC (2 min ago). The next attempt is made by itself in 23 h, at
2026-11-25 08:00 UTC.
Whoever runs the DNS zone must act: Add a CAA record for "acme.example".
  Next: kubectl order retry web -n shop
"""

FINE = """\
The certificate in Secret "web-tls" is valid

There is nothing to do.
  Next: kubectl order status web -n shop
"""

ORDER_ALONE = """\
Order "web-1-2233" is placed at the CA

Since 08:56:00 UTC (4 min ago).
Nobody has to act. It goes on by itself.
  Next: kubectl order watch web-1-2233 -n shop

Not read:  CertificateRequests in namespace "shop" may not be read
           Challenges in namespace "shop" may not be read
"""


@pytest.mark.parametrize(
    ("chain", "finding", "printed"),
    [
        pytest.param(chains.pending(), findings.PENDING, PENDING, id="pending"),
        pytest.param(chains.failed(), findings.FAILED, FAILED, id="failed"),
        pytest.param(chains.fine(), findings.FINE, FINE, id="fine"),
        pytest.param(chains.order_alone(), findings.ORDER_ALONE, ORDER_ALONE, id="order-alone"),
    ],
)
def test_page(chain: Chain, finding: Finding, printed: str) -> None:
    assert show(page(describe(chain, finding)), width=80, colour=False) == printed


def test_the_first_line_is_the_headline_and_nothing_else() -> None:
    printed = plain(page(describe(chains.failed(), findings.FAILED)))

    assert printed.splitlines()[0] == findings.FAILED.headline


def test_checks_are_told_with_their_verdicts_and_what_to_do() -> None:
    checks = (
        Check(name="CAA", target="example.com", verdict="fail", evidence="only x", fix="Add one"),
        Check(name="DNSSEC", target="example.com", verdict="pass", evidence="", fix=""),
    )
    printed = plain(page(describe(chains.failed(), findings.FAILED, checks=checks)))

    assert "fail:   CAA, example.com: only x.\n        To do: Add one.\n" in printed
    assert "pass:   DNSSEC, example.com\n" in printed


def test_the_look_from_here_is_not_named_as_the_next_command_after_it() -> None:
    before, after = (
        plain(page(describe(chains.pending(), findings.PENDING, checks=checks)))
        for checks in (None, ())
    )

    assert "Next: kubectl order why web --live" in before
    assert "Next:" not in after


def test_no_checks_were_asked_for_or_none_could_be_made() -> None:
    document = describe(chains.failed(), findings.FAILED)
    none = describe(chains.failed(), findings.FAILED, checks=())

    assert "Looked at from here" not in plain(page(document))
    assert "Nothing could be looked at." in plain(page(none))

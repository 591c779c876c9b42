"""The page of `status`, 80 columns wide; each is to be read as a whole."""

import pytest

from kubectl_order.describe import describe
from kubectl_order.facts import Chain
from kubectl_order.finding import Finding
from kubectl_order.pages.status import page
from kubectl_order.view.plain import plain
from kubectl_order.view.terminal import show
from tests.kubectl_order.build import a_chain, an_order
from tests.kubectl_order.pages import chains, findings

PENDING = """\
Certificate "web" in namespace "shop": waiting
www.example.com, *.example.com

wait:  Certificate web, issuing, 4 min old
wait:  CertificateRequest web-1, pending, 4 min old
wait:  Order web-1-2233, pending, 4 min old
good:  Challenge web-1-2233-0, valid, 4 min old
wait:  Challenge web-1-2233-1, pending, 4 min old
wait:  Secret web-tls, absent

www.example.com: valid

*.example.com: pending
  Challenge:   web-1-2233-1, DNS-01
  Solver:      number 1, dns01 rfc2136 at 10.0.0.1:53, TSIG key "order."
  Chosen:      because it is the only solver, and fits every name
  TXT record:  _acme-challenge.example.com
  Published:   08:56:00 UTC (4 min ago)
  Self-check:  ns1.example.com (10.0.0.1): has the value; ns2.example.com
               (10.0.0.2): no TXT record
  Next retry:  in 20 s, at 09:00:20 UTC

Issuer:       Issuer acme, ready
Certificate:  none yet
Controller:   alive

It waits. The TXT record _acme-challenge.example.com is not at ns2.example.com.
Since 08:56:00 UTC (4 min ago). Whoever runs the DNS zone must act: Have
ns2.example.com transfer the zone. The next attempt is made by itself in 20 s,
at 09:00:20 UTC.
  Next: kubectl order why web --live -n shop
"""

FAILED = """\
Certificate "web" in namespace "shop": failed
www.example.com

good:  Certificate web, ready, 4 min old
bad:   CertificateRequest web-2, failed, 4 min old
bad:   Order web-1-2233, invalid, 4 min old
bad:   Challenge web-1-2233-0, invalid, 4 min old
good:  Secret web-tls, present, 4 min old

www.example.com: invalid
  Challenge:   web-1-2233-0, DNS-01
  Solver:      number 1, dns01 rfc2136 at 10.0.0.1:53, TSIG key "order."
  Chosen:      because it is the only solver, and fits every name
  TXT record:  _acme-challenge.www.example.com
  Self-check:  ns1.example.com (10.0.0.1): has the value
  CA says:     403 caa: CAA record for www.example.com prevents issuance

Issuer:       Issuer acme, ready
Certificate:  until 2027-02-12 09:00 UTC, 80 d left
Renewal:      2027-01-13 09:00 UTC (in 50 d)
Controller:   alive

It failed. CAA records of www.example.com forbid acme.example to issue. Since
08:58:00 UTC (2 min ago). Whoever runs the DNS zone must act: Add a CAA record
for "acme.example". The next attempt is made by itself in 23 h, at 2026-11-25
08:00 UTC.
  Next: kubectl order retry web -n shop
"""

FINE = """\
Certificate "web" in namespace "shop": fine
www.example.com

good:  Certificate web, ready, 4 min old
good:  CertificateRequest web-1, issued, 4 min old
good:  Order web-1-2233, valid, 4 min old
good:  Secret web-tls, present, 4 min old

Issuer:       Issuer acme, ready
Certificate:  until 2027-02-12 09:00 UTC, 80 d left
Renewal:      2027-01-13 09:00 UTC (in 50 d)
Controller:   alive

It waits for nothing. The certificate in Secret "web-tls" is valid. There is
nothing to do.
"""

ORPHAN = """\
Order "by-hand" in namespace "shop": waiting
www.example.com

wait:  Order by-hand, new, 4 min old

Issuer:      Issuer acme, ready
Controller:  alive

It waits. Order "by-hand" belongs to no CertificateRequest. Since 08:56:00 UTC
(4 min ago). You must act: Create a Certificate.
  Next: kubectl delete order by-hand -n shop
"""

UNTOUCHED = """\
Certificate "web" in namespace "shop": waiting
www.example.com

wait:  Certificate web, new, 2 h old
wait:  Secret web-tls, absent

Issuer:       Issuer acme, ready
Certificate:  none yet
Controller:   down since 06:00:00 UTC (3 h ago). order-controller-7d9f has not
              renewed its Lease since.

It waits. The controller in namespace "cert-manager" is down. Since 06:00:00 UTC
(3 h ago). The admin of the cluster must act: Start the controller.
  Next: kubectl get pods -n cert-manager
"""

ORDER_ALONE = """\
Order "web-1-2233" in namespace "shop": moving
www.example.com

wait:  Order web-1-2233, pending, 4 min old

www.example.com: pending

Issuer:      Issuer acme, unknown: forbidden
Controller:  unknown. Whether it runs is not known: its Lease could not be read
             (forbidden).
Not read:    CertificateRequests in namespace "shop" may not be read
             Challenges in namespace "shop" may not be read

It is on its way. Order "web-1-2233" is placed at the CA. Since 08:56:00 UTC (4
min ago). Nobody has to act. It goes on by itself.
  Next: kubectl order watch web-1-2233 -n shop
"""

OVERDUE = """\
Certificate "web" in namespace "shop": overdue
www.example.com

bad:   Certificate web, expired, 4 min old
wait:  Secret web-tls, absent

Issuer:       Issuer acme, ready
Certificate:  expired at 2026-11-23 09:00 UTC (24 h ago)
Renewal:      2026-10-24 09:00 UTC (31 d ago)
Controller:   alive

It is overdue. The certificate in Secret "web-tls" expired 24 h ago. Since
2026-11-23 09:00 UTC (24 h ago). You must act: Begin a new attempt.
  Next: kubectl order renew web -n shop
"""


@pytest.mark.parametrize(
    ("chain", "finding", "printed"),
    [
        pytest.param(chains.pending(), findings.PENDING, PENDING, id="pending"),
        pytest.param(chains.failed(), findings.FAILED, FAILED, id="failed"),
        pytest.param(chains.fine(), findings.FINE, FINE, id="fine"),
        pytest.param(chains.orphan(), findings.ORPHAN, ORPHAN, id="orphan"),
        pytest.param(chains.untouched(), findings.UNTOUCHED, UNTOUCHED, id="untouched"),
        pytest.param(chains.order_alone(), findings.ORDER_ALONE, ORDER_ALONE, id="order-alone"),
        pytest.param(chains.overdue(), findings.OVERDUE, OVERDUE, id="overdue"),
    ],
)
def test_page(chain: Chain, finding: Finding, printed: str) -> None:
    assert show(page(describe(chain, finding)), width=80, colour=False) == printed


def test_fits_into_forty_columns() -> None:
    shown = show(page(describe(chains.failed(), findings.FAILED)), width=40, colour=False)

    assert max(map(len, shown.splitlines())) <= 40
    assert "TXT record:  _acme-challenge.www.examp\n" in shown


def test_piped_a_fact_is_one_line() -> None:
    lines = plain(page(describe(chains.pending(), findings.PENDING))).splitlines()

    assert any(chains.UNSEEN.partition(": ")[2] in line for line in lines)
    assert lines[-1] == f"  Next: {findings.PENDING.command}"


def test_a_refusal_of_the_order_itself_is_told() -> None:
    reason = (
        "Failed to create Order: 400 urn:ietf:params:acme:error:rejectedIdentifier: Forbidden "
        "[www.example.com: rejectedIdentifier: It is on a list]."
    )
    chain = a_chain(order=an_order("errored", reason, authorizations=()))

    printed = plain(page(describe(chain, findings.FAILED)))

    assert "CA says:   400 rejectedIdentifier: Forbidden\n" in printed
    assert "           www.example.com: rejectedIdentifier: It is on a list\n" in printed


def test_wide_tells_the_reasons_of_the_chain_and_the_names_that_are_proved() -> None:
    document = describe(chains.pending(), findings.PENDING)
    wide, narrow = (plain(page(document, wide=wide)) for wide in (True, False))

    assert chains.UNSEEN in wide
    assert chains.UNSEEN not in narrow
    assert "_acme-challenge.www.example.com" in wide
    assert "_acme-challenge.www.example.com" not in narrow

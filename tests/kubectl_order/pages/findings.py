"""What is found of the chains of `chains`, in words that are fixed: pages are tried, not rules."""

from kubectl_order.finding import Actor, Finding, Ref, Standing
from tests.kubectl_order.build import ago, ahead

WEB = Ref(kind="Certificate", name="web", namespace="shop")
ORDER = Ref(kind="Order", name="web-1-2233", namespace="shop")

PENDING = Finding(
    cause="txt-not-visible",
    on=Ref(kind="Challenge", name="web-1-2233-1", namespace="shop"),
    headline="The TXT record _acme-challenge.example.com is not at ns2.example.com",
    evidence=(
        "ns1.example.com (10.0.0.1): has the value.",
        "ns2.example.com (10.0.0.2): no TXT record.",
    ),
    since=ago(minutes=4),
    until=ahead(seconds=20),
    who=Actor.DNS,
    fix="Have ns2.example.com transfer the zone.",
    command="kubectl order why web --live -n shop",
    standing=Standing.WAITING,
)
FAILED = Finding(
    cause="caa",
    on=ORDER,
    headline="CAA records of www.example.com forbid acme.example to issue",
    evidence=("The CA says: CAA record for www.example.com prevents issuance.",),
    since=ago(minutes=2),
    until=ahead(hours=23),
    who=Actor.DNS,
    fix='Add a CAA record for "acme.example".',
    command="kubectl order retry web -n shop",
    standing=Standing.FAILED,
)
FINE = Finding(
    cause="fine",
    on=WEB,
    headline='The certificate in Secret "web-tls" is valid',
    who=Actor.NOBODY,
    fix="There is nothing to do.",
    command="kubectl order status web -n shop",
    standing=Standing.FINE,
)
ORPHAN = Finding(
    cause="orphan",
    on=Ref(kind="Order", name="by-hand", namespace="shop"),
    headline='Order "by-hand" belongs to no CertificateRequest',
    since=ago(minutes=4),
    who=Actor.YOU,
    fix="Create a Certificate.",
    command="kubectl delete order by-hand -n shop",
    standing=Standing.WAITING,
)
UNTOUCHED = Finding(
    cause="controller-down",
    on=Ref(kind="Lease", name="cert-manager-controller", namespace="cert-manager"),
    headline='The controller in namespace "cert-manager" is down',
    since=ago(hours=3),
    who=Actor.ADMIN,
    fix="Start the controller.",
    command="kubectl get pods -n cert-manager",
    standing=Standing.WAITING,
)
ORDER_ALONE = Finding(
    cause="moving",
    on=ORDER,
    headline='Order "web-1-2233" is placed at the CA',
    since=ago(minutes=4),
    who=Actor.NOBODY,
    fix="It goes on by itself.",
    command="kubectl order watch web-1-2233 -n shop",
    standing=Standing.MOVING,
)
OVERDUE = Finding(
    cause="expired",
    on=WEB,
    headline='The certificate in Secret "web-tls" expired 24 h ago',
    since=ago(days=1),
    who=Actor.YOU,
    fix="Begin a new attempt.",
    command="kubectl order renew web -n shop",
    standing=Standing.OVERDUE,
)

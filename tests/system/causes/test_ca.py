"""What a CA refuses, and how it fails: `why` names it in the first line."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from devcluster import servers
from devcluster.controller import Controller
from tests.system.causes import scene
from tests.system.causes.cause import Cause, check
from tests.system.causes.scene import by
from tests.system.causes.unfriendly import HOSTILE, Unfriendly, problem
from tests.system.manifests import issuer
from tests.system.world import Json, World, certificate

NAMESPACE = "causes-ca"
LATER = 7200
"""Seconds that the CA asks for."""
SOON = 6
"""Seconds that an order is good for."""
PAUSED = (
    "Your account is temporarily prevented from requesting certificates for paused.example.com and "
    "possibly others. Please visit: https://portal.example/self-service/unpause?jwt=abc"
)

CAUSES = (
    Cause(
        name="rate-limited-until",
        slug="ca-rate-limited",
        words=("limit of 5 certificates", "until"),
        who="nobody",
        stands="The CA asks to wait until",
    ),
    Cause(
        name="rate-limited",
        slug="ca-rate-limited",
        words=("too many requests", "until"),
        who="nobody",
        stands="The CA asks to wait until",
    ),
    Cause(
        name="paused",
        slug="ca-rate-limited",
        words=("paused the account",),
        who="ca",
        stands="self-service",
    ),
    Cause(
        name="caa",
        slug="ca-caa",
        words=("CAA records of caa.example.com forbid",),
        who="dns",
        stands='"state": "invalid"',
    ),
    Cause(
        name="caa-at-finalize",
        slug="ca-caa",
        words=("CAA records of caa-at-finalize.example.com forbid",),
        who="dns",
        stands='"state": "errored"',
    ),
    Cause(
        name="connection",
        slug="ca-connection",
        words=("could not connect to connection.example.com",),
        who="dns",
        stands='"state": "invalid"',
    ),
    Cause(
        name="dns",
        slug="ca-dns",
        words=("could not look up dns.example.com", "NXDOMAIN"),
        who="dns",
        stands='"state": "invalid"',
    ),
    Cause(
        name="unauthorized",
        slug="ca-unauthorized",
        words=("unauthorized.example.net", "No TXT records found"),
        who="dns",
        stands='"state": "invalid"',
    ),
    Cause(
        name="incorrect-response",
        slug="ca-unauthorized",
        words=("incorrect-response.example.com", "Incorrect TXT record"),
        who="dns",
        stands='"state": "invalid"',
    ),
    Cause(
        name="rejected-identifier",
        slug="ca-rejected-identifier",
        words=("does not issue for blocked.test",),
        who="you",
        stands="rejectedIdentifier",
    ),
    Cause(
        name="rejected-one",
        slug="ca-rejected-identifier",
        words=("does not issue for rejected-one.example.com",),
        who="you",
        stands="rejectedIdentifier",
    ),
    Cause(
        name="bad-csr",
        slug="ca-bad-csr",
        words=("refuses the signing request", "Ed25519"),
        who="you",
        stands="badCSR",
    ),
    Cause(
        name="bad-public-key",
        slug="ca-bad-csr",
        words=("refuses the signing request", "public key is forbidden"),
        who="you",
        stands="badPublicKey",
    ),
    Cause(
        name="user-action-required",
        slug="ca-user-action-required",
        words=("to act first", "Terms of service"),
        who="ca",
        stands="userActionRequired",
    ),
    Cause(
        name="server-internal",
        slug="ca-server-internal",
        words=("failed on its own side",),
        who="nobody",
        stands="serverInternal",
    ),
    Cause(
        name="order-expired",
        slug="order-expired",
        words=("order for order-expired.example.net expired", "lacks the TXT record"),
        who="dns",
        stands='"state": "expired"',
    ),
    Cause(
        name="order-gone",
        slug="order-lost",
        words=("no longer knows the order",),
        who="nobody",
        stands="no longer knows",
    ),
    Cause(
        name="processing",
        slug="in-flight",
        words=("CA is making the certificate",),
        who="nobody",
        stands='"state": "processing"',
    ),
    Cause(
        name="malformed",
        slug="ca-malformed",
        words=("malformed", "non-DNS type"),
        who="you",
        stands="acme:error:malformed",
    ),
    Cause(
        name="invalid-profile",
        slug="ca-invalid-profile",
        words=("profile", "nonesuch"),
        who="you",
        stands="invalidProfile",
    ),
    Cause(
        name="hung-up",
        slug="ca-unreachable",
        words=("cannot be reached", "connection was closed"),
        who="admin",
        stands="closed before an answer",
    ),
    Cause(
        name="unknown-type",
        slug="ca-refused",
        words=("refused unknown-type.example.com", "phaseOfTheMoon"),
        who="ca",
        stands="phaseOfTheMoon",
    ),
    Cause(
        name="hostile",
        slug="ca-user-action-required",
        words=("to act first", "[bold red]for you[/]"),
        who="ca",
        stands="for you",
    ),
    Cause(
        name="in-flight",
        slug="in-flight",
        words=("0 of 1 challenge",),
        who="nobody",
        stands='"presented": true',
    ),
    Cause(
        name="fine",
        slug="fine",
        words=("All is fine", "fine-tls"),
        who="nobody",
        stands='"notAfter"',
    ),
)


@pytest.fixture(scope="module", autouse=True)
def standing(world: World, controller: Controller, front: Unfriendly) -> Iterator[None]:
    """All of them together, in one namespace; most from one account of one unfriendly CA."""
    assert controller.ready()
    _refuse_orders(front)
    _refuse_later(front)
    _fail_validations(front)
    with scene.held(world), scene.namespace(world, NAMESPACE):
        world.apply(*_issuers(world, front), *map(_certificate, CAUSES))
        yield


def _refuse_orders(front: Unfriendly) -> None:
    """What becomes of newOrder, by the name that it is for."""

    def refuse(name: str, status: int, kind: str, detail: str, **more: Any) -> None:
        front.refuse(f"{name}.example.com", "new-order", status, kind, detail, **more)

    refuse("rate-limited-until", 429, "rateLimited", _limit(), retry_after=str(LATER))
    refuse("rate-limited", 429, "rateLimited", "Service busy; retry later.")
    refuse("paused", 429, "rateLimited", PAUSED)
    terms = "https://ca.example/terms/2026"
    changed = "Terms of service have changed"
    refuse("user-action-required", 403, "userActionRequired", changed, instance=terms)
    refuse("server-internal", 500, "serverInternal", "Error creating new order")
    refuse(
        "malformed", 400, "malformed", "NewOrder request included invalid non-DNS type identifier"
    )
    refuse("unknown-type", 403, "phaseOfTheMoon", "not tonight")
    refuse("hostile", 403, "userActionRequired", HOSTILE)
    name, other = "rejected-one.example.com", "second.example.com"
    policy = (
        "The ACME server refuses to issue a certificate for this domain name, because it is "
        "forbidden by policy"
    )
    told = (
        f'Error creating new order :: Cannot issue for "{name}": {policy} (and 1 more problems. '
        f"Refer to sub-problems for more information.)"
    )
    parts = [
        problem("rejectedIdentifier", policy, identifier={"type": "dns", "value": name}),
        problem("malformed", "Domain has no dot", identifier={"type": "dns", "value": other}),
    ]
    refuse("rejected-one", 400, "rejectedIdentifier", told, subproblems=parts)
    front.hang_up("hung-up.example.com", "new-order")


def _refuse_later(front: Unfriendly) -> None:
    """What becomes of orders that were placed."""
    name = "caa-at-finalize.example.com"
    told = f"While processing CAA for {name}: CAA record for {name} prevents issuance"
    front.refuse(name, "finalize", 403, "caa", f"Error finalizing order :: {told}")
    told = "Error finalizing order :: invalid public key in CSR: public key is forbidden"
    front.refuse("bad-public-key.example.com", "finalize", 400, "badPublicKey", told)
    front.refuse("order-gone.example.com", "order", 404, "malformed", "No order for ID 4711")
    front.rewrite("in-flight.example.com", "authorization", status="pending")
    front.expire("order-expired.example.net", timedelta(seconds=SOON))
    front.rewrite("processing.example.com", "finalize", status="processing")
    front.rewrite("processing.example.com", "order", status="processing")


def _fail_validations(front: Unfriendly) -> None:
    """What the CA finds, or does not find, at the names."""
    found = {
        "caa": ("caa", "CAA record for caa.example.com prevents issuance"),
        "connection": (
            "connection",
            "192.0.2.7: Fetching http://connection.example.com/.well-known/acme-challenge/"
            "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA: Timeout during connect (likely firewall "
            "problem)",
        ),
        "dns": (
            "dns",
            "DNS problem: NXDOMAIN looking up TXT for _acme-challenge.dns.example.com - check that "
            "a DNS record exists for this domain",
        ),
        "incorrect-response": (
            "incorrectResponse",
            'Incorrect TXT record "abc" found at _acme-challenge.incorrect-response.example.com',
        ),
    }
    for name, (kind, detail) in found.items():
        front.fail_validation(f"{name}.example.com", kind, detail)


def _limit() -> str:
    """How Let's Encrypt tells of a limit."""
    after = datetime.now(UTC) + timedelta(seconds=LATER)
    return (
        "too many certificates (5) already issued for this exact set of identifiers in the last "
        f"168h0m0s, retry after {after:%Y-%m-%d %H:%M:%S} UTC: see "
        "https://letsencrypt.org/docs/rate-limits/#new-certificates-per-exact-set"
    )


def _issuers(world: World, front: Unfriendly) -> list[Json]:
    at = {"server": front.directory_url, "caBundle": front.ca_bundle}
    blind = scene.solver(world) | {"waitInsteadOfSelfCheck": "0s"}
    return [
        issuer(world, NAMESPACE, scene.solver(world), name="unfriendly", **at),
        issuer(world, NAMESPACE, blind, name="pebble"),
        issuer(world, NAMESPACE, scene.solver(world), name="own", profile="nonesuch"),
    ]


def _certificate(cause: Cause) -> Json:
    usual: Json = {
        "namespace": NAMESPACE,
        "issuer": by("own" if cause.name == "invalid-profile" else "unfriendly"),
    }
    match cause.name:
        case "unauthorized" | "order-expired":
            name = f"{cause.name}.example.net"
        case "rejected-identifier":
            name = servers.BLOCKED_NAME
        case _:
            name = f"{cause.name}.example.com"
    if cause.name in ("unauthorized", "rejected-identifier", "bad-csr"):
        usual["issuer"] = by("pebble")
    if cause.name == "bad-csr":
        usual["privateKey"] = {"algorithm": "Ed25519"}
    return certificate(cause.name, name, **usual)


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.name)
def test_the_first_line_names_it(world: World, cause: Cause) -> None:
    check(world, cause, NAMESPACE)

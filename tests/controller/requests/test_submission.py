"""What a request asks for, and the Order that is made of it."""

from typing import Any

import msgspec
import pytest

from controller.requests.decide import Submit, Write, decide
from controller.requests.observed import Asked, Unreadable
from controller.requests.submission import order_for
from orderapi.conditions import FALSE, TRUE, find
from tests.controller.requests.build import (
    ASKED,
    NOW,
    a_condition,
    a_request,
    an_issuer,
    ready,
    seen,
)


@pytest.mark.parametrize(
    ("asked", "event", "words"),
    [
        pytest.param(
            Unreadable(why="neither PEM nor DER"),
            "RequestParsingError",
            "Failed to decode CSR in spec.request: neither PEM nor DER",
            id="unreadable",
        ),
        pytest.param(
            Asked(common_name="other.example", dns_names=("a.example", "b.example")),
            "InvalidOrder",
            '"other.example" does not exist in [a.example b.example] or []',
            id="common name of its own",
        ),
        pytest.param(
            Asked(dns_names=("a.example",), unsupported=('URI "spiffe://a"',)),
            "InvalidOrder",
            'The CSR asks for URI "spiffe://a": through ACME',
            id="URI",
        ),
        pytest.param(Asked(), "InvalidOrder", "names no DNS name and no IP address", id="no names"),
        pytest.param(
            Asked(dns_names=("a.example",), is_ca=True),
            "InvalidOrder",
            "an ACME CA does not issue CA certificates. Remove spec.isCA",
            id="CA",
        ),
    ],
)
@pytest.mark.parametrize("issuer", [an_issuer(), an_issuer(FALSE)], ids=["ready", "not ready"])
def test_what_acme_cannot_do_fails_at_once(
    asked: Asked | Unreadable, event: str, words: str, issuer: Any
) -> None:
    action = decide(seen(a_request(), asked=asked, issuer=issuer))
    assert (ready(action).status, ready(action).reason) == (FALSE, "Failed")
    assert words in ready(action).message
    assert isinstance(action, Write)
    assert action.status.failure_time == NOW
    assert action.event is not None
    assert (action.event.type, action.event.reason) == ("Warning", event)
    invalid = find(action.status.conditions, "InvalidRequest")
    assert invalid == a_condition(
        "InvalidRequest", TRUE, reason=event, message=ready(action).message
    )


def test_a_ca_is_refused_whatever_the_signing_request_says() -> None:
    request = a_request()
    spec = msgspec.structs.replace(request.spec, is_ca=True)
    action = decide(seen(msgspec.structs.replace(request, spec=spec)))
    assert "does not issue CA certificates" in ready(action).message


@pytest.mark.parametrize(
    "asked",
    [
        ASKED,
        Asked(common_name="Example.COM", dns_names=("example.com",)),
        Asked(common_name="192.0.2.1", ip_addresses=("192.0.2.1",)),
        Asked(dns_names=("*.example.com", "example.com")),
    ],
    ids=["name", "other case", "address", "no common name"],
)
def test_an_order_is_made_of_what_acme_can_do(asked: Asked) -> None:
    action = decide(seen(a_request(), asked=asked))
    assert isinstance(action, Submit)
    assert action.asked == asked


def test_the_order_repeats_the_request_and_no_more() -> None:
    issuer = an_issuer(profile="shortlived")
    assert issuer.spec.acme is not None
    order = order_for(a_request(duration="160h"), issuer.spec.acme, ASKED)
    assert order.kind == "Order"
    assert order.metadata.name.startswith("web-")
    assert order.metadata.labels == {"team": "web"}
    assert order.metadata.annotations == {"cert-manager.io/certificate-name": "web"}
    (owner,) = order.metadata.owner_references
    assert (owner.kind, owner.uid, owner.controller) == ("CertificateRequest", "request-uid", True)
    assert order.spec.profile == "shortlived"
    assert order.spec.duration is None
    assert order.spec.dns_names == ("example.com",)
    assert order.spec.common_name == "example.com"


def test_a_duration_is_asked_for_only_where_the_issuer_says_so() -> None:
    issuer = an_issuer(enable_duration_feature=True)
    assert issuer.spec.acme is not None
    assert order_for(a_request(duration="160h"), issuer.spec.acme, ASKED).spec.duration == "160h"

"""What a CA says to somebody without the account's key: Pebble, and one that shows its orders."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from devcluster.pki import Authority
from devcluster.servers import Pebble
from kubectl_order.facts import Chain, Unread
from kubectl_order.live import ca
from kubectl_order.report import Check
from orderapi.issuer import AcmeIssuer, IssuerSpec
from orderapi.order import Authorization, OrderStatus
from orderapi.references import SecretKeySelector
from tests.kubectl_order.build import a_chain, an_issuer, an_order
from tests.kubectl_order.live.serving import web_server


def chain_of(server: str, bundle: bytes, *, profile: str = "", order: str = "") -> Chain:
    key = SecretKeySelector(name="account")
    acme = AcmeIssuer(
        server=server, ca_bundle=bundle, profile=profile or None, private_key_secret_ref=key
    )
    authorizations = (Authorization(url=order.replace("order", "authz")),) if order else ()
    status = OrderStatus(url=order, authorizations=authorizations, state="pending")
    return a_chain(issuer=an_issuer(spec=IssuerSpec(acme=acme)), order=an_order(status=status))


def told(chain: Chain) -> dict[str, Check]:
    return {check.name: check for check in ca.checks(chain, ca.directory(chain))}


def test_pebble_shows_its_orders_to_signed_requests_alone(pebble: Pebble) -> None:
    url = pebble.directory_url.replace("/dir", "/my-order/nothing")
    found = told(chain_of(pebble.directory_url, pebble.ca.read_bytes(), order=url))
    assert found["CA"].verdict == "pass"
    assert found["order"].verdict == "unknown"
    assert "signed requests alone" in found["order"].evidence


def test_a_profile_that_is_not_offered(pebble: Pebble) -> None:
    ca_bundle = pebble.ca.read_bytes()
    bad = told(chain_of(pebble.directory_url, ca_bundle, profile="none"))["profile"]
    assert bad.verdict == "fail"
    good = told(chain_of(pebble.directory_url, ca_bundle, profile="shortlived"))["profile"]
    assert good.verdict == "pass"


def test_the_identities_for_caa_are_read(pebble: Pebble) -> None:
    found = ca.directory(chain_of(pebble.directory_url, pebble.ca.read_bytes()))
    assert found.caa_identities == ("pebble.test",)


def test_without_the_bundle_the_ca_is_not_trusted(pebble: Pebble) -> None:
    check = told(chain_of(pebble.directory_url, b""))["CA"]
    assert check.verdict == "fail"
    assert "certificate" in check.evidence


def test_an_issuer_that_may_not_be_read() -> None:
    check = told(a_chain(issuer=Unread("forbidden")))["CA"]
    assert check.verdict == "unknown"


@contextmanager
def talkative(authority: Authority) -> Iterator[str]:
    """A CA that shows its orders."""
    problem = {"type": "urn:ietf:params:acme:error:caa", "detail": "no CAA for you"}
    pages = {
        "/dir": {"newOrder": "x", "meta": {"externalAccountRequired": True}},
        "/order/1": {"status": "invalid", "error": problem},
        "/authz/1": {"status": "pending", "challenges": []},
    }

    def respond(host: str, path: str) -> tuple[int, dict[str, str], bytes]:
        return (200, {}, json.dumps(pages[path]).encode()) if path in pages else (500, {}, b"")

    with web_server(respond, pair=authority.issue("talkative", server=True)) as port:
        yield f"https://localhost:{port}"


def test_where_the_ca_shows_its_orders_they_are_read(authority: Authority) -> None:
    bundle = authority.certificate.read_bytes()
    with talkative(authority) as base:
        found = told(chain_of(f"{base}/dir", bundle, order=f"{base}/order/1"))
    assert (found["order"].verdict, "no CAA for you" in found["order"].evidence) == ("fail", True)
    assert found["authorization"].verdict == "pass"
    assert found["account"].verdict == "fail"


@pytest.mark.parametrize("server", ["http://127.0.0.1:1/dir", "https://127.0.0.1:1/dir"])
def test_a_directory_that_is_not_there(server: str) -> None:
    assert told(chain_of(server, b""))["CA"].verdict == "fail"

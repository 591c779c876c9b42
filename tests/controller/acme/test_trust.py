"""Whom a TLS connection trusts; that it is obeyed is tested over the wire in test_transport."""

import ssl

import pytest

from controller.acme.problem import Misconfigured
from controller.acme.trust import tls_context
from tests.controller.acme.build import a_certificate


def test_by_default_the_system_is_trusted() -> None:
    context = tls_context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname is True


def test_a_bundle_takes_the_place_of_the_system() -> None:
    bundle = a_certificate("A", "A") + b"\n# a comment\n" + a_certificate("B", "B")
    context = tls_context(ca_bundle=bundle)
    assert len(context.get_ca_certs()) + context.cert_store_stats()["x509"] >= 2
    assert context.cert_store_stats()["x509"] == 2


def test_nobody_is_verified_where_told_so() -> None:
    context = tls_context(skip_tls_verify=True)
    assert context.verify_mode is ssl.CERT_NONE


def test_both_at_once_are_refused() -> None:
    with pytest.raises(Misconfigured, match="exclude each other"):
        tls_context(ca_bundle=a_certificate(), skip_tls_verify=True)


@pytest.mark.parametrize("bundle", [b"junk", b"-----BEGIN CERTIFICATE-----\nx\n"])
def test_a_bundle_without_a_certificate_is_refused(bundle: bytes) -> None:
    with pytest.raises(Misconfigured, match="caBundle"):
        tls_context(ca_bundle=bundle)

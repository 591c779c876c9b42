"""Whom a TLS connection to an ACME server trusts.

Refuses a bundle without a certificate, and a bundle together with no verification at all: the two
contradict each other.
"""

import ssl

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from controller.acme.problem import Misconfigured


def tls_context(*, ca_bundle: bytes = b"", skip_tls_verify: bool = False) -> ssl.SSLContext:
    """A context that trusts the system's roots, or the bundle (PEM) alone, or everybody.

    Raises Misconfigured. Loading the system's roots takes some milliseconds: keep the context.
    """
    if ca_bundle.strip() and skip_tls_verify:
        raise Misconfigured("caBundle and skipTLSVerify exclude each other: set one of them")
    if skip_tls_verify:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    if not ca_bundle.strip():
        return ssl.create_default_context()
    try:
        roots = x509.load_pem_x509_certificates(ca_bundle)
    except ValueError as error:
        raise Misconfigured("caBundle holds no PEM certificate that can be read") from error
    return ssl.create_default_context(
        cadata=b"".join(root.public_bytes(Encoding.DER) for root in roots)
    )

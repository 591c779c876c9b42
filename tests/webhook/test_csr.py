"""Signing requests: what is read, and which keys and forms are refused, in words and before they
are used."""

import base64
import warnings

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from orderapi.certificaterequest import MAX_REQUEST
from tests.webhook import der
from tests.webhook.csr_build import key_usage, names, pem, refusal, request
from tests.webhook.rules.build import key, signing_request
from webhook.csr import MAX_RSA_BITS, Csr, read_csr


class TestReading:
    def test_all_that_is_asked_for(self) -> None:
        data = base64.b64decode(
            signing_request(
                "A.example",
                "*.b.example",
                common_name="a.example",
                addresses=("192.0.2.1", "::ffff:192.0.2.2", "2001:db8::1"),
                others=(
                    x509.UniformResourceIdentifier("spiffe://a"),
                    x509.RFC822Name("a@example.com"),
                    x509.RegisteredID(x509.ObjectIdentifier("1.2.3")),
                ),
                extensions=(x509.BasicConstraints(ca=True, path_length=None),),
            )
        )
        assert read_csr(data) == Csr(
            common_name="a.example",
            dns_names=("A.example", "*.b.example"),
            ip_addresses=("192.0.2.1", "192.0.2.2", "2001:db8::1"),
            uris=("spiffe://a",),
            emails=("a@example.com",),
            others=1,
            is_ca=True,
        )

    def test_der_and_both_labels_of_pem_and_text_around_it(self) -> None:
        encoded = request(None, names(x509.DNSName("a.example")))
        expected = read_csr(encoded)
        assert expected.dns_names == ("a.example",)
        assert read_csr(pem(encoded)) == expected
        assert read_csr(pem(encoded, "NEW CERTIFICATE REQUEST")) == expected
        assert read_csr(b"Certificate Request:\n    Data:\n" + pem(encoded)) == expected

    def test_what_is_not_there_is_not_told(self) -> None:
        assert read_csr(request()) == Csr()

    def test_the_last_common_name_counts(self) -> None:
        both = [x509.NameAttribute(NameOID.COMMON_NAME, name) for name in ("a", "b")]
        assert read_csr(request(subject=x509.Name(both))).common_name == "b"

    def test_usages_by_the_names_of_the_api(self) -> None:
        usage = key_usage(
            digital_signature=True, key_agreement=True, key_cert_sign=True, decipher_only=True
        )
        extended = x509.ExtendedKeyUsage(
            [x509.ObjectIdentifier("1.3.6.1.5.5.7.3.1"), x509.ObjectIdentifier("1.2.3.4")]
        )
        keyed = frozenset({"digital signature", "key agreement", "cert sign", "decipher only"})
        csr = read_csr(request(None, usage, extended))
        assert csr.key_usages == keyed
        assert csr.extended_usages == frozenset({"server auth", "1.2.3.4"})
        assert read_csr(request(None, extended)).key_usages is None

    def test_an_odd_name_is_read_without_a_word(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            odd = x509.NameAttribute(NameOID.COUNTRY_NAME, "Germany", _validate=False)
            encoded = request(subject=x509.Name([odd]))
        assert read_csr(encoded) == Csr()


class TestKeys:
    @pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()])
    def test_curves_of_nist(self, curve: ec.EllipticCurve) -> None:
        assert read_csr(request(ec.generate_private_key(curve))) == Csr()

    def test_ed25519_and_rsa(self) -> None:
        assert read_csr(request(ed25519.Ed25519PrivateKey.generate())) == Csr()
        assert read_csr(request(rsa.generate_private_key(65537, 2048))) == Csr()

    def test_a_weak_key_is_for_the_issuer_to_refuse(self) -> None:
        assert read_csr(request(rsa.generate_private_key(65537, 1024))) == Csr()  # noqa: S505

    def test_other_keys(self) -> None:
        assert "none of P-256" in refusal(request(ec.generate_private_key(ec.SECP256K1())))
        assert "none of P-256" in refusal(request(ec.generate_private_key(ec.SECP224R1())))
        assert "algorithms" in refusal(request(ed448.Ed448PrivateKey.generate()))
        assert "algorithms" in refusal(request(dsa.generate_private_key(1024)))  # noqa: S505

    def test_an_rsa_key_that_is_too_large_is_refused_before_it_is_used(self) -> None:
        # The signature of both is nonsense: that is said of the one whose key is small enough.
        assert refusal(der.rsa_request(MAX_RSA_BITS)) == (
            "its signature does not match its public key"
        )
        too_large = f"its RSA key has more than {MAX_RSA_BITS} bits"
        assert refusal(der.rsa_request(MAX_RSA_BITS + 8)) == too_large
        assert refusal(der.rsa_request(230_000)) == too_large

    def test_an_exponent_that_takes_long_is_refused_before_it_is_used(self) -> None:
        assert "exponent" in refusal(der.rsa_request(3072, exponent=(1 << 3071) + 1))
        assert "exponent" in refusal(der.rsa_request(2048, exponent=(1 << 64) + 1))
        assert "exponent" not in refusal(der.rsa_request(2048, exponent=(1 << 64) - 1))

    def test_an_exponent_that_is_none(self) -> None:
        assert "public key cannot be read" in refusal(der.rsa_request(2048, exponent=1))


class TestForm:
    def test_nothing(self) -> None:
        assert refusal(b"") == "it is empty"

    def test_size(self) -> None:
        encoded = pem(request())
        read_csr(encoded + b"\n" * (MAX_REQUEST - len(encoded)))
        assert refusal(encoded + b"\n" * (MAX_REQUEST - len(encoded) + 1)) == (
            "it is larger than 65,536 bytes"
        )

    @pytest.mark.parametrize("second", ["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST", "X" * 99])
    def test_more_than_one_block(self, second: str) -> None:
        assert "more than one PEM block" in refusal(pem(request()) + pem(request(), second))

    def test_a_private_key(self) -> None:
        data = key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        load_pem_private_key(data, None)
        assert refusal(data) == "its PEM block is not a CERTIFICATE REQUEST"

    @pytest.mark.parametrize(
        "data",
        [
            b"hello",
            b"\0" * 100,
            b"-----BEGIN CERTIFICATE REQUEST-----",
            pem(b"hello"),
            pem(request() + b"\0"),
            request() + b"\0",
            request()[:-1],
            b"\x30\x80" * 30_000,
            b"\x30\x84\xff\xff\xff\xff",
        ],
    )
    def test_no_request_at_all(self, data: bytes) -> None:
        assert refusal(data) == "it is not a certificate signing request in PEM or DER"

    def test_a_signature_of_another_key(self) -> None:
        good = request(None, names(x509.DNSName("a.example")))
        other = good.replace(b"a.example", b"b.example")
        assert refusal(other) == "its signature does not match its public key"

"""Signing requests: what is read, and that whatever else comes is refused, in words and at once."""

import base64
import contextlib
import ipaddress
import time
import warnings

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from orderapi.certificaterequest import MAX_REQUEST
from tests.webhook import der
from tests.webhook.rules.build import key, signing_request
from webhook.csr import MAX_RSA_BITS, BadCsr, Csr, read_csr

HASHED = hashes.SHA256()


def request(
    signer: CertificateIssuerPrivateKeyTypes | None = None,
    *extensions: x509.ExtensionType,
    subject: x509.Name = x509.Name([]),  # noqa: B008 (it is immutable)
) -> bytes:
    builder = x509.CertificateSigningRequestBuilder(subject)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    signer = signer or key()
    without_hash = isinstance(signer, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey)
    return builder.sign(signer, None if without_hash else HASHED).public_bytes(Encoding.DER)


def pem(encoded: bytes, label: str = "CERTIFICATE REQUEST") -> bytes:
    text = base64.encodebytes(encoded).decode()
    return f"-----BEGIN {label}-----\n{text}-----END {label}-----\n".encode()


def refusal(data: bytes) -> str:
    with pytest.raises(BadCsr) as caught:
        read_csr(data)
    return str(caught.value)


def names(*of: x509.GeneralName) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName(of)


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
        csr = read_csr(request())
        assert csr == Csr()
        assert csr.usages is None

    def test_the_last_common_name_counts(self) -> None:
        both = [x509.NameAttribute(NameOID.COMMON_NAME, name) for name in ("a", "b")]
        assert read_csr(request(subject=x509.Name(both))).common_name == "b"

    def test_usages_by_the_names_of_the_api(self) -> None:
        usage = x509.KeyUsage(
            digital_signature=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=True,
            key_cert_sign=True,
            crl_sign=False,
            encipher_only=False,
            decipher_only=True,
        )
        extended = x509.ExtendedKeyUsage(
            [x509.ObjectIdentifier("1.3.6.1.5.5.7.3.1"), x509.ObjectIdentifier("1.2.3.4")]
        )
        keyed = frozenset({"digital signature", "key agreement", "cert sign", "decipher only"})
        others = frozenset({"server auth", "1.2.3.4"})
        csr = read_csr(request(None, usage, extended))
        assert csr.key_usages == keyed
        assert csr.extended_usages == others
        assert csr.usages == keyed | others
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


class TestExtensions:
    unreadable = "its names or extensions cannot be read"

    def asks(self, *extensions: bytes) -> bytes:
        return der.signed(der.info(der.attribute(der.EXTENSION_REQUEST, *extensions)))

    def alternative(self, *of: bytes) -> bytes:
        return der.extension(der.SUBJECT_ALTERNATIVE_NAME, der.element(der.SEQUENCE, *of))

    def test_written_by_hand_it_reads(self) -> None:
        name = der.element(0x82, b"a.example")
        assert read_csr(self.asks(self.alternative(name))).dns_names == ("a.example",)

    def test_the_same_extension_twice(self) -> None:
        name = self.alternative(der.element(0x82, b"a.example"))
        assert refusal(self.asks(name, name)) == self.unreadable

    @pytest.mark.parametrize("second", [der.EXTENSION_REQUEST, der.MICROSOFT_EXTENSION_REQUEST])
    def test_extensions_in_two_attributes(self, second: bytes) -> None:
        first, other = (
            self.alternative(der.element(0x82, name)) for name in (b"a.example", b"b.example")
        )
        attributes = (der.attribute(der.EXTENSION_REQUEST, first), der.attribute(second, other))
        assert "more than one attribute" in refusal(der.signed(der.info(*attributes)))

    @pytest.mark.parametrize(
        "name",
        [
            der.element(0x82, b"\xff\xfe"),  # a DNS name that is not ASCII
            der.element(0x87, b"\1\2\3"),  # an IP address of three bytes
            der.element(0xA4, b"\x30"),  # a directory name that is cut off
            der.element(0xA3, b""),  # an address of X.400
            der.element(0x8F, b""),  # a kind that there is not
            b"\x82\x7f",
        ],
    )
    def test_broken_names(self, name: bytes) -> None:
        assert refusal(self.asks(self.alternative(name))) == self.unreadable

    def test_a_network_is_no_address(self) -> None:
        network = x509.IPAddress(ipaddress.ip_network("192.0.2.0/24"))
        assert "range of IP addresses" in refusal(request(None, names(network)))

    def test_a_broken_extension_that_nobody_asked_about(self) -> None:
        assert refusal(self.asks(der.extension(der.KEY_USAGE, b"\x30"))) == self.unreadable

    def test_names_nested_without_end(self) -> None:
        deep = b""
        for _ in range(10_000):
            deep = der.element(0xA4, deep)
        assert refusal(self.asks(self.alternative(deep))) == self.unreadable

    def test_as_many_names_as_there_is_room_for(self) -> None:
        many = tuple(f"{number:x}" for number in range(9_000))
        encoded = request(None, names(*map(x509.DNSName, many)))
        assert len(encoded) > MAX_REQUEST * 3 // 4
        before = time.process_time()
        assert read_csr(encoded).dns_names == many
        assert time.process_time() - before < 0.5  # about 0.01 s

    def test_as_many_extensions_as_there_is_room_for(self) -> None:
        each = (
            der.extension(bytes([6, 4, 0x2A, 3, 0x80 | number >> 7, number & 127]), b"")
            for number in range(128, 6_000)
        )
        encoded = self.asks(*each)
        assert MAX_REQUEST * 3 // 4 < len(encoded) <= MAX_REQUEST
        before = time.process_time()
        assert read_csr(encoded).dns_names == ()
        assert time.process_time() - before < 0.5  # about 0.01 s


def edited(original: bytes) -> st.SearchStrategy[bytes]:
    """The bytes with a few places overwritten, cut out or added to."""
    place = st.integers(0, len(original) - 1)
    edit = st.tuples(place, st.integers(0, 4), st.binary(max_size=4))

    def apply(edits: list[tuple[int, int, bytes]]) -> bytes:
        data = bytearray(original)
        for start, cut, put in edits:
            data[start : start + cut] = put
        return bytes(data)

    return st.lists(edit, min_size=1, max_size=4).map(apply)


FULL = der.info(
    der.attribute(
        der.EXTENSION_REQUEST,
        *(
            der.extension(bytes([6, 3, 0x55, 0x1D, number]), value.public_bytes())
            for number, value in (
                (
                    0x11,
                    names(
                        x509.DNSName("a.example"),
                        x509.IPAddress(ipaddress.ip_address("2001:db8::1")),
                        x509.RFC822Name("a@example.com"),
                        x509.OtherName(x509.ObjectIdentifier("1.2.3"), b"\x0c\x01a"),
                        x509.DirectoryName(
                            x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "DE")])
                        ),
                    ),
                ),
                (0x13, x509.BasicConstraints(ca=True, path_length=1)),
                (0x25, x509.ExtendedKeyUsage([x509.ObjectIdentifier("1.3.6.1.5.5.7.3.1")])),
                (0x1E, x509.NameConstraints([x509.DNSName("a.example")], None)),
            )
        ),
    )
)


def reads_or_refuses(data: bytes) -> None:
    with contextlib.suppress(BadCsr):
        read_csr(data)


class TestWhateverComes:
    @given(st.binary(max_size=300))
    def test_any_bytes(self, data: bytes) -> None:
        reads_or_refuses(data)
        reads_or_refuses(pem(data))

    @settings(max_examples=500)
    @given(edited(der.signed(FULL)))
    def test_damaged_requests(self, data: bytes) -> None:
        reads_or_refuses(data)

    @settings(max_examples=1000)
    @given(edited(FULL))
    def test_requests_that_are_signed_whatever_they_say(self, data: bytes) -> None:
        reads_or_refuses(der.signed(data))

    @given(edited(pem(der.signed(FULL))))
    def test_damaged_pem(self, data: bytes) -> None:
        reads_or_refuses(data)

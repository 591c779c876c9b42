"""Signing requests whose extensions or bytes are damaged: each is read or refused, in words and at
once."""

import contextlib
import ipaddress
import time

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from orderapi.certificaterequest import MAX_REQUEST
from tests.webhook import der
from tests.webhook.csr_build import names, pem, refusal, request
from webhook.csr import BadCsr, read_csr


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

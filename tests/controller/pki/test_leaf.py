import base64
import contextlib
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed448
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from controller.pki.faults import PkiError, Unreadable
from controller.pki.keys import public_key_digest
from controller.pki.leaf import certificates, read_chain
from orderapi.certificate import Subject
from tests.controller.pki.build import NOW, Signer, a_key, a_spec, unhurried

SIGNER = Signer()
KEY = a_key()
LEAF = SIGNER.issue(
    a_spec(
        common_name="example.com",
        dns_names=("example.com", "www.example.com"),
        ip_addresses=("192.0.2.1",),
        subject=Subject(organizations=("Org",)),
    ),
    KEY,
)


def test_leaf_comes_first_and_says_all() -> None:
    leaf = read_chain(LEAF + SIGNER.pem)
    assert leaf.common_name == "example.com"
    assert leaf.dns_names == ("example.com", "www.example.com")
    assert leaf.ip_addresses == ("192.0.2.1",)
    assert leaf.subject_fields.organizations == ("Org",)
    assert (leaf.not_before, leaf.not_after) == (NOW, NOW + timedelta(days=90))
    assert leaf.issuer_common_name == "Test CA"
    assert not leaf.is_ca
    assert read_chain(SIGNER.pem).is_ca
    assert leaf.public_key_digest == public_key_digest(KEY)
    assert int(leaf.serial_number, 16) == x509.load_pem_x509_certificate(LEAF).serial_number
    assert not leaf.temporary


@pytest.mark.parametrize(
    "pem",
    [
        pytest.param(LEAF, id="leaf alone"),
        pytest.param(b"\n\n" + LEAF + b"\n\n\n" + SIGNER.pem + b"\n\n", id="blank lines"),
        pytest.param(
            b"subject=CN = a\nissuer=CN = b\n" + LEAF + b"0 s:/CN=x\n" + SIGNER.pem + b"done",
            id="text between",
        ),
        pytest.param((LEAF + SIGNER.pem).replace(b"\n", b"\r\n"), id="CRLF"),
        pytest.param(LEAF.rstrip() + b" \n" + SIGNER.pem, id="blank at the end of a line"),
        pytest.param(LEAF.rstrip() + SIGNER.pem, id="no line break between"),
    ],
)
def test_what_is_tolerated(pem: bytes) -> None:
    assert read_chain(pem).dns_names == ("example.com", "www.example.com")


@pytest.mark.parametrize(
    ("pem", "said"),
    [
        pytest.param(b"", "holds no PEM block of type CERTIFICATE", id="empty"),
        pytest.param(LEAF[:-30], "ends within a certificate", id="cut off"),
        pytest.param(b"x" * 95_001, "larger than 95,000 bytes", id="large chain"),
        pytest.param(
            b"-----BEGIN CERTIFICATE-----\n" + b"A" * 36_500 + b"\n-----END CERTIFICATE-----",
            "certificate 1 of the chain is larger than 36,500 bytes",
            id="large certificate",
        ),
        pytest.param(
            LEAF + b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
            "certificate 2 of the chain cannot be read",
            id="bad second",
        ),
    ],
)
def test_what_is_refused(pem: bytes, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        read_chain(pem)


def test_key_of_another_kind_is_told() -> None:
    key = ed448.Ed448PrivateKey.generate()
    builder = x509.CertificateBuilder(
        x509.Name([]), x509.Name([]), key.public_key(), 1, NOW, NOW + timedelta(days=1)
    )
    pem = builder.sign(SIGNER.key, hashes.SHA256()).public_bytes(Encoding.PEM)
    with pytest.raises(Unreadable, match="public key is of none of the algorithms"):
        read_chain(pem)


def test_many_begins_take_no_time() -> None:
    with pytest.raises(Unreadable):
        certificates(b"-----BEGIN CERTIFICATE-----\n" * 3_000)


@unhurried
@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_refused_in_our_words(data: bytes) -> None:
    wrapped = b"-----BEGIN CERTIFICATE-----\n" + data + b"\n-----END CERTIFICATE-----\n"
    for pem in (data, wrapped):
        with pytest.raises(PkiError):
            read_chain(pem)


DER = x509.load_pem_x509_certificate(LEAF).public_bytes(Encoding.DER)


@unhurried
@given(st.integers(0, len(DER) - 1), st.integers(1, 255))
# The parser warns of what it will refuse one day: until then either answer is right.
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_damaged_certificates_are_read_or_refused(position: int, change: int) -> None:
    damaged = bytearray(DER)
    damaged[position] ^= change
    with contextlib.suppress(Unreadable):
        read_chain(as_pem(bytes(damaged)))


def as_pem(der: bytes) -> bytes:
    body = base64.encodebytes(der)
    return b"-----BEGIN CERTIFICATE-----\n" + body + b"-----END CERTIFICATE-----\n"

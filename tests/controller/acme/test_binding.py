"""The key of an external account binding, as people paste it."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.acme.binding import ExternalAccount
from controller.acme.problem import Misconfigured

BLANKS = st.text(alphabet=" \t\r\n", max_size=3).map(str.encode)


@given(st.binary(min_size=1, max_size=96), st.booleans(), st.booleans(), BLANKS, BLANKS)
def test_both_alphabets_padded_or_not_in_blanks(
    key: bytes, url: bool, padded: bool, before: bytes, after: bytes
) -> None:
    text = base64.urlsafe_b64encode(key) if url else base64.b64encode(key)
    text = text if padded else text.rstrip(b"=")
    assert ExternalAccount.read("kid", before + text + after).mac_key == key


def test_a_wrapped_key_is_read() -> None:
    assert ExternalAccount.read("kid", base64.encodebytes(b"k" * 64)).mac_key == b"k" * 64


@pytest.mark.parametrize(
    "secret",
    [
        pytest.param(b"s3cret!", id="another alphabet"),
        pytest.param(b"ab+_", id="both alphabets"),
        pytest.param(b"abcde", id="impossible length"),
        pytest.param("schlüssel".encode(), id="not ASCII"),
        pytest.param(b"\x00\x01\x02\x03", id="raw bytes"),
    ],
)
def test_what_is_neither_is_an_error_that_does_not_show_it(secret: bytes) -> None:
    with pytest.raises(Misconfigured, match="neither base64url nor base64") as caught:
        ExternalAccount.read("kid", secret)
    assert secret.decode(errors="replace") not in str(caught.value)


@pytest.mark.parametrize("secret", [b"", b" \n", b"=="])
def test_an_empty_key_is_an_error(secret: bytes) -> None:
    with pytest.raises(Misconfigured, match="empty"):
        ExternalAccount.read("kid", secret)


def test_an_empty_key_id_is_an_error() -> None:
    with pytest.raises(Misconfigured, match="empty key id"):
        ExternalAccount.read(" ", b"abcd")


@pytest.mark.parametrize(
    ("algorithm", "expected"), [(None, "HS256"), ("", "HS256"), ("HS384", "HS384")]
)
def test_algorithms(algorithm: str | None, expected: str) -> None:
    assert ExternalAccount.read("kid", b"abcd", algorithm).algorithm == expected


def test_an_unknown_algorithm_is_an_error() -> None:
    with pytest.raises(Misconfigured, match="HS256, HS384, HS512"):
        ExternalAccount.read("kid", b"abcd", "HS1")


def test_the_key_is_not_in_the_repr() -> None:
    assert "mac_key" not in repr(ExternalAccount.read("kid", b"c2VjcmV0"))

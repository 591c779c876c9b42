import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from controller.pki import der
from controller.pki.faults import Unreadable
from tests.controller.pki.build import unhurried


@unhurried
@given(st.lists(st.tuples(st.sampled_from([2, 4, 0x30, 0xA0]), st.binary(max_size=70_000))))
def test_elements_are_read_back(pairs: list[tuple[int, bytes]]) -> None:
    encoded = b"".join(der.element(tag, content) for tag, content in pairs)
    read = der.elements(encoded)
    assert [(element.tag, element.content) for element in read] == pairs
    assert b"".join(element.whole for element in read) == encoded


@unhurried
@given(st.binary(max_size=40))
def test_arbitrary_bytes_are_read_whole_or_refused(data: bytes) -> None:
    try:
        read = der.elements(data)
    except Unreadable:
        return
    assert b"".join(element.whole for element in read) == data


@pytest.mark.parametrize(
    "encoded",
    [
        pytest.param(b"\x30", id="no length"),
        pytest.param(b"\x30\x02\x00", id="cut off"),
        pytest.param(b"\x30\x80\x00\x00", id="indefinite length"),
        pytest.param(b"\x30\x85\x00\x00\x00\x00\x00", id="length of five bytes"),
        pytest.param(b"\x3f\x21\x00", id="tag of two bytes"),
    ],
)
def test_what_is_refused(encoded: bytes) -> None:
    with pytest.raises(Unreadable):
        der.elements(encoded)


@pytest.mark.parametrize("dotted", ["1.2.840.113549.1.5.14", "2.5.4.3", "1.3.6.1.4.1.42.2.17.1.1"])
def test_object_identifiers_are_as_cryptography_has_them(dotted: str) -> None:
    name = x509.Name([x509.NameAttribute(x509.ObjectIdentifier(dotted), "x")])
    assert der.object_identifier(dotted) in name.public_bytes()


@pytest.mark.parametrize(
    ("value", "content"), [(0, b"\x00"), (127, b"\x7f"), (128, b"\x00\x80"), (2048, b"\x08\x00")]
)
def test_integers_stay_positive(value: int, content: bytes) -> None:
    assert der.elements(der.integer(value))[0].content == content

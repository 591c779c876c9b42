"""Object identifiers: read as the library that encodes them does, and never with its panic."""

import pytest
from cryptography import x509
from hypothesis import example, given
from hypothesis import strategies as st

from orderapi.validation.oids import canonical

LARGEST = 2**128 - 1


@pytest.mark.parametrize(
    ("text", "spelling"),
    [
        pytest.param("2.5.4.3", "2.5.4.3", id="plain"),
        pytest.param("01.2.+3", "1.2.3", id="odd digits"),
        pytest.param("2.999", "2.999", id="two arcs"),
        pytest.param(f"1.2.{LARGEST}", f"1.2.{LARGEST}", id="largest arc"),
        pytest.param("1.2" + ".127" * 62, "1.2" + ".127" * 62, id="63 bytes"),
    ],
)
def test_identifiers(text: str, spelling: str) -> None:
    assert canonical(text) == spelling
    assert x509.ObjectIdentifier(text).dotted_string == spelling


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("1", id="one arc"),
        pytest.param("3.1", id="begins with 3"),
        pytest.param("1.40", id="second arc too large"),
        pytest.param("1..2", id="empty arc"),
        pytest.param("1.2.", id="dot at the end"),
        pytest.param("1.-2", id="negative"),
        pytest.param("1.2.x", id="a letter"),
        pytest.param("1.2.٣", id="a digit that is not ASCII"),
        pytest.param("2.5.4.3\n", id="line break"),
        pytest.param(f"1.2.{LARGEST + 1}", id="arc too large"),
        pytest.param("1.2" + ".127" * 63, id="64 bytes"),
        pytest.param("1." * 1_000_000 + "1", id="a megabyte"),
        pytest.param(f"2.{LARGEST}", id="the library would panic"),
    ],
)
def test_no_identifiers(text: str) -> None:
    with pytest.raises(ValueError):
        canonical(text)


ARCS = st.one_of(
    st.integers(0, 60), st.integers(0, 2**128 - 81), st.sampled_from(["", "x", "+1", "007", "-1"])
)


@given(st.lists(ARCS, max_size=12).map(lambda arcs: ".".join(map(str, arcs))))
@example(f"2.{2**128 - 81}")
def test_what_is_read_can_be_encoded_and_the_rest_cannot(text: str) -> None:
    try:
        spelling = canonical(text)
    except ValueError:
        with pytest.raises(ValueError):
            x509.ObjectIdentifier(text)
    else:
        assert x509.ObjectIdentifier(text).dotted_string == spelling

"""Distinguished names written as one string."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderapi.validation.rfc4514 import NotADistinguishedName, parse

CN, O, OU, C = "2.5.4.3", "2.5.4.10", "2.5.4.11", "2.5.4.6"  # noqa: E741 - as RFC 4514 names it


@pytest.mark.parametrize(
    ("text", "rdns"),
    [
        pytest.param("CN=a", (((CN, "a"),),), id="one"),
        pytest.param("CN=a,O=b", (((O, "b"),), ((CN, "a"),)), id="order is reversed"),
        pytest.param(
            "CN = a , O=Big Corp ; C=US",
            (((C, "US"),), ((O, "Big Corp"),), ((CN, "a"),)),
            id="blanks and semicolon",
        ),
        pytest.param("cn=a+OU=b", (((CN, "a"), (OU, "b")),), id="two in one RDN"),
        pytest.param(r"CN=a\, b\+c\=d", (((CN, "a, b+c=d"),),), id="escaped specials"),
        pytest.param(r"CN=\ a\ ", (((CN, " a "),),), id="escaped blanks at the ends"),
        pytest.param(r"CN=\#a", (((CN, "#a"),),), id="escaped sharp"),
        pytest.param(r"CN=a\\", (((CN, "a\\"),),), id="escaped backslash at the end"),
        pytest.param(r"CN=Lu\C4\8Di\C4\87", (((CN, "Lučić"),),), id="hex pairs"),
        pytest.param("CN=Lučić", (((CN, "Lučić"),),), id="UTF-8"),
        pytest.param("CN=#0c0161", (((CN, "a"),),), id="encoded UTF8String"),
        pytest.param("O=#04024869", (((O, "Hi"),),), id="encoded octets"),
        pytest.param("2.5.4.3=a", (((CN, "a"),),), id="object identifier"),
        pytest.param("OID.2.5.4.3=a", (((CN, "a"),),), id="object identifier with prefix"),
        pytest.param("CN=a=b", (((CN, "a=b"),),), id="equals in the value"),
    ],
)
def test_rfc4514(text: str, rdns: tuple[tuple[tuple[str, str], ...], ...]) -> None:
    assert parse(text) == rdns


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("", 'no "="', id="empty"),
        pytest.param("CN=a,b", 'no "=" in "b"', id="part without type"),
        pytest.param("CN=a,,O=b", 'no "="', id="empty part"),
        pytest.param("CN=", 'no value for "CN"', id="no value"),
        pytest.param("FOO=a", 'the attribute type "FOO", which is unknown', id="unknown type"),
        pytest.param("CN=a\\", "ends in a backslash", id="backslash at the end"),
        pytest.param(r"CN=\q", "escapes nothing", id="needless escape"),
        pytest.param(r"CN=\FF", "not UTF-8", id="bad bytes"),
        pytest.param("CN=#zz", "not the hex form", id="bad hex"),
        pytest.param("CN=#0201", "not the hex form", id="not a string"),
    ],
)
def test_rfc4514_refuses(text: str, said: str) -> None:
    with pytest.raises(NotADistinguishedName, match=said):
        parse(text)


@given(st.text())
def test_rfc4514_raises_nothing_else(text: str) -> None:
    for written in (text, "CN=" + text, text + "=a"):
        with contextlib.suppress(NotADistinguishedName):
            parse(written)

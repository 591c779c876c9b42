import contextlib

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from controller.pki import rfc4514
from controller.pki.faults import Unreadable
from controller.pki.subject import literal_rdns, read_subject, wanted_subject
from orderapi.certificate import Subject
from tests.controller.pki.build import a_spec, unhurried

NO_COUNTRY = "is not a country code of two letters (ISO 3166)"

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
        pytest.param("cn=a+OU=b", (((OU, "b"), (CN, "a")),), id="two in one RDN"),
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
    assert literal_rdns(text) == tuple(tuple(sorted(rdn)) for rdn in rdns)


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
    with pytest.raises(Unreadable, match=said):
        literal_rdns(text)


@unhurried
@given(st.text())
def test_rfc4514_raises_nothing_else(text: str) -> None:
    for written in (text, "CN=" + text, text + "=a"):
        with contextlib.suppress(Unreadable):
            rfc4514.parse(written)


_VALUES = st.text(
    st.characters(min_codepoint=0x20, exclude_categories=["Cs"]), min_size=1, max_size=64
)


@unhurried
@given(st.lists(st.tuples(st.sampled_from([NameOID.ORGANIZATION_NAME, NameOID.TITLE]), _VALUES)))
def test_rfc4514_reads_what_cryptography_writes(
    pairs: list[tuple[x509.ObjectIdentifier, str]],
) -> None:
    name = x509.Name([x509.NameAttribute(oid, value) for oid, value in pairs])
    if pairs:
        assert literal_rdns(name.rfc4514_string()) == read_subject(name).rdns


def test_fields_become_rdns_in_the_usual_order_and_are_read_back() -> None:
    subject = Subject(
        organizations=("Org B", "Org A"),
        countries=("DE",),
        organizational_units=("Unit",),
        localities=("Köln",),
        provinces=("NRW",),
        street_addresses=("Weg 1",),
        postal_codes=("50667",),
        serial_number="42",
    )
    faults: list[str] = []
    name = wanted_subject(a_spec(common_name="example.com", subject=subject), faults)
    assert faults == []
    assert name.rfc4514_string() == (
        "2.5.4.5=42,CN=example.com,2.5.4.17=50667,STREET=Weg 1,ST=NRW,L=Köln,OU=Unit,"
        "O=Org B+O=Org A,C=DE"
    )
    read = read_subject(x509.Name.from_bytes(name.public_bytes()))
    assert read.common_name == "example.com"
    assert set(read.fields.organizations) == {"Org A", "Org B"}
    assert read.fields.serial_number == "42"


def test_literal_subject_keeps_its_order() -> None:
    faults: list[str] = []
    name = wanted_subject(a_spec(literal_subject="CN=a,DC=corp,DC=example"), faults)
    assert faults == []
    assert [attribute.value for attribute in name] == ["example", "corp", "a"]


@pytest.mark.parametrize(
    ("fields", "faults"),
    [
        pytest.param(
            {"common_name": "a" * 65},
            [
                f'spec.commonName: "{"a" * 65}" is 65 bytes long; a common name has at most 64, '
                "and may be left out"
            ],
            id="long common name",
        ),
        pytest.param({"common_name": "ü" * 32}, [], id="64 bytes"),
        pytest.param(
            {"subject": Subject(countries=("DE", "Germany"))},
            [f'spec.subject.countries[1]: "Germany" {NO_COUNTRY}'],
            id="country",
        ),
        pytest.param(
            {"subject": Subject(organizations=("",), serial_number="a_b")},
            [
                'spec.subject.organizations[0]: "" is empty',
                'spec.subject.serialNumber: "a_b" holds other characters than letters, digits, '
                "blanks and '()+,-./:=?",
            ],
            id="empty value and bad serial number",
        ),
        pytest.param(
            {"subject": Subject(localities=("a\nb",))},
            ['spec.subject.localities[0]: "a\\nb" holds characters that are no text'],
            id="control character",
        ),
        pytest.param(
            {
                "literal_subject": "CN=a",
                "common_name": "a",
                "subject": Subject(organizations=("b",)),
            },
            [
                "spec.commonName: excludes spec.literalSubject, which is the whole subject",
                "spec.subject: excludes spec.literalSubject, which is the whole subject",
            ],
            id="two subjects",
        ),
        pytest.param(
            {"literal_subject": "nonsense"},
            ['spec.literalSubject: has no "=" in "nonsense"; each part is written as TYPE=value'],
            id="unreadable literal",
        ),
        pytest.param(
            {"literal_subject": "CN=a,C=Deutschland,DC=ü"},
            [
                'spec.literalSubject: "ü" is not ASCII, which its kind of attribute must be',
                f'spec.literalSubject: "Deutschland" {NO_COUNTRY}',
            ],
            id="bad values in the literal",
        ),
    ],
)
def test_faults(fields: dict[str, object], faults: list[str]) -> None:
    found: list[str] = []
    wanted_subject(a_spec(**fields), found)
    assert found == faults

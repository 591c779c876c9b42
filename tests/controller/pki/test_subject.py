from cryptography import x509
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from controller.pki.subject import literal_rdns, read_subject, wanted_subject
from orderapi.certificate import Subject
from tests.controller.pki.build import a_spec, unhurried

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
    name = wanted_subject(a_spec(common_name="example.com", subject=subject))
    assert name.rfc4514_string() == (
        "2.5.4.5=42,CN=example.com,2.5.4.17=50667,STREET=Weg 1,ST=NRW,L=Köln,OU=Unit,"
        "O=Org B+O=Org A,C=DE"
    )
    read = read_subject(x509.Name.from_bytes(name.public_bytes()))
    assert read.common_name == "example.com"
    assert set(read.fields.organizations) == {"Org A", "Org B"}
    assert read.fields.serial_number == "42"


def test_literal_subject_keeps_its_order() -> None:
    name = wanted_subject(a_spec(literal_subject="CN=a,DC=corp,DC=example"))
    assert [attribute.value for attribute in name] == ["example", "corp", "a"]

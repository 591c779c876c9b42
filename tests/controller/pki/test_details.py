import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.pki.details import details_annotations
from controller.pki.leaf import read_chain
from orderapi import names
from orderapi.certificate import Subject
from tests.controller.pki.build import Signer, a_spec, unhurried

SIGNER = Signer()


def test_four_are_always_there() -> None:
    leaf = read_chain(SIGNER.issue(a_spec()))
    assert details_annotations(leaf) == {
        names.COMMON_NAME: "",
        names.ALT_NAMES: "example.com",
        names.IP_SANS: "",
        names.URI_SANS: "",
    }


def test_all_of_them() -> None:
    spec = a_spec(
        common_name="example.com",
        dns_names=("b.example.com", "a.example.com"),
        ip_addresses=("192.0.2.1", "2001:db8::1"),
        uris=("urn:a,b", "urn:c"),
        email_addresses=("a@example.com",),
        subject=Subject(
            organizations=('The "Best", Inc.',),
            countries=("DE",),
            organizational_units=(" leading",),
            localities=("Köln",),
            provinces=("NRW",),
            street_addresses=("Weg 1",),
            postal_codes=("50667",),
            serial_number="7",
        ),
    )
    prefix = "cert-manager.io/"
    assert details_annotations(read_chain(SIGNER.issue(spec))) == {
        prefix + "common-name": "example.com",
        prefix + "alt-names": "b.example.com,a.example.com",
        prefix + "ip-sans": "192.0.2.1,2001:db8::1",
        prefix + "uri-sans": '"urn:a,b",urn:c',
        prefix + "email-sans": "a@example.com",
        prefix + "subject-organizations": '"The ""Best"", Inc."',
        prefix + "subject-countries": "DE",
        prefix + "subject-organizationalunits": '" leading"',
        prefix + "subject-localities": "Köln",
        prefix + "subject-provinces": "NRW",
        prefix + "subject-streetaddresses": "Weg 1",
        prefix + "subject-postalcodes": "50667",
        prefix + "subject-serialnumber": "7",
    }


@unhurried
@given(
    st.lists(
        st.text(st.characters(min_codepoint=0x20, exclude_categories=["Cs"]), min_size=1),
        min_size=1,
        max_size=3,
        unique=True,
    )
)
@pytest.mark.filterwarnings("ignore:Attribute's length")
def test_a_csv_reader_gets_the_values_back(values: list[str]) -> None:
    spec = a_spec(subject=Subject(organizations=tuple(values)))
    leaf = read_chain(SIGNER.issue(spec))
    [row] = csv.reader([details_annotations(leaf)[names.SUBJECT_ORGANIZATIONS]])
    assert set(row) == set(values)

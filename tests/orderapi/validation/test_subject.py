"""What a subject may hold."""

import pytest

from orderapi.certificate import Subject
from orderapi.validation.subject import subject_faults, unnamed_literal_faults
from tests.orderapi.validation.build import a_spec, sentences

NO_COUNTRY = "is not a country code of two letters (ISO 3166)"


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
    assert sentences(subject_faults(a_spec(**fields))) == faults


@pytest.mark.parametrize(
    ("fields", "paths"),
    [
        pytest.param({"literal_subject": "O=a"}, ["spec"], id="nobody"),
        pytest.param({"literal_subject": "CN=a,O=b"}, [], id="CN"),
        pytest.param({"literal_subject": "O=a", "dns_names": ("a.example",)}, [], id="a name"),
        pytest.param({"literal_subject": "nonsense"}, [], id="unreadable, told elsewhere"),
        pytest.param({}, [], id="no literal, told elsewhere"),
    ],
)
def test_a_literal_subject_that_names_nobody(fields: dict[str, object], paths: list[str]) -> None:
    spec = a_spec(**({"dns_names": ()} | fields))
    assert [fault.path for fault in unnamed_literal_faults(spec)] == paths

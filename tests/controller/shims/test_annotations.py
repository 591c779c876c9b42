"""From annotations to fields of a spec."""

import csv
import io
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.pki.faults import quoted
from controller.shims.annotations import SPEC_FIELDS, TRANSLATED, USAGES, translate
from controller.shims.lists import fields, words
from orderapi import names
from orderapi.certificate import CertificateSpec, PrivateKey, SecretTemplate, Subject
from orderapi.references import IssuerRef

PLAIN = CertificateSpec(secret_name="", issuer_ref=IssuerRef(name=""), usages=USAGES)


@pytest.mark.parametrize(
    ("annotations", "expected"),
    [
        pytest.param({}, {}, id="none"),
        pytest.param({"unknown.example/x": "y"}, {}, id="of others"),
        pytest.param({names.COMMON_NAME: "a.example"}, {"common_name": "a.example"}, id="name"),
        pytest.param({names.COMMON_NAME: ""}, {}, id="no common name"),
        pytest.param(
            {names.ALT_NAMES: " a.example , 10.0.0.1,a.example,,*.b.example,"},
            {"dns_names": ("a.example", "*.b.example"), "ip_addresses": ("10.0.0.1",)},
            id="alternative names",
        ),
        pytest.param(
            {names.ALT_NAMES: "10.0.0.1", names.IP_SANS: "::1, 10.0.0.1"},
            {"ip_addresses": ("10.0.0.1", "::1")},
            id="addresses",
        ),
        pytest.param(
            {names.ALT_NAMES: "2001:DB8:0::1", names.IP_SANS: "2001:db8::1,::2,0:0::2"},
            {"ip_addresses": ("2001:DB8:0::1", "::2")},
            id="addresses in two spellings",
        ),
        pytest.param(
            {names.EMAIL_SANS: "me@a.example, you@a.example"},
            {"email_addresses": ("me@a.example", "you@a.example")},
            id="e-mail addresses",
        ),
        pytest.param({names.DURATION: "1440m"}, {"duration": "24h0m0s"}, id="duration"),
        pytest.param({names.RENEW_BEFORE: "90m"}, {"renew_before": "1h30m0s"}, id="renewBefore"),
        pytest.param(
            {names.RENEW_BEFORE_PERCENTAGE: "25"}, {"renew_before_percentage": 25}, id="percentage"
        ),
        pytest.param(
            {names.USAGES: "server auth, client auth"},
            {"usages": ("server auth", "client auth")},
            id="usages",
        ),
        pytest.param({names.USAGES: " "}, {}, id="no usages"),
        pytest.param(
            {names.REVISION_HISTORY_LIMIT: "3"}, {"revision_history_limit": 3}, id="history"
        ),
        pytest.param(
            {
                names.PRIVATE_KEY_ALGORITHM: "ECDSA",
                names.PRIVATE_KEY_SIZE: "384",
                names.PRIVATE_KEY_ENCODING: "PKCS8",
                names.PRIVATE_KEY_ROTATION_POLICY: "Never",
            },
            {
                "private_key": PrivateKey(
                    algorithm="ECDSA", size=384, encoding="PKCS8", rotation_policy="Never"
                )
            },
            id="private key",
        ),
        pytest.param(
            {
                names.SUBJECT_ORGANIZATIONS: '"Example, Inc.", Other ',
                names.SUBJECT_ORGANIZATIONAL_UNITS: "Shop",
                names.SUBJECT_COUNTRIES: "DE",
                names.SUBJECT_PROVINCES: "Berlin",
                names.SUBJECT_LOCALITIES: "Mitte\n",
                names.SUBJECT_STREET_ADDRESSES: '"Unter den Linden 1"',
                names.SUBJECT_POSTAL_CODES: "10117",
                names.SUBJECT_SERIAL_NUMBER: "17, not a list",
            },
            {
                "subject": Subject(
                    organizations=("Example, Inc.", " Other "),
                    organizational_units=("Shop",),
                    countries=("DE",),
                    provinces=("Berlin",),
                    localities=("Mitte",),
                    street_addresses=("Unter den Linden 1",),
                    postal_codes=("10117",),
                    serial_number="17, not a list",
                )
            },
            id="subject",
        ),
        pytest.param({names.SUBJECT_COUNTRIES: " "}, {}, id="no countries"),
        pytest.param(
            {names.SECRET_TEMPLATE: '{"labels": {"a": "b"}, "annotations": null}'},
            {"secret_template": SecretTemplate(labels={"a": "b"})},
            id="template",
        ),
        pytest.param({names.SECRET_TEMPLATE: "{}"}, {}, id="empty template"),
        pytest.param({names.SECRET_TEMPLATE: '{"labels": {}}'}, {}, id="template of nothing"),
    ],
)
def test_what_annotations_say(annotations: dict[str, str], expected: dict[str, Any]) -> None:
    translated = translate(annotations)
    assert translated.faults == ()
    assert translated.spec == msgspec.structs.replace(PLAIN, **expected)


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        (names.COMMON_NAME, "a" * 65, "is 65 bytes long"),
        (names.ALT_NAMES, "a b", "is not a DNS name"),
        (names.IP_SANS, "a.example", "is not an IP address"),
        (names.IP_SANS, "fe80::1%eth0", "is not an IP address"),
        (names.EMAIL_SANS, "me", "is not an e-mail address"),
        (names.SUBJECT_ORGANIZATIONS, 'a,"b', "comma-separated"),
        (names.SUBJECT_ORGANIZATIONS, "a\nb", "comma-separated"),
        (names.SUBJECT_ORGANIZATIONS, 'a"b"', "comma-separated"),
        (names.SUBJECT_ORGANIZATIONS, '"a" ,b', "comma-separated"),
        (
            names.SUBJECT_ORGANIZATIONS,
            '"a, ""b""", "c"',
            'has a blank before a quote: write "Example, Inc.",Other',
        ),
        (names.SUBJECT_ORGANIZATIONS, ' "a"', "has a blank before a quote"),
        (names.SUBJECT_ORGANIZATIONS, "a,,b", "is empty"),
        (names.SUBJECT_COUNTRIES, "DEU", "country code"),
        (names.DURATION, "", "is not a duration"),
        (names.DURATION, "90 days", "is not a duration"),
        (names.DURATION, "30m", "is less than 1h0m0s"),
        (names.RENEW_BEFORE, "1m", "is less than 5m0s"),
        (names.RENEW_BEFORE_PERCENTAGE, "100", "between 1 and 99"),
        (names.RENEW_BEFORE_PERCENTAGE, "٣", "between 1 and 99"),
        (names.USAGES, "server", "is not a known usage"),
        (names.USAGES, "encipher only", "key agreement"),
        (names.REVISION_HISTORY_LIMIT, "0", "whole number"),
        (names.REVISION_HISTORY_LIMIT, "2147483648", "whole number"),
        (names.REVISION_HISTORY_LIMIT, "1_0", "whole number"),
        (names.PRIVATE_KEY_ALGORITHM, "rsa", "is not one of RSA"),
        (names.PRIVATE_KEY_ALGORITHM, "", "is empty"),
        (names.PRIVATE_KEY_SIZE, "1024", "is not between 2048 and 8192"),
        (names.PRIVATE_KEY_ENCODING, "DER", "is not one of PKCS1"),
        (names.PRIVATE_KEY_ROTATION_POLICY, "Often", "is not one of Never"),
        (names.SECRET_TEMPLATE, "", "JSON"),
        (names.SECRET_TEMPLATE, "null", "JSON"),
        (names.SECRET_TEMPLATE, "{} {}", "JSON"),
        (names.SECRET_TEMPLATE, '{"labels": {"a": 1}}', "JSON"),
        (names.SECRET_TEMPLATE, '{"label": {}}', "unknown field"),
        (names.SECRET_TEMPLATE, '{"annotations": {"cert-manager.io/x": ""}}', "not allowed"),
    ],
)
def test_a_bad_value_is_named_with_its_annotation(key: str, value: str, told: str) -> None:
    (fault,) = translate({key: value}).faults
    assert fault.startswith(f"{key}: ")
    assert told in fault
    assert value in fault or quoted(value)[1:-1] in fault or told == "is empty"


def test_faults_of_two_annotations_speak_of_annotations() -> None:
    (late,) = translate({names.DURATION: "90m", names.RENEW_BEFORE: "2h"}).faults
    assert late == f'{names.RENEW_BEFORE}: "2h" is not less than {names.DURATION}, "90m"'
    (both,) = translate({names.RENEW_BEFORE_PERCENTAGE: "5", names.RENEW_BEFORE: "2h"}).faults
    assert both.startswith(f'{names.RENEW_BEFORE_PERCENTAGE}: "5" excludes {names.RENEW_BEFORE}')


def test_all_faults_at_once() -> None:
    annotations = {names.DURATION: "x", names.USAGES: "server auth,x", names.IP_SANS: "1,2"}
    told = [fault.partition(":")[0] for fault in translate(annotations).faults]
    assert sorted(told) == sorted([names.DURATION, names.USAGES, names.IP_SANS, names.IP_SANS])


def test_what_no_annotation_can_set_is_nobodys_to_set() -> None:
    assert set(SPEC_FIELDS).isdisjoint(
        {"keystores", "additional_output_formats", "name_constraints", "uris", "other_names"}
    )
    assert {"subject", "private_key", "usages", "secret_name", "issuer_ref"} <= set(SPEC_FIELDS)


@given(st.lists(st.text(), min_size=1).filter(lambda values: values != [""]))
def test_csv_comes_back(values: list[str]) -> None:
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL).writerow(values)
    assert fields(line.getvalue()) == tuple(values)


@given(st.lists(st.text(st.characters(exclude_characters='",\r\n')), min_size=1))
def test_what_needs_no_quotes_is_what_it_is(values: list[str]) -> None:
    line = ",".join(values)
    assert fields(line) == (tuple(values) if line.strip() else ())


@given(st.text() | st.text('ab", \n'))
def test_fields_are_found_or_refused(text: str) -> None:
    try:
        found = fields(text)
    except ValueError:
        assert text.strip()
    else:
        assert bool(found) == bool(text.strip())


@given(st.text())
def test_words_are_distinct_and_bare(text: str) -> None:
    found = words(text)
    assert len(set(found)) == len(found)
    assert all(word == word.strip() != "" and "," not in word for word in found)


TEXTS = st.text() | st.sampled_from(
    ["", "1h", "2160h", "5", "RSA", "2048", "Never", "server auth", "a.example,b.example", "{}"]
)


@given(st.dictionaries(st.sampled_from(TRANSLATED), TEXTS))
def test_any_text_is_translated_or_a_fault_of_its_annotation(annotations: dict[str, str]) -> None:
    translated = translate(annotations)
    for fault in translated.faults:
        assert fault.partition(": ")[0] in annotations
    if not translated.faults:
        assert translated.spec == msgspec.json.decode(
            msgspec.json.encode(translated.spec), type=CertificateSpec
        )


@given(st.dictionaries(st.sampled_from(TRANSLATED), TEXTS), st.sampled_from(TRANSLATED), TEXTS)
def test_an_annotation_changes_no_field_but_its_own(
    annotations: dict[str, str], key: str, text: str
) -> None:
    before, after = translate(annotations), translate(annotations | {key: text})
    changed = {
        field
        for field in CertificateSpec.__struct_fields__
        if getattr(before.spec, field) != getattr(after.spec, field)
    }
    assert len(changed - {"dns_names", "ip_addresses"}) <= 1
    assert changed <= set(SPEC_FIELDS)

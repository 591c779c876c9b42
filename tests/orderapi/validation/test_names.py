"""What can be no name of its kind."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderapi.certificate import OtherName
from orderapi.validation.names import name_faults, wildcard_faults
from tests.orderapi.validation.build import a_spec

UPN = "1.3.6.1.4.1.311.20.2.3"


def paths(**fields: Any) -> list[str]:
    return [fault.path for fault in name_faults(a_spec(**fields))]


@pytest.mark.parametrize(
    ("field", "values"),
    [
        pytest.param(
            "dns_names",
            ("example.com", "*.example.com", "xn--bcher-kva.example", "_acme.a", "a" * 63, "*"),
            id="DNS names",
        ),
        pytest.param(
            "ip_addresses", ("192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1", "::"), id="addresses"
        ),
        pytest.param("uris", ("spiffe://a/b", "urn:x", "https://a.example/?b#c"), id="URIs"),
        pytest.param(
            "email_addresses",
            ("a@b.example", "a.b+c@d", '"a b"@c.example', "a@[192.0.2.1]", "o'neill@example.com"),
            id="e-mail",
        ),
        pytest.param(
            "other_names", (OtherName(oid=UPN, utf8_value="ü@example.com"),), id="other names"
        ),
    ],
)
def test_names(field: str, values: tuple[Any, ...]) -> None:
    assert paths(dns_names=(), **{field: values}) == [] if field != "dns_names" else True
    assert paths(**{field: values}) == []


@pytest.mark.parametrize(
    ("field", "path", "values"),
    [
        pytest.param(
            "dns_names",
            "spec.dnsNames",
            ("", "a..b", ".a", "a.", "a b", "ü.example", "a/b", "a:80", "a" * 64, "a." * 127 + "a"),
            id="DNS names",
        ),
        pytest.param(
            "ip_addresses",
            "spec.ipAddresses",
            ("", "300.1.1.1", "fe80::1%eth0", "10.0.0.0/8", "1", "01.1.1.1", "example.com"),
            id="addresses",
        ),
        pytest.param(
            "uris", "spec.uris", ("", "example.com/x", "http://[", "https://ü", "a: b"), id="URIs"
        ),
        pytest.param(
            "email_addresses",
            "spec.emailAddresses",
            (
                "",
                "example.com",
                "@example.com",
                "a@",
                "A <a@b.example>",
                "<a@b.example>",
                "a..b@c.example",
                "a@b.",
                "a@b@c.example",
                "a@b.example (home)",
                "a, b@c.example",
                "ü@example.com",
                "(" * 5_000 + "a@b.example",
            ),
            id="e-mail",
        ),
    ],
)
def test_no_names(field: str, path: str, values: tuple[str, ...]) -> None:
    assert paths(**{field: values}) == [f"{path}[{index}]" for index in range(len(values))]


def test_other_names_are_told_by_their_parts() -> None:
    names = (
        OtherName(oid="x", utf8_value="a"),
        OtherName(oid=UPN),
        OtherName(oid=UPN, utf8_value="\ud800"),
        OtherName(),
    )
    assert paths(other_names=names) == [
        "spec.otherNames[0].oid",
        "spec.otherNames[1].utf8Value",
        "spec.otherNames[2].utf8Value",
        "spec.otherNames[3].oid",
        "spec.otherNames[3].utf8Value",
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"ip_addresses": ("192.0.2.1",)},
        {"uris": ("urn:x",)},
        {"email_addresses": ("a@b.example",)},
        {"other_names": (OtherName(oid=UPN, utf8_value="a"),)},
        {"common_name": "a"},
        {"literal_subject": "CN=a"},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_one_name_of_any_kind_is_enough(fields: dict[str, Any]) -> None:
    assert paths(dns_names=()) == ["spec"]
    assert paths(dns_names=(), **fields) == []


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("*.example.com", True),
        ("*", True),
        ("example.com", True),
        ("a*.example.com", False),
        ("*a.example.com", False),
        ("a.*.example.com", False),
        ("*.*.example.com", False),
        ("**.example.com", False),
        ("example.*", False),
    ],
)
def test_a_star_is_the_whole_first_label(name: str, *, fits: bool) -> None:
    faults = list(wildcard_faults(a_spec(dns_names=("example.com", name))))
    assert [fault.path for fault in faults] == [] if fits else ["spec.dnsNames[1]"]
    assert bool(faults) is not fits


@given(st.emails())
def test_common_addresses_are_taken(address: str) -> None:
    assert paths(email_addresses=(address,)) == []

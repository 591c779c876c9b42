"""Key usages, and name constraints of a CA."""

from typing import Any

import pytest

from orderapi.certificate import NameConstraintItems, NameConstraints
from orderapi.usages import USAGES
from orderapi.validation.constraints import constraint_faults
from orderapi.validation.usages import usage_faults
from tests.orderapi.validation.build import a_spec, sentences


def test_every_usage_of_the_api_is_known() -> None:
    assert sentences(usage_faults(USAGES, is_ca=False)) == []
    assert sentences(usage_faults((), is_ca=True)) == []


def test_faults_of_usages() -> None:
    assert sentences(usage_faults(("Server Auth", "decipher only"), is_ca=None)) == [
        'spec.usages[0]: "Server Auth" is not a known usage',
        'spec.usages: "encipher only" and "decipher only" need "key agreement"',
    ]


def items(**kinds: tuple[str, ...]) -> NameConstraints:
    return NameConstraints(permitted=NameConstraintItems(**kinds))


@pytest.mark.parametrize(
    "constraints",
    [
        pytest.param(None, id="none"),
        pytest.param(items(dns_domains=("example.com", ".example.com", "")), id="domains"),
        pytest.param(items(ip_ranges=("10.0.0.1/8", "2001:db8::/32")), id="ranges"),
        pytest.param(items(email_addresses=("a@b.example", "b.example", ".b")), id="e-mail"),
        pytest.param(items(uri_domains=(".example.com",)), id="URIs"),
        pytest.param(
            NameConstraints(excluded=NameConstraintItems(dns_domains=("a",))), id="excluded"
        ),
    ],
)
def test_constraints(constraints: NameConstraints | None) -> None:
    spec = a_spec(is_ca=True, name_constraints=constraints)
    assert sentences(constraint_faults(spec)) == []


@pytest.mark.parametrize(
    ("fields", "paths"),
    [
        pytest.param({"is_ca": None}, ["spec.nameConstraints"], id="no CA"),
        pytest.param(
            {"name_constraints": NameConstraints(critical=True)},
            ["spec.nameConstraints"],
            id="nothing",
        ),
        pytest.param({"name_constraints": items()}, ["spec.nameConstraints"], id="empty"),
        pytest.param(
            {
                "name_constraints": NameConstraints(
                    permitted=NameConstraintItems(ip_ranges=("10.0.0.0/8", "10.0.0.1", "x/8")),
                    excluded=NameConstraintItems(
                        dns_domains=("*.a",),
                        email_addresses=("", "a@", "a@b@c", "A <a@b>", "(" * 9_999),
                        uri_domains=("ü",),
                    ),
                )
            },
            [
                "spec.nameConstraints.permitted.ipRanges[1]",
                "spec.nameConstraints.permitted.ipRanges[2]",
                "spec.nameConstraints.excluded.dnsDomains[0]",
                *(f"spec.nameConstraints.excluded.emailAddresses[{index}]" for index in range(5)),
                "spec.nameConstraints.excluded.uriDomains[0]",
            ],
            id="each kind",
        ),
    ],
)
def test_faults_of_constraints(fields: dict[str, Any], paths: list[str]) -> None:
    usual = {"is_ca": True, "name_constraints": items(dns_domains=("a",))}
    assert [fault.path for fault in constraint_faults(a_spec(**(usual | fields)))] == paths

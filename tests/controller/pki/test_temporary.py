from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509

from controller.pki.faults import InvalidSpec
from controller.pki.keys import public_key_digest
from controller.pki.leaf import read_chain
from controller.pki.matching import certificate_mismatch
from controller.pki.temporary import temporary_certificate
from orderapi.certificate import Subject
from tests.controller.pki.build import NOW, a_key, a_spec


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({}, id="names alone"),
        pytest.param({"common_name": "example.com", "ip_addresses": ("192.0.2.1",)}, id="more"),
        pytest.param({"subject": Subject(serial_number="7", countries=("DE",))}, id="subject"),
        pytest.param({"literal_subject": "CN=example.com,O=x"}, id="literal subject"),
    ],
)
def test_it_has_the_names_and_says_what_it_is(fields: dict[str, Any]) -> None:
    spec, key = a_spec(**fields), a_key()
    leaf = read_chain(temporary_certificate(spec, key, now=NOW))
    assert leaf.temporary
    assert leaf.subject_fields.serial_number == "1234567890"
    assert leaf.issuer_common_name == "cert-manager.local"
    assert leaf.public_key_digest == public_key_digest(key)
    assert certificate_mismatch(spec, leaf) == ()
    assert (leaf.not_before, leaf.not_after) == (NOW, NOW + timedelta(days=90))


@pytest.mark.parametrize("is_ca", [False, True])
def test_it_is_a_ca_only_where_that_is_asked_for(*, is_ca: bool) -> None:
    pem = temporary_certificate(a_spec(is_ca=is_ca, duration="1h"), a_key(), now=NOW)
    certificate = x509.load_pem_x509_certificate(pem)
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.value.ca is is_ca
    assert certificate.not_valid_after_utc == NOW + timedelta(hours=1)


def test_a_faulty_spec_is_refused() -> None:
    with pytest.raises(InvalidSpec) as caught:
        temporary_certificate(a_spec(dns_names=("a b",), duration="x"), a_key(), now=NOW)
    assert [fault.split(":")[0] for fault in caught.value.faults] == [
        "spec.dnsNames[0]",
        "spec.duration",
    ]

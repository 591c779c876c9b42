import contextlib
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from controller.pki.csr import build_csr, read_csr, spec_faults, to_der
from controller.pki.faults import InvalidSpec, PkiError, Unreadable
from controller.pki.keys import Key, public_key_digest
from orderapi.certificate import (
    NameConstraintItems,
    NameConstraints,
    OtherName,
    PrivateKey,
    Subject,
)
from tests.controller.pki.build import a_key, a_spec, unhurried

UPN = "1.3.6.1.4.1.311.20.2.3"


def built(**fields: Any) -> x509.CertificateSigningRequest:
    return x509.load_pem_x509_csr(build_csr(a_spec(**fields), a_key()))


def names_of(csr: x509.CertificateSigningRequest) -> x509.Extension[x509.SubjectAlternativeName]:
    return csr.extensions.get_extension_for_class(x509.SubjectAlternativeName)


def test_everything_asked_for_is_in_the_request_and_read_back() -> None:
    key = a_key()
    spec = a_spec(
        common_name="example.com",
        dns_names=("example.com", "*.Example.com", "example.com"),
        ip_addresses=("192.0.2.1", "2001:DB8:0::1", "::ffff:192.0.2.1"),
        uris=("spiffe://cluster/ns/a",),
        email_addresses=("a@example.com",),
        other_names=(OtherName(oid=UPN, utf8_value="ü@example.com"),),
        subject=Subject(organizations=("Org",)),
    )
    pem = build_csr(spec, key)
    assert pem.startswith(b"-----BEGIN CERTIFICATE REQUEST-----\n")
    csr = read_csr(pem)
    assert csr == read_csr(to_der(pem))
    assert csr.common_name == "example.com"
    assert csr.dns_names == ("example.com", "*.Example.com")
    assert csr.ip_addresses == ("192.0.2.1", "2001:db8::1")
    assert csr.uris == ("spiffe://cluster/ns/a",)
    assert csr.emails == ("a@example.com",)
    assert csr.other_names == ((UPN, "ü@example.com"),)
    assert csr.subject.fields.organizations == ("Org",)
    assert csr.public_key_digest == public_key_digest(key)
    assert not csr.is_ca
    assert x509.load_pem_x509_csr(pem).is_signature_valid


def test_names_stand_in_the_documented_order() -> None:
    csr = built(
        other_names=(OtherName(oid=UPN, utf8_value="x"),),
        email_addresses=("a@b.example",),
        uris=("urn:x",),
        ip_addresses=("192.0.2.1",),
    )
    assert [type(name) for name in names_of(csr).value] == [
        x509.DNSName,
        x509.IPAddress,
        x509.UniformResourceIdentifier,
        x509.RFC822Name,
        x509.OtherName,
    ]


@pytest.mark.parametrize(
    ("fields", "critical"),
    [
        pytest.param({}, True, id="empty subject"),
        pytest.param({"common_name": "example.com"}, False, id="common name"),
        pytest.param({"literal_subject": "O=a"}, False, id="literal subject"),
        pytest.param({"subject": Subject(countries=("DE",))}, False, id="subject"),
    ],
)
def test_names_are_critical_where_the_subject_is_empty(
    fields: dict[str, Any], *, critical: bool
) -> None:
    assert names_of(built(**fields)).critical is critical


def test_a_common_name_alone_makes_no_alternative_name() -> None:
    csr = built(dns_names=(), common_name="example.com")
    with pytest.raises(x509.ExtensionNotFound):
        names_of(csr)


@pytest.mark.parametrize(
    ("fields", "bits", "extended"),
    [
        pytest.param({}, {"digital_signature", "key_encipherment"}, [], id="default"),
        pytest.param(
            {"usages": ("signing", "server auth", "client auth")},
            {"digital_signature"},
            [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH],
            id="alias and extended",
        ),
        pytest.param(
            {"usages": ("s/mime", "any")},
            set(),
            [ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE, ExtendedKeyUsageOID.EMAIL_PROTECTION],
            id="only extended",
        ),
        pytest.param(
            {"usages": ("crl sign",), "is_ca": True}, {"crl_sign", "key_cert_sign"}, [], id="CA"
        ),
        pytest.param(
            {"usages": ("key agreement", "encipher only")},
            {"key_agreement", "encipher_only"},
            [],
            id="encipher only",
        ),
        pytest.param({"encode_usages_in_request": False}, set(), [], id="not encoded"),
    ],
)
def test_usages(fields: dict[str, Any], bits: set[str], extended: list[object]) -> None:
    extensions = built(**fields).extensions
    found = [extension.value for extension in extensions]
    usages = [value for value in found if isinstance(value, x509.KeyUsage)]
    set_bits = {
        name
        for usage in usages
        for name in (
            "digital_signature",
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
        )
        if getattr(usage, name)
    }
    if usages and usages[0].key_agreement and usages[0].encipher_only:
        set_bits.add("encipher_only")
    assert set_bits == bits
    assert [
        oid for value in found if isinstance(value, x509.ExtendedKeyUsage) for oid in value
    ] == extended


def test_ca_asks_for_basic_constraints_and_name_constraints() -> None:
    csr = built(
        is_ca=True,
        name_constraints=NameConstraints(
            critical=True,
            permitted=NameConstraintItems(
                dns_domains=("example.com",),
                ip_ranges=("10.0.0.1/8",),
                email_addresses=("example.com",),
                uri_domains=(".example.com",),
            ),
            excluded=NameConstraintItems(dns_domains=("bad.example.com",)),
        ),
    )
    basic = csr.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (basic.value.ca, basic.critical) == (True, True)
    constraints = csr.extensions.get_extension_for_class(x509.NameConstraints)
    assert constraints.critical
    assert [str(name.value) for name in constraints.value.permitted_subtrees or ()] == [
        "example.com",
        "10.0.0.0/8",
        "example.com",
        ".example.com",
    ]
    assert read_csr(csr.public_bytes(Encoding.DER)).is_ca


@pytest.mark.parametrize(
    ("key", "name", "oid"),
    [
        pytest.param(rsa.generate_private_key(65537, 2048), None, "sha256WithRSA", id="rsa 2048"),
        pytest.param(rsa.generate_private_key(65537, 3072), None, "sha384WithRSA", id="rsa 3072"),
        pytest.param(rsa.generate_private_key(65537, 4096), None, "sha512WithRSA", id="rsa 4096"),
        pytest.param(a_key(), None, "ecdsa-with-SHA256", id="p-256"),
        pytest.param(
            ec.generate_private_key(ec.SECP384R1()), None, "ecdsa-with-SHA384", id="p-384"
        ),
        pytest.param(
            ec.generate_private_key(ec.SECP521R1()), None, "ecdsa-with-SHA512", id="p-521"
        ),
        pytest.param(a_key(), "ECDSAWithSHA384", "ecdsa-with-SHA384", id="named"),
        pytest.param(ed25519.Ed25519PrivateKey.generate(), None, "ed25519", id="ed25519"),
        pytest.param(
            ed25519.Ed25519PrivateKey.generate(), "PureEd25519", "ed25519", id="ed25519 named"
        ),
    ],
)
def test_signature_algorithm(key: Key, name: str | None, oid: str) -> None:
    csr = x509.load_pem_x509_csr(build_csr(a_spec(signature_algorithm=name), key))
    assert csr.signature_algorithm_oid._name.lower().startswith(oid.lower())
    assert csr.is_signature_valid


@pytest.mark.parametrize(
    ("fields", "faults"),
    [
        pytest.param({}, (), id="none"),
        pytest.param(
            {"dns_names": ()},
            (
                "spec: names nothing; set at least one of dnsNames, ipAddresses, uris, "
                "emailAddresses, otherNames, commonName, literalSubject",
            ),
            id="no name at all",
        ),
        pytest.param(
            {"dns_names": ("bücher.example", "a..b", "example.com.", "x" * 64 + ".com", "a b")},
            (
                'spec.dnsNames[0]: "bücher.example" is not ASCII; '
                'write an internationalized name as its A-labels ("xn--…")',
                'spec.dnsNames[1]: "a..b" is not a DNS name: between dots stand 1 to 63 letters, '
                "digits, hyphens or underscores",
                'spec.dnsNames[2]: "example.com." ends in a dot; '
                "names in certificates are written without it",
                f'spec.dnsNames[3]: "{"x" * 64}.com" is not a DNS name: between dots stand 1 to 63 '
                "letters, digits, hyphens or underscores",
                'spec.dnsNames[4]: "a b" is not a DNS name: between dots stand 1 to 63 letters, '
                "digits, hyphens or underscores",
            ),
            id="DNS names",
        ),
        pytest.param(
            {"ip_addresses": ("192.0.2.1", "300.1.1.1", "fe80::1%eth0", "10.0.0.0/8")},
            (
                'spec.ipAddresses[1]: "300.1.1.1" is not an IP address',
                'spec.ipAddresses[2]: "fe80::1%eth0" is not an IP address',
                'spec.ipAddresses[3]: "10.0.0.0/8" is not an IP address',
            ),
            id="addresses",
        ),
        pytest.param(
            {"uris": ("example.com/x", "http://[", "https://ü")},
            (
                'spec.uris[0]: "example.com/x" is not a URI: '
                "it has no scheme such as https: or spiffe:",
                'spec.uris[1]: "http://[" is not a URI',
                'spec.uris[2]: "https://ü" is not a URI: it must be printable ASCII without blanks',
            ),
            id="URIs",
        ),
        pytest.param(
            {"email_addresses": ("example.com", "A <a@b.example>")},
            (
                'spec.emailAddresses[0]: "example.com" is not an e-mail address in ASCII, '
                "such as someone@example.com",
                'spec.emailAddresses[1]: "A <a@b.example>" is not an e-mail address alone, '
                "such as someone@example.com",
            ),
            id="e-mail",
        ),
        pytest.param(
            {
                "other_names": (
                    OtherName(oid="x", utf8_value="a"),
                    OtherName(oid=UPN),
                    OtherName(utf8_value="a"),
                )
            },
            (
                'spec.otherNames[0].oid: "x" is not an object identifier',
                "spec.otherNames[1].utf8Value: is not a non-empty UTF-8 text",
                'spec.otherNames[2].oid: "" is not an object identifier',
            ),
            id="other names",
        ),
        pytest.param(
            {"usages": ("server auth", "cooking", "decipher only")},
            (
                'spec.usages[1]: "cooking" is not a known usage',
                'spec.usages: "encipher only" and "decipher only" need "key agreement"',
            ),
            id="usages",
        ),
        pytest.param(
            {"name_constraints": NameConstraints()},
            (
                "spec.nameConstraints: only a CA certificate has them, and spec.isCA is not true",
                "spec.nameConstraints: neither permits nor excludes any name",
            ),
            id="name constraints without CA",
        ),
        pytest.param(
            {
                "is_ca": True,
                "name_constraints": NameConstraints(
                    permitted=NameConstraintItems(
                        ip_ranges=("10.0.0.0/8", "10.0.0.1"), dns_domains=("*.a", "ü")
                    )
                ),
            },
            (
                'spec.nameConstraints.permitted.dnsDomains[0]: "*.a" is not a name in ASCII',
                'spec.nameConstraints.permitted.dnsDomains[1]: "ü" is not a name in ASCII',
                'spec.nameConstraints.permitted.ipRanges[1]: "10.0.0.1" is not a range such as '
                "10.0.0.0/8",
            ),
            id="name constraints",
        ),
        pytest.param(
            {"signature_algorithm": "ECDSAWithSHA256"},
            (
                'spec.signatureAlgorithm: "ECDSAWithSHA256" does not go with a key of algorithm '
                "RSA; one of SHA256WithRSA, SHA384WithRSA, SHA512WithRSA does",
            ),
            id="signature algorithm",
        ),
        pytest.param(
            {"private_key": PrivateKey(algorithm="DSA"), "duration": "1 day", "renew_before": "x"},
            (
                'spec.privateKey.algorithm: "DSA" is not one of RSA, ECDSA, Ed25519',
                'spec.duration: "1 day" is not a duration; write it like 2160h, 1h30m or 90s',
                'spec.renewBefore: "x" is not a duration; write it like 2160h, 1h30m or 90s',
            ),
            id="key and terms",
        ),
    ],
)
def test_all_faults_are_told_at_once(fields: dict[str, Any], faults: tuple[str, ...]) -> None:
    assert spec_faults(a_spec(**fields)) == faults


def test_a_faulty_spec_is_refused_with_its_faults() -> None:
    spec = a_spec(ip_addresses=tuple(f"x{i}" for i in range(12)), signature_algorithm="PureEd25519")
    with pytest.raises(InvalidSpec) as caught:
        build_csr(spec, a_key())
    assert len(caught.value.faults) == 13
    assert str(caught.value).startswith('spec.ipAddresses[0]: "x0" is not an IP address; ')
    assert str(caught.value).endswith("; and 3 more")


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        pytest.param(
            {"other_names": (OtherName(oid=f"2.{2**128 - 1}", utf8_value="a"),)},
            "spec.otherNames[0].oid",
            id="identifier",
        ),
        pytest.param(
            {"literal_subject": f"2.{2**128 - 1}=a"}, "spec.literalSubject", id="attribute type"
        ),
        pytest.param(
            {"email_addresses": ("(" * 5_000 + "a@b.example",)},
            "spec.emailAddresses[0]",
            id="e-mail",
        ),
    ],
)
def test_what_the_library_would_break_at_does_not_reach_it(
    fields: dict[str, Any], path: str
) -> None:
    with pytest.raises(InvalidSpec) as caught:
        build_csr(a_spec(**fields), a_key())
    assert [fault.partition(":")[0] for fault in caught.value.faults] == [path]


_words = st.text(max_size=20)
_lists = st.lists(_words, max_size=3).map(tuple)


@unhurried
@given(
    st.fixed_dictionaries(
        {
            "dns_names": _lists,
            "ip_addresses": _lists,
            "uris": _lists,
            "email_addresses": _lists | st.lists(st.emails(), max_size=2).map(tuple),
            "usages": _lists,
            "common_name": st.none() | _words,
            "literal_subject": st.none() | _words,
            "duration": st.none() | _words,
            "signature_algorithm": st.none() | _words,
            "is_ca": st.booleans(),
            "subject": st.builds(
                Subject, organizations=_lists, countries=_lists, serial_number=_words
            ),
            "name_constraints": st.none()
            | st.builds(
                NameConstraints,
                permitted=st.builds(
                    NameConstraintItems,
                    dns_domains=_lists,
                    ip_ranges=_lists,
                    email_addresses=_lists | st.lists(st.emails(), max_size=2).map(tuple),
                    uri_domains=_lists,
                ),
            ),
            "other_names": st.lists(
                st.builds(OtherName, oid=_words, utf8_value=_words), max_size=2
            ).map(tuple),
        }
    )
)
def test_any_spec_makes_a_readable_request_or_is_refused(fields: dict[str, Any]) -> None:
    spec = a_spec(**fields, private_key=PrivateKey(algorithm="ECDSA"))
    faults = spec_faults(msgspec.structs.replace(spec, duration=None))
    if faults:
        assert all(fault.startswith("spec") for fault in faults)
        with pytest.raises(InvalidSpec) as refused:
            build_csr(spec, a_key())
        assert refused.value.faults == faults
        return
    csr = read_csr(build_csr(spec, a_key()))
    assert set(csr.dns_names) == set(fields["dns_names"])
    assert set(csr.uris) == set(fields["uris"])


@unhurried
@given(st.binary(max_size=400))
def test_arbitrary_bytes_are_refused_in_our_words(data: bytes) -> None:
    wrapped = (
        b"-----BEGIN CERTIFICATE REQUEST-----\n" + data + b"\n-----END CERTIFICATE REQUEST-----"
    )
    for given_bytes in (data, wrapped):
        with pytest.raises(PkiError):
            read_csr(given_bytes)
        with pytest.raises(PkiError):
            to_der(given_bytes)


DER = to_der(build_csr(a_spec(ip_addresses=("192.0.2.1",), common_name="a"), a_key()))


@unhurried
@given(st.integers(0, len(DER) - 1), st.integers(1, 255))
# The parser warns of what it will refuse one day: until then either answer is right.
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_damaged_requests_are_read_or_refused(position: int, change: int) -> None:
    damaged = bytearray(DER)
    damaged[position] ^= change
    with contextlib.suppress(Unreadable):
        read_csr(bytes(damaged))


def test_size_is_bounded() -> None:
    with pytest.raises(Unreadable, match=r"larger than 65,536 bytes"):
        read_csr(b"x" * 65_537)

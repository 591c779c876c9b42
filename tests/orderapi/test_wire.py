"""The wire: names, immutability, and constraints that do not bind the reader."""

from typing import Annotated

import msgspec
import pytest

from orderapi.challenge import ChallengeSpec
from orderapi.keystores import JksKeystore, Pkcs12Keystore
from orderapi.order import OfferedChallenge
from orderapi.references import IssuerRef
from orderapi.solver import Solver
from orderapi.wire import Wire, crd, wire_name


@pytest.mark.parametrize(
    ("python", "wire"),
    [
        ("name", "name"),
        ("class_", "class"),
        ("finalize_url", "finalizeURL"),
        ("authorization_url", "authorizationURL"),
        ("explanation_url", "explanationURL"),
        ("issuing_certificate_urls", "issuingCertificateURLs"),
        ("dns_names", "dnsNames"),
        ("acme_dns", "acmeDNS"),
        ("ip_addresses", "ipAddresses"),
        ("is_ca", "isCA"),
        ("ca_bundle", "caBundle"),
        ("key_id", "keyID"),
        ("access_key_id_secret_ref", "accessKeyIDSecretRef"),
        ("skip_tls_verify", "skipTLSVerify"),
        ("gateway_http_route", "gatewayHTTPRoute"),
        ("se_linux_options", "seLinuxOptions"),
        ("utf8_value", "utf8Value"),
    ],
)
def test_wire_names(python: str, wire: str) -> None:
    assert wire_name(python) == wire


def test_values_are_immutable_and_keyword_only() -> None:
    ref = IssuerRef(name="letsencrypt")
    with pytest.raises(AttributeError):
        setattr(ref, "name", "other")  # noqa: B010 (a type checker refuses the plain form)
    with pytest.raises(TypeError):
        msgspec.structs.replace(ref, unknown="x")
    with pytest.raises(TypeError):
        IssuerRef("letsencrypt")  # type: ignore[call-arg]


def test_a_subclass_needs_no_configuration() -> None:
    class Inner(Wire):
        optional: str | None = None
        required: str

    assert Inner.__struct_config__.frozen
    assert msgspec.json.encode(Inner(required="x")) == b'{"required":"x"}'


def test_a_constraint_for_the_crd_does_not_bind_the_reader() -> None:
    class Limited(Wire):
        text: Annotated[str, crd(max_length=1, enum=["a"], pattern="^a$")]

    assert msgspec.json.decode(b'{"text":"long"}', type=Limited).text == "long"


@pytest.mark.parametrize(
    "value",
    [
        OfferedChallenge(type="dns-01", url="u", token="hush-hush"),
        JksKeystore(create=True, password="hush-hush"),
        Pkcs12Keystore(create=True, password="hush-hush"),
        ChallengeSpec(
            url="u",
            authorization_url="a",
            dns_name="example.com",
            type="DNS-01",
            token="hush-hush",
            key="hush-hush",
            solver=Solver(),
            issuer_ref=IssuerRef(name="ca"),
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_repr_tells_no_secret(value: Wire) -> None:
    assert "hush" not in repr(value)
    assert "…" in repr(value)


def test_a_repr_shows_what_differs_from_the_defaults() -> None:
    assert repr(IssuerRef(name="ca")) == "IssuerRef(name='ca')"
    assert repr(JksKeystore(create=True)) == "JksKeystore(create=True)"

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_order.naming import hosts
from orderapi.certificate import CertificateSpec
from orderapi.references import IssuerRef


def spec(*dns_names: str, ip_addresses: tuple[str, ...] = ()) -> CertificateSpec:
    return CertificateSpec(
        secret_name="x",
        issuer_ref=IssuerRef(name="x"),
        dns_names=dns_names,
        ip_addresses=ip_addresses,
    )


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("www.example.com", "www.example.com"),
        ("WWW.Example.COM.", "www.example.com"),
        ("https://www.example.com/shop?x=1#y", "www.example.com"),
        ("https://user:word@www.example.com:8443/", "www.example.com"),
        ("www.example.com:443", "www.example.com"),
        ("*.example.com", "*.example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("https://[2001:db8::1]:8443/", "2001:db8::1"),
        ("192.0.2.1", "192.0.2.1"),
        ("https://[broken", ""),
        ("..ü", ""),
        ("", ""),
    ],
)
def test_the_host_in_what_people_paste(text: str, host: str) -> None:
    assert hosts.host_in(text) == host


@given(st.text(max_size=40))
def test_any_text_has_a_host_or_none(text: str) -> None:
    assert hosts.host_in(text) == hosts.host_in(text).lower()


@pytest.mark.parametrize(
    ("host", "matches", "covers"),
    [
        ("www.example.com", True, True),
        ("api.example.com", False, True),
        ("a.b.example.com", False, False),
        ("example.com", False, False),
        ("*.example.com", True, True),
        ("2001:db8:0::1", True, False),
        ("com", False, False),
        ("", False, False),
    ],
)
def test_which_names_are_for_a_host(host: str, *, matches: bool, covers: bool) -> None:
    wanted = spec("WWW.example.com.", "*.example.com", ip_addresses=("2001:db8::1",))
    assert hosts.matches(wanted, host) is matches
    assert hosts.covers(wanted, host) is covers

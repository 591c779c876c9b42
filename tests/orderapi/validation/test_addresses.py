"""What is an IP address, and how it is spelled."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderapi.validation.addresses import address, canonical, host_address, is_ipv6


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", None),
        ("192.0.2.0/24", None),
        ("192.0.2.1 ", None),
        ("01.2.3.4", None),
        ("", None),
    ],
)
def test_one_spelling_for_each_address(text: str, spelled: str | None) -> None:
    assert canonical(text) == spelled
    if spelled is None:
        with pytest.raises(ValueError, match=r"."):
            address(text)
    else:
        assert str(address(text)) == spelled


@given(st.ip_addresses())
def test_every_address_has_one(found: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    spelled = canonical(found.exploded)
    assert spelled is not None
    assert canonical(spelled) == spelled == str(address(str(found)))


@pytest.mark.parametrize(
    ("text", "is_one", "is_v6"),
    [
        ("192.0.2.1", True, False),
        ("2001:db8::1", True, True),
        ("fe80::1%eth0", True, True),
        ("::ffff:192.0.2.1", True, True),
        ("[::1]", False, False),
        ("ns1.example.com", False, False),
    ],
)
def test_hosts_by_address(text: str, is_one: bool, is_v6: bool) -> None:
    assert (host_address(text) is not None) is is_one
    assert is_ipv6(text) is is_v6

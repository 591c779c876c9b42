"""Names of made objects: valid whatever comes in, the same for the same request."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderapi.names import challenge_name, order_name, request_name

SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
UINT32 = re.compile(r"0|[1-9][0-9]{0,9}")
UID = "5c1f3f3e-59f3-4d9e-8f8e-0a6a4c4c1b2d"


@given(prefix=st.text(max_size=300), uid=st.text(max_size=40), salt=st.integers(0, 1000))
def test_an_order_name_is_valid_whatever_the_prefix_is(prefix: str, uid: str, salt: int) -> None:
    name = order_name(prefix, uid, salt)
    assert SUBDOMAIN.fullmatch(name)
    assert len(name) <= 59
    number = name.rsplit("-", 1)[1]
    assert UINT32.fullmatch(number)
    assert int(number) < 2**32
    assert name == order_name(prefix, uid, salt)


@given(prefix=st.text(max_size=300), index=st.integers(0, 999))
def test_a_challenge_name_is_a_label_value(prefix: str, index: int) -> None:
    name = challenge_name(order_name(prefix, UID, 0), index)
    assert SUBDOMAIN.fullmatch(name)
    assert len(name) <= 63


@given(prefix=st.from_regex(SUBDOMAIN, fullmatch=True).filter(lambda text: len(text) <= 48))
def test_a_short_valid_prefix_stays_as_it_is(prefix: str) -> None:
    assert order_name(prefix, UID, 0).rpartition("-")[0] == prefix


@pytest.mark.parametrize(
    ("prefix", "kept"),
    [
        pytest.param("example-com", "example-com", id="usual"),
        pytest.param("a" * 253, "a" * 48, id="long"),
        pytest.param("a" * 47 + ".b", "a" * 47, id="cut at a dot"),
        pytest.param("a" * 46 + "--b", "a" * 46, id="cut at dashes"),
        pytest.param("Weird_Name", "weird-name", id="from an annotation"),
        pytest.param("../..", "order", id="nothing left"),
        pytest.param("a.-b..c-.d", "a.b.c.d", id="empty labels"),
    ],
)
def test_prefixes(prefix: str, kept: str) -> None:
    assert order_name(prefix, UID, 0).rpartition("-")[0] == kept


def test_another_request_or_salt_gives_another_name() -> None:
    names = {order_name("example-com", uid, salt) for uid in (UID, UID[::-1]) for salt in range(9)}
    assert len(names) == 18


def test_the_hash_never_changes() -> None:
    """A name on record must be found again by every later version."""
    assert order_name("example-com", UID, 0) == "example-com-3662779509"


def test_challenge_names_count_from_zero() -> None:
    assert challenge_name("example-com-1217431265", 0) == "example-com-1217431265-0"


@pytest.mark.parametrize(
    ("certificate", "revision", "name"),
    [
        pytest.param("example-com", 1, "example-com-1", id="usual"),
        pytest.param("a" * 233, 12, "a" * 233 + "-12", id="longest that stays"),
    ],
)
def test_request_names(certificate: str, revision: int, name: str) -> None:
    assert request_name(certificate, revision) == name


@given(
    certificate=st.from_regex(SUBDOMAIN, fullmatch=True).filter(lambda text: len(text) <= 253),
    revision=st.integers(1, 2**31),
)
def test_request_names_are_valid(certificate: str, revision: int) -> None:
    name = request_name(certificate, revision)
    assert SUBDOMAIN.fullmatch(name)
    assert len(name) <= 253


def test_long_certificates_that_differ_at_the_end_do_not_share_requests() -> None:
    first, second = (request_name("a" * 250 + end, 1) for end in ("x", "y"))
    assert first != second
    assert len(first) == 168 + 1 + 64 + 2

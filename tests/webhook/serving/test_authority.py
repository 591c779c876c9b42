"""What is done with the Secret, step by step."""

from datetime import timedelta

import pytest
from trustme import CA

from tests.webhook.clocks import BEGIN
from webhook.serving import authority
from webhook.serving.authority import LATE, SETTLE, Step
from webhook.serving.certificates import CA_LIFE, LEAF_LIFE, Ca, key_pem, make_ca, make_leaf, pem
from webhook.serving.roots import read_bundle

DAY = timedelta(days=1)


def after(
    data: dict[str, bytes] | None,
    time: timedelta = timedelta(),
    *,
    published: timedelta | None = None,
    registered: bytes = b"",
) -> Step:
    return authority.step(
        data, registered=read_bundle(registered), published=published, now=BEGIN + time
    )


def entries(name: str, ca: Ca) -> dict[str, bytes]:
    return {f"{name}.crt": pem(ca.certificate), f"{name}.key": key_pem(ca.key)}


def signing(ca: Ca) -> dict[str, bytes]:
    return {
        "ca.crt": pem(ca.certificate),
        **entries("tls", ca),
        "promoted": b"2030-01-01T00:00:00Z",
    }


def test_the_first_ca_comes_as_next_and_signs_already() -> None:
    made = after(None)
    assert set(made.data) == {"ca.crt", "next.crt", "next.key"}
    assert made.data["ca.crt"] == made.data["next.crt"]
    assert made.state.signer == made.state.coming
    assert "a new CA was made" in made.said[0]


def test_what_is_right_stays_as_it_is() -> None:
    data = after(None).data
    assert after(data, DAY).data == data
    good = signing(make_ca(BEGIN))
    assert after(good, DAY).data == good
    assert not after(good, DAY).said


def test_a_ca_signs_once_it_was_published_for_a_minute() -> None:
    data = after(None).data
    almost = SETTLE - timedelta(seconds=1)
    assert after(data, published=almost).data == data
    promoted = after(data, published=SETTLE).data
    assert promoted["tls.crt"] == data["next.crt"]
    assert promoted["tls.key"] == data["next.key"]
    assert "next.crt" not in promoted
    assert promoted["promoted"] == b"2030-01-01T00:00:00Z"


def test_the_next_ca_is_made_when_less_than_a_third_is_left() -> None:
    good = signing(make_ca(BEGIN))
    assert after(good, CA_LIFE * 2 / 3 - DAY).data == good
    both = after(good, CA_LIFE * 2 / 3 + DAY)
    assert both.data["tls.crt"] == good["tls.crt"]
    assert read_bundle(both.data["ca.crt"]) == read_bundle(
        both.data["tls.crt"] + both.data["next.crt"]
    )
    assert both.state.signer == both.state.signing


def test_the_old_ca_is_trusted_until_its_last_leaf_has_expired() -> None:
    old, new = make_ca(BEGIN), make_ca(BEGIN)
    data = signing(new) | {"ca.crt": pem(new.certificate) + pem(old.certificate)}
    assert after(data, LEAF_LIFE + LATE - DAY).data == data
    assert after(data, LEAF_LIFE + LATE).data["ca.crt"] == pem(new.certificate)


@pytest.mark.parametrize("written", [b"", b"yesterday", b"2035-01-01T00:00:00Z", b"\xff"])
def test_an_old_ca_without_a_good_time_is_kept_from_now_on(written: bytes) -> None:
    old, new = make_ca(BEGIN), make_ca(BEGIN)
    bundle = pem(new.certificate) + pem(old.certificate)
    found = after(signing(new) | {"ca.crt": bundle, "promoted": written}, DAY).data
    assert found["promoted"] == b"2030-01-02T00:00:00Z"
    assert found["ca.crt"] == bundle


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"tls.key": b""}, "not readable as PEM without a password"),
        ({"tls.key": key_pem(make_ca(BEGIN).key)}, "the key does not fit the certificate"),
        ({"tls.crt": b"rubbish"}, "the certificate is not readable as PEM"),
        ({"tls.crt": b"x" * 40_000}, "longer than"),
        ({"tls.key": b"x" * 40_000}, "longer than"),
    ],
)
def test_a_broken_secret_gets_a_new_ca_and_what_was_trusted_stays(
    broken: dict[str, bytes], said: str
) -> None:
    data = signing(make_ca(BEGIN))
    found = after(data | broken)
    assert set(found.data) == {"ca.crt", "next.crt", "next.key"}
    assert found.data["ca.crt"] == found.data["next.crt"] + data["ca.crt"]
    assert said in found.said[0]
    assert "a new CA was made" in found.said[1]


def test_an_expired_ca_is_neither_used_nor_trusted() -> None:
    data = signing(make_ca(BEGIN))
    found = after(data, CA_LIFE + DAY)
    assert found.data["ca.crt"] == found.data["next.crt"] != data["ca.crt"]
    assert "expired at 2031-01-01" in found.said[0]


def test_a_leaf_in_the_place_of_a_ca_is_not_used() -> None:
    leaf = make_leaf(make_ca(BEGIN), ["a"], BEGIN)
    found = after({"tls.crt": leaf.certificate, "tls.key": leaf.key})
    assert "not that of a CA" in found.said[0]
    assert leaf.certificate not in found.data["ca.crt"]


def test_where_the_present_ca_breaks_the_coming_one_signs() -> None:
    one, two = make_ca(BEGIN), make_ca(BEGIN)
    data = signing(one) | entries("next", two) | {"tls.key": b"?"}
    found = after(data)
    assert found.state.signer
    assert found.state.signer.certificate == two.certificate
    assert found.data["ca.crt"] == pem(two.certificate) + pem(one.certificate)


def test_a_deleted_secret_leaves_trusted_what_was_registered_of_ours() -> None:
    ours = make_ca(BEGIN)
    found = after(None, registered=pem(ours.certificate) + b"\nrubbish")
    assert found.data["ca.crt"] == found.data["next.crt"] + pem(ours.certificate)


def test_a_foreign_ca_in_the_configuration_is_not_taken_in() -> None:
    found = after(None, registered=CA().cert_pem.bytes())
    assert found.data["ca.crt"] == found.data["next.crt"]


def test_foreign_entries_and_copies_go() -> None:
    good = signing(make_ca(BEGIN))
    assert after(good | {"note": b"mine", "ca.crt": good["ca.crt"] * 3}).data == good


def test_a_flood_of_old_roots_is_cut() -> None:
    many = b"".join(pem(make_ca(BEGIN).certificate) for _ in range(20))
    good = signing(make_ca(BEGIN))
    assert len(read_bundle(after(good | {"ca.crt": many}).data["ca.crt"])) == 9


def test_one_that_was_never_published_is_replaced_in_time() -> None:
    """Without the configuration nothing is ever published; there is a CA that can sign anyway."""
    data = after(None).data
    for hours in range(0, 3 * 365 * 24, 12):
        time = timedelta(hours=hours)
        while (step := after(data, time)).data != data:
            data = step.data
        assert step.state.signer is not None
        assert step.state.signer.certificate.not_valid_after_utc > BEGIN + time + LATE


def test_when_to_look_again() -> None:
    ca = make_ca(BEGIN)
    state, _ = authority.read(signing(ca), BEGIN)
    ageing = authority.due(state, published=None, now=BEGIN)
    assert ageing is not None
    assert after(signing(ca), ageing - BEGIN - timedelta(minutes=1)).data == signing(ca)
    assert "next.crt" in after(signing(ca), ageing - BEGIN).data
    coming = after(None).state
    half = timedelta(seconds=30)
    assert authority.due(coming, published=half, now=BEGIN) == BEGIN + SETTLE - half


def test_no_text_shows_a_key() -> None:
    ca = make_ca(BEGIN)
    state, _ = authority.read(signing(ca), BEGIN)
    assert "PRIVATE" not in repr(state)
    assert "object at" not in repr(ca)

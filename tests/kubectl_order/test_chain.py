from collections.abc import Sequence
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_order import chain
from orderapi import names
from orderapi.certificate import CertificateStatus
from orderapi.certificaterequest import CertificateRequest
from orderapi.meta import Object, ObjectMeta, OwnerReference
from orderapi.order import Order
from tests.kubectl_order import build


def certificate_at(revision: int | None, *, ready: str = "False", issuing: str = "True") -> object:
    conditions = [build.a_condition(names.READY, ready)]  # type: ignore[arg-type]
    if issuing:
        conditions.append(build.a_condition(names.ISSUING, issuing))  # type: ignore[arg-type]
    return build.a_certificate(CertificateStatus(conditions=tuple(conditions), revision=revision))


@pytest.mark.parametrize(
    ("certificate", "expected"),
    [
        pytest.param(certificate_at(None), ("web-1",), id="first"),
        pytest.param(certificate_at(3), ("web-4", "web-3"), id="renewal"),
        pytest.param(certificate_at(3, issuing="False"), ("web-4", "web-3"), id="failed renewal"),
        pytest.param(certificate_at(3, ready="True", issuing=""), ("web-3",), id="settled"),
        pytest.param(
            certificate_at(None, ready="True", issuing=""), ("web-1",), id="ready, never issued"
        ),
        pytest.param(certificate_at(3, issuing=""), ("web-4", "web-3"), id="expired, not begun"),
    ],
)
def test_requests_are_expected_by_the_rule_for_their_names(
    certificate: object, expected: tuple[str, ...]
) -> None:
    assert chain.expected_requests(certificate) == expected  # type: ignore[arg-type]


def request(revision: str, age: int, name: str = "") -> CertificateRequest:
    annotations = {names.CERTIFICATE_REVISION: revision} if revision else {}
    name = name or f"r{revision}-{age}"
    created = build.NOW - timedelta(minutes=age)
    return build.a_request(metadata=build.meta(name, created=created, annotations=annotations))


@pytest.mark.parametrize(
    ("requests", "chosen"),
    [
        pytest.param([], None, id="none"),
        pytest.param([("2", 9), ("3", 5), ("4", 1)], "r4-1", id="the coming one"),
        pytest.param([("2", 1), ("3", 5)], "r3-5", id="the current one"),
        pytest.param([("4", 5), ("4", 1)], "r4-1", id="the newest of one revision"),
        pytest.param([("1", 1), ("2", 5)], "r1-1", id="neither: the newest"),
        pytest.param([("", 5), ("9" * 40, 1)], "r" + "9" * 40 + "-1", id="unreadable revisions"),
        pytest.param([("²", 3), ("3", 5)], "r3-5", id="a digit that is none"),
    ],
)
def test_the_request_in_work(requests: Sequence[tuple[str, int]], chosen: str | None) -> None:
    certificate = build.a_certificate(CertificateStatus(revision=3))
    found, _ = chain.in_work(certificate, [request(*each) for each in requests])
    assert (found.metadata.name if found else None) == chosen


@given(
    revision=st.none() | st.integers(0, 4),
    requests=st.lists(
        st.tuples(st.sampled_from(["", "1", "2", "3", "4", "x"]), st.integers(0, 9)), max_size=6
    ),
)
def test_every_request_is_in_work_or_past(
    revision: int | None, requests: list[tuple[str, int]]
) -> None:
    certificate = build.a_certificate(CertificateStatus(revision=revision))
    given_ = [request(*each, name=f"r{n}") for n, each in enumerate(requests)]
    chosen, past = chain.in_work(certificate, given_)
    together = [*past, *([chosen] if chosen else [])]
    assert sorted(each.metadata.name for each in together) == [r.metadata.name for r in given_]


def order(state: str, age: int) -> Order:
    created = build.NOW - timedelta(minutes=age)
    return build.an_order(state, metadata=build.meta(f"{state}-{age}", created=created))


@pytest.mark.parametrize(
    ("orders", "chosen"),
    [
        pytest.param([], None, id="none"),
        pytest.param([("pending", 5), ("pending", 1)], "pending-1", id="the newest"),
        pytest.param([("pending", 5), ("errored", 1)], "pending-5", id="not one that failed"),
        pytest.param([("invalid", 5), ("errored", 1)], "errored-1", id="all failed: the newest"),
    ],
)
def test_the_order_that_counts(orders: Sequence[tuple[str, int]], chosen: str | None) -> None:
    found = chain.order_that_counts([order(*each) for each in orders])
    assert (found.metadata.name if found else None) == chosen


def owned_by(name: str, uid: str, obj: Object, *, controls: bool = True) -> Object:
    owner = OwnerReference(
        api_version="x/v1", kind="Order", name=name, uid=uid, controller=controls
    )
    meta = msgspec.structs.replace(obj.metadata, owner_references=(owner,))
    return msgspec.structs.replace(obj, metadata=meta)


def test_the_uid_of_who_controls_makes_an_owner_and_a_name_does_not() -> None:
    namesake = owned_by("web", "uid-of-a-namesake", build.a_challenge())
    claimed = owned_by("web", "uid-web", build.a_challenge(), controls=False)
    own = owned_by("else", "uid-web", build.a_challenge())
    assert chain.owned([namesake, claimed, own], "uid-web") == (own,)
    assert chain.owned([Object(metadata=ObjectMeta(name="x"))], "") == ()


def test_challenges_come_as_the_authorizations_do() -> None:
    hosts = ("b.example.com", "a.example.com")
    placed = build.an_order(dns_names=hosts)
    uid = placed.metadata.uid
    first, second, lost = (
        owned_by("any", uid, build.a_challenge(index=n, dns_name=host))
        for n, host in enumerate((*hosts, "gone.example.com"))
    )
    stranger = owned_by("any", "other", build.a_challenge(index=9))
    found = chain.challenges_in_order(placed, [lost, second, stranger, first])  # type: ignore[list-item]
    assert found == (first, second, lost)


def test_an_orders_name_is_expected_by_its_certificate_or_its_request() -> None:
    of_certificate = chain.expected_orders(build.a_request())
    alone = chain.expected_orders(build.a_request(metadata=build.meta("mine")))
    assert [name.rpartition("-")[0] for name in of_certificate] == ["web"] * 3
    assert [name.rpartition("-")[0] for name in alone] == ["mine"] * 3
    assert len(set(of_certificate)) == 3

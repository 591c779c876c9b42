"""Certificates: what is warned of, beside faults or without, and when."""

from typing import Any

import pytest

from tests.webhook.rules.build import (
    CONTROLLERS,
    NAMESPACE,
    Json,
    changed,
    create,
    paths,
    settle,
    update,
)
from tests.webhook.rules.certificate_judging import WINDOW, certificate, created, updated
from webhook.questions import Claims, Unanswered
from webhook.rules.certificates import judge
from webhook.verdict import Verdict

ASKED = Claims(NAMESPACE, "web-tls")


def test_a_secret_name_that_another_has_is_warned_of() -> None:
    (warning,) = created(certificate(), "web", "shop-" + "x" * 100, "other").warnings
    assert warning == (
        'spec.secretName: Certificate "other" has it too, and one alone of the two is issued'
    )


@pytest.mark.parametrize("answer", [(), ("web",), Unanswered("the API server did not answer")])
def test_no_other_no_warning(answer: Any) -> None:
    request = create("Certificate", certificate())
    assert settle(judge(request, CONTROLLERS), {ASKED: answer}) == Verdict()


def test_the_secret_name_is_asked_about_where_it_changes() -> None:
    old = certificate(secretName="old-tls")
    request = update("Certificate", old, certificate())
    assert settle(judge(request, CONTROLLERS), {ASKED: ("a",)}).warnings
    assert updated(certificate(), certificate(dnsNames=["b.example"])) == Verdict()


UNWISE = [
    pytest.param(
        {"dnsNames": ["b.a.example", "*.A.example", "c.a.example", "x.y.a.example", "a.example"]},
        'spec.dnsNames: "b.a.example" (and 1 more) is covered by "*.a.example" already',
        id="covered",
    ),
    pytest.param(
        {"dnsNames": ["a.example", "A.example"]},
        'spec.dnsNames: "a.example" is listed more than once',
        id="twice",
    ),
    pytest.param(
        {"ipAddresses": ["::1", "0::1", "::ffff:192.0.2.1", "192.0.2.1"]},
        'spec.ipAddresses: "::1" (and 1 more) is listed more than once',
        id="address twice",
    ),
    pytest.param(
        {"dnsNames": [f"a{i}.example" for i in range(100)], "ipAddresses": ["::1"]},
        "spec.dnsNames: 101 names and addresses; Let's Encrypt takes 100 in one certificate",
        id="many",
    ),
    pytest.param(
        {"renewBeforePercentage": 100},
        "spec.renewBeforePercentage: 100 is not between 1 and 99: it is taken for a third",
        id="percentage without a meaning",
    ),
    pytest.param(
        {"duration": "1h", "renewBeforePercentage": 3},
        "spec.renewBeforePercentage: renewal would come 1m48s before the end, which is less than "
        "5m0s",
        id="percentage too small",
    ),
    pytest.param(
        {"renewal": {"policy": "RenewBefore", "windows": [WINDOW] * 17}},
        "spec.renewal.windows: more than 16: none of them is kept",
        id="windows",
    ),
]


@pytest.mark.parametrize(("fields", "warning"), UNWISE)
def test_unwise(fields: Json, warning: str) -> None:
    obj = certificate(**fields)
    assert created(obj) == Verdict((), (warning,))
    assert updated(certificate(), obj) == Verdict((), (warning,))
    assert updated(obj, changed(obj, "spec.isCA", True)) == Verdict()
    assert len(warning) <= 120


def test_long_names_make_no_long_warnings() -> None:
    name = ".".join(["x" * 60] * 4)
    verdict = created(certificate(dnsNames=[f"a.{name}", f"*.{name}", f"A.{name}"]), "o" * 253)
    assert len(verdict.warnings) == 3
    assert max(map(len, verdict.warnings)) <= 130


def test_warnings_stand_beside_faults_and_are_told_once() -> None:
    twice = ["a.example", "A.example"]
    warning = 'spec.dnsNames: "a.example" is listed more than once'
    broken = certificate(dnsNames=twice, ipAddresses=["x", "x"], duration="soon")
    verdict = created(broken)
    assert paths(verdict) == ["spec.ipAddresses[0]", "spec.ipAddresses[1]", "spec.duration"]
    assert verdict.warnings == (warning, 'spec.ipAddresses: "x" is listed more than once')
    assert updated(broken, changed(broken, "spec.isCA", True)) == Verdict()
    assert updated(certificate(duration="soon"), broken).warnings == verdict.warnings


@pytest.mark.parametrize(
    "fields",
    [
        {"duration": "soon"},
        {"duration": "-2h"},
        {"duration": "2h", "renewBeforePercentage": 100},
        {"renewBefore": "1h", "renewBeforePercentage": 100},
    ],
)
def test_what_is_a_fault_is_not_warned_of(fields: Json) -> None:
    verdict = created(certificate(**{"renewBeforePercentage": 1, **fields}))
    assert not verdict.allowed
    assert verdict.warnings == ()


def test_old_faults_do_not_stop_an_update_that_warns() -> None:
    old = certificate(ipAddresses=["x"], duration="soon")
    assert updated(old, changed(old, "spec.renewBeforePercentage", 5)).allowed

"""What names tell by themselves."""

import pytest

from kubectl_order.live import names
from tests.kubectl_order.build import a_chain, an_order

CASES = {
    "one": (("a.example.com",), [("pass", "")]),
    "too many": (tuple(f"n{i}.example.com" for i in range(101)), [("fail", "")]),
    "covered": (
        ("*.example.com", "a.example.com"),
        [("pass", ""), ("fail", "a.example.com")],
    ),
    "apex beside the wildcard": (("*.example.com", "example.com"), [("pass", "")]),
    "not public": (("db.internal",), [("pass", ""), ("unknown", "db.internal")]),
    "one label": (("db",), [("pass", ""), ("unknown", "db")]),
}


@pytest.mark.parametrize(("given", "wanted"), CASES.values(), ids=CASES)
def test_names(given: tuple[str, ...], wanted: list[tuple[str, str]]) -> None:
    found = names.checks(a_chain(order=an_order(dns_names=given)))
    assert [(check.verdict, check.target) for check in found] == wanted

"""Chains as CAs serve them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.acme.chain import read_chain
from controller.acme.problem import Violation
from tests.controller.acme.build import a_certificate, an_answer

LEAF = a_certificate(issuer="Intermediate")
INTERMEDIATE = a_certificate(issuer="Root X1", subject="Intermediate")
NOT_BASE64 = b"-----BEGIN CERTIFICATE-----\nnot base64\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(LEAF + INTERMEDIATE, id="plain"),
        pytest.param(LEAF + b"\n" + INTERMEDIATE + b"\n\n", id="blank lines"),
        pytest.param((LEAF + INTERMEDIATE).rstrip(), id="no newline at the end"),
        pytest.param((LEAF + INTERMEDIATE).replace(b"\n", b"\r\n"), id="CRLF"),
        pytest.param(b"subject=x\n" + LEAF + b"issuer=y\n" + INTERMEDIATE, id="text between"),
    ],
)
def test_a_chain_is_its_blocks_and_nothing_else(body: bytes) -> None:
    chain = read_chain(an_answer(200, body))
    assert chain.pem == LEAF + INTERMEDIATE
    assert chain.issuer == "Root X1"


def test_one_certificate_is_a_chain() -> None:
    assert read_chain(an_answer(200, LEAF)).issuer == "Intermediate"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"<html>s3cret</html>", id="HTML"),
        pytest.param(LEAF + INTERMEDIATE[:-40], id="cut off in the second block"),
        pytest.param(LEAF[:-40], id="cut off in the first"),
        pytest.param(LEAF + INTERMEDIATE[:40], id="cut off in the header"),
        pytest.param(NOT_BASE64, id="not base64"),
        pytest.param(LEAF.replace(b"CERTIFICATE", b"PRIVATE KEY"), id="a key"),
        pytest.param(LEAF * 21, id="too many"),
    ],
)
def test_what_is_no_chain_is_a_violation_that_does_not_repeat_it(body: bytes) -> None:
    with pytest.raises(Violation) as caught:
        read_chain(an_answer(200, body))
    assert "s3cret" not in str(caught.value)


@given(st.integers(0, len(LEAF + INTERMEDIATE) - 2))
def test_no_truncated_chain_is_taken(length: int) -> None:
    body = (LEAF + INTERMEDIATE)[:length]
    if body.rstrip() == LEAF.rstrip():
        return  # a whole certificate: whether the chain is complete, only the CA knows
    with pytest.raises(Violation):
        read_chain(an_answer(200, body))


@given(st.binary(max_size=300))
def test_no_body_breaks_anything(body: bytes) -> None:
    with pytest.raises(Violation):
        read_chain(an_answer(200, b"-----BEGIN CERTIFICATE-----\n" + body))

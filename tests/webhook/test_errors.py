"""How the API server's errors are told."""

import json

import pytest

from tests.webhook.scripted import status
from webhook.errors import from_answer


@pytest.mark.parametrize(
    "message",
    [
        'cannot be read, error found in #10 byte of ...|"hidden|..., bigger context ...|hidden',
        'data.key: Invalid value: "hid\\"den hidden": too odd',
        f'data.key: Invalid value: "hidden{"x" * 2000}',
        "x" * 600 + "hidden",
    ],
)
def test_values_in_messages_are_cut(message: str) -> None:
    error = from_answer(400, json.dumps(status(400, "BadRequest", message)).encode(), asked="get x")
    assert "hidden" not in str(error)
    assert len(str(error)) < 600

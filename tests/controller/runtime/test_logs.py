import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from controller.runtime.logs import JsonLines, about, configure
from controller.runtime.schedule import Key


def a_line(message: str = "m", error: BaseException | None = None, **extra: Any) -> dict[str, Any]:
    record = logging.LogRecord("controller.orders", logging.INFO, "f", 1, message, (), None)
    if error is not None:
        record.exc_info = (type(error), error, error.__traceback__)
    vars(record).update(extra)
    line: dict[str, Any] = json.loads(JsonLines().format(record))
    return line


def test_a_line_has_time_level_logger_and_message() -> None:
    line = a_line("order made")
    assert line.pop("time").endswith("+00:00")
    assert line == {"level": "info", "logger": "controller.orders", "message": "order made"}


def test_a_line_says_what_it_is_about_and_its_extras() -> None:
    with about("orders", Key("shop", "www")):
        line = a_line(action="Submit", seconds=1.5, names=("a", "b"))
    assert line["room"] == "orders"
    assert (line["namespace"], line["name_"] if "name_" in line else line["name"]) == (
        "shop",
        "www",
    )
    assert (line["action"], line["seconds"], line["names"]) == ("Submit", 1.5, ["a", "b"])
    assert "room" not in a_line()


def test_an_extra_does_not_hide_what_the_line_is_about() -> None:
    with about("orders", Key("shop", "www")):
        line = a_line(namespace="other")
    assert (line["namespace"], line["namespace_"]) == ("shop", "other")


def test_a_cluster_scoped_object_has_no_namespace() -> None:
    with about("issuers", Key("", "le")):
        assert "namespace" not in a_line()


def test_a_trace_never_comes_without_the_errors_text() -> None:
    with pytest.raises(ValueError) as caught:
        int("what went wrong")
    line = a_line(error=caught.value)
    assert line["error"].startswith("ValueError: invalid literal")
    assert "what went wrong" in line["error"]
    assert "test_a_trace_never_comes" in line["traceback"]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(object(), id="an object"),
        pytest.param(b"\xff", id="bytes"),
        pytest.param(Key("a", "b"), id="a key"),
        pytest.param({"a": 1}, id="a mapping"),
        pytest.param("x" * 100_000, id="a long text"),
        pytest.param("\ud800", id="half a character"),
    ],
)
def test_any_extra_makes_one_bounded_line(value: object) -> None:
    assert len(json.dumps(a_line(value=value))) < 10_000


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    logger = logging.getLogger()
    handlers, level = logger.handlers[:], logger.level
    yield logger
    logger.handlers[:], logger.level = handlers, level
    logger.setLevel(level)


def test_configure_sends_lines_to_the_stream(root: logging.Logger) -> None:
    stream = io.StringIO()
    configure(stream, "warning")
    logging.getLogger("a.b").info("left out")
    logging.getLogger("a.b").warning("said", extra={"x": 1})
    (line,) = stream.getvalue().splitlines()
    assert json.loads(line)["x"] == 1


def test_importing_sets_nothing_up() -> None:
    assert not any(isinstance(h.formatter, JsonLines) for h in logging.getLogger().handlers)
    assert "controller.runtime.logs" in sys.modules

"""Lines of the log."""

import io
import json
import logging


def test_a_line_is_an_object(lines: io.StringIO) -> None:
    """With its extras; none hides what a line always has."""
    logging.getLogger("a").info("said %s", "this", extra={"fields": ("b",), "level": "c", "n": 1})
    line = json.loads(lines.getvalue())
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "info",
        "logger": "a",
        "message": "said this",
        "fields": ["b"],
        "level_": "c",
        "n": 1,
    }


def test_long_texts_are_cut(lines: io.StringIO) -> None:
    """Also those in lists."""
    logging.getLogger("a").info("x" * 100_000, extra={"fields": ["y" * 100_000]})
    assert len(lines.getvalue()) < 10_000


def _fail() -> None:
    try:
        dict[str, str]()["s3cret"]
    except KeyError as error:
        raise ValueError("s3cret") from error


def test_an_error_is_told_by_types_and_places(lines: io.StringIO) -> None:
    """Its causes too; never by what it says."""
    try:
        _fail()
    except ValueError:
        logging.getLogger("a").exception("failed")
    line = json.loads(lines.getvalue())
    assert line["error"] == "ValueError from KeyError"
    assert len(line["traceback"]) == 3
    assert "s3cret" not in lines.getvalue()


def test_lines_below_the_level_and_about_connections_are_left_out(lines: io.StringIO) -> None:
    """Those of uvicorn are about every one."""
    logging.getLogger("a").debug("x")
    logging.getLogger("uvicorn.error").info("x")
    assert not lines.getvalue()

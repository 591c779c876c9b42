"""Log lines as JSON, one object a line.

Errors are told by their types and places, never by their texts: an error in a rule may quote the
object that it was judging. Who has a text that may be shown gives it as an extra.
"""

import json
import logging
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final, TextIO

_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
_LONGEST: Final = 4096
_QUIET: Final = ("asyncio", "uvicorn", "uvicorn.error", "aiohttp.access")
"""Their lines below a warning are about every connection."""


class JsonLines(logging.Formatter):
    """One JSON object a line: time (UTC), level, logger, message, the extras, the error."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _cut(record.getMessage()),
        }
        for name, value in vars(record).items():
            if name not in _STANDARD:
                line[name if name not in line else f"{name}_"] = _plain(value)
        if record.exc_info and record.exc_info[1] is not None:
            line["error"], line["traceback"] = shape(record.exc_info[1])
        return json.dumps(line)


def shape(error: BaseException) -> tuple[str, list[str]]:
    """The types of an error and of its causes, and the places where they came up."""
    chain = list(_chain(error))
    types = " from ".join(type(one).__name__ for one in chain)
    places = [
        f"{frame.filename}:{frame.lineno} {frame.name}"
        for one in chain
        for frame in traceback.extract_tb(one.__traceback__)
    ]
    return types, places


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen = set[int]()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        if isinstance(error, BaseExceptionGroup):
            yield from error.exceptions
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    return _cut(str(value))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def configure(stream: TextIO, level: str) -> None:
    """Send the lines of all loggers from this level up (`info`, ...) to the stream, as JSON."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # No line tells them, and finding them takes time.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))

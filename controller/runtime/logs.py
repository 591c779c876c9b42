"""Log lines as JSON, each with the object that it is about.

It formats what it is given: that no key, token or body is in a record is up to who logs. Nothing is
set up at import.
"""

import json
import logging
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, TextIO

from controller.runtime.schedule import Key

_NOTHING: Final[Mapping[str, str]] = {}

logged_object: ContextVar[Mapping[str, str]] = ContextVar("logged_object", default=_NOTHING)
"""Fields that every line of the current task carries: room, namespace and name."""

_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
_LONGEST: Final = 8192


@contextmanager
def about(room: str, key: Key) -> Iterator[None]:
    """Lines logged inside carry the room and the object."""
    token = logged_object.set({"room": room, "namespace": key.namespace, "name": key.name})
    try:
        yield
    finally:
        logged_object.reset(token)


class JsonLines(logging.Formatter):
    """One JSON object a line: time (UTC), level, logger, message, the object, the extras."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: value for name, value in logged_object.get().items() if value}
        for name, value in vars(record).items():
            if name not in _STANDARD:
                # An extra never hides what the line is about.
                line[name if name not in line else f"{name}_"] = _plain(value)
        if record.exc_info and record.exc_info[1] is not None:
            line |= _error(record.exc_info[1], record.exc_info[2])
        return json.dumps(line)


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    text = str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _error(error: BaseException, trace: TracebackType | None) -> dict[str, str]:
    text = f"{type(error).__name__}: {error}".rstrip(": ")
    frames = "".join(traceback.format_exception(type(error), error, trace))
    return {"error": text, "traceback": frames}


def configure(stream: TextIO, level: str) -> None:
    """Send the lines of all loggers from this level up (`info`, ...) to the stream, as JSON."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # Their own lines are about every request.
    for name in ("aiohttp.access", "asyncio"):
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))

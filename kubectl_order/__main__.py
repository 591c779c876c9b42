"""Where the process begins and ends: its streams, signals and exit code.

Everything else is imported when it runs, so that Ctrl-C is quiet from the beginning.
"""

import os
import sys
from collections.abc import Callable
from typing import Final, TextIO

_INTERRUPTED: Final = 130
_BROKEN_PIPE: Final = 141
"""As a process that SIGPIPE ends, which is how kubectl ends when nobody reads any more."""


def main() -> None:
    """The entry point `kubectl-order`, and `kubectl-acme_order` where krew has installed it."""

    def work(stdout: TextIO, stderr: TextIO) -> int:
        from kubectl_order.program import name_of, run

        return run(
            sys.argv[1:],
            environ=os.environ,
            stdout=stdout,
            stderr=stderr,
            program=name_of(sys.argv[0]),
        )

    _end(work)


def complete() -> None:
    """The entry point `kubectl_complete-order`: kubectl calls it with the words typed so far."""

    def work(stdout: TextIO, _: TextIO) -> int:
        from kubectl_order.completing import complete

        return complete(sys.argv[1:], environ=os.environ, stdout=stdout)

    _end(work)


def _end(work: Callable[[TextIO, TextIO], int]) -> None:
    try:
        stdout, stderr = _lenient(sys.stdout), _lenient(sys.stderr)
        code = work(stdout, stderr)
        stdout.flush()
    except BrokenPipeError:
        code = _BROKEN_PIPE
        _silence()
    except KeyboardInterrupt:
        code = _INTERRUPTED
    sys.exit(code)


def _lenient(stream: TextIO | None) -> TextIO:
    """A stream that takes every character; one that nobody reads where it was closed."""
    if stream is None:
        return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")
    return stream


def _silence() -> None:
    """What is left in the buffers goes nowhere, for the interpreter writes it when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            os.dup2(nowhere, stream.fileno())


if __name__ == "__main__":
    main()

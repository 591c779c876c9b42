"""Where the process begins and ends: its streams, signals and exit code.

Everything else is imported when it runs, so that Ctrl-C is quiet from the beginning.
"""

import gc
import os
import sys
from collections.abc import Callable
from typing import Final, TextIO

_INTERRUPTED: Final = 130
_BROKEN_PIPE: Final = 141
"""As a process that SIGPIPE ends, which is how kubectl ends when nobody reads any more."""
_UNWRITTEN: Final = 70
"""Where the disk is full: EX_SOFTWARE, as for all that says nothing about the Order."""
_SELDOM: Final = 50_000
"""Objects between two looks for garbage: modules and rows live to the end, and to look at them
again and again takes a tenth of the time of a short command."""


def main() -> None:
    """The entry point `kubectl-order`, and `kubectl-acme_order` where krew has installed it."""

    def work(stdout: TextIO, stderr: TextIO) -> int:
        from kubectl_order.cli.program import name_of, run

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
        from kubectl_order.cli.completing import complete

        return complete(sys.argv[1:], environ=os.environ, stdout=stdout)

    _end(work)


def _end(work: Callable[[TextIO, TextIO], int]) -> None:
    gc.set_threshold(_SELDOM)
    try:
        stdout, stderr = _lenient(sys.stdout), _lenient(sys.stderr)
        code = work(stdout, stderr)
        stdout.flush()
    except BrokenPipeError:
        code = _BROKEN_PIPE
        _silence()
    except OSError:
        # It has been told already: what could not be written is still in the buffer.
        code = _UNWRITTEN
        _silence()
    except KeyboardInterrupt:
        code = _INTERRUPTED
    gc.freeze()  # nothing of it is to be looked at once more: the process ends
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

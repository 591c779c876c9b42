"""How a command ends: exit codes, and the one line for what went wrong.

0    fine, or still on its way
1    the Order failed, or is overdue
2    wrong usage, or a name that means several things
3    the cluster is not reachable, or does not allow it
4    there is nothing of that name
124  `watch` or `--wait` took longer than --timeout
130  interrupted
"""

from enum import IntEnum


class Exit(IntEnum):
    """The exit codes; stable, for scripts."""

    FINE = 0
    FAILED = 1
    USAGE = 2
    NO_ACCESS = 3
    NOT_FOUND = 4
    TIMED_OUT = 124
    INTERRUPTED = 130


class Failure(Exception):
    """Ends the command with an exit code, a sentence, and a hint at what to do (may be empty).

    Both may hold foreign text; whoever prints them escapes it.
    """

    def __init__(self, sentence: str, *, exit: Exit, hint: str = "") -> None:  # noqa: A002
        super().__init__(sentence)
        self.sentence = sentence
        self.exit = exit
        self.hint = hint

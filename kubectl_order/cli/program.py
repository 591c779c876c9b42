"""From arguments to an exit code: which command is run, and how each failure is told.

Whatever goes wrong is one line with a hint; a traceback is shown to those who ask with --debug.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import PurePath
from typing import Final, TextIO

from typer.exceptions import Abort, TyperException
from typer.exceptions import Exit as TyperExit

from kubectl_order.cli import parser
from kubectl_order.cli.verbs import VERBS
from kubectl_order.failure import Exit, Failure
from kubectl_order.flags import Flags
from kubectl_order.session import PROGRAM, Session

DEFECT: Final = 70
"""The exit code for a fault of this program (EX_SOFTWARE): it says nothing about the Order."""


def name_of(path: str) -> str:
    """How the program is called, by the path of its file: `kubectl-acme_order` is `kubectl
    acme-order`."""
    name = PurePath(path.replace("\\", "/")).name.removesuffix(".exe")
    if not name.startswith("kubectl-"):
        return PROGRAM
    return name.replace("-", " ", 1).replace("_", "-")


def run(
    arguments: Sequence[str],
    *,
    environ: Mapping[str, str],
    stdout: TextIO,
    stderr: TextIO,
    program: str = PROGRAM,
) -> int:
    """Run one command; the exit code. BrokenPipeError is for whoever owns the streams."""

    def opened(flags: Flags) -> Session:
        from kubectl_order.output import check

        check(flags.output)
        session = Session(
            flags=flags, environ=environ, stdout=stdout, stderr=stderr, program=program
        )
        ending.callback(session.close)
        return session

    if arguments[:1] == ["__complete"]:
        from kubectl_order.cli.completing import complete

        return complete(arguments[1:], environ=environ, stdout=stdout)
    with ExitStack() as ending:
        try:
            arguments = parser.in_order(arguments)
            if not (told := _told(arguments)):
                return _call(arguments, opened)
            stdout.write(told.replace(PROGRAM, program))
            stdout.flush()
        except (Abort, KeyboardInterrupt):
            return Exit.INTERRUPTED
        except BrokenPipeError:
            raise
        except Exception as error:
            return _fail(error, arguments, stderr, program)
    return Exit.FINE


def _told(arguments: Sequence[str]) -> str:
    """What is printed without any command being run; empty: one is to be run."""
    match arguments:
        case [] | ["help"] | ["help", "-h" | "--help"] | ["-h" | "--help", *_]:
            return parser.overview()
        case ["--version"]:
            from kubectl_order.commands.version import version

            return version()
        case ["help", name, *_] if name in VERBS:
            return parser.help_of(name)
        case ["help", name, *_]:
            raise parser.unknown(name)
        case [name, *rest] if name in VERBS and parser.wants_help(rest):
            return parser.help_of(name)
        case _:
            return ""


def _call(arguments: Sequence[str], opened: parser.Opened) -> int:
    name, *rest = arguments
    if name.startswith("-"):
        raise Failure(
            "no command is given", exit=Exit.USAGE, hint=f"{PROGRAM} --help lists the commands"
        )
    if name not in VERBS:
        raise parser.unknown(name)
    return parser.call(name, rest, opened)


def _fail(error: Exception, arguments: Sequence[str], stderr: TextIO, program: str) -> int:
    from kubectl_order.output import complain

    debug = "--debug" in arguments
    if debug:
        _trace(error, stderr)
    match error:
        case TyperExit():
            return error.exit_code
        case Failure():
            failure = error
        case TyperException():
            failure = _wrong_call(error, arguments)
        case _:
            failure = _of_the_server(error) or _defect(error)
    sentence, hint = (each.replace(PROGRAM, program) for each in (failure.sentence, failure.hint))
    complain(stderr, Failure(sentence, exit=failure.exit, hint=hint))
    return DEFECT if isinstance(failure, _Defect) else failure.exit


def _wrong_call(error: TyperException, arguments: Sequence[str]) -> Failure:
    name = next((f"{each} " for each in arguments[:1] if each in VERBS), "")
    sentence = error.format_message().strip().removesuffix(".")
    return Failure(
        sentence[:1].lower() + sentence[1:], exit=Exit.USAGE, hint=f"{PROGRAM} {name}--help"
    )


def _of_the_server(error: Exception) -> Failure | None:
    """The failure for an answer of the API server that no command has expected."""
    from kubectl_order.access.errors import ApiError, BadConfig
    from kubectl_order.reading.refusals import failure_for

    return failure_for(error) if isinstance(error, (ApiError, BadConfig)) else None


class _Defect(Failure):
    """A fault of this program, or of the machine it runs on."""


def _defect(error: Exception) -> Failure:
    told = str(error) or type(error).__name__
    if isinstance(error, OSError):
        return _Defect(error.strerror or told, exit=Exit.FAILED)
    return _Defect(
        f"this program has a defect: {type(error).__name__}: {told}",
        exit=Exit.FAILED,
        hint="run it again with --debug, and report what it prints",
    )


def _trace(error: Exception, stderr: TextIO) -> None:
    from traceback import format_exception

    from kubectl_order.text import escaped, redacted

    for line in "".join(format_exception(error)).splitlines():
        print(escaped(redacted(line, ())), file=stderr)

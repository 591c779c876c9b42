"""The commands: their names and first lines, and how one is loaded.

A command is a module of `kubectl_order.commands` with a function `run(session, ...) -> Exit`. Its
docstring is the help text, its parameters are the arguments and options; kubectl's own flags are
added here. Only the module of the command that is called is imported.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from importlib import import_module
from typing import Any, Final, TextIO, get_type_hints

import typer

from kubectl_order.failure import Exit
from kubectl_order.flags import Flags
from kubectl_order.session import Session

COMMANDS: Final[Mapping[str, str]] = {
    "status": "status",
    "why": "why",
    "list": "listing",
    "challenges": "challenges",
    "tree": "tree",
    "watch": "watch",
    "history": "history",
    "events": "events",
    "renew": "renew",
    "retry": "retry",
    "completion": "completion",
}
"""Names of commands, in the order of the help, and their modules."""

_ABOUT: Final = """What an Order waits for, why, until when, and who must act.

Names may be those of Certificates, Orders, CertificateRequests, Secrets, Ingresses and hosts, or
KIND/NAME. Begin with: kubectl order status
"""
_PARAMETER: Final = inspect.Parameter.KEYWORD_ONLY


def application(
    arguments: Sequence[str], *, environ: Mapping[str, str], stdout: TextIO, stderr: TextIO
) -> typer.Typer:
    """The application with the command that the arguments name; with all where they name none."""
    app = typer.Typer(
        help=_ABOUT,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(lambda: None)
    wanted = [arguments[0]] if arguments and arguments[0] in COMMANDS else list(COMMANDS)
    for name in wanted:
        run = import_module(f"kubectl_order.commands.{COMMANDS[name]}").run
        app.command(name)(_with_flags(run, environ=environ, stdout=stdout, stderr=stderr))
    return app


def _with_flags(run: Callable[..., Exit], **surroundings: Any) -> Callable[..., Exit]:
    """`run` with the flags of every command in place of its session."""
    own = [p for p in inspect.signature(run).parameters.values() if p.name != "session"]
    hints = get_type_hints(run, include_extras=True)
    common = {field.name: field for field in fields(Flags)}
    flag_hints = get_type_hints(Flags, include_extras=True)

    def command(**given: Any) -> Exit:
        flags = Flags(**{name: given.pop(name) for name in common})
        return run(Session(flags=flags, **surroundings), **given)

    added = [
        inspect.Parameter(name, _PARAMETER, default=field.default, annotation=flag_hints[name])
        for name, field in common.items()
    ]
    parameters = [
        *(p.replace(kind=_PARAMETER, annotation=hints[p.name]) for p in own),
        *added,
    ]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {p.name: p.annotation for p in parameters}
    command.__doc__ = run.__doc__
    return command

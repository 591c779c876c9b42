"""How a command is loaded and called, and the help for all of them.

A command is a module of `kubectl_order.commands` with a function `run(session, ...) -> Exit`. Its
docstring is the help text, its parameters are the arguments and options; kubectl's own flags are
added here. Only the module of the command that is called is imported.
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import fields
from importlib import import_module
from typing import Any, Final, get_type_hints

import typer
from typer.core import TyperCommand
from typer.main import get_command

from kubectl_order.cli.verbs import GROUPS, VERBS
from kubectl_order.failure import Exit, Failure
from kubectl_order.flags import Flags, takes_value
from kubectl_order.session import PROGRAM, Session

_ABOUT: Final = """Usage: kubectl order COMMAND [NAME] [OPTIONS]

What an Order waits for, why, until when, and who must act.

A NAME may be that of a Certificate, Order, CertificateRequest, Secret or Ingress, or a host; or
KIND/NAME."""

_ENDING: Final = """Examples:
  # What needs attention in this namespace?
  kubectl order status
  # Why is the certificate of this host not there?
  kubectl order why www.example.com

Exit codes: 0 fine or on its way, 1 failed or overdue, 2 wrong usage, 3 no access to the cluster,
4 not found, 124 timed out, 130 interrupted.

kubectl order COMMAND --help tells all about one of them."""

_KEYWORD: Final = inspect.Parameter.KEYWORD_ONLY
_COMMON: Final = {field.name: field for field in fields(Flags)}

Opened = Callable[[Flags], Session]
"""Makes the session of a command from its flags."""


def overview() -> str:
    """The help of the whole program."""
    width = max(map(len, VERBS))
    parts = [_ABOUT]
    for heading, verbs in GROUPS.items():
        lines = (f"  {name:<{width}}  {verb.about}" for name, verb in verbs.items())
        parts.append("\n".join((f"{heading}:", *lines)))
    return "\n\n".join((*parts, _ENDING)) + "\n"


def help_of(name: str) -> str:
    """The help of one command."""
    command = _command(name, _no_session, told=True)
    context = typer.Context(command, info_name=f"{PROGRAM} {name}", **command.context_settings)
    return f"{command.get_help(context)}\n"


def call(name: str, arguments: Sequence[str], opened: Opened) -> Exit:
    """Run one command; raises Failure, and TyperException for a wrong call."""
    command = _command(name, opened)
    with command.make_context(f"{PROGRAM} {name}", list(arguments)) as context:
        return Exit(command.invoke(context))


def in_order(arguments: Sequence[str]) -> list[str]:
    """The arguments with the command first: kubectl's flags may stand before it.

    And as kubectl reads them: `-n=shop` is `-n shop`.
    """
    given = [_short(argument) for argument in _before_dashes(arguments)]
    rest = list(arguments[len(given) :])
    at = 0
    while at < len(given) and given[at].startswith("-"):
        at += 2 if takes_value(given[at]) else 1
    return [*given[at : at + 1], *given[:at], *given[at + 1 :], *rest]


def wants_help(arguments: Sequence[str]) -> bool:
    """Whether -h or --help is among the flags."""
    return not {"-h", "--help"}.isdisjoint(_before_dashes(arguments))


def unknown(name: str) -> Failure:
    """The failure for a command that is not there."""
    from difflib import get_close_matches

    close = get_close_matches(name, VERBS, n=1)
    hint = f"did you mean `{PROGRAM} {close[0]}`?" if close else f"{PROGRAM} --help lists them"
    return Failure(f'there is no command "{name}"', exit=Exit.USAGE, hint=hint)


def _before_dashes(arguments: Sequence[str]) -> Sequence[str]:
    return arguments[: arguments.index("--")] if "--" in arguments else arguments


def _short(argument: str) -> str:
    single = len(argument) > 2 and argument[0] == "-" and argument[1].isalpha()
    return argument[:2] + argument[3:] if single and argument[2] == "=" else argument


class _Command(TyperCommand):
    """Its help has kubectl's flags apart from the command's own, and examples as they are run."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        sections: dict[str, list[tuple[str, str]]] = {
            "Arguments": [],
            "Options": [],
            "Flags of kubectl": [],
        }
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is None:
                continue
            kind = "Arguments" if parameter.param_type_name == "argument" else "Options"
            sections["Flags of kubectl" if parameter.name in _COMMON else kind].append(record)
        for heading, records in sections.items():
            if records:
                with formatter.section(heading):
                    formatter.write_dl(records)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        lines = (
            line
            for purpose, example in VERBS[self.name or ""].examples
            for line in (f"  # {purpose}", f"  {PROGRAM} {example}")
        )
        formatter.write("\n".join(("\nExamples:", *lines, "")))


def _command(name: str, opened: Opened, *, told: bool = False) -> Any:
    """The parser of one command, which is a click.Command; `told`: its help is what is wanted."""
    app = typer.Typer(
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    run = import_module(f"kubectl_order.commands.{VERBS[name].module}").run
    run = _with_flags(run, opened)
    app.command(name, cls=_Command, add_help_option=told)(run)
    command: Any = get_command(app)
    for parameter in command.params:
        kind = run.__annotations__[parameter.name].__args__[0]
        parameter.process_value = _Reader(parameter, kind)
    return command


class _Reader:
    """Reads the values of one parameter, in place of pydantic, whose import and adapters would take
    a quarter of the time that a command has."""

    def __init__(self, parameter: Any, kind: Any) -> None:
        self.parameter = parameter
        self.kind = kind

    def __call__(self, context: typer.Context, value: Any) -> Any:
        if value is None or value == ():
            if self.parameter.required:
                name = self.parameter.name.upper()
                hint = f"{context.command_path} --help"
                raise Failure(f"{name} is missing", exit=Exit.USAGE, hint=hint)
            return value
        if self.kind is int:
            return self._number(context, value)
        return value

    def _number(self, context: typer.Context, value: Any) -> int:
        try:
            return int(value)
        except ValueError:
            raise typer.BadParameter(
                f"{value!r} is not a whole number", ctx=context, param=self.parameter
            ) from None


def _no_session(flags: Flags) -> Session:
    """Of a command that is described and not run."""
    raise AssertionError(flags)


def _with_flags(run: Callable[..., Exit], opened: Opened) -> Callable[..., Exit]:
    """`run` with the flags of every command in place of its session."""
    own = [p for p in inspect.signature(run).parameters.values() if p.name != "session"]
    hints = get_type_hints(run, include_extras=True)
    flag_hints = get_type_hints(Flags, include_extras=True)

    def command(**given: Any) -> Exit:
        flags = Flags(**{name: given.pop(name) for name in _COMMON})
        return run(opened(flags), **given)

    parameters = [p.replace(kind=_KEYWORD, annotation=hints[p.name]) for p in own]
    parameters += [
        inspect.Parameter(name, _KEYWORD, default=field.default, annotation=flag_hints[name])
        for name, field in _COMMON.items()
    ]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {p.name: p.annotation for p in parameters}
    command.__doc__ = run.__doc__
    return command

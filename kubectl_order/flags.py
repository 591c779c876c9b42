"""kubectl's own flags, once for all commands, and those that several commands share."""

from dataclasses import dataclass, fields
from typing import Annotated, Any, TypeAlias, get_type_hints

from typer import Option

from kubectl_order.failure import Exit, Failure

AllNamespaces: TypeAlias = Annotated[
    bool, Option("--all-namespaces", "-A", help="Without NAME: all namespaces.")
]
Selector: TypeAlias = Annotated[
    str, Option("--selector", "-l", help="Without NAME: those with these labels.")
]
DryRun: TypeAlias = Annotated[
    str, Option("--dry-run", help="none, or server: check everything and store nothing.")
]
Timeout: TypeAlias = Annotated[str, Option(help="With --wait: the longest wait, such as 5m.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """Which cluster, as whom, and how it is printed. Empty: as the kubeconfig says.

    The fields are the options of every command, in this order.
    """

    namespace: Annotated[
        str, Option("--namespace", "-n", help="Namespace; the context's by default.")
    ] = ""
    output: Annotated[
        str, Option("--output", "-o", help="json, yaml, name, wide or jsonpath=TEMPLATE.")
    ] = ""
    context: Annotated[str, Option(help="Context of the kubeconfig.")] = ""
    kubeconfig: Annotated[str, Option(help="Path of the kubeconfig.")] = ""
    cluster: Annotated[str, Option(help="Cluster of the kubeconfig.")] = ""
    user: Annotated[str, Option(help="User of the kubeconfig.")] = ""
    server: Annotated[str, Option("--server", "-s", help="URL of the API server.")] = ""
    token: Annotated[str, Option(help="Bearer token for the API server.")] = ""
    as_user: Annotated[str, Option("--as", help="User to act as.")] = ""
    as_group: Annotated[
        list[str] | None, Option("--as-group", help="Group to act as; may be repeated.")
    ] = None
    as_uid: Annotated[str, Option(help="UID to act as.")] = ""
    request_timeout: Annotated[
        str, Option(help="Longest wait for one answer, such as 5s; 0 means no limit.")
    ] = "0"
    verbosity: Annotated[
        int, Option("--v", "-v", help="From 6 on each request is told on stderr.")
    ] = 0
    debug: Annotated[bool, Option("--debug", help="Show the traceback of a failure.")] = False


def written(name: str, option: Any) -> tuple[str, ...]:
    """Each way to write the option that this parameter is declared with."""
    # Typer takes the first spelling for the default until it builds the command.
    first = (option.default,) if isinstance(option.default, str) else ()
    return (*first, *(option.param_decls or ())) or (f"--{name.replace('_', '-')}",)


def takes_value(argument: str) -> bool:
    """Whether the next argument is the value of this one: a flag of kubectl's, or a selector."""
    if argument in ("-l", "--selector"):
        return True
    hints = get_type_hints(Flags, include_extras=True)
    return any(
        argument in written(field.name, hints[field.name].__metadata__[0])
        and hints[field.name].__args__[0] is not bool
        for field in fields(Flags)
    )


def check_alone(*, all_namespaces: bool, selector: str) -> None:
    """Raises Failure for flags about many objects, where there is a NAME."""
    if all_namespaces or selector:
        raise Failure("a NAME goes with neither -A nor -l", exit=Exit.USAGE)


def seconds(text: str, flag: str) -> float | None:
    """The value of a flag, which is a whole number of seconds or a duration; None for no limit, as
    0 is meant. Raises Failure."""
    from orderapi.durations import parse_duration

    try:
        value = float(text) if text.isdecimal() else parse_duration(text).total_seconds()
    except ValueError as error:
        raise Failure(f"{flag}: {error}", exit=Exit.USAGE) from None
    return value if value > 0 else None

import io
from importlib import import_module
from inspect import signature
from typing import get_type_hints

import pytest

from kubectl_order.cli import parser
from kubectl_order.cli.program import DEFECT, name_of, run
from kubectl_order.cli.verbs import VERBS
from kubectl_order.failure import Exit, Failure
from kubectl_order.flags import Flags, takes_value
from kubectl_order.session import Session


def ran(*arguments: str, program: str = "kubectl order") -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    environ = {"KUBECONFIG": "/nowhere/kubeconfig", "PATH": "/nowhere"}
    code = run(arguments, environ=environ, stdout=out, stderr=err, program=program)
    return code, out.getvalue(), err.getvalue()


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/usr/local/bin/kubectl-order", "kubectl order"),
        ("/home/me/.krew/bin/kubectl-acme_order", "kubectl acme-order"),
        (r"C:\krew\bin\kubectl-acme_order.exe", "kubectl acme-order"),
        ("/work/kubectl_order/__main__.py", "kubectl order"),
        ("", "kubectl order"),
    ],
)
def test_the_program_is_called_after_its_file(path: str, name: str) -> None:
    assert name_of(path) == name


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("status web -n shop", "status web -n shop"),
        ("-n shop status web", "status -n shop web"),
        ("--namespace=shop -A list", "list --namespace=shop -A"),
        ("--as me --debug why web", "why --as me --debug web"),
        ("-l a=b list", "list -l a=b"),
        ("status -n=shop -o=json", "status -nshop -ojson"),
        ("-v=6 status", "status -v6"),
        ("status -- -n=shop", "status -- -n=shop"),
        ("-n", "-n"),
        ("", ""),
    ],
)
def test_flags_may_stand_before_the_command_and_are_read_as_kubectl_reads_them(
    given: str, read: str
) -> None:
    assert parser.in_order(given.split()) == read.split()


def test_each_flag_of_kubectl_has_a_value_but_debug() -> None:
    assert takes_value("-n")
    assert takes_value("--namespace")
    assert takes_value("--request-timeout")
    assert takes_value("--v")
    assert not takes_value("--debug")
    assert not takes_value("--namespace=shop")
    assert not takes_value("-A")


@pytest.mark.parametrize("written", ["-v6", "--v=6", "-v=6", "-v 6", "--v 6"])
def test_ways_to_write_a_number(written: str) -> None:
    seen: list[Flags] = []

    def opened(flags: Flags) -> Session:
        seen.append(flags)
        raise Failure("enough", exit=Exit.USAGE)

    name, *rest = parser.in_order(["status", *written.split()])
    with pytest.raises(Failure, match="enough"):
        parser.call(name, rest, opened)
    assert seen[0].verbosity == 6


@pytest.mark.parametrize("name", VERBS)
def test_each_command_tells_what_it_is_for_with_examples(name: str) -> None:
    code, out, err = ran(name, "--help", program="kubectl acme-order")
    assert (code, err) == (0, "")
    assert out.startswith(f"Usage: kubectl acme-order {name} ")
    assert "Flags of kubectl:" in out
    examples = out.partition("\nExamples:\n")[2].splitlines()
    lines = [line for line in examples if not line.startswith("  # ")]
    assert all(line.startswith(f"  kubectl acme-order {name}") for line in lines)
    assert len(lines) == len(VERBS[name].examples) == len(examples) / 2
    assert ran("help", name)[1] == ran(name, "-h")[1]


@pytest.mark.parametrize("name", VERBS)
def test_the_examples_of_each_command_are_right_calls(name: str) -> None:
    for _, example in VERBS[name].examples:
        verb, *rest = example.split()
        assert verb == name
        with pytest.raises(Failure, match="enough"):
            parser.call(verb, rest, _enough)


def _enough(_: Flags) -> Session:
    raise Failure("enough", exit=Exit.USAGE)


def test_what_commands_take_is_read_without_pydantic() -> None:
    """A list, a string, a number or a switch: the archive for krew has nothing for other types."""
    for verb in VERBS.values():
        command = import_module(f"kubectl_order.commands.{verb.module}").run
        hints = get_type_hints(command, include_extras=True)
        for name in signature(command).parameters:
            kind = hints[name].__args__[0] if name != "session" else str
            assert kind in (str, int, bool, list[str], list[str] | None), (verb.module, name)


def test_without_arguments_it_tells_what_it_can_do() -> None:
    code, out, err = ran()
    assert (code, err) == (0, "")
    assert out.startswith("Usage: kubectl order COMMAND")
    assert out == ran("help")[1] == ran("--help")[1] == ran("-h")[1]
    for name, verb in VERBS.items():
        assert f"  {name:<10}  {verb.about}\n" in out
    assert max(map(len, out.splitlines())) <= 100


def test_the_version_is_told() -> None:
    assert ran("--version") == ran("version")
    assert ran("version")[1].startswith("kubectl-order 0.")


@pytest.mark.parametrize(
    ("arguments", "code", "error"),
    [
        ("status", Exit.NO_ACCESS, "kubeconfig"),
        ("stauts", Exit.USAGE, 'there is no command "stauts"\nhint: did you mean'),
        ("status --nope", Exit.USAGE, "no such option: --nope"),
        ("status -o xml", Exit.USAGE, '-o knows no format "xml"'),
        ("why", Exit.USAGE, "NAME is missing\nhint: kubectl order why --help"),
        ("-n shop", Exit.USAGE, "no command is given"),
        ("status -v x", Exit.USAGE, "not a whole number"),
    ],
)
def test_an_error_is_a_line_and_a_hint(arguments: str, code: int, error: str) -> None:
    result, out, err = ran(*arguments.split())
    assert (result, out) == (code, "")
    assert error in err
    assert len(err.splitlines()) <= 2
    assert err.startswith("error: ")


def test_a_defect_is_a_line_too_and_says_nothing_about_the_order() -> None:
    class Broken(io.StringIO):
        def write(self, _: str) -> int:
            raise RuntimeError("\x1b[31mboom")

    err = io.StringIO()
    code = run([], environ={}, stdout=Broken(), stderr=err)
    assert code == DEFECT
    first, hint = err.getvalue().splitlines()
    assert first == "error: this program has a defect: RuntimeError: \\x1b[31mboom"
    assert "--debug" in hint
    assert code not in set(Exit)


def test_debug_shows_the_traceback_and_nothing_that_controls_a_terminal() -> None:
    code, _, err = ran("status", "--debug", "--kubeconfig=/nowhere/\x1b[31m")
    assert code == Exit.NO_ACCESS
    assert "Traceback (most recent call last)" in err
    assert "\x1b" not in err

"""Completion: what is offered, through the real kubectl, and in real shells."""

import io
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from devcluster.kubectl import program
from kubectl_order.cli.completing import complete
from tests.kubectl_order import scenery
from tests.kubectl_order.recorded import Recorded, serving

BASH_COMPLETION = Path("/usr/share/bash-completion/bash_completion")
ORDERS = ["alone", "api-1527343329", "mail-288726952", "web-2076992300"]
SCRIPT = '#!/bin/sh\nexec "{python}" -c "{code}" "$@"\n'


@pytest.fixture(scope="module")
def server() -> Iterator[Recorded]:
    with serving(scenery.shop()) as served:
        yield served


@pytest.fixture(scope="module")
def environ(server: Recorded, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A kubeconfig, and the plugin with its completion on PATH beside kubectl."""
    folder = tmp_path_factory.mktemp("path")
    for name, function in (("kubectl-order", "main"), ("kubectl_complete-order", "complete")):
        code = f"from kubectl_order.__main__ import {function}; {function}()"
        file = folder / name
        file.write_text(SCRIPT.format(python=sys.executable, code=code))
        file.chmod(0o755)
    (folder / "kubectl").symlink_to(program())
    return {
        "KUBECONFIG": str(server.kubeconfig(folder)),
        "PATH": f"{folder}:{os.environ['PATH']}",
        "HOME": str(folder),
        "TERM": "dumb",
        "PYTHONPATH": str(Path(__file__).parents[3]),
    }


def offered(words: str, environ: Mapping[str, str]) -> tuple[list[str], str]:
    """Candidates and directive for a line; what is after its last space is being typed."""
    out = io.StringIO()
    assert complete(words.split(" "), environ=environ, stdout=out) == 0
    *lines, directive = out.getvalue().splitlines()
    return [line.partition("\t")[0] for line in lines], directive


@pytest.mark.parametrize(
    ("words", "candidates", "directive"),
    [
        ("sta", ["status"], ":4"),
        ("re", ["renew", "retry"], ":4"),
        ("help ren", ["renew"], ":4"),
        ("status ", ["api", "mail", "web", *ORDERS], ":4"),
        ("status w", ["web", "web-2076992300"], ":4"),
        ("-n shop status w", ["web", "web-2076992300"], ":4"),
        ("status web ", [], ":4"),
        ("status cert", ["certificate/", "certificaterequest/"], ":6"),
        ("status order/a", ["order/alone", "order/api-1527343329"], ":4"),
        ("renew web ", ["api", "mail"], ":4"),
        ("renew certificate/w", ["certificate/web"], ":4"),
        ("list -n ", ["shop"], ":4"),
        ("list --namespace=s", ["shop"], ":4"),
        ("list --context ", ["here"], ":4"),
        ("status -o j", ["json", "jsonpath="], ":4"),
        ("status -o jsonp", ["jsonpath="], ":6"),
        ("status --kubeconfig ", [], ":0"),
        ("status --as ", [], ":4"),
        ("why --l", ["--live"], ":4"),
        ("renew --dry-run=", ["none", "server"], ":4"),
        ("list --out", ["--output"], ":4"),
        ("completion ", ["install"], ":4"),
        ("nonsense ", [], ":4"),
        ("version ", [], ":4"),
    ],
)
def test_what_is_offered(
    words: str, candidates: list[str], directive: str, environ: dict[str, str]
) -> None:
    assert offered(words, environ) == (candidates, directive)


def test_an_empty_line_offers_the_commands(environ: dict[str, str]) -> None:
    from kubectl_order.cli.verbs import VERBS

    assert offered("", environ) == (list(VERBS), ":4")


@pytest.mark.parametrize("words", ["status ", "list -n ", "list --context "])
def test_it_is_quiet_whatever_fails(words: str) -> None:
    assert offered(words, {"KUBECONFIG": "/nowhere", "PATH": ""}) == ([], ":4")


def test_it_is_quiet_where_nothing_may_be_listed(tmp_path: Path) -> None:
    recorded = scenery.shop()
    recorded.forbidden |= {"certificates", "orders", "namespaces"}
    with serving(recorded):
        environ = {"KUBECONFIG": str(recorded.kubeconfig(tmp_path))}
        assert offered("status w", environ) == ([], ":4")


def kubectl_offers(words: str, environ: dict[str, str]) -> list[str]:
    command = [program(), "__complete", "order", *words.split(" ")]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_kubectl_calls_it(environ: dict[str, str]) -> None:
    began = time.monotonic()
    assert kubectl_offers("status w", environ) == [
        "web\tCertificate",
        "web-2076992300\tOrder",
        ":4",
    ]
    assert time.monotonic() - began < 3
    assert kubectl_offers("list --namespace=s", environ) == ["shop", ":4"]
    assert kubectl_offers("ret", environ) == [
        "retry\tBegin a new attempt now, after one that failed.",
        ":4",
    ]


SHELLS = {
    "bash": (
        ["bash", "--norc", "--noprofile", "-i"],
        f". {BASH_COMPLETION}; source <(kubectl completion bash); bind 'set bell-style none'",
    ),
    "zsh": (
        ["zsh", "-f", "-i"],
        "autoload -U compinit; compinit -u -D; source <(kubectl completion zsh)",
    ),
}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_verbs_flags_namespaces_and_live_names(
    shell: str, environ: dict[str, str]
) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    if shell == "bash" and not BASH_COMPLETION.exists():
        pytest.skip("bash-completion is not installed")
    if shell == "fish":
        completed = {line: _fish(line, environ) for line, _ in LINES}
    else:
        completed = _typed(*SHELLS[shell], environ)
    for line, whole in LINES:
        assert whole in completed[line], (line, completed[line])


LINES = (
    ("kubectl order his", "kubectl order history"),
    ("kubectl order status web-", "kubectl order status web-2076992300"),
    ("kubectl order list -n sh", "kubectl order list -n shop"),
    ("kubectl order why --li", "kubectl order why --live"),
    ("kubectl order status order/al", "kubectl order status order/alone"),
)


def _fish(line: str, environ: dict[str, str]) -> str:
    script = f"kubectl completion fish | source; complete -C '{line}'"
    command = ["fish", "--no-config", "-c", script]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    begun = line.rpartition(" ")[0]
    return "\n".join(f"{begun} {each.partition(chr(9))[0]}" for each in done.stdout.splitlines())


def _typed(command: list[str], prepare: str, environ: dict[str, str]) -> dict[str, str]:
    """What stands on the command line of an interactive shell after a tab, for each line."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe(command[0], command, environ | {"PS1": "> "})  # noqa: S606
    try:
        os.write(terminal, f"{prepare}; echo pre''pared\n".encode())
        _until(terminal, "prepared")
        found = {}
        for line, whole in LINES:
            os.write(terminal, f"{line}\t".encode())
            found[line] = _until(terminal, whole)
            os.write(terminal, b"\x15")  # Ctrl-U: an empty line again
        return found
    finally:
        os.write(terminal, b"\x15exit\n")
        os.close(terminal)
        os.waitpid(pid, 0)


def _until(terminal: int, text: str, seconds: float = 20.0) -> str:
    """What is on the terminal when the text is there, or the time is over."""
    deadline, seen = time.monotonic() + seconds, ""
    while text not in seen and (left := deadline - time.monotonic()) > 0:
        if select.select([terminal], [], [], left)[0]:
            seen += os.read(terminal, 65536).decode(errors="replace")
            seen = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r|\x07", "", seen)
            seen = re.sub(r".\x08", "", seen)
    return seen

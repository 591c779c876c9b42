"""The process: what it imports, how it ends, what it does when nobody reads."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kubectl_order import scenery
from tests.kubectl_order.recorded import Recorded, serving

MAIN = "from kubectl_order.__main__ import main; main()"
HEAVY = {
    "aiohttp",
    "asyncio",
    "cryptography",
    "dns",
    "jsonpath",
    "kubernetes",
    "multiprocessing",
    "pydantic",
    "requests",
    "rich",
    "yaml",
}


@pytest.fixture(scope="module")
def server() -> Iterator[Recorded]:
    with serving(scenery.shop()) as served:
        yield served


@pytest.fixture
def environ(server: Recorded, tmp_path: Path) -> dict[str, str]:
    kubeconfig = server.kubeconfig(tmp_path)
    return {"KUBECONFIG": str(kubeconfig), "PATH": os.environ["PATH"], "HOME": str(tmp_path)}


def started(
    *arguments: str, environ: dict[str, str], code: str = MAIN, **streams: int
) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", code, *arguments]
    given = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
    return subprocess.Popen(command, env=environ, text=True, **given)  # type: ignore[call-overload, no-any-return]


def imported(*arguments: str, environ: dict[str, str]) -> tuple[set[str], str]:
    """The top-level modules that a command leaves imported, and what it printed."""
    watched = (
        "import atexit, json, sys; "
        "atexit.register(lambda: print(json.dumps(sorted(sys.modules)), file=sys.stderr)); "
    )
    out, err = started(*arguments, environ=environ, code=watched + MAIN).communicate()
    modules = json.loads(err.splitlines()[-1])
    return {name.partition(".")[0] for name in modules}, out


@pytest.mark.parametrize(
    ("arguments", "needs"),
    [
        (("status", "web"), set()),
        (("status",), set()),
        (("list", "-A"), set()),
        (("why", "mail"), set()),
        (("renew", "web", "--dry-run=server"), set()),
        (("status", "web", "-o", "json"), set()),
        (("status", "web", "-o", "yaml"), {"yaml"}),
        (("status", "web", "-o", "jsonpath={.kind}"), {"jsonpath"}),
        (("__complete", "status", ""), set()),
    ],
    ids=" ".join,
)
def test_only_what_a_command_needs_is_imported(
    arguments: tuple[str, ...], needs: set[str], environ: dict[str, str]
) -> None:
    # kubectl's own kubeconfigs are JSON here: those in YAML need yaml.
    modules, out = imported(*arguments, environ=environ)
    assert out
    assert modules & HEAVY == needs


def test_help_needs_no_other_command() -> None:
    said = "import sys, kubectl_order.cli.parser as p; p.overview(); print(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert "kubectl_order.commands." not in out.stdout


@pytest.mark.parametrize("arguments", [("--help",), ("status", "web"), ("list", "-o", "json")])
def test_a_closed_pipe_is_quiet(arguments: tuple[str, ...], environ: dict[str, str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with started(*arguments, environ=environ, stdout=writer) as process:
        os.close(writer)
        _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (141, "")


def test_closed_streams_are_no_error(environ: dict[str, str]) -> None:
    shell = f'exec "{sys.executable}" -c "{MAIN}" status web >&- 2>&-'
    assert subprocess.run(["sh", "-c", shell], env=environ, check=False).returncode == 0


def test_ctrl_c_is_quiet(environ: dict[str, str]) -> None:
    with started("watch", "api", environ=environ) as process:
        assert process.stdout is not None
        assert "certificate/api" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (130, "")


def test_characters_that_the_terminal_has_not_are_shown_as_codes(environ: dict[str, str]) -> None:
    environ |= {"PYTHONIOENCODING": "ascii", "NO_COLOR": "1"}
    with started("tree", environ=environ) as process:
        out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, "")
    assert out.isascii()
    assert "Certificate web" in out

"""What each command prints, to the letter: a command, its output, its errors and its exit code.

The server is that of `scenery`, whose time stands still. After a change that is meant, `python -m
tests.kubectl_order.transcripts` writes the files anew; read the difference before it is kept.
"""

import io
import shlex
import tempfile
from pathlib import Path
from typing import Final

from kubectl_order.cli.program import run
from kubectl_order.session import PROGRAM
from tests.kubectl_order.recorded import serving
from tests.kubectl_order.scenery import shop

FOLDER: Final = Path(__file__).parent
PROMPT: Final = "$ "
FORBIDDEN: Final = "# forbidden: "
DOWN: Final = "# down"


def played(transcript: str) -> str:
    """The transcript as it is now, from the commands in it.

    A line `# forbidden: secrets` before the commands takes a right away.
    """
    recorded = shop()
    head: list[str] = []
    with serving(recorded), tempfile.TemporaryDirectory() as folder:
        kubeconfig = recorded.kubeconfig(Path(folder))
        for line in transcript.splitlines():
            if line.startswith(FORBIDDEN):
                recorded.forbidden |= set(line.removeprefix(FORBIDDEN).split())
                head.append(line)
            elif line == DOWN:
                recorded.down = True
                head.append(line)
        blocks = [
            _block(command, {"KUBECONFIG": str(kubeconfig), "PATH": "/nowhere"})
            for command in commands(transcript)
        ]
        text = "\n".join((*head, *blocks)).replace(recorded.url, "http://SERVER")
    return text.replace(recorded.url.removeprefix("http://"), "SERVER")


def commands(transcript: str) -> list[str]:
    """The commands of a transcript."""
    lines = transcript.splitlines()
    return [line.removeprefix(PROMPT) for line in lines if line.startswith(PROMPT)]


def _block(command: str, environ: dict[str, str]) -> str:
    out, err = io.StringIO(), io.StringIO()
    called, _, arguments = command.removeprefix("kubectl ").partition(" ")
    program = PROGRAM if called == "order" else f"kubectl {called}"
    code = run(shlex.split(arguments), environ=environ, stdout=out, stderr=err, program=program)
    errors = "".join(f"! {line}\n" for line in err.getvalue().splitlines())
    return f"{PROMPT}{command}\n{out.getvalue()}{errors}= {code}\n"

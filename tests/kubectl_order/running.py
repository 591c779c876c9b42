"""Running the program in this process, against a recorded server."""

import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kubectl_order.cli.program import run
from tests.kubectl_order.recorded import Recorded, serving


@dataclass
class Ran:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


@dataclass
class Stage:
    """A recorded server, and the program that talks to it."""

    server: Recorded
    environ: dict[str, str]

    def order(self, *arguments: str) -> Ran:
        """Run one command to its end."""
        out, err = io.StringIO(), io.StringIO()
        code = run(arguments, environ=self.environ, stdout=out, stderr=err)
        return Ran(code, out.getvalue(), err.getvalue())

    def while_it_runs(self, *arguments: str, steps: dict[str, Callable[[], None]]) -> Ran:
        """Run one command, and take each step as soon as its text has been printed."""
        out, err = _Told(steps), io.StringIO()
        code = run(arguments, environ=self.environ, stdout=out, stderr=err)
        return Ran(code, out.getvalue(), err.getvalue())


class _Told(io.StringIO):
    """A stream that takes steps, in another thread, once their texts are written."""

    def __init__(self, steps: dict[str, Callable[[], None]]) -> None:
        super().__init__()
        self._steps = dict(steps)

    def flush(self) -> None:
        super().flush()
        for text, step in list(self._steps.items()):
            if text in self.getvalue():
                del self._steps[text]
                # Later than the command goes on to wait, or before: both must work.
                threading.Timer(0.05, step).start()


@contextmanager
def staged(recorded: Recorded, folder: Path) -> Iterator[Stage]:
    """The server runs until the end."""
    with serving(recorded):
        kubeconfig = recorded.kubeconfig(folder)
        yield Stage(recorded, {"KUBECONFIG": str(kubeconfig), "PATH": "/nowhere"})

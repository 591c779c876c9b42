"""`python -m tests`: the whole suite as two runs of pytest side by side.

Each is in a network namespace of its own. The tests of the whole controller mostly wait, the others
mostly compute: together they take little longer than the longer of them. What each run prints is
shown when it ends. Arguments go to both.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from typing import IO, Final

WAITING: Final = ("tests/system", "tests/routers")
RUNS: Final[Mapping[str, Sequence[str]]] = {
    "the whole controller": WAITING,
    "everything else": ("tests", *(f"--ignore={folder}" for folder in WAITING)),
}
NOTHING_COLLECTED: Final = 5
WORD_EVERY: Final = 60.0
"""Seconds between two words about how it goes: CI systems end what is silent."""


def main(arguments: Sequence[str]) -> int:
    """Run both and wait for both; 0 when both passed."""
    began = time.monotonic()
    running = {name: _start([*where, *arguments]) for name, where in RUNS.items()}
    passed = True
    told = began
    while running:
        time.sleep(0.5)
        for name, (process, _) in list(running.items()):
            if process.poll() is not None:
                passed &= _ended(name, *running.pop(name), time.monotonic() - began)
        if time.monotonic() - told > WORD_EVERY:
            told = time.monotonic()
            print(f"{told - began:.0f} s: {' and '.join(running)} running", flush=True)
    return 0 if passed else 1


def _start(arguments: Sequence[str]) -> tuple[subprocess.Popen[bytes], IO[bytes]]:
    output = tempfile.TemporaryFile()  # noqa: SIM115 (it is read when the process has ended)
    command = [sys.executable, "-m", "devcluster.netns", sys.executable, "-m", "pytest"]
    process = subprocess.Popen(
        [*command, *arguments], stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
    )
    return process, output


def _ended(name: str, process: subprocess.Popen[bytes], output: IO[bytes], seconds: float) -> bool:
    output.seek(0)
    print(f"--- {name}: exit code {process.returncode} after {seconds:.0f} s", flush=True)
    sys.stdout.buffer.write(output.read())
    sys.stdout.buffer.flush()
    return process.returncode in (0, NOTHING_COLLECTED)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

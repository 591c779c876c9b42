"""`python -m tests.bench.runs TIMES COMMAND...`: runs it so often, and prints what each run cost.

A process of its own, and a small one, because a process counts the memory of the one that started
it as its own until it runs its program.
"""

import json
import os
import subprocess
import sys
import time


def main(times: int, command: list[str]) -> None:
    """One JSON list: of each run its seconds by the wall, most bytes of memory and exit code."""
    print(json.dumps([_run(command) for _ in range(times)]))


def _run(command: list[str]) -> tuple[float, int, int]:
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, state, usage = os.wait4(process.pid, 0)
    took = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(state)
    return took, usage.ru_maxrss * 1024, process.returncode


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])

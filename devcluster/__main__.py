"""`python -m devcluster up | down | status`: the control plane, the CA and DNS, in .cluster/."""

import sys
from pathlib import Path

from devcluster import cluster
from devcluster.binary import BuildFailed
from devcluster.process import NotReady, leftovers

FOLDER = Path(".cluster").absolute()


def main(argv: list[str]) -> int:
    """Run one command; 0 is success, 1 a failure, 2 a wrong call."""
    match argv:
        case ["up"]:
            return _up()
        case ["down"]:
            print(f"ended {cluster.stop(FOLDER)} processes")
            return 0
        case ["status"]:
            running = leftovers(FOLDER)
            for process in running:
                print(f"{process.name:<24} pid {process.pid:<8} log {process.log}")
            return 0 if running else 1
        case _:
            print(__doc__, file=sys.stderr)
            return 2


def _up() -> int:
    try:
        cluster.start(FOLDER, say=print)
    except (BuildFailed, NotReady) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print("now: . .cluster/env && kubectl get namespaces")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`python -m devcluster up | down | status | demo | fetch`: all of it lives in .cluster/.

`fetch` gets into the user's caches what the tests cannot get later, without a network.
"""

import sys
from pathlib import Path

from devcluster import binary, cluster, demo, gatewayapi, kubectl, traefik
from devcluster.binary import BuildFailed
from devcluster.kubectl import KubectlFailed
from devcluster.process import NotReady, leftovers

FOLDER = Path(".cluster").absolute()


def main(argv: list[str]) -> int:
    """Run one command; 0 is success, 1 a failure, 2 a wrong call."""
    try:
        return _run(argv)
    except (BuildFailed, NotReady, KubectlFailed) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ninterrupted; `make demo-down` ends what still runs", file=sys.stderr)
        return 130


def _run(argv: list[str]) -> int:
    match argv:
        case ["up"]:
            cluster.start(FOLDER, say=print)
            print(f"now: . {FOLDER.name}/env && kubectl get namespaces")
            return 0
        case ["down"]:
            print(f"ended {cluster.stop(FOLDER)} processes")
            return 0
        case ["status"]:
            running = leftovers(FOLDER)
            for process in running:
                print(f"{process.name:<24} pid {process.pid:<8} log {process.log}")
            return 0 if running else 1
        case ["demo"]:
            return demo.main(FOLDER)
        case ["fetch"]:
            _fetch()
            return 0
        case _:
            print(__doc__, file=sys.stderr)
            return 2


def _fetch() -> None:
    """Everything that is built or downloaded; each part says so itself if it takes long."""
    for part in (binary.folder, kubectl.program, traefik.program, gatewayapi.crds):
        part()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Where the program begins and ends: arguments, exit codes, errors as one line."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from typer.exceptions import Abort, TyperException
from typer.exceptions import Exit as TyperExit
from typer.main import get_command

from kubectl_order.app import application
from kubectl_order.failure import Exit, Failure

_PROGRAM: Final = "kubectl order"


def main() -> None:
    """The entry point `kubectl-order`, and `kubectl-acme_order` where krew has installed it."""
    sys.exit(run(sys.argv[1:], program=program_name(sys.argv[0])))


def program_name(path: str) -> str:
    """How the program is called, by the name of its file: `kubectl-acme_order` is `kubectl
    acme-order`."""
    name = Path(path).name
    if not name.startswith("kubectl-"):
        return _PROGRAM
    return name.removesuffix(".exe").replace("-", " ", 1).replace("_", "-")


def run(arguments: Sequence[str], *, program: str = _PROGRAM) -> int:
    """Run one command; the exit code."""
    app = application(arguments, environ=os.environ, stdout=sys.stdout, stderr=sys.stderr)
    try:
        result = get_command(app).main(list(arguments), prog_name=program, standalone_mode=False)
    except Failure as failure:
        print(f"error: {failure.sentence}", file=sys.stderr)
        return failure.exit
    except TyperExit as exit_:
        return exit_.exit_code
    except TyperException as error:
        print(f"error: {error.format_message()}", file=sys.stderr)
        return Exit.USAGE
    except (Abort, KeyboardInterrupt):
        return Exit.INTERRUPTED
    return int(result)


def complete() -> None:
    """The entry point `kubectl_complete-order`."""
    raise SystemExit(0)


if __name__ == "__main__":
    main()

"""`kubectl order completion [install]`."""

import os
import shutil
from pathlib import Path
from typing import Annotated, Final

from typer import Argument, Option

from kubectl_order.failure import Exit, Failure
from kubectl_order.session import Session
from kubectl_order.text import escaped

_SHELLS: Final = """kubectl completes for this plugin when the shell completes for kubectl:
  bash   source <(kubectl completion bash)     in ~/.bashrc, with the package bash-completion
  zsh    source <(kubectl completion zsh)      in ~/.zshrc, after compinit
  fish   kubectl completion fish | source      in ~/.config/fish/config.fish
"""
_SCRIPT: Final = '#!/bin/sh\nexec {plugin} __complete "$@"\n'
_BATCH: Final = "@{plugin} __complete %*\r\n"


def run(
    session: Session,
    action: Annotated[
        str, Argument(help="install: put the executable that kubectl calls onto PATH.")
    ] = "",
    path: Annotated[
        str, Option(help="With install: the folder; that of the plugin by default.")
    ] = "",
) -> Exit:
    """How to have the shell complete names, verbs and flags.

    kubectl asks an executable beside the plugin, kubectl_complete-order, what may follow. pipx
    installs it; krew does not, so that `install` does.
    """
    if session.flags.output:
        raise Failure("completion prints no document; leave out -o", exit=Exit.USAGE)
    if action not in ("", "install"):
        raise Failure(
            f'completion knows "install", and no "{action}"',
            exit=Exit.USAGE,
            hint="kubectl order completion install",
        )
    if path and not action:
        raise Failure("--path goes with install", exit=Exit.USAGE)
    if action:
        _install(session, path)
    session.stdout.write(_SHELLS)
    return Exit.FINE


def _install(session: Session, path: str) -> None:
    plugin = session.program.replace("-", "_").replace(" ", "-")
    name = plugin.replace("kubectl-", "kubectl_complete-", 1)
    search = session.environ.get("PATH", "")
    there = shutil.which(name, path=search)
    if there and not path:
        session.stdout.write(f"{escaped(there)} is there already.\n\n")
        return
    folder = Path(path).expanduser() if path else _beside(shutil.which(plugin, path=search))
    file = _written(folder, name, plugin)
    session.stdout.write(f"{escaped(str(file))} is written.\n")
    if not any(Path(part).absolute() == folder.absolute() for part in search.split(os.pathsep)):
        session.stdout.write(f"{escaped(str(folder))} is not on PATH yet: add it.\n")
    session.stdout.write("\n")


def _beside(plugin: str | None) -> Path:
    if plugin is None:
        raise Failure(
            "the plugin itself is not on PATH, so there is no folder to put it beside",
            exit=Exit.FAILED,
            hint="kubectl order completion install --path FOLDER",
        )
    return Path(plugin).parent


def _written(folder: Path, name: str, plugin: str) -> Path:
    """The executable calls the plugin by its name, and so outlives an upgrade of it."""
    windows = os.name == "nt"
    file = folder / (f"{name}.cmd" if windows else name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        file.write_bytes((_BATCH if windows else _SCRIPT).format(plugin=plugin).encode())
        file.chmod(0o755)
    except OSError as error:
        raise Failure(
            f"{file} cannot be written: {error.strerror}",
            exit=Exit.FAILED,
            hint="kubectl order completion install --path FOLDER",
        ) from None
    return file

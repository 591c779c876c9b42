"""The plugin as people run it: a process with a kubeconfig, on a terminal or piped."""

import fcntl
import json
import os
import re
import select
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.kubectl_order.hostile import unfit
from tests.system.world import Json, World

COMMAND = (sys.executable, "-m", "kubectl_order")
PATIENCE = 30.0
"""Seconds after which a command counts as hanging."""

_SGR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True)
class Ran:
    """What somebody sees of a command that has ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """What `-o json` printed."""
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a kubeconfig; `home` is theirs, and empty."""

    kubeconfig: Path
    home: Path

    def order(self, *arguments: str, environ: Mapping[str, str] | None = None) -> Ran:
        """Run one command, its output piped. It prints no traceback and nothing but text."""
        done = subprocess.run(
            [*COMMAND, *arguments],
            env=self.environ | dict(environ or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=PATIENCE,
        )
        return _seen(Ran(done.returncode, done.stdout.decode(), done.stderr.decode()))

    def started(self, *arguments: str, **streams: Any) -> subprocess.Popen[bytes]:
        """Begin a command; its output is piped where `streams` says nothing else."""
        given: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | streams
        process: subprocess.Popen[bytes] = subprocess.Popen(
            [*COMMAND, *arguments], env=self.environ, **given
        )
        return process

    @property
    def environ(self) -> dict[str, str]:
        """The environment of what they run."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        return kept | {"HOME": str(self.home), "KUBECONFIG": str(self.kubeconfig)}


class Terminal:
    """A terminal of that width on which one command runs, and nothing else."""

    def __init__(self, person: Person, *arguments: str, columns: int = 80, **environ: str) -> None:
        self._master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self._shown = b""
        # A session of its own, whose terminal this is: Ctrl-C comes as the signal that it is.
        self.process = subprocess.Popen(
            [*COMMAND, *arguments],
            env=person.environ | {"TERM": "xterm-256color"} | environ,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)

    def shows(self, text: str) -> None:
        """Read until that text has been written."""
        while text.encode() not in self._shown:
            assert self._read(), f"{text!r} is not in {self._shown.decode()!r}"

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._master, keys.encode())

    def ended(self) -> Ran:
        """All that was written, to the end."""
        try:
            while self._read():
                pass
            code = self.process.wait(timeout=PATIENCE)
        finally:
            self.process.kill()
            os.close(self._master)
        return _seen(Ran(code, self._shown.decode().replace("\r\n", "\n"), ""))

    def _read(self) -> bytes:
        """A piece of what is shown; empty when the process has ended."""
        assert select.select([self._master], [], [], PATIENCE)[0], self._shown.decode()
        try:
            piece = os.read(self._master, 65_536)
        except OSError:
            return b""
        self._shown += piece
        return piece


def on_terminal(person: Person, *arguments: str, columns: int = 80, **environ: str) -> Ran:
    """Run one command on a terminal of that width; all it shows is in `out`."""
    return Terminal(person, *arguments, columns=columns, **environ).ended()


def plain(text: str) -> str:
    """What a terminal shows, without colours."""
    return _SGR.sub("", text)


def person(
    world: World, folder: Path, name: str, user: Mapping[str, Any], **cluster: Any
) -> Person:
    """Somebody with that entry in a kubeconfig, which has `cluster` in its cluster besides."""
    folder = folder / name
    folder.mkdir(parents=True)
    content = json.loads(world.cluster.kubeconfig.read_text())
    content["users"][0]["user"] = dict(user)
    content["clusters"][0]["cluster"] |= cluster
    kubeconfig = folder / "config"
    kubeconfig.write_text(json.dumps(content))
    kubeconfig.chmod(0o600)
    return Person(kubeconfig, folder)


def token(world: World, name: str, namespace: str) -> str:
    """A token of that ServiceAccount, which is made."""
    world.kubectl("-n", namespace, "create", "serviceaccount", name)
    return world.kubectl("-n", namespace, "create", "token", name).strip()


def account(name: str, namespace: str) -> str:
    """The user name of a ServiceAccount."""
    return f"system:serviceaccount:{namespace}:{name}"


def acting(world: World, folder: Path, name: str, user: str) -> Person:
    """The admin, whose kubeconfig says to act as that user."""
    admin = json.loads(world.cluster.kubeconfig.read_text())["users"][0]["user"]
    return person(world, folder, name, admin | {"as": user})


def role(name: str, *rules: tuple[str, str, str]) -> Json:
    """A ClusterRole of API group, resources and verbs, the latter separated by spaces."""
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": name},
        "rules": [
            {"apiGroups": [group], "resources": resources.split(), "verbs": verbs.split()}
            for group, resources, verbs in rules
        ],
    }


def binding(user: str, namespace: str, role: str) -> Json:
    """Gives that ClusterRole to a user in a namespace."""
    group = "rbac.authorization.k8s.io"
    name = f"{user.rpartition(':')[2]}-{role}"
    return {
        "apiVersion": f"{group}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": name, "namespace": namespace},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": group, "kind": "User", "name": user}],
    }


def _seen(ran: Ran) -> Ran:
    """What holds for whatever anybody runs."""
    for text in (plain(ran.out), ran.err):
        assert not unfit(text), f"control characters: {text!r}"
        assert "Traceback" not in text, text
        assert "defect" not in text, text
    return ran

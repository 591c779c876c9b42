"""The kubeconfig files together, as kubectl merges them: which entries there are, and from where.

What an entry means is `entries`. Most of the time it takes is PyYAML's import; a file that is JSON
goes without.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec

from kubectl_order.access.credentials import read_bytes
from kubectl_order.access.errors import BadConfig

_SHOWN: Final = 10
"""How many names an error lists."""


@dataclass(frozen=True, slots=True, repr=False)
class Entry:
    """One cluster, user or context. Paths in it are relative to the folder of `file`."""

    file: Path
    content: Any


@dataclass(slots=True, repr=False)
class Kubeconfig:
    """All files merged: of each name, and of the current context, the first there is."""

    files: list[Path] = field(default_factory=list)
    """Those that exist."""
    current: str = ""
    contexts: dict[str, Entry] = field(default_factory=dict)
    clusters: dict[str, Entry] = field(default_factory=dict)
    users: dict[str, Entry] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Whether it says nothing, so that a pod's own account is to be used."""
        return not (self.current or self.contexts or self.clusters)

    @property
    def place(self) -> str:
        """The files, for a sentence."""
        return f"the kubeconfig {os.pathsep.join(map(str, self.files))}"

    def entry(self, kind: str, name: str) -> Entry:
        """The `context`, `cluster` or `user` of that name; BadConfig tells which there are."""
        entries: dict[str, Entry] = getattr(self, f"{kind}s")
        if name in entries:
            return entries[name]
        if not self.files:
            raise BadConfig(
                f'there is no kubeconfig, so there is no {kind} "{name}"',
                hint="--kubeconfig, or set KUBECONFIG",
            )
        raise BadConfig(
            f'there is no {kind} "{name}" in {self.place}, {_names(kind, entries)}',
            hint="kubectl config get-contexts" if kind == "context" else "kubectl config view",
        )


def load(explicit: str, environ: Mapping[str, str]) -> Kubeconfig:
    """Read the file of --kubeconfig, else those of KUBECONFIG, else ~/.kube/config.

    Only the explicit one must exist. BadConfig for a file that cannot be read or understood.
    """
    merged = Kubeconfig()
    for file in [Path(explicit)] if explicit else _files(environ):
        if explicit or _exists(file):
            merged.files.append(file)
            _merge(merged, file, _parsed(file))
    return merged


def _names(kind: str, entries: Mapping[str, Entry]) -> str:
    if not entries:
        return f"which has no {kind}s"
    shown = ", ".join(f'"{name}"' for name in list(entries)[:_SHOWN])
    return f"which has {shown}" + (" and others" if len(entries) > _SHOWN else "")


def _files(environ: Mapping[str, str]) -> list[Path]:
    listed = environ.get("KUBECONFIG", "")
    if listed:
        return [Path(name) for name in dict.fromkeys(listed.split(os.pathsep)) if name]
    home = environ.get("HOME") or environ.get("USERPROFILE")
    return [Path(home, ".kube", "config")] if home else []


def _exists(file: Path) -> bool:
    try:
        file.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError):
        return True  # reading it says what is wrong
    return True


def _merge(merged: Kubeconfig, file: Path, content: Mapping[str, Any]) -> None:
    current = content.get("current-context")
    if current is not None and not isinstance(current, str):
        raise BadConfig(f"current-context in the kubeconfig {file} is not a text")
    merged.current = merged.current or current or ""
    for kind in ("context", "cluster", "user"):
        entries = content.get(f"{kind}s")
        if entries is not None and not isinstance(entries, list):
            raise BadConfig(f"{kind}s in the kubeconfig {file} is not a list")
        known: dict[str, Entry] = getattr(merged, f"{kind}s")
        for entry in entries or ():
            if isinstance(entry, dict) and isinstance(entry.get("name"), str):
                known.setdefault(entry["name"], Entry(file, entry.get(kind)))


def _parsed(file: Path) -> dict[str, Any]:
    text = read_bytes(file, "the kubeconfig")
    content: Any = None
    try:
        content = msgspec.json.decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError):
        content = _parsed_yaml(file, text)
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise BadConfig(f"the kubeconfig {file} is not a mapping")
    return content


def _parsed_yaml(file: Path, text: bytes) -> Any:
    from kubectl_order.access.yamltext import NotYaml, parse  # JSON does not need it

    try:
        return parse(text)
    except NotYaml as error:
        where = f" (line {error.line})" if error.line else ""
        raise BadConfig(f"the kubeconfig {file} is not YAML{where}") from None

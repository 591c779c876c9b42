"""Builds the archives for krew, one for each platform, and the manifest that names them.

python packaging/krew.py --output dist --base https://HOST/PATH --homepage https://HOST

An archive holds the plugin and what it imports, unpacked: nothing is extracted when it runs.
Wheels come from the package registry, at the versions and hashes of requirements.txt. With
--installed they come from the environment that runs this, for its own platform and version of
Python alone.
"""

import argparse
import gzip
import hashlib
import io
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import distribution
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import yaml

ROOT: Final = Path(__file__).parent.parent
NAME: Final = "acme-order"
PLUGIN: Final = "kubectl-acme_order"
COMPLETER: Final = "kubectl_complete-acme_order"
LAUNCHER: Final = Path(__file__).with_name("launcher.py")

OWN: Final = ("kubectl_order", "orderapi")
PURE: Final = (
    "annotated-doc",
    "dnspython",
    "idna",
    "kubernetes",
    "python-jsonpath",
    "rich",
    "shellingham",
    "typer",
    "typing-extensions",
)
COMPILED: Final = ("msgspec", "pyyaml")
KUBERNETES: Final = ("config/config_exception.py", "config/exec_provider.py")
"""All that is needed of its 126 MB: how credential plugins are run."""
PYTHONS: Final = ("3.11", "3.12", "3.13", "3.14")


@dataclass(frozen=True, slots=True)
class Platform:
    """An operating system and machine as krew names them, and the tags of its wheels."""

    os: str
    arch: str
    tags: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.os}/{self.arch}"

    @property
    def windows(self) -> bool:
        return self.os == "windows"

    @property
    def archive(self) -> str:
        """The file's name."""
        return f"{NAME}-{self.os}-{self.arch}.{'zip' if self.windows else 'tar.gz'}"


PLATFORMS: Final = (
    Platform("linux", "amd64", ("manylinux2014_x86_64", "manylinux_2_28_x86_64")),
    Platform("linux", "arm64", ("manylinux2014_aarch64", "manylinux_2_28_aarch64")),
    Platform("darwin", "amd64", ("macosx_10_13_x86_64", "macosx_11_0_x86_64")),
    Platform("darwin", "arm64", ("macosx_11_0_arm64",)),
    Platform("windows", "amd64", ("win_amd64",)),
)


def main(arguments: Sequence[str]) -> None:
    """Build what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("dist"))
    parser.add_argument("--base", required=True, help="where the archives can be downloaded from")
    parser.add_argument("--homepage", required=True)
    parser.add_argument("--platform", action="append", choices=list(map(str, PLATFORMS)))
    parser.add_argument("--installed", action="store_true")
    asked = parser.parse_args(arguments)
    asked.output.mkdir(parents=True, exist_ok=True)
    sums = {}
    for platform in PLATFORMS:
        if not asked.platform or str(platform) in asked.platform:
            file = asked.output / platform.archive
            file.write_bytes(archive(platform, installed=asked.installed))
            sums[platform] = hashlib.sha256(file.read_bytes()).hexdigest()
            print(f"{file}: {file.stat().st_size / 1e6:.1f} MB")
    manifest = asked.output / f"{NAME}.yaml"
    content = described(sums, base=asked.base.rstrip("/"), homepage=asked.homepage)
    manifest.write_text(yaml.dump(content, Dumper=_Readable, sort_keys=False, width=100))
    print(manifest)


def archive(platform: Platform, *, installed: bool) -> bytes:
    """The archive's bytes: the same for the same contents."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)
        fill(tree, platform, installed=installed)
        files = sorted(path for path in tree.rglob("*") if path.is_file())
        named = [(str(path.relative_to(tree)), path.read_bytes()) for path in files]
    return zipped(named) if platform.windows else tarred(named)


def fill(tree: Path, platform: Platform, *, installed: bool) -> None:
    """Put everything into place."""
    library = tree / "lib"
    for package in OWN:
        copy(ROOT / package, library / package)
    information = library / f"kubectl_order-{version()}.dist-info"
    information.mkdir()
    about = f"Metadata-Version: 2.1\nName: kubectl-order\nVersion: {version()}\n"
    (information / "METADATA").write_text(about)
    shutil.copy(ROOT / "LICENSE", tree / "LICENSE")
    if installed:
        here = f"cp{sys.version_info.major}{sys.version_info.minor}"
        for name in PURE:
            from_environment(name, library, tree)
        for name in COMPILED:
            from_environment(name, tree / here, tree)
    else:
        download(PURE, PYTHONS[0], platform, library, tree)
        for python in PYTHONS:
            download(COMPILED, python, platform, tree / f"cp{python.replace('.', '')}", tree)
    for file, entry in ((PLUGIN, "main"), (COMPLETER, "complete")):
        launcher(tree / file, entry, platform)


def copy(source: Path, target: Path) -> None:
    """A package without what is no part of it at run time."""
    if source.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
        return
    if source.name == "kubernetes":
        for part in KUBERNETES:
            copy(source / part, target / part)
        for folder in (target, target / "config"):
            (folder / "__init__.py").touch()
        return
    left_out = shutil.ignore_patterns("__pycache__", "*.pyi", "py.typed", "*.c", "*.pyx")
    shutil.copytree(source, target, ignore=left_out)


def from_environment(name: str, target: Path, tree: Path) -> None:
    """A package of the environment that runs this."""
    files = distribution(name).files or ()
    tops = {file.parts[0] for file in files if file.parts[0] not in ("..", "__pycache__")}
    for top in sorted(tops):
        place = Path(str(distribution(name).locate_file(top)))
        if top.endswith(".dist-info"):
            licenses(place, name, tree)
        else:
            copy(place, target / top)


def download(
    names: Sequence[str], python: str, platform: Platform, target: Path, tree: Path
) -> None:
    """Packages from the registry, at the locked versions and hashes."""
    with tempfile.TemporaryDirectory() as folder:
        locked = Path(folder) / "requirements.txt"
        locked.write_text("".join(map(requirement, names)))
        tags = [argument for tag in platform.tags for argument in ("--platform", tag)]
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        options = ["--only-binary=:all:", "--implementation=cp", f"--python-version={python}"]
        where = ["--require-hashes", "-r", str(locked), "--dest", folder]
        subprocess.run([*command, *options, *tags, *where], check=True)  # noqa: S603
        for wheel in sorted(Path(folder).glob("*.whl")):
            unpacked = Path(folder) / wheel.stem
            with zipfile.ZipFile(wheel) as content:
                content.extractall(unpacked)  # noqa: S202  its hash is known
            for place in sorted(unpacked.iterdir()):
                if place.name.endswith(".dist-info"):
                    licenses(place, wheel.name.split("-")[0], tree)
                else:
                    copy(place, target / place.name)


def requirement(name: str) -> str:
    """The lines of requirements.txt for one package."""
    text = (ROOT / "requirements.txt").read_text()
    found = re.search(rf"^{re.escape(name)}==.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    if found is None:
        raise SystemExit(f"error: {name} is not in requirements.txt")
    return found[0]


def licenses(information: Path, name: str, tree: Path) -> None:
    """Keep the licenses of a package."""
    for file in sorted(information.rglob("*")):
        if file.is_file() and re.match("licen[cs]e|copying|notice", file.name, re.IGNORECASE):
            target = tree / "licenses" / name.lower() / file.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target)


def launcher(file: Path, entry: str, platform: Platform) -> None:
    """The executable: a script, or on Windows a small program that runs the script it carries."""
    script = LAUNCHER.read_text().replace('ENTRY = "main"', f'ENTRY = "{entry}"')
    if not platform.windows:
        file.write_text(script)
        return
    package = find_spec("pip._vendor.distlib")
    assert package is not None  # noqa: S101  pip has it
    assert package.submodule_search_locations  # noqa: S101
    program = Path(package.submodule_search_locations[0]) / "t64.exe"
    carried = zipped([("__main__.py", script.encode())])
    content = program.read_bytes() + b"#!/usr/bin/env python\r\n" + carried
    file.with_suffix(".exe").write_bytes(content)


def tarred(files: Sequence[tuple[str, bytes]]) -> bytes:
    """A .tar.gz."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, content in files:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            entry.mode = 0o755 if name in (PLUGIN, COMPLETER) else 0o644
            tar.addfile(entry, io.BytesIO(content))
    return gzip.compress(packed.getvalue(), mtime=0)


def zipped(files: Sequence[tuple[str, bytes]]) -> bytes:
    """A .zip."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def version() -> str:
    """The version in pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return str(project["version"])


class _Readable(yaml.SafeDumper):
    """Texts of several lines stay as they are."""

    def represent_str(self, text: str) -> yaml.ScalarNode:
        """A text."""
        style = "|" if "\n" in text else None
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Readable.add_representer(str, _Readable.represent_str)


def described(sums: dict[Platform, str], *, base: str, homepage: str) -> dict[str, object]:
    """The manifest."""
    return {
        "apiVersion": "krew.googlecontainertools.github.com/v1alpha2",
        "kind": "Plugin",
        "metadata": {"name": NAME},
        "spec": {
            "version": f"v{version()}",
            "homepage": homepage,
            "shortDescription": "Explain ACME Orders: what they wait for and why",
            "description": DESCRIPTION,
            "caveats": CAVEATS,
            "platforms": list(entries(sums, base)),
        },
    }


def entries(sums: dict[Platform, str], base: str) -> Iterator[dict[str, object]]:
    """An entry of the manifest for each archive."""
    for platform, digest in sums.items():
        yield {
            "selector": {"matchLabels": {"os": platform.os, "arch": platform.arch}},
            "uri": f"{base}/{platform.archive}",
            "sha256": digest,
            "bin": f"{PLUGIN}.exe" if platform.windows else PLUGIN,
        }


DESCRIPTION: Final = """\
What a certificate of cert-manager's API waits for, why, until when, and who must act: one page for
a Certificate, an Order, a Secret, an Ingress or a host name. It lists Orders by danger, follows an
issuance until it is done, begins a new attempt, and checks CA, DNS and HTTP from where it runs.
Works with kubectl-order's controller and with cert-manager, with view rights alone.
"""
CAVEATS: Final = """\
It needs Python 3.11 to 3.14 as python3 on PATH.
For completion: kubectl acme-order completion install
"""


if __name__ == "__main__":
    main(sys.argv[1:])

"""A CA, and kubeconfigs to be written."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import trustme
import yaml

Write = Callable[..., Path]


@dataclass(frozen=True)
class Pki:
    """PEM texts of one CA and of a client that it knows."""

    authority: trustme.CA
    ca: str
    certificate: str
    key: str


@pytest.fixture(scope="session")
def pki() -> Pki:
    """One CA for all tests."""
    authority = trustme.CA()
    client = authority.issue_cert("client")
    return Pki(
        authority,
        authority.cert_pem.bytes().decode(),
        "".join(pem.bytes().decode() for pem in client.cert_chain_pems),
        client.private_key_pem.bytes().decode(),
    )


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a kubeconfig of one context `c`, cluster `k` and user `u`."""

    def kubeconfig(user: Any = None, cluster: Any = None, name: str = "config", **top: Any) -> Path:
        config = {
            "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
            "clusters": [{"name": "k", "cluster": {"server": "https://k:6443"} | (cluster or {})}],
            "users": [{"name": "u", "user": user}],
        }
        file = tmp_path / name
        file.write_text(yaml.safe_dump(config | top))
        return file

    return kubeconfig

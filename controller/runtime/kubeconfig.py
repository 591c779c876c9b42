"""Reads a kubeconfig, or what a pod is given, and prints it as one JSON document on stdout.

`credentials.load` runs it as `python -m controller.runtime.kubeconfig [FILE]`; nothing imports it.
It is the only importer of `kubernetes`, whose loader knows tokens, client certificates, plugins and
identity providers. It opens no connection to the API server.
"""

import asyncio
import sys
from datetime import UTC
from pathlib import Path

import msgspec
from kubernetes.aio import config
from kubernetes.aio.client import Configuration
from kubernetes.aio.config.incluster_config import SERVICE_TOKEN_FILENAME

from controller.runtime.credentials import Credentials


def from_file(file: str) -> Credentials:
    """The current context of the file; an exec plugin is run where it names one."""
    if not Path(file).expanduser().is_file():
        raise config.ConfigException(f"there is no kubeconfig {file}")
    return asyncio.run(_load(file))


async def _load(file: str) -> Credentials:
    found = Configuration()
    loader = await config.load_kube_config(  # type: ignore[no-untyped-call]
        file, client_configuration=found, persist_config=False
    )
    expires = getattr(loader, "exec_plugin_expiry", None)
    if expires is not None and expires.tzinfo is None:
        expires = expires.replace(tzinfo=UTC)
    return msgspec.structs.replace(_credentials(found), expires=expires)


def from_pod() -> Credentials:
    """The service account of the pod that this runs in."""
    found = Configuration()
    try:
        config.load_incluster_config(found)  # type: ignore[no-untyped-call]
    except config.ConfigException as error:
        raise config.ConfigException(
            f"no kubeconfig is given, and this is not a pod with a service account: {error}"
        ) from error
    return msgspec.structs.replace(_credentials(found), token_file=SERVICE_TOKEN_FILENAME)


def _credentials(found: Configuration) -> Credentials:
    return Credentials(
        server=found.host,
        ca=_text(found.ssl_ca_cert),
        certificate=_text(found.cert_file),
        key=_text(found.key_file),
        authorization=found.api_key.get("BearerToken", ""),
        verify=found.verify_ssl,
        server_name=found.tls_server_name or "",
        proxy=found.proxy or "",
    )


def _text(file: str | None) -> str:
    return Path(file).read_text() if file else ""


def main(arguments: list[str]) -> int:
    """Print the credentials; or one line on stderr that says why there are none, and 1."""
    try:
        found = from_file(arguments[0]) if arguments else from_pod()
    except (config.ConfigException, OSError, ValueError, TypeError, KeyError) as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        return 1
    sys.stdout.buffer.write(msgspec.json.encode(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

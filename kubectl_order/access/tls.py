"""How TLS is talked to the API server: its authorities, and the client's certificate."""

import os
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from kubectl_order.access.credentials import Credentials
from kubectl_order.access.errors import BadConfig

_IN_MEMORY: Final = hasattr(os, "memfd_create")


def tls_context(credentials: Credentials) -> ssl.SSLContext | None:
    """The context for that server; None where its address is plain http. May be BadConfig."""
    if not credentials.server.startswith("https:"):
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if not credentials.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif credentials.ca:
        try:
            # Comments around the certificates may be in any language; OpenSSL takes ASCII alone.
            context.load_verify_locations(cadata=credentials.ca.encode("ascii", "ignore").decode())
        except (ssl.SSLError, ValueError):
            raise BadConfig(
                "the certificate-authority of the cluster is not a PEM certificate",
                hint="kubectl config view --minify",
            ) from None
    else:
        context.load_default_certs()
    if credentials.certificate:
        load_pair(context, credentials.certificate, credentials.key)
    return context


def load_pair(
    context: ssl.SSLContext, certificate: str, key: str, *, in_memory: bool = _IN_MEMORY
) -> None:
    """Show this client certificate. OpenSSL reads files alone: the key is in one that only we can
    read, and, where the system has such files, in memory; it is gone when the call returns."""
    content = f"{certificate}\n{key}\n".encode()
    try:
        with (_memory_file if in_memory else _private_file)(content) as name:
            # Without this, an encrypted key asks for its password on the terminal.
            context.load_cert_chain(name, password=_no_password)
    except (ssl.SSLError, ValueError):
        raise BadConfig(
            "the client certificate and key are not a pair of PEM texts without a password",
            hint="kubectl config view --minify",
        ) from None


@contextmanager
def _memory_file(content: bytes) -> Iterator[str]:
    with os.fdopen(os.memfd_create("client"), "wb") as file:
        file.write(content)
        file.flush()
        name = f"/proc/self/fd/{file.fileno()}"
        if Path(name).exists():
            yield name
            return
    with _private_file(content) as name:
        yield name


@contextmanager
def _private_file(content: bytes) -> Iterator[str]:
    descriptor, name = tempfile.mkstemp()  # 0600 on POSIX, the user's own folder on Windows
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        yield name
    finally:
        Path(name).unlink(missing_ok=True)


def _no_password() -> bytes:
    raise ValueError

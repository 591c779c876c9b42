"""Certificates and keys in memory for OpenSSL, which reads them from files alone."""

import os
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def load(context: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    """Have the context show this certificate (PEM, with its chain). The key is never on a disk that
    outlives the call. ValueError says what is wrong with the two, and shows nothing of them."""
    try:
        with _as_file(certificate + b"\n" + key) as name:
            # Without this, an encrypted key asks for its password on the terminal.
            context.load_cert_chain(name, password=_no_password)
    except ssl.SSLError as error:
        what = (error.reason or "unreadable").replace("_", " ").lower()
        raise ValueError(f"the certificate and its key cannot be used: {what}") from None


@contextmanager
def _as_file(content: bytes) -> Iterator[str]:
    """A name under which OpenSSL finds this for the time of the call."""
    try:
        descriptor = os.memfd_create("tls", os.MFD_CLOEXEC)
    except (AttributeError, OSError):
        with _in_private_folder(content) as name:
            yield name
        return
    try:
        os.write(descriptor, content)
        name = f"/proc/self/fd/{descriptor}"
        if Path(name).exists():
            yield name
        else:
            with _in_private_folder(content) as name:
                yield name
    finally:
        os.close(descriptor)


@contextmanager
def _in_private_folder(content: bytes) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "tls.pem")
        file.touch(0o600)
        file.write_bytes(content)
        yield str(file)


def _no_password() -> bytes:
    raise ValueError("the key is encrypted; it has to be stored without a password")

"""Who we are for the API server, and how it is to be reached.

They are read by `kubeconfig`, which runs in a process of its own: the `kubernetes` package takes
20 MB that are needed for a moment. Keys and tokens are never logged, and no repr shows them.
"""

import asyncio
import ssl
import sys
import tempfile
from datetime import datetime
from pathlib import Path

import msgspec

_LOAD_TIMEOUT = 60.0  # seconds; an exec plugin may ask a cloud


class NoCredentials(Exception):
    """No credentials could be read; the text says why."""


class Credentials(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The API server's address and what to show it. PEM texts; empty stands for none."""

    server: str
    ca: str = ""
    certificate: str = ""
    key: str = ""
    authorization: str = ""
    """The value of the Authorization header."""
    token_file: str = ""
    """A file with a bearer token that changes: read it again every minute."""
    expires: datetime | None = None
    verify: bool = True
    server_name: str = ""
    proxy: str = ""

    def __repr__(self) -> str:
        """The address alone."""
        return f"Credentials({self.server})"


async def load(kubeconfig: str | None) -> Credentials:
    """What the kubeconfig says, or, with None or "", what a pod is given. Takes half a second."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",  # a folder named controller where we happen to be started is not ours
        "-m",
        "controller.runtime.kubeconfig",
        *([kubeconfig] if kubeconfig else []),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(_LOAD_TIMEOUT):
            out, err = await process.communicate()
    except TimeoutError as error:
        raise NoCredentials(
            f"no credentials within {_LOAD_TIMEOUT:.0f} s: a plugin named in the kubeconfig hangs"
        ) from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise NoCredentials(_last_line(err) or "the credentials could not be read")
    return msgspec.json.decode(out, type=Credentials)


def _last_line(text: bytes) -> str:
    lines = text.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else ""


def read_token(file: str) -> str:
    """The Authorization header for the token that is in the file now."""
    try:
        token = Path(file).read_text().strip()
    except OSError as error:
        raise NoCredentials(f"the token file cannot be read: {error}") from error
    if not token:
        raise NoCredentials(f"the token file {file} is empty")
    return f"Bearer {token}"


def tls_context(credentials: Credentials) -> ssl.SSLContext | None:
    """How to talk TLS to the server; None where its address is plain http."""
    if not credentials.server.startswith("https:"):
        return None
    context = ssl.create_default_context(cadata=credentials.ca or None)
    # Authorities of existing clusters lack extensions that newer Pythons demand by default.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if not credentials.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    load_certificate(context, credentials)
    return context


def load_certificate(context: ssl.SSLContext, credentials: Credentials) -> None:
    """Show this client certificate on connections made from now on."""
    if not credentials.certificate:
        return
    # OpenSSL reads files only. This one is private, and gone when the call returns.
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "client.pem")
        file.touch(0o600)
        file.write_text(f"{credentials.certificate}\n{credentials.key}\n")
        context.load_cert_chain(file)

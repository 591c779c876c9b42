"""Who the webhook is for the API server, and how that is to be reached.

Keys and tokens are never logged, and no repr shows them. What a kubeconfig says is in `kubeconfig`.
"""

import ssl
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from webhook.openssl import load

_TOKEN_PERIOD: Final = 60.0
_SERVICE_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")


class NoCredentials(Exception):
    """No credentials could be read; the text says why, in one sentence."""


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """The API server's address and what to show it. PEM texts; empty stands for none."""

    server: str
    ca: str = ""
    certificate: str = ""
    key: str = ""
    token: str = ""
    token_file: str = ""
    """A file with a bearer token that changes; it goes before `token`."""
    server_name: str = ""
    """The name that the server's certificate has, where it is not the address's."""
    verify: bool = True

    def __repr__(self) -> str:
        """The address alone."""
        return f"Credentials({self.server})"


def in_pod(environment: Mapping[str, str], folder: Path = _SERVICE_ACCOUNT) -> Credentials:
    """The service account of the pod with that environment, or NoCredentials."""
    host = environment.get("KUBERNETES_SERVICE_HOST", "")
    port = environment.get("KUBERNETES_SERVICE_PORT", "443")
    if not host:
        raise NoCredentials(
            "no kubeconfig is given, and KUBERNETES_SERVICE_HOST is not set: this is not a pod"
        )
    token_file = str(folder / "token")
    read_token(token_file)
    return Credentials(
        server=f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}",
        ca=read_text(folder / "ca.crt", "the service account's CA"),
        token_file=token_file,
    )


def from_kubeconfig(path: str | Path) -> Credentials:
    """What the current context of a kubeconfig says, or NoCredentials."""
    from webhook.kubeconfig import read  # PyYAML takes memory that a pod does not need to spend

    return read(Path(path).expanduser())


def read_text(file: Path, what: str) -> str:
    """The text of a file, or NoCredentials."""
    try:
        return file.read_text()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise NoCredentials(f"{what} cannot be read from {file}: {why}") from None


def read_token(file: str) -> str:
    """The token that is in the file now, or NoCredentials."""
    return checked_token(read_text(Path(file), "the token"), f"the token file {file}")


def checked_token(text: str, where: str) -> str:
    """The token without spaces around it, or NoCredentials for what no header can carry."""
    token = text.strip()
    if not token:
        raise NoCredentials(f"{where} is empty")
    if not (token.isascii() and token.isprintable()):
        raise NoCredentials(f"{where} has a token with characters that no token has")
    return token


class Bearer:
    """The newest token there is; a token file is read every minute, and when asked to."""

    def __init__(
        self, credentials: Credentials, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`clock` gives seconds that never go back."""
        self._file = credentials.token_file
        self._token = credentials.token
        self._clock = clock
        self._due = clock()

    def header(self) -> str:
        """The Authorization header's value; empty where there is no token. May be NoCredentials."""
        if self._file and (not self._token or self._clock() >= self._due):
            try:
                self.renew()
            except NoCredentials:
                # What we have may live for a while, and the API server says when it does not.
                if not self._token:
                    raise
        return f"Bearer {self._token}" if self._token else ""

    def renew(self) -> bool:
        """Read the token file now; whether it holds another token than before."""
        if not self._file:
            return False
        self._due = self._clock() + _TOKEN_PERIOD
        before, self._token = self._token, read_token(self._file)
        return self._token != before


def tls_context(credentials: Credentials) -> ssl.SSLContext | None:
    """How to talk TLS to the server; None where its address is plain http. May be NoCredentials."""
    if not credentials.server.startswith("https:"):
        return None
    try:
        context = ssl.create_default_context(cadata=credentials.ca or None)
    except (ssl.SSLError, ValueError):
        raise NoCredentials("the CA of the API server is not a PEM certificate") from None
    # Authorities of existing clusters lack extensions that newer Pythons demand by default.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if not credentials.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if credentials.certificate:
        _show(context, credentials)
    return context


def _show(context: ssl.SSLContext, credentials: Credentials) -> None:
    try:
        load(context, credentials.certificate.encode(), credentials.key.encode())
    except ValueError:
        raise NoCredentials(
            "the client certificate and key are not a pair of PEM texts without a password"
        ) from None

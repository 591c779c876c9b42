"""Which API server, how it is reached, and as whom.

Keys, tokens and the proxy's password are in no repr. Where they come from is `kubeconfig`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from kubectl_order.access.errors import BadConfig

_LARGEST_FILE: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Impersonation:
    """Whom to act as; empty fields are not sent. `extra` holds keys with one value each."""

    user: str = ""
    uid: str = ""
    groups: tuple[str, ...] = ()
    extra: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Credentials:
    """The API server's address and what to show it. PEM texts; empty stands for none."""

    server: str
    """`http` or `https` URL, maybe with a path, without a slash at its end."""
    ca: str = ""
    """Empty: the system's certificate authorities."""
    server_name: str = ""
    """The name that the server's certificate has, where it is not the address's."""
    verify: bool = True
    token: str = ""
    token_file: str = ""
    """Where `token` was read, to be read again when it is refused."""
    certificate: str = ""
    key: str = ""
    proxy: str = ""
    """`http` or `https` URL of the proxy to go through; may hold its user and password."""
    impersonate: Impersonation = Impersonation()
    namespace: str = "default"
    """Where to look when nothing else is said."""
    renew: Callable[[], "Credentials"] | None = None
    """Makes new ones of the same user, where these came from a plugin; raises BadConfig."""

    def __repr__(self) -> str:
        """The address alone."""
        return f"Credentials({self.server})"


def renewed(credentials: Credentials) -> Credentials | None:
    """Newer credentials of the same user after these were refused; None where there are none."""
    if credentials.renew is not None:
        return credentials.renew()
    if not credentials.token_file:
        return None
    token = read_token(Path(credentials.token_file))
    return replace(credentials, token=token) if token != credentials.token else None


def read_bytes(file: Path, what: str) -> bytes:
    """The content of a file of at most 16 MiB, or BadConfig."""
    try:
        with file.open("rb") as opened:
            content = opened.read(_LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "that is no file name"
        raise BadConfig(f"cannot read {what} from {file}: {why}") from None
    if len(content) > _LARGEST_FILE:
        raise BadConfig(f"cannot read {what} from {file}: it is larger than 16 MiB")
    return content


def read_text(file: Path, what: str) -> str:
    """The text in a file of at most 16 MiB, or BadConfig."""
    try:
        return read_bytes(file, what).decode()
    except UnicodeDecodeError:
        raise BadConfig(f"cannot read {what} from {file}: it is not text") from None


def read_token(file: Path) -> str:
    """The token that is in the file now, or BadConfig."""
    return checked_token(read_text(file, "the token"), f"the token file {file}")


def checked_token(text: str, where: str) -> str:
    """The token without spaces around it, or BadConfig for what no header can carry."""
    token = text.strip()
    if not token:
        raise BadConfig(f"{where} has an empty token")
    if " " in token or not (token.isascii() and token.isprintable()):
        raise BadConfig(f"{where} has a token with characters that no token has")
    return token

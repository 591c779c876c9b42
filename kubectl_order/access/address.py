"""Addresses of servers and proxies: URLs that can be used, and said without their secrets."""

from urllib.parse import SplitResult, urlsplit

from kubectl_order.access.errors import BadConfig


def checked_server(text: str, where: str, *, secure: bool) -> str:
    """The URL of an API server without a slash at its end, or BadConfig.

    What has no scheme is http as in kubectl, or https where `secure`.
    """
    if "://" not in text:
        text = f"{'https' if secure else 'http'}://{text}"
    url = checked(text, where)
    if url.scheme not in ("http", "https"):
        raise BadConfig(f"{where} has a server that is neither https nor http")
    if url.username is not None:
        raise BadConfig(f"{where} has a user or password in the server's URL; use a token")
    if url.query or url.fragment:
        raise BadConfig(f"{where} has a server with a query in its URL")
    return f"{url.scheme}://{url.netloc}{url.path}".rstrip("/")


def checked(text: str, where: str) -> SplitResult:
    """The parts of a URL that has a host and a port that can be; else BadConfig, which does not
    quote it: it may hold a password."""
    unusable = BadConfig(f"{where} has a URL that cannot be used")
    if not text.isascii() or not text.isprintable() or " " in text:
        raise unusable
    try:
        url = urlsplit(text)
        usable = bool(url.hostname) and url.port != 0
    except ValueError:
        raise unusable from None
    if not usable:
        raise unusable
    return url


def host_and_port(url: str) -> tuple[str, int]:
    """Where to connect to for a URL that has been checked."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def without_user(url: str) -> str:
    """`host:port` of a URL that has been checked, for sentences."""
    host, port = host_and_port(url)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

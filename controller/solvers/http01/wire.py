"""The little of HTTP/1.1 (RFC 9112) that the responder speaks, and strictly.

One form of request has an answer, the probes of load balancers have an empty one, all others have
the same empty 404. No body is ever read: after a request that has one the connection ends, so there
is no second opinion about where it stops.
"""

import re
from dataclasses import dataclass
from typing import Final

LONGEST_HEAD: Final = 16 * 1024
"""Bytes of a request's head, with the empty line at its end."""
MOST_FIELDS: Final = 100
"""Field lines of a head."""
END: Final = b"\r\n\r\n"

_TOKEN_CHARACTER: Final = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]"
# Possessive throughout: no input makes it go back, so it takes time in proportion to the head.
# One empty line before it is ignored, as RFC 9112 section 2.2 asks for.
_HEAD: Final = re.compile(
    rb"(?:\r\n)?+(%(c)b++) ([\x21-\x7e]++) HTTP/1\.([0-9])\r\n"
    rb"((?:%(c)b++:[\t\x20-\x7e\x80-\xff]*+\r\n)*+)" % {b"c": _TOKEN_CHARACTER}
)
_BEGINNING: Final = re.compile(rb"(?:\r\n)?+%b++(?:\Z| )|\r\n?+\Z" % _TOKEN_CHARACTER)
_NEWLINE: Final = b"\r\n"

_PATH: Final = "/.well-known/acme-challenge/"
_ASKED_FOR: Final = re.compile(re.escape(_PATH) + r"([A-Za-z0-9_-]{1,256})")
_ABSOLUTE: Final = re.compile(r"http://([^/?#]+)(/.*)", re.IGNORECASE)
_HOST: Final = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._~!$&'()*+,;=%-]*+))(?::[0-9]*)?")
_PROBED: Final = frozenset({"/", "/healthz"})
"""Where load balancers look by themselves, those that do not read the readiness probe of a pod."""
_DECIMAL: Final = re.compile(r"[0-9]{1,18}")
_READ: Final = frozenset({"host", "content-length", "transfer-encoding", "connection", "expect"})


@dataclass(slots=True, repr=False)
class Asked:
    """A request, as far as it matters."""

    host: str
    """Host without port and brackets, in the spelling of the client; may be empty."""
    token: str
    """Empty: it does not ask for the answer to a challenge."""
    probe: bool
    """It asks whether anybody is here, whatever its host."""
    bare: bool
    """HEAD: the answer is without its body."""
    keep: bool
    """Whether the connection may serve another request."""
    old: bool
    """HTTP/1.0: a connection that stays must be told of."""


def hopeless(beginning: bytes) -> bool:
    """Whether no request begins so: another protocol speaks, such as TLS."""
    return _BEGINNING.match(beginning[:32]) is None


def read(head: bytes) -> Asked | None:
    """The request with this head, up to the last CRLF of its fields; None when it is malformed."""
    matched = _HEAD.fullmatch(head)
    if matched is None or matched[4].count(_NEWLINE) > MOST_FIELDS:
        return None
    fields = _fields(matched[4])
    old = matched[3] == b"0"
    host = _host(fields.get("host"), old=old)
    body = _body(fields)
    if host is None or body is None:
        return None
    method, target = matched[1], matched[2].decode("ascii")
    if target[:1] != "/":
        # RFC 9112 section 3.2.2: the target's own host is the one that counts.
        absolute = _ABSOLUTE.fullmatch(target)
        host, target = (_split(absolute[1]) or "", absolute[2]) if absolute else ("", target)
    reads = method in (b"GET", b"HEAD")
    return Asked(
        host=host,
        token=_token(target) if reads and host else "",
        probe=reads and target in _PROBED,
        bare=method == b"HEAD",
        keep=not body and "expect" not in fields and _stays(fields, old=old),
        old=old,
    )


def reply(asked: Asked | None, answer: str | None, *, keep: bool) -> bytes:
    """The whole response. Without an answer it is always the same for one kind of connection, and
    tells nothing.

    It has no Date: RFC 9110 section 6.6.1 leaves that out for a server without a clock.
    """
    if asked is None:
        return _response("400 Bad Request", "", "close")
    connection = "close" if not keep else "keep-alive" if asked.old else ""
    if answer is None:
        return _response("404 Not Found", "", connection)
    return _response("200 OK", answer, connection, bare=asked.bare)


def _response(status: str, body: str, connection: str, *, bare: bool = False) -> bytes:
    said = f"Connection: {connection}\r\n" if connection else ""
    return (
        f"HTTP/1.1 {status}\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Cache-Control: no-store\r\n"
        f"Content-Length: {len(body)}\r\n"
        f"{said}\r\n{'' if bare else body}"
    ).encode("ascii")


def _fields(block: bytes) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for line in block.decode("latin-1").split("\r\n"):
        name, _, value = line.partition(":")
        name = name.lower()
        if name in _READ:
            fields.setdefault(name, []).append(value.strip(" \t"))
    return fields


def _host(values: list[str] | None, *, old: bool) -> str | None:
    """Empty where none has to be named; None when RFC 9112 section 3.2 asks for a refusal."""
    if values is None:
        return "" if old else None
    return _split(values[0]) if len(values) == 1 else None


def _split(authority: str) -> str | None:
    matched = _HOST.fullmatch(authority)
    return (matched[1] or matched[2] or "") if matched else None


def _body(fields: dict[str, list[str]]) -> bool | None:
    """Whether a body follows; None when nobody could say how long it is."""
    coded, lengths = fields.get("transfer-encoding", []), fields.get("content-length", [])
    if len(lengths) + len(coded) > 1 or not all(map(_DECIMAL.fullmatch, lengths)):
        return None
    return bool(coded) or any(map(int, lengths))


def _stays(fields: dict[str, list[str]], *, old: bool) -> bool:
    values = fields.get("connection")
    if values is None:
        return not old
    options = {option.strip(" \t").lower() for option in ",".join(values).split(",")}
    return "close" not in options and (not old or "keep-alive" in options)


def _token(target: str) -> str:
    matched = _ASKED_FOR.fullmatch(target)
    return matched[1] if matched else ""

"""What a command prints: pages for people, documents for programs, one line for an error.

Everything that reaches a stream goes through here and is escaped on its way: pages by their
renderers, documents by writing nothing but printable ASCII, errors and names by `text.escaped`.
Nothing here writes to a file or knows a cluster. BrokenPipeError is for whoever owns the stream.
"""

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any, Final, TextIO

import msgspec

from kubectl_order.failure import Exit, Failure
from kubectl_order.finding import Ref
from kubectl_order.output.screen import in_colour, screen_of
from kubectl_order.report import Top
from kubectl_order.session import Session
from kubectl_order.text import escaped, redacted
from kubectl_order.view.page import Page, Paragraph, Text
from orderapi.names import ACME_GROUP, GROUP

FORMATS: Final = "json, yaml, name, wide and jsonpath=TEMPLATE"

_GROUPS: Final = {
    "Certificate": GROUP,
    "CertificateRequest": GROUP,
    "ClusterIssuer": GROUP,
    "Issuer": GROUP,
    "Challenge": ACME_GROUP,
    "Order": ACME_GROUP,
    "Ingress": "networking.k8s.io",
    "Gateway": "gateway.networking.k8s.io",
    "HTTPRoute": "gateway.networking.k8s.io",
}
"""Kinds that are not of the core group."""

_UNWRAPPED: Final = 100_000
"""The width of a file that is to be in colour."""
_RED: Final = "\x1b[31m{}\x1b[0m"
_HINT: Final = "hint: "


def check(output: str) -> None:
    """Raises Failure for an -o that `write` would not take, before anything is read for it."""
    match output.partition("="):
        case ("" | "json" | "yaml" | "name" | "wide", "", _):
            return
        case ("jsonpath", "=", template) if template:
            from kubectl_order.output.jsonpath import parse

            parse(template)
        case ("jsonpath", _, _):
            raise Failure(
                "-o jsonpath needs a template",
                exit=Exit.USAGE,
                hint="for example -o jsonpath='{.finding.headline}'",
            )
        case _:
            raise Failure(
                f'-o knows no format "{output}"', exit=Exit.USAGE, hint=f"it knows {FORMATS}"
            )


def write(session: Session, document: Top, page: Page) -> None:
    """Print the page, or the document in the format that -o asks for; Failure for an unknown one.

    A page is laid out for the terminal where standard output is one.
    """
    check(session.flags.output)
    kind, _, template = session.flags.output.partition("=")
    match kind:
        case "json":
            printed = _json(document)
        case "yaml":
            printed = _yaml(document)
        case "name":
            printed = _names(document.refs())
        case "jsonpath":
            from kubectl_order.output.jsonpath import fill, parse

            printed = fill(parse(template), json.loads(_json(document)))
        case _:
            printed = _rendered(page, session.stdout, session.environ)
    session.stdout.write(printed)
    session.stdout.flush()


def say(session: Session, line: Text) -> None:
    """Print one line now: how it goes. Where -o asks for a document, on standard error, for the
    document stands alone on standard output."""
    stream = session.stdout if session.for_people else session.stderr
    stream.write(_rendered((Paragraph(line),), stream, session.environ))
    stream.flush()


def complain(stderr: TextIO, failure: Failure, *, environ: Mapping[str, str] = os.environ) -> None:
    """Print why a command ends: one line, and its hint below, which may have several."""
    error = "error:"
    if in_colour(stderr, environ):
        error = _RED.format(error)
    lines = [f"{error} {_told(failure.sentence)}"]
    for line in failure.hint.split("\n") if failure.hint else ():
        # What is below is set in, so that no line of foreign text looks like one of ours.
        lines.append((" " * len(_HINT) if len(lines) > 1 else _HINT) + _told(line))
    stderr.write("".join(f"{line}\n" for line in lines))
    stderr.flush()


def _told(text: str) -> str:
    # Of which chain it is about nobody knows here; key authorizations are known by their form.
    return escaped(redacted(text, ()))


def _rendered(page: Page, stream: TextIO, environ: Mapping[str, str]) -> str:
    screen = screen_of(stream, environ)
    if screen.width is None and not screen.colour:
        from kubectl_order.view.plain import plain

        return plain(page, ascii_guides=screen.ascii_guides)
    from kubectl_order.view.terminal import show

    return show(
        page,
        width=screen.width or _UNWRAPPED,
        colour=screen.colour,
        ascii_guides=screen.ascii_guides,
    )


def _json(document: Top) -> str:
    return json.dumps(msgspec.to_builtins(document), indent=2) + "\n"


def _yaml(document: Top) -> str:
    import yaml

    printed: str = yaml.dump(
        _encodable(msgspec.to_builtins(document)),
        Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper),
        allow_unicode=False,
        sort_keys=False,
        width=2**31 - 1,
    )
    return printed


def _encodable(value: Any) -> Any:
    """The same without halves of surrogate pairs, which YAML cannot hold."""
    match value:
        case str():
            return value.encode(errors="backslashreplace").decode()
        case list() | tuple():
            return [_encodable(one) for one in value]
        case dict():
            return {key: _encodable(one) for key, one in value.items()}
        case _:
            return value


def _names(refs: Sequence[Ref]) -> str:
    return "".join(f"{escaped(_qualified(ref))}\n" for ref in refs)


def _qualified(ref: Ref) -> str:
    """As kubectl writes an object's name: `order.acme.cert-manager.io/web-1`, `secret/web`."""
    group = _GROUPS.get(ref.kind)
    kind = ref.kind.lower()
    return f"{kind}.{group}/{ref.name}" if group else f"{kind}/{ref.name}"

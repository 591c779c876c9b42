"""A caBundle: PEM certificates that a server is verified with. Pure."""

import re
from typing import Final

from cryptography import x509

from orderapi.validation.fault import quoted
from webhook.rules.findings import Advice, Findings, fault

CERTIFICATES: Final = frozenset({"CERTIFICATE", "X509 CERTIFICATE"})

_BEGIN: Final = re.compile(rb"-----BEGIN ([^-\r\n]{1,64})-----")


def bundle(path: str, content: bytes) -> Findings:
    """At least one certificate, and each block that says it is one has to be one.

    White space alone counts as no bundle, as the controller takes it. Blocks of other kinds are
    passed over by whoever reads a bundle, so they are advice alone.
    """
    if not content.strip():
        return
    labels = {block.decode("latin-1") for block in _BEGIN.findall(content)}
    if not labels & CERTIFICATES:
        yield fault(
            path,
            "holds no certificate; write the CA's certificates in PEM (BEGIN CERTIFICATE), and "
            "all of that in base64",
        )
        return
    yield from _unreadable(path, content)
    for label in sorted(labels - CERTIFICATES):
        yield Advice(path, _stranger(label))


def _unreadable(path: str, content: bytes) -> Findings:
    if _is_readable(content):
        return
    starts = [found.start() for found in _BEGIN.finditer(content)]
    parts = [content[start:end] for start, end in zip(starts, [*starts[1:], None], strict=True)]
    bad = [
        number
        for number, part in enumerate(parts, start=1)
        if _label(part) in CERTIFICATES and not _is_readable(part)
    ]
    which = f"PEM block {bad[0]} of {len(parts)}" if bad else "a PEM block"
    yield fault(path, f"{which} cannot be read; put in the CA's certificate anew")


def _label(part: bytes) -> str:
    found = _BEGIN.match(part)
    return found[1].decode("latin-1") if found else ""


def _is_readable(content: bytes) -> bool:
    try:
        x509.load_pem_x509_certificates(content)
    except ValueError:
        return False
    return True


def _stranger(label: str) -> str:
    if "PRIVATE KEY" in label:
        return f"holds a block {quoted(label)}: whoever may read the issuer can read that key"
    return f"holds a block {quoted(label)}, which is not used; certificates alone belong here"

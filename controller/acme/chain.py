"""The certificate chain that a CA hands out: PEM blocks, and nothing else.

RFC 8555 9.1. Blank lines and text around the blocks are dropped. Refuses what is cut off, empty,
too long, or holds anything but certificates. Whether it fits a key or a name is not asked here.
"""

import re
from dataclasses import dataclass

from cryptography import x509
from cryptography.x509.oid import NameOID

from controller.acme.answers import Answer
from controller.acme.problem import Violation

MOST_CERTIFICATES = 20
BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----\s.*?-----END \1-----", re.DOTALL)
CUT_OFF = re.compile(rb"^-", re.MULTILINE)  # the rest of a header whose block is not there
BEGIN = b"-----BEGIN "


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain as PEM, leaf first, each block ended by one newline.

    `issuer` is the issuer's common name of the top certificate: what a preferred chain names.
    """

    pem: bytes
    issuer: str


def read_chain(answer: Answer) -> Chain:
    """The chain in the answer; raises Violation."""
    body = answer.body.replace(b"\r\n", b"\n")
    begun = body.count(BEGIN)
    if begun > MOST_CERTIFICATES:  # before the search, whose cost grows with their number
        raise Violation(f"{answer}: a chain of {begun} certificates is not taken")
    blocks = [(match[1], match[0]) for match in BLOCK.finditer(body)]
    if not blocks or len(blocks) != begun or CUT_OFF.search(BLOCK.sub(b"", body)):
        raise Violation(f"{answer}: expected a whole chain of certificates in PEM form")
    if any(label != b"CERTIFICATE" for label, _ in blocks):
        raise Violation(f"{answer}: the chain holds something that is not a certificate")
    try:
        top = [x509.load_pem_x509_certificate(block) for _, block in blocks][-1]
    except ValueError as error:
        raise Violation(f"{answer}: a certificate of the chain cannot be read") from error
    return Chain(b"".join(block + b"\n" for _, block in blocks), _common_name(top.issuer))


def _common_name(name: x509.Name) -> str:
    values = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(values[0].value) if values else ""

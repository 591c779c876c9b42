"""Further forms of key and certificate that `spec.additionalOutputFormats` asks for."""

from typing import Final

from controller.pki.keys import decode, encode_der
from orderapi.certificate import OutputFormat

KEY_DER: Final = "key.der"
COMBINED_PEM: Final = "tls-combined.pem"

_ENTRIES: Final = {"DER": KEY_DER, "CombinedPEM": COMBINED_PEM}


def format_names(formats: tuple[OutputFormat, ...]) -> tuple[str, ...]:
    """The entries of the Secret that `formats` ask for."""
    return tuple(_ENTRIES[form.type] for form in formats if form.type in _ENTRIES)


def format_entries(
    formats: tuple[OutputFormat, ...], *, key_pem: bytes, chain_pem: bytes
) -> dict[str, bytes]:
    """The entries themselves, from what `tls.key` and `tls.crt` hold. Raises `Unreadable`."""
    entries = {}
    for name in format_names(formats):
        if name == KEY_DER:
            entries[name] = key_der(key_pem)
        else:
            entries[name] = combined_pem(key_pem, chain_pem)
    return entries


def key_der(key_pem: bytes) -> bytes:
    """The key as DER, in the form (PKCS #1, SEC 1, PKCS #8) of its PEM. Raises `Unreadable`."""
    encoding = "PKCS8" if b"-----BEGIN PRIVATE KEY-----" in key_pem else "PKCS1"
    return encode_der(decode(key_pem), encoding)


def combined_pem(key_pem: bytes, chain_pem: bytes) -> bytes:
    """Key, a line break, chain: the order that servers which read one file expect."""
    return key_pem + b"\n" + chain_pem

"""How the value of a flag is read: each gives the value, or ArgumentTypeError with a sentence."""

import argparse
import re
from datetime import timedelta
from typing import Final

from orderapi.durations import parse_duration
from orderapi.validation.addresses import canonical
from orderapi.validation.fault import quoted

LEVELS: Final = ("debug", "info", "warning", "error")
NOWHERE: Final = ("", "0")

_MOST_PORT: Final = 65535
_LONGEST_NAME: Final = 253
_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_LABEL: Final = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_DNS_NAME: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_ADDRESS: Final = re.compile(r"(?:\[[^\[\]]+\]|[^:\[\]]*):(\d{1,5})", re.ASCII)


def words(text: str) -> tuple[str, ...]:
    """Words with commas between them."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def hosts(text: str) -> tuple[str, ...]:
    """DNS names and IP addresses with commas between them."""
    return tuple(_host(word) for word in words(text))


def label(text: str) -> str:
    """The name of a namespace or a Service."""
    if not _NAME.fullmatch(text):
        raise argparse.ArgumentTypeError(
            f"{quoted(text)} is not a name of 1 to 63 small letters, digits and hyphens"
        )
    return text


def level(text: str) -> str:
    """A level of the log."""
    if text.lower() not in LEVELS:
        raise argparse.ArgumentTypeError(f"{quoted(text)} is none of {', '.join(LEVELS)}")
    return text.lower()


def duration(text: str) -> timedelta:
    """A duration as Go writes it, not negative."""
    try:
        found = parse_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    if found < timedelta():
        raise argparse.ArgumentTypeError(f"{quoted(text)} is negative")
    return found


def listening(text: str) -> str:
    """`[host]:port` to listen on."""
    if text in NOWHERE:
        raise argparse.ArgumentTypeError("it has to listen somewhere")
    return listening_or_not(text)


def listening_or_not(text: str) -> str:
    """`[host]:port` to listen on; empty or `0`: nowhere."""
    if text in NOWHERE:
        return text
    matched = _ADDRESS.fullmatch(text)
    if matched is None:
        raise argparse.ArgumentTypeError(f"{quoted(text)} is not of the form <address>:<port>")
    if int(matched[1]) > _MOST_PORT:  # 0: any that is free
        raise argparse.ArgumentTypeError(f"{quoted(matched[1])} is no port")
    return text


def _host(word: str) -> str:
    if _DNS_NAME.fullmatch(word) and len(word) <= _LONGEST_NAME:
        return word
    ip_address = canonical(word)
    if ip_address is None:
        raise argparse.ArgumentTypeError(f"{quoted(word)} is neither a DNS name nor an IP address")
    return ip_address

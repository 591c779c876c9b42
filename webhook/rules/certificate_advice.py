"""What is legal in a Certificate's spec but unwise: warnings, which refuse nothing. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from orderapi import defaults
from orderapi.certificate import CertificateSpec
from orderapi.validation.addresses import canonical
from orderapi.validation.fault import quoted
from orderapi.validation.renewal import MAX_WINDOWS
from webhook.rules.findings import Advice

MOST_NAMES: Final = 100
"""Let's Encrypt's limit for one certificate; other CAs have others."""

_SHOWN: Final = 40
"""Characters of a foreign text: a warning has about 120 in all."""


def advice_on(spec: CertificateSpec) -> Iterator[Advice]:
    """Warnings about a spec, apart from what is a fault of it."""
    yield from _repeated(spec)
    yield from _covered(spec.dns_names)
    yield from _many(spec)
    yield from _percentage(spec)
    if spec.renewal and len(spec.renewal.windows) > MAX_WINDOWS:
        yield Advice("spec.renewal.windows", f"more than {MAX_WINDOWS}: none of them is kept")


def shared_secret(other: str) -> Advice:
    """The warning that another Certificate of the namespace writes the same Secret."""
    text = f"Certificate {_short(other)} has it too, and one alone of the two is issued"
    return Advice("spec.secretName", text)


def _repeated(spec: CertificateSpec) -> Iterator[Advice]:
    """Names that are in a list twice; each is put into the certificate once."""
    for path, names in (
        ("spec.dnsNames", [name.lower() for name in spec.dns_names]),
        ("spec.ipAddresses", [canonical(text) or text for text in spec.ip_addresses]),
        ("spec.uris", list(spec.uris)),
        ("spec.emailAddresses", list(spec.email_addresses)),
    ):
        repeated = [name for name, times in Counter(names).items() if times > 1]
        if repeated:
            yield Advice(path, f"{_first(repeated)} is listed more than once")


def _covered(names: Sequence[str]) -> Iterator[Advice]:
    """Names that a wildcard of the same list covers (RFC 9525 section 6.3: one label)."""
    lowered = list(dict.fromkeys(name.lower() for name in names))
    wild = {name.removeprefix("*.") for name in lowered if name.startswith("*.")}
    found = [
        name for name in lowered if name.partition(".")[2] in wild and not name.startswith("*.")
    ]
    if found:
        by = _short(f"*.{found[0].partition('.')[2]}")
        yield Advice("spec.dnsNames", f"{_first(found)} is covered by {by} already")


def _many(spec: CertificateSpec) -> Iterator[Advice]:
    count = len({name.lower() for name in spec.dns_names}) + len(set(spec.ip_addresses))
    if count > MOST_NAMES:
        yield Advice(
            "spec.dnsNames",
            f"{count} names and addresses; Let's Encrypt takes {MOST_NAMES} in one certificate",
        )


def _percentage(spec: CertificateSpec) -> Iterator[Advice]:
    path, percentage = "spec.renewBeforePercentage", spec.renew_before_percentage
    lifetime = _lifetime(spec)
    if percentage is None or spec.renew_before or lifetime is None:
        return
    if not 0 < percentage < 100:
        if not spec.duration:  # beside a duration it is a fault
            yield Advice(path, f"{percentage} is not between 1 and 99: it is taken for a third")
        return
    # It is the share of the lifetime that is left at renewal.
    left = defaults.renew_before(spec, lifetime)
    if left < defaults.MIN_RENEW_BEFORE:
        told = defaults.format_duration(left - left % timedelta(seconds=1))
        yield Advice(path, f"renewal would come {told} before the end, which is less than 5m0s")


def _lifetime(spec: CertificateSpec) -> timedelta | None:
    """None where it is none that a certificate can have."""
    try:
        found = defaults.duration(spec)
    except ValueError:
        return None
    return found if found >= defaults.MIN_DURATION else None


def _first(names: Sequence[str]) -> str:
    """The first of them, quoted, and how many there are besides."""
    more = f" (and {len(names) - 1:,} more)" if len(names) > 1 else ""
    return f"{_short(names[0])}{more}"


def _short(text: str) -> str:
    return quoted(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")

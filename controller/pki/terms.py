"""How long a certificate is to live and when it is renewed: what the API does not allow there.

Pure. Compares with what stands in the spec alone: what a CA makes of it is not known here, and
where a field is empty nothing is compared with its default, since another program may have taken
such a spec already.
"""

from collections.abc import Iterator
from datetime import timedelta

from controller.pki.faults import quoted
from orderapi import defaults
from orderapi.certificate import CertificateSpec


def term_faults(spec: CertificateSpec) -> Iterator[str]:
    """Sentences that begin with a field path."""
    duration, renew_before = _length(spec.duration), _length(spec.renew_before)
    yield from _duration(spec, duration)
    yield from _renew_before(spec, renew_before, duration)
    yield from _percentage(spec)


def _length(text: str | None) -> timedelta | str | None:
    """The duration that is written, or what is wrong with it; None where none is."""
    try:
        return defaults.parse_duration(text) if text else None
    except ValueError as error:
        return str(error)


def _duration(spec: CertificateSpec, duration: timedelta | str | None) -> Iterator[str]:
    if isinstance(duration, str):
        yield f"spec.duration: {duration}"
    elif duration is not None and duration < defaults.MIN_DURATION:
        yield (
            f"spec.duration: {quoted(spec.duration or '')} is less than "
            f"{defaults.format_duration(defaults.MIN_DURATION)}"
        )


def _renew_before(
    spec: CertificateSpec, wanted: timedelta | str | None, duration: timedelta | str | None
) -> Iterator[str]:
    written = quoted(spec.renew_before or "")
    if isinstance(wanted, str):
        yield f"spec.renewBefore: {wanted}"
    elif wanted is not None and wanted < defaults.MIN_RENEW_BEFORE:
        least = defaults.format_duration(defaults.MIN_RENEW_BEFORE)
        yield f"spec.renewBefore: {written} is less than {least}"
    elif wanted is not None and isinstance(duration, timedelta) and wanted >= duration:
        yield (
            f"spec.renewBefore: {written} is not less than spec.duration, "
            f"{quoted(spec.duration or '')}"
        )


def _percentage(spec: CertificateSpec) -> Iterator[str]:
    percentage = spec.renew_before_percentage
    if percentage is None:
        return
    if spec.renew_before:
        yield "spec.renewBeforePercentage: excludes spec.renewBefore; only one can be set"
    elif spec.duration and not 0 < percentage < 100:
        yield f"spec.renewBeforePercentage: {percentage} is not between 1 and 99"

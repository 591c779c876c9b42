"""How long a certificate is to live and when it is renewed: what the API does not allow there.

Compares with what stands in the spec alone: what a CA makes of it is not known here.
"""

from collections.abc import Iterator
from datetime import timedelta

from orderapi import defaults
from orderapi.certificate import CertificateSpec
from orderapi.validation.fault import SpecFault, quoted


def term_faults(spec: CertificateSpec) -> Iterator[SpecFault]:
    """What keeps a certificate of these terms from being issued.

    Where a field is empty nothing is compared with its default, since another program may have
    taken such a spec already: see `default_term_faults`.
    """
    duration, renew_before = _length(spec.duration), _length(spec.renew_before)
    yield from _duration(spec, duration)
    yield from _renew_before(spec, renew_before, duration)
    yield from _percentage(spec)


def default_term_faults(spec: CertificateSpec) -> Iterator[SpecFault]:
    """A renewBefore that the default duration leaves no room for; at run time it is ignored."""
    wanted = _length(spec.renew_before)
    if not spec.duration and isinstance(wanted, timedelta) and wanted >= defaults.DURATION:
        yield SpecFault(
            "spec.renewBefore",
            f"{quoted(spec.renew_before or '')} is not less than the duration, which is "
            f"{defaults.format_duration(defaults.DURATION)} by default; set spec.duration too",
        )


def _length(text: str | None) -> timedelta | str | None:
    """The duration that is written, or what is wrong with it; None where none is."""
    if not text:
        return None
    try:
        return defaults.parse_duration(text)
    except ValueError as error:
        return str(error)


def _duration(spec: CertificateSpec, duration: timedelta | str | None) -> Iterator[SpecFault]:
    if isinstance(duration, str):
        yield SpecFault("spec.duration", duration)
    elif duration is not None and duration < defaults.MIN_DURATION:
        least = defaults.format_duration(defaults.MIN_DURATION)
        yield SpecFault("spec.duration", f"{quoted(spec.duration or '')} is less than {least}")


def _renew_before(
    spec: CertificateSpec, wanted: timedelta | str | None, duration: timedelta | str | None
) -> Iterator[SpecFault]:
    path, written = "spec.renewBefore", quoted(spec.renew_before or "")
    if isinstance(wanted, str):
        yield SpecFault(path, wanted)
    elif wanted is not None and wanted < defaults.MIN_RENEW_BEFORE:
        least = defaults.format_duration(defaults.MIN_RENEW_BEFORE)
        yield SpecFault(path, f"{written} is less than {least}")
    elif wanted is not None and isinstance(duration, timedelta) and wanted >= duration:
        yield SpecFault(
            path, f"{written} is not less than spec.duration, {quoted(spec.duration or '')}"
        )


def _percentage(spec: CertificateSpec) -> Iterator[SpecFault]:
    path, percentage = "spec.renewBeforePercentage", spec.renew_before_percentage
    if percentage is None:
        return
    if spec.renew_before:
        yield SpecFault(path, "excludes spec.renewBefore; only one can be set")
    elif spec.duration and not 0 < percentage < 100:
        yield SpecFault(path, f"{percentage} is not between 1 and 99")

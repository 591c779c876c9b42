"""Renewal windows of a Certificate: whether the controller can read them. Pure."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from cronsim import CronSim, CronSimError

from orderapi.certificate import Renewal
from orderapi.validation.fault import SpecFault
from orderapi.validation.renewal import MAX_WINDOWS, bad_cron, read_window
from webhook.rules.findings import fault
from webhook.verdict import Fault

_ANY_TIME: Final = datetime(2026, 1, 1, tzinfo=UTC)


def window_faults(renewal: Renewal | None) -> Iterator[Fault]:
    """What is wrong with each window; only those that are kept are looked at."""
    for index, window in enumerate(renewal.windows[:MAX_WINDOWS] if renewal else ()):
        found = read_window(index, window)
        if isinstance(found, SpecFault):
            yield fault(*found)
        elif not _is_cron(found.cron):
            yield fault(*bad_cron(found.path, found.cron))


def _is_cron(text: str) -> bool:
    try:
        CronSim(text, _ANY_TIME)
    except (CronSimError, ValueError):
        return False
    return True

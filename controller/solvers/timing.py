"""When to look again whether an answer can be seen."""

from datetime import datetime, timedelta

FIRST_STEP = timedelta(seconds=0.2)
STEP = timedelta(seconds=10)
LATE_STEP = timedelta(minutes=1)
LATE = timedelta(minutes=10)


def check_again_at(presented_at: datetime, now: datetime, *, share: float = 1.0) -> datetime:
    """The time of the next check after one that failed at `now`.

    A step is that share of the time since presentation, so that with 1 it doubles from check to
    check (0.2, 0.4, 0.8 s ... after it), until the steps are 10 s; after ten minutes they are a
    minute. Times are aware.
    """
    passed = now - presented_at
    if passed >= LATE:
        return now + LATE_STEP
    return now + min(max(passed * share, FIRST_STEP), STEP)

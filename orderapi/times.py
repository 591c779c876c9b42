"""Points in time as the API writes them: UTC, whole seconds."""

from datetime import UTC, datetime


def whole_second(time: datetime) -> datetime:
    """`time` (aware) in UTC without its fraction: what `metav1.Time` keeps of it."""
    return time.astimezone(UTC).replace(microsecond=0)

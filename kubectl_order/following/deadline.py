"""The moment at which following gives up, of --timeout."""

import time

from kubectl_order.flags import seconds


class Deadline:
    """The moment when following gives up; never, where `text` is empty or 0."""

    def __init__(self, text: str) -> None:
        """Raises Failure for what is no duration."""
        self.text = f"{text}s" if text.isdecimal() else text
        span = seconds(text, "--timeout") if text else None
        self._at = time.monotonic() + span if span is not None else None

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return max(self._at - time.monotonic(), 0.0) if self._at is not None else float("inf")

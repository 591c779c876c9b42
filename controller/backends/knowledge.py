"""The spots where nothing of ours can be made for now. In memory alone.

Others have the name, without our label, so that no watch tells when they let go of it; or the API
server refuses the object, or does not know its kind. Each is tried again every minute.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from controller.backends.observed import Spot

TRIED_AGAIN: Final = timedelta(minutes=1)


class Notebook:
    """What was found out, for each namespace that has a backend."""

    def __init__(self) -> None:
        self._held: dict[str, dict[Spot, datetime]] = {}

    def held(self, namespace: str) -> Mapping[Spot, datetime]:
        """The spots of that namespace's backend, and when each is tried again."""
        return dict(self._held.get(namespace, {}))

    def hold(self, namespace: str, spot: Spot, now: datetime) -> bool:
        """Remember that nothing can be made there; whether that is news."""
        spots = self._held.setdefault(namespace, {})
        news = spot not in spots
        spots[spot] = now + TRIED_AGAIN
        return news

    def made(self, namespace: str, spot: Spot) -> None:
        """Something was made there after all."""
        self._held.get(namespace, {}).pop(spot, None)

    def forget(self, namespace: str) -> None:
        """Nothing is to be made there any more, or all is."""
        self._held.pop(namespace, None)

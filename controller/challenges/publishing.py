"""Publishes the answer of a Challenge, looks for it and takes it away, by the Challenge's type.

Every step is bounded in time. Refuses to decide whether a Challenge may be published: who calls has
made sure of it.
"""

import asyncio
from dataclasses import dataclass
from typing import Final

from controller.challenges.knowledge import Purse
from controller.challenges.records import Records
from controller.challenges.routing import Routes
from controller.solvers.check import Check
from controller.solvers.errors import LookupFailed, RouterRefused, SolverError
from orderapi.challenge import HTTP01, Challenge
from orderapi.issuer import AnyIssuer

LONGEST: Final = 30.0
"""Seconds that one publication or check may take."""


@dataclass(frozen=True, slots=True)
class Publisher:
    """TXT records for DNS-01, routes to the responder for HTTP-01; SolverError or ApiError."""

    records: Records
    routes: Routes

    @property
    def purse(self) -> Purse:
        """The credentials in use."""
        return self.records.purse

    async def present(self, challenge: Challenge, issuer: AnyIssuer) -> None:
        """Publish the answer; once more is the same as once."""
        try:
            async with asyncio.timeout(LONGEST):
                if challenge.spec.type == HTTP01:
                    await self.routes.present(challenge)
                else:
                    await self.records.present(challenge, issuer)
        except TimeoutError as error:
            raise _late(challenge, LONGEST) from error

    async def check(self, challenge: Challenge) -> Check:
        """Whether the answer can be seen."""
        try:
            async with asyncio.timeout(LONGEST):
                if challenge.spec.type == HTTP01:
                    return await self.routes.check(challenge)
                return await self.records.check(challenge)
        except TimeoutError:
            return Check(False, f"no result within {LONGEST:.0f} seconds")

    async def clean_up(
        self, challenge: Challenge, issuer: AnyIssuer | None, *, seconds: float
    ) -> None:
        """Take the answer away, in so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                if challenge.spec.type == HTTP01:
                    await self.routes.clean_up(challenge)
                else:
                    await self.records.clean_up(challenge, issuer)
        except TimeoutError as error:
            raise _late(challenge, seconds) from error

    def stands(self, challenge: Challenge) -> bool:
        """Whether, as far as the caches tell, what was published is still there."""
        return challenge.spec.type != HTTP01 or self.routes.stands(challenge)

    def obstacle(self, challenge: Challenge) -> str:
        """What of our own stands against the answer being seen, whoever looks; empty: nothing."""
        return self.routes.obstacle(challenge) if challenge.spec.type == HTTP01 else ""

    def secrets(self, challenge: Challenge, issuer: AnyIssuer | None) -> list[tuple[str, str]]:
        """Namespace and name of each Secret that the solver names."""
        return self.records.secrets(challenge, issuer)


def _late(challenge: Challenge, seconds: float) -> SolverError:
    kind = RouterRefused if challenge.spec.type == HTTP01 else LookupFailed
    return kind(f"it took longer than {seconds:.0f} seconds.")

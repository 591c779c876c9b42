"""The path of a Challenge in an Ingress of the user's own, which the solver names.

The Ingress is read anew before it is written, and written for that version alone. Nothing but the
one path is touched, and nothing marks the Ingress as ours.
"""

from dataclasses import dataclass
from typing import Final

from controller.challenges.pathtypes import first_taken
from controller.cluster import Cluster
from controller.networking import INGRESS, Ingress
from controller.runtime.errors import Conflict, NotFound
from controller.runtime.patches import guard
from controller.solvers.errors import RouterRefused
from controller.solvers.http01 import edit, routes
from orderapi.challenge import Challenge

TRIES: Final = 5
"""How often an Ingress is read again that somebody else writes at the same time."""


@dataclass(frozen=True, slots=True)
class EditedIngress:
    """One path in one existing Ingress; raises RouterRefused or ApiError."""

    cluster: Cluster
    challenge: Challenge
    name: str
    backend: routes.Backend

    async def add(self) -> None:
        """Have the path there; RouterRefused where there is no such Ingress."""
        try:
            await first_taken(f'The path in Ingress "{self.name}"', self._change)
        except NotFound as error:
            raise RouterRefused(
                f'Ingress "{self.name}", which the solver names, does not exist in namespace '
                f'"{self.challenge.metadata.namespace}": create it, or correct the solver.'
            ) from error

    async def remove(self) -> None:
        """Have the path gone; an Ingress that is gone has none."""
        try:
            await self._change(None)
        except NotFound:
            return

    def stands(self) -> bool:
        """Whether the cache holds the Ingress with the path."""
        namespace = self.challenge.metadata.namespace
        found = self.cluster.network.ingresses.get(namespace, self.name)
        return found is not None and self._has_path(found)

    async def _change(self, path_type: str | None) -> None:
        """Write the rules with the path, or, with None, without it."""
        where = self.challenge.metadata.namespace, self.name
        kube = self.cluster.kube
        for tries_left in reversed(range(TRIES)):
            found = await kube.get(INGRESS, *where)
            rules = self._rules(found, path_type)
            if rules == found.spec.rules:
                return
            patch = {"metadata": guard(found), "spec": {"rules": rules}}
            try:
                self.cluster.network.ingresses.feed(await kube.patch(INGRESS, *where, patch))
            except Conflict:
                if not tries_left:
                    raise
            else:
                return

    def _rules(self, found: Ingress, path_type: str | None) -> tuple[dict[str, object], ...]:
        rules, host = found.spec.rules, routes.route_host(self.challenge)
        path = routes.challenge_path(self.challenge)
        if path_type is None:
            return edit.without_path(rules, host, path, self.backend.name)
        if self._has_path(found):
            return rules
        return edit.with_path(rules, host, path, self.backend, path_type)

    def _has_path(self, found: Ingress) -> bool:
        """Whether it leads where the route is to lead; Misconfigured for a token that is none."""
        host, path = routes.route_host(self.challenge), routes.challenge_path(self.challenge)
        return edit.has_path(found.spec.rules, host, path, self.backend.name, self.backend.port)

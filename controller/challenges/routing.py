"""The route of an HTTP-01 Challenge: an Ingress, a path in one, or an HTTPRoute.

Made once under a name that follows from the Challenge's, patched in place where it differs, adopted
where a crash left it, and removed by uid. What the router says of it is read from the caches.
"""

from dataclasses import dataclass
from typing import Any, Final, TypeVar

import msgspec

from controller.backing import backend_of, obstacle
from controller.challenges.indexes import edited_ingress
from controller.challenges.inplace import EditedIngress
from controller.challenges.pathtypes import first_taken
from controller.cluster import Cluster
from controller.gatewayapi import HTTP_ROUTE, HTTPRoute
from controller.networking import (
    INGRESS,
    Ingress,
)
from controller.runtime import removing
from controller.runtime.cache import Cache
from controller.runtime.errors import (
    AlreadyExists,
    ApiError,
    NotFound,
    is_refusal,
)
from controller.runtime.patches import difference, guard, lacking
from controller.settings import Settings
from controller.solvers.check import Check, bounded
from controller.solvers.errors import Misconfigured, RouterRefused
from controller.solvers.http01 import routes, words
from controller.solvers.http01.selfcheck import SelfCheck
from orderapi.challenge import Challenge
from orderapi.resources import Resource
from orderapi.solver import Http01

R = TypeVar("R", Ingress, HTTPRoute)

NO_GATEWAY_API: Final = (
    "The cluster does not serve HTTPRoute (gateway.networking.k8s.io/v1): install the Gateway API, "
    "or use an ingress in the solver."
)
GATEWAY_API_OFF: Final = (
    "The solver uses a Gateway, and the controller runs with --enable-gateway-api=false."
)


@dataclass(frozen=True, slots=True)
class Routes:
    """Makes, checks and removes routes; raises SolverError or ApiError."""

    cluster: Cluster
    settings: Settings
    selfcheck: SelfCheck

    async def present(self, challenge: Challenge) -> None:
        """Have the route stand; Misconfigured, RouterRefused or ApiError where it cannot."""
        part = _part(challenge)
        if part.gateway_http_route is not None:
            await self._present_http_route(challenge)
        elif (edited := self._edited(challenge)) is not None:
            await edited.add()
        else:
            await self._present_ingress(challenge)

    async def check(self, challenge: Challenge) -> Check:
        """Look as the CA will; where nothing is seen, with what the router says of the route."""
        spec = challenge.spec
        found = await self.selfcheck.check(spec.dns_name, spec.token, spec.key)
        if found.passed:
            return found
        obstacle = self.obstacle(challenge)
        said = [self._said(challenge), obstacle, found.evidence]
        evidence = bounded([" ".join(text for text in said if text)])
        # Without a backend of ours nobody sees anything, wherever they look from.
        return Check(passed=False, evidence=evidence, unknown=found.unknown and not obstacle)

    async def clean_up(self, challenge: Challenge) -> None:
        """Remove the route; that it is gone already is success."""
        try:
            edited = self._edited(challenge)
            if edited is not None:
                await edited.remove()
        except Misconfigured:
            return  # what cannot be made was not made
        if edited is None:
            network = self.cluster.network
            await self._remove(INGRESS, network.ingresses, challenge)
            await self._remove(HTTP_ROUTE, network.routes, challenge)

    def obstacle(self, challenge: Challenge) -> str:
        """Why what the route leads to does not stand; empty when it does."""
        return obstacle(self.cluster, self.settings, challenge.metadata.namespace)

    def stands(self, challenge: Challenge) -> bool:
        """Whether the caches hold the route as it was made."""
        try:
            if (edited := self._edited(challenge)) is not None:
                return edited.stands()
            return self._own_route_stands(challenge)
        except Misconfigured:
            return False

    def _own_route_stands(self, challenge: Challenge) -> bool:
        part, network = _part(challenge), self.cluster.network
        where = challenge.metadata.namespace, routes.route_name(challenge)
        if part.gateway_http_route is not None:
            route = network.routes.get(*where)
            return route is not None and _stands(route, self._http_route(challenge))
        ingress = network.ingresses.get(*where)
        wanted = self._ingress(challenge, routes.PATH_TYPES[0])
        return ingress is not None and _stands(ingress, wanted)

    async def _present_http_route(self, challenge: Challenge) -> None:
        if not self.settings.enable_gateway_api:
            raise Misconfigured(GATEWAY_API_OFF)
        wanted = self._http_route(challenge)
        try:
            await self._put(HTTP_ROUTE, self.cluster.network.routes, challenge, wanted)
        except NotFound as error:
            raise RouterRefused(NO_GATEWAY_API) from error
        except ApiError as error:
            if not is_refusal(error):
                raise
            raise RouterRefused(f"The HTTPRoute was refused: {error}") from error

    async def _present_ingress(self, challenge: Challenge) -> None:
        async def attempt(path_type: str) -> None:
            wanted = self._ingress(challenge, path_type)
            await self._put(INGRESS, self.cluster.network.ingresses, challenge, wanted)

        await first_taken("The Ingress", attempt)

    async def _put(
        self, resource: Resource[R], cache: Cache[R], challenge: Challenge, wanted: R
    ) -> None:
        namespace, name = wanted.metadata.namespace, wanted.metadata.name
        found = cache.get(namespace, name) or await self._create(resource, cache, wanted)
        if found is None:
            return
        ours = routes.is_ours(found, challenge)
        if not ours and not routes.may_adopt(found, challenge):
            raise RouterRefused(
                f'{resource.kind} "{name}" exists and is not of this Challenge: delete it, and '
                f"the controller makes its own."
            )
        cache.feed(found)
        if ours and _stands(found, wanted):
            return
        patch = _patch(found, wanted)
        try:
            cache.feed(await self.cluster.kube.patch(resource, namespace, name, patch))
        except NotFound as error:
            cache.drop(found)
            raise _going(resource, name) from error

    async def _create(self, resource: Resource[R], cache: Cache[R], wanted: R) -> R | None:
        """Create it; what already has the name, if anything has."""
        try:
            cache.feed(await self.cluster.kube.create(resource, wanted))
        except AlreadyExists:
            name = wanted.metadata.name
            try:
                return await self.cluster.kube.get(resource, wanted.metadata.namespace, name)
            except NotFound as error:
                raise _going(resource, name) from error
        return None

    async def _remove(self, resource: Resource[R], cache: Cache[R], challenge: Challenge) -> None:
        found = cache.get(challenge.metadata.namespace, routes.route_name(challenge))
        if found is None or not routes.is_ours(found, challenge):
            return
        await removing.remove(self.cluster.kube, resource, found, cache)

    def _ingress(self, challenge: Challenge, path_type: str) -> Ingress:
        part = _part(challenge).ingress
        assert part is not None  # noqa: S101  _part has made sure of one of the two
        backend = backend_of(self.settings, gateway=False, namespace=challenge.metadata.namespace)
        return routes.ingress(challenge, part, backend, path_type)

    def _http_route(self, challenge: Challenge) -> HTTPRoute:
        part = _part(challenge).gateway_http_route
        assert part is not None  # noqa: S101
        backend = backend_of(self.settings, gateway=True, namespace=challenge.metadata.namespace)
        return routes.http_route(challenge, part, backend)

    def _edited(self, challenge: Challenge) -> EditedIngress | None:
        """The Ingress of the user's own that the solver names, if it does."""
        name = edited_ingress(challenge.spec)
        if not name:
            return None
        namespace = challenge.metadata.namespace
        backend = backend_of(self.settings, gateway=False, namespace=namespace)
        return EditedIngress(self.cluster, challenge, name, backend)

    def _said(self, challenge: Challenge) -> str:
        """What the router says of the route: evidence, no verdict. Empty where it says nothing.

        With --namespace neither classes nor the Gateways of others are known.
        """
        part, network = _part(challenge), self.cluster.network
        where = challenge.metadata.namespace, routes.route_name(challenge)
        if self.settings.namespace or edited_ingress(challenge.spec):
            return ""
        if part.gateway_http_route is not None:
            return words.gateway_words(network.routes.get(*where), network.gateways.all())
        class_name = part.ingress.ingress_class_name if part.ingress is not None else None
        classes = [one.metadata.name for one in network.classes.all()]
        return words.ingress_words(network.ingresses.get(*where), class_name, classes)


def _part(challenge: Challenge) -> Http01:
    part = challenge.spec.solver.http01
    if part is None:
        raise Misconfigured("The solver of the Challenge has no http01 part.")
    if (part.ingress is None) == (part.gateway_http_route is None):
        raise Misconfigured("http01 needs exactly one of ingress and gatewayHTTPRoute.")
    return part


def _stands(found: Ingress | HTTPRoute, wanted: Ingress | HTTPRoute) -> bool:
    if isinstance(found, Ingress) and isinstance(wanted, Ingress):
        return routes.ingress_stands(found, wanted)
    if isinstance(found, HTTPRoute) and isinstance(wanted, HTTPRoute):
        return routes.route_stands(found, wanted)
    return False


def _patch(found: R, wanted: R) -> dict[str, Any]:
    """What makes of the found route the wanted one; foreign labels and annotations stay."""
    spec = difference(msgspec.to_builtins(found.spec), msgspec.to_builtins(wanted.spec))
    if spec.get("ingressClassName", "") is None:
        del spec["ingressClassName"]  # admission filled in the default class
    metadata = {
        "labels": lacking(found.metadata.labels, wanted.metadata.labels),
        "annotations": lacking(found.metadata.annotations, wanted.metadata.annotations),
    }
    changed: dict[str, Any] = {key: value for key, value in metadata.items() if value}
    if found.metadata.owner_references != wanted.metadata.owner_references:
        changed["ownerReferences"] = msgspec.to_builtins(wanted.metadata.owner_references)
    return {"metadata": guard(found) | changed} | ({"spec": spec} if spec else {})


def _going(resource: Resource[Any], name: str) -> RouterRefused:
    return RouterRefused(f'{resource.kind} "{name}" is just being deleted by somebody else.')

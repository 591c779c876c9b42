"""What annotations of an Order change in the solver that was chosen for it. Pure.

They come from the Certificate, where the user or the translation of an Ingress or Gateway put them.
DNS-01 solvers have no such settings.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from controller.gatewayapi import GATEWAY_GROUP
from controller.solvers.errors import Misconfigured
from controller.solvers.http01.routes import full_parent
from orderapi.http01 import GatewayHttpRoute, Ingress, ParentRef
from orderapi.names import (
    HTTP01_OVERRIDE_INGRESS_CLASS,
    HTTP01_OVERRIDE_INGRESS_CLASS_NAME,
    HTTP01_OVERRIDE_INGRESS_NAME,
    HTTP01_PARENT_REF_KIND,
    HTTP01_PARENT_REF_NAME,
    HTTP01_PARENT_REF_NAMESPACE,
)
from orderapi.solver import Solver

_INGRESS_FIELDS: Final = {
    HTTP01_OVERRIDE_INGRESS_NAME: "name",
    HTTP01_OVERRIDE_INGRESS_CLASS: "class_",
    HTTP01_OVERRIDE_INGRESS_CLASS_NAME: "ingress_class_name",
}


def overridden(solver: Solver, annotations: Mapping[str, str], namespace: str) -> Solver:
    """The solver as the annotations of an Order in `namespace` change it.

    The very same object where nothing changes. An empty annotation counts as none. Raises
    Misconfigured where the annotations contradict each other, and where an HTTPRoute would be
    attached to nothing.
    """
    http01 = solver.http01
    if http01 is None:
        return solver
    ingress, route = http01.ingress, http01.gateway_http_route
    changed = msgspec.structs.replace(
        http01,
        ingress=ingress and _ingress(ingress, annotations),
        gateway_http_route=route and _http_route(route, annotations, namespace),
    )
    return solver if changed == http01 else msgspec.structs.replace(solver, http01=changed)


def _ingress(part: Ingress, annotations: Mapping[str, str]) -> Ingress:
    """At most one annotation, in place of all three fields."""
    given = {key: value for key in _INGRESS_FIELDS if (value := annotations.get(key))}
    if len(given) > 1:
        raise Misconfigured(
            f"The annotations {' and '.join(given)} exclude each other: keep one of them on the "
            f"Certificate."
        )
    if not given:
        return part
    fields = dict.fromkeys(_INGRESS_FIELDS.values()) | {
        _INGRESS_FIELDS[key]: value for key, value in given.items()
    }
    return msgspec.structs.replace(part, **fields)


def _http_route(
    part: GatewayHttpRoute, annotations: Mapping[str, str], namespace: str
) -> GatewayHttpRoute:
    """The parent of the annotations last, in place of those that are equal."""
    named = _parent(annotations, namespace)
    refs = part.parent_refs
    if named is not None:
        others = [ref for ref in refs if full_parent(ref, namespace) != full_parent(named, "")]
        refs = (*others, named)
    if not refs:
        raise Misconfigured(
            f"The solver's gatewayHTTPRoute has no parentRefs, and the Certificate has no "
            f"annotations {HTTP01_PARENT_REF_NAME} and {HTTP01_PARENT_REF_KIND}: one of both has "
            f"to name the Gateway."
        )
    if [full_parent(ref, namespace) for ref in refs] == [
        full_parent(ref, namespace) for ref in part.parent_refs
    ]:
        return part
    return msgspec.structs.replace(part, parent_refs=refs)


def _parent(annotations: Mapping[str, str], namespace: str) -> ParentRef | None:
    """The parent that the annotations name, with all that the API server would fill in: the
    Challenge that is read back has to equal what is computed again."""
    name = annotations.get(HTTP01_PARENT_REF_NAME)
    kind = annotations.get(HTTP01_PARENT_REF_KIND)
    if not name and not kind:
        return None
    if not name or not kind:
        there, missing = (
            (HTTP01_PARENT_REF_NAME, HTTP01_PARENT_REF_KIND)
            if name
            else (HTTP01_PARENT_REF_KIND, HTTP01_PARENT_REF_NAME)
        )
        raise Misconfigured(
            f"The annotation {there} needs {missing} beside it: set both on the Certificate, or "
            f"none."
        )
    return ParentRef(
        group=GATEWAY_GROUP,
        kind=kind,
        namespace=annotations.get(HTTP01_PARENT_REF_NAMESPACE) or namespace,
        name=name,
    )

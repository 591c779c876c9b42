"""HTTP-01: what the cluster's routers say of the route to the answer. Pure.

What stands against the route comes before what a request to it met: it is the cause of that.
"""

import re
from typing import Final

from kubectl_order.explain.told import Row, Told, by_table, group
from kubectl_order.explain.words import clause
from kubectl_order.finding import Actor, Finding, Ref, kubectl


def read(told: Told) -> Finding | None:
    """What stands against the route."""
    return by_table(_ROWS, told, told.words)


def _class_missing(told: Told, found: re.Match[str]) -> Finding:
    return told.finding(
        "ingress-class-missing",
        f'IngressClass "{found["name"]}" does not exist: {clause(found["there"])}',
        who=told.issuer_owner,
        fix=f"Set http01.ingress.ingressClassName of the solver in {told.issuer.kind} "
        f'"{told.issuer.name}" to one that exists.',
        command=told.edit_issuer(),
    )


def _no_class(told: Told, found: re.Match[str]) -> Finding:
    return told.finding(
        "ingress-class-missing",
        f"The Ingress for {told.name} names no class and none is the default, so no router takes "
        f"it: {clause(found['there'])}",
        who=told.issuer_owner,
        fix=f"Set http01.ingress.ingressClassName of the solver in {told.issuer.kind} "
        f'"{told.issuer.name}".',
        command=told.edit_issuer(),
    )


def _gateway_missing(told: Told, found: re.Match[str]) -> Finding:
    return told.finding(
        "gateway-missing",
        f"{found['parent']}, through which {told.name} is answered, does not exist",
        who=told.issuer_owner,
        fix="Create the Gateway, or correct http01.gatewayHTTPRoute.parentRefs of the solver.",
        command=told.edit_issuer(),
    )


def _no_gateway_api(told: Told, found: re.Match[str]) -> Finding:
    return told.finding(
        "gateway-missing",
        f"The solver for {told.name} uses a Gateway, and the Gateway API is not there: "
        f"{clause(found[0])}",
        who=Actor.ADMIN,
        fix="Install the Gateway API's CRDs and run the controller with --enable-gateway-api, or "
        "use http01.ingress in the solver.",
        command=told.edit_issuer(),
    )


def _not_accepting(told: Told, found: re.Match[str]) -> Finding:
    return told.finding(
        "router-not-accepting",
        f"The router does not take the HTTPRoute for {told.name}: {clause(found['words'])}",
        who=Actor.ROUTER,
        fix="Mend what the router says of the route, its Gateway or its listeners: allowedRoutes, "
        "a listener for HTTP on port 80, and a controller that runs the class.",
        command=f"kubectl get gateway,httproute -n {told.chain.namespace} -o yaml",
    )


def _route_gone(told: Told, found: re.Match[str]) -> Finding:
    return told.finding(
        "route-missing",
        f"{found['kind']} that leads to the answer for {told.name} is not there",
        who=Actor.ROUTER,
        fix="See what deletes it: a policy, a clean-up job, or a tool that prunes. The controller "
        "makes it again.",
        command=f"kubectl get events -n {told.chain.namespace}",
    )


def _fought(told: Told, found: re.Match[str]) -> Finding:
    ingress = group(found, "ingress")
    what = f'the path in Ingress "{ingress}"' if ingress else f"the route for {told.name}"
    return told.finding(
        "route-fought",
        f"Something takes {what} away again and again"
        + (", as tools that keep it as in Git do" if ingress else ""),
        who=told.issuer_owner if ingress else Actor.ROUTER,
        fix="Use http01.ingress.ingressClassName in the solver in place of name, or have the tool "
        "(Argo CD, Flux) ignore spec.rules of that Ingress."
        if ingress
        else "Find who changes or deletes it: a policy, a pruning tool or a person.",
        command=told.edit_issuer() if ingress else told.describe(),
    )


def _no_ingress(told: Told, found: re.Match[str]) -> Finding:
    return told.finding(
        "ingress-missing",
        f'Ingress "{found["name"]}", to which the path for {told.name} is to be added, does not '
        f"exist",
        who=told.issuer_owner,
        fix="Create that Ingress, or correct http01.ingress.name of the solver (or the annotation "
        "of the Certificate that names it).",
        command=told.edit_issuer(),
    )


def _taken(told: Told, found: re.Match[str]) -> Finding:
    kind, name = found["kind"], found["name"]
    return told.finding(
        "route-name-taken",
        f'{kind} "{name}" exists and is not of this challenge, so the route for {told.name} '
        f"cannot be made",
        who=Actor.YOU,
        fix=f'Delete {kind} "{name}": the controller then makes its own.',
        command=kubectl("delete", Ref(kind=kind, name=name, namespace=told.chain.namespace)),
    )


def _refused(told: Told, found: re.Match[str]) -> Finding:
    return told.finding(
        "route-refused",
        f"The API server refuses the {found['what']} for {told.name}: {clause(found['words'])}",
        who=Actor.ADMIN,
        fix="Mend the admission webhook or the policy that refuses it, or have it let routes of "
        "the controller pass.",
        command=told.describe(),
    )


def _no_responder(told: Told, found: re.Match[str]) -> Finding:
    return told.finding(
        "responder-down",
        f"No replica of the responder for HTTP-01 is ready, so {told.name} cannot be answered",
        who=Actor.ADMIN,
        fix=f"Have the Pods behind Service {found['service']} run and be ready.",
        command=_service(found["service"]),
    )


def _no_backend(told: Told, found: re.Match[str]) -> Finding:
    return told.finding(
        "responder-down",
        f"{found['what']}, through which the router reaches the responder, is not there",
        who=Actor.ADMIN,
        fix="Delete what else has that name, or let the controller create it; its log says which.",
        command=told.describe(),
    )


def _service(name: str) -> str:
    namespace, _, service = name.partition("/")
    return f"kubectl get endpointslices,pods -n {namespace}" if service else "kubectl get pods -A"


_ROWS: Final[tuple[Row, ...]] = (
    (r'The path in Ingress "(?P<ingress>[^"]+)" is taken away again and again', _fought),
    (r"The route is changed or deleted again and again", _fought),
    (r"No replica of the responder is ready \(Service (?P<service>\S+) has", _no_responder),
    (
        (r"(?P<what>(?:Service|ReferenceGrant) \S+), which lets the router reach the responder"),
        _no_backend,
    ),
    (r'IngressClass "(?P<name>[^"]+)" does not exist; (?P<there>there [^.]+)', _class_missing),
    (
        (r"names no class, and none is the default: .*?in the solver; (?P<there>there [^.]+)"),
        _no_class,
    ),
    (r'its parent (?P<parent>.+? "[^"]+") does not exist', _gateway_missing),
    (
        (
            r"The cluster does not serve HTTPRoute|--enable-gateway-api=false|gateway api is not "
            r"enabled"
        ),
        _no_gateway_api,
    ),
    (
        r'HTTPRoute "[^"]*": (?P<words>.+?)(?= (?:DNS|TCP|TLS|HTTP|redirect|body): |$)',
        _not_accepting,
    ),
    (r"(?P<kind>The (?:Ingress|HTTPRoute)) that leads to the answer is not", _route_gone),
    (r'Ingress "(?P<name>[^"]+)", which the solver names, does not exist', _no_ingress),
    (
        (r'(?P<kind>Ingress|HTTPRoute) "(?P<name>[^"]+)" exists and is not of this Challenge'),
        _taken,
    ),
    (
        (
            r'[Tt]he (?P<what>(?:Ingress|HTTPRoute|path in Ingress "[^"]*")) was refused:? '
            r"(?P<words>.+)"
        ),
        _refused,
    ),
)

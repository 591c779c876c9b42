"""Solvers of an issuer: one way to answer each, and what that way needs. Pure."""

from collections.abc import Mapping

from orderapi.durations import parse_duration
from orderapi.http01 import GatewayHttpRoute, Http01, Ingress
from orderapi.solver import Solver
from orderapi.validation.fault import not_one_of, quoted
from orderapi.validation.objectnames import is_key, is_label_value
from webhook.rules.dns01 import dns01
from webhook.rules.findings import Advice, Findings, fault
from webhook.rules.references import named, possible
from webhook.rules.selectors import selector

_SERVICE_TYPES = ("ClusterIP", "NodePort")


def solver(path: str, found: Solver) -> Findings:
    """Faults of one solver, and advice about it."""
    if found.http01 is None and found.dns01 is None:
        yield fault(path, "says no way to answer; set http01 or dns01")
    elif found.http01 is not None and found.dns01 is not None:
        yield fault(path, "has both http01 and dns01; give each a solver of its own")
    if found.http01 is not None:
        yield from http01(f"{path}.http01", found.http01)
    if found.dns01 is not None:
        yield from dns01(f"{path}.dns01", found.dns01)
    yield from _wait(f"{path}.waitInsteadOfSelfCheck", found.wait_instead_of_self_check)
    yield from selector(f"{path}.selector", found.selector)


def http01(path: str, part: Http01) -> Findings:
    """Exactly one way of routing, and its settings."""
    if part.ingress is None and part.gateway_http_route is None:
        yield fault(path, "says no way of routing; set ingress or gatewayHTTPRoute")
    elif part.ingress is not None and part.gateway_http_route is not None:
        yield fault(path, "has both ingress and gatewayHTTPRoute; leave one of them")
    if part.ingress is not None:
        yield from _ingress(f"{path}.ingress", part.ingress)
    if part.gateway_http_route is not None:
        yield from _http_route(f"{path}.gatewayHTTPRoute", part.gateway_http_route)


def _ingress(path: str, part: Ingress) -> Findings:
    given = {"ingressClassName": part.ingress_class_name, "class": part.class_, "name": part.name}
    there = [name for name, value in given.items() if value]
    if len(there) > 1:
        yield fault(path, f"has {' and '.join(there)}, which exclude each other; leave one of them")
    if part.ingress_class_name:
        yield from possible(f"{path}.ingressClassName", part.ingress_class_name, "IngressClass")
    if part.name:
        yield from possible(f"{path}.name", part.name, "Ingress")
    if part.class_:
        yield Advice(
            f"{path}.class",
            "sets an old annotation; prefer ingressClassName, unless the router needs this",
        )
    if part.name and part.ingress_template is not None:
        yield Advice(f"{path}.ingressTemplate", "has no effect beside name: no Ingress is made")
    template = part.ingress_template
    if template is not None and template.metadata is not None:
        yield from _labels(f"{path}.ingressTemplate.metadata.labels", template.metadata.labels)
    yield from _service_type(path, part.service_type)
    if part.pod_template is not None:
        yield from _no_pod(path)


def _http_route(path: str, part: GatewayHttpRoute) -> Findings:
    # Without parentRefs, annotations of the Certificates name the Gateway.
    for number, ref in enumerate(part.parent_refs):
        yield from named(f"{path}.parentRefs[{number}].name", ref.name, "parent")
    yield from _labels(f"{path}.labels", part.labels)
    yield from _service_type(path, part.service_type)
    if part.pod_template is not None:
        yield from _no_pod(path)


def _labels(path: str, labels: Mapping[str, str]) -> Findings:
    for key, value in sorted(labels.items()):
        if not is_key(key) or not is_label_value(value):
            yield Advice(
                path, f"{quoted(key)} with value {quoted(value)} is no label; the route is refused"
            )


def _service_type(path: str, found: str | None) -> Findings:
    if found and found not in _SERVICE_TYPES:
        yield fault(*not_one_of(f"{path}.serviceType", found, _SERVICE_TYPES))


def _no_pod(path: str) -> Findings:
    yield Advice(
        f"{path}.podTemplate", "has no effect: this controller answers itself, and makes no pod"
    )


def _wait(path: str, text: str | None) -> Findings:
    if text is None:
        return
    try:
        wait = parse_duration(text)
    except ValueError as error:
        yield fault(path, str(error))
        return
    if wait.total_seconds() < 0:
        yield fault(path, f"{quoted(text)} must not be negative")

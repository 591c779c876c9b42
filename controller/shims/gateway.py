"""A Gateway as a source of Certificates: one for each Secret that its listeners name. Pure."""

from collections.abc import Iterator
from typing import Final

from controller.gatewayapi import GATEWAY, Gateway, Listener, ListenerTls, SecretRef
from controller.pki.faults import quoted
from controller.shims.ingress import classes_of
from controller.shims.lists import words
from controller.shims.source import Blocks, Kind, merged
from orderapi import names

_PROTOCOLS: Final = ("HTTPS", "TLS")
_TERMINATE: Final = "Terminate"
_PASSTHROUGH: Final = "Passthrough"


def blocks_of(gateway: Gateway) -> Blocks:
    """Its listeners that end TLS. Those that name the same Secret share one Certificate."""
    ignored = words(gateway.metadata.annotations.get(names.IGNORE_TLS_LISTENERS, ""))
    faults: list[str] = []
    pairs: list[tuple[str, tuple[str, ...]]] = []
    for index, listener in enumerate(gateway.spec.listeners):
        if listener.name in ignored or not _ends_tls(listener):
            continue
        lacks = "; ".join(_lacks(listener, gateway.metadata.namespace))
        if lacks:
            where = f"spec.listeners[{index}] ({quoted(listener.name)})"
            faults.append(f"Skipped a listener block: {where} {lacks}")
            continue
        pairs += [(ref.name, (listener.hostname or "",)) for ref in _refs(listener)]
    return Blocks(
        hosts=merged(pairs),
        referenced=frozenset(
            ref.name for listener in gateway.spec.listeners for ref in _refs(listener)
        ),
        faults=tuple(faults),
    )


def overrides_of(gateway: Gateway) -> dict[str, str]:
    """Challenges of its Certificates are routed through the Gateway itself."""
    return classes_of(gateway.metadata.annotations) | {
        names.HTTP01_PARENT_REF_KIND: GATEWAY.kind,
        names.HTTP01_PARENT_REF_NAME: gateway.metadata.name,
    }


GATEWAYS: Final = Kind(resource=GATEWAY, blocks=blocks_of, overrides=overrides_of, automatic=False)


def _refs(listener: Listener) -> tuple[SecretRef, ...]:
    return listener.tls.certificate_refs if listener.tls is not None else ()


def _ends_tls(listener: Listener) -> bool:
    if listener.protocol not in _PROTOCOLS:
        return False
    return listener.tls is None or listener.tls.mode != _PASSTHROUGH


def _lacks(listener: Listener, namespace: str) -> Iterator[str]:
    if not (listener.hostname or "").strip():
        yield "has no hostname"
    yield from _tls_lacks(listener.tls or ListenerTls(), namespace)


def _tls_lacks(tls: ListenerTls, namespace: str) -> Iterator[str]:
    # Absent means Terminate, says the Gateway API.
    if (tls.mode or _TERMINATE) != _TERMINATE:
        yield f"has tls.mode {quoted(tls.mode or '')}, which is not {_TERMINATE}"
    if not tls.certificate_refs:
        yield "has no tls.certificateRefs"
    for index, ref in enumerate(tls.certificate_refs):
        path = f"has tls.certificateRefs[{index}]"
        if (ref.group or "core") != "core" or (ref.kind or "Secret") != "Secret":
            yield f"{path} of kind {quoted(_kind(ref))}, which is not Secret"
        if (ref.namespace or namespace) != namespace:
            yield f"{path} in namespace {quoted(ref.namespace or '')}, which is not its own"
        if not ref.name:
            yield f"{path} without a name"


def _kind(ref: SecretRef) -> str:
    return f"{ref.kind or 'Secret'}.{ref.group}" if ref.group else ref.kind or "Secret"

"""What is said where a name leads to nothing: similar names, other namespaces, what was unseen."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from kubectl_order.access.api import METADATA_LIST
from kubectl_order.access.errors import ApiError, Forbidden, NotFound
from kubectl_order.cluster import Cluster
from kubectl_order.failure import Exit, Failure
from kubectl_order.naming import hosts
from kubectl_order.reading.kinds import HOST, NAMESPACE, SEARCHED, place
from kubectl_order.reading.reader import plural
from kubectl_order.reading.refusals import forbidden, not_installed
from kubectl_order.rows import metadata_in
from orderapi.resources import CERTIFICATE, ORDER, Resource

SHOWN: Final = 10
"""How many objects are listed in one sentence."""

_OWN: Final[tuple[Resource[Any], ...]] = (CERTIFICATE, ORDER)


def nothing(
    cluster: Cluster, name: str, *, kinds: tuple[str, ...], refused: Mapping[str, Forbidden]
) -> Failure:
    """Nothing of these kinds (none: of any kind) has the name; `refused` are the kinds that could
    not be looked at."""
    if all(resource.kind in refused for resource in _OWN):
        return forbidden(refused[CERTIFICATE.kind], CERTIFICATE, cluster.namespace)
    sought = kinds or (*(each.kind for each in SEARCHED), HOST)
    what = f"{', '.join(sought[:-1])} or {sought[-1]}" if len(sought) > 1 else sought[0]
    try:
        hints = [*_hints(cluster, name, sought), *_unseen(refused)]
    except NotFound:
        return not_installed()
    return Failure(
        f'there is no {what} "{name}" in namespace "{cluster.namespace}"',
        exit=Exit.NOT_FOUND,
        hint="; ".join(hints) or "kubectl order list -A shows all Orders",
    )


def unrelated(resource: Resource[Any], name: str, namespace: str) -> Failure:
    """The object is there, and no Certificate or Order belongs to it."""
    belonging = "Order" if resource.kind == "Challenge" else "Certificate"
    hints = {
        "Ingress": "the annotation cert-manager.io/issuer or cert-manager.io/cluster-issuer, and "
        "spec.tls with a secretName, ask for one"
    }
    return Failure(
        f'no {belonging} belongs to the {resource.kind} "{name}" in namespace "{namespace}"',
        exit=Exit.NOT_FOUND,
        hint=hints.get(resource.kind, ""),
    )


def _hints(cluster: Cluster, name: str, kinds: tuple[str, ...]) -> Iterator[str]:
    if _no_namespace(cluster):
        yield f'there is no namespace "{cluster.namespace}"'
    close = list(_close(cluster, name, kinds))
    elsewhere = list(_elsewhere(cluster, name, kinds))
    if elsewhere:
        yield f"there is {', '.join(elsewhere[:SHOWN])}"
    if close:
        yield f"did you mean {' or '.join(close)}?"


def _close(cluster: Cluster, name: str, kinds: tuple[str, ...]) -> Iterator[str]:
    """Names in the namespace that are close. Raises NotFound where the kinds are not served."""
    known: dict[str, str] = {}
    for resource in _looked_at(kinds):
        for row in _metadata(cluster, resource, cluster.namespace):
            known.setdefault(row, f"{resource.kind.lower()}/{row}")
    for found in hosts.close_to(name, tuple(known)):
        yield known[found]


def _elsewhere(cluster: Cluster, name: str, kinds: tuple[str, ...]) -> Iterator[str]:
    """Where else the name is."""
    for resource in _looked_at(kinds):
        with suppress(ApiError):
            path = place(resource)
            query = {"fieldSelector": f"metadata.name={name}"}
            for page in cluster.api.pages(path, query, accept=METADATA_LIST):
                for row in metadata_in(page):
                    yield f"{resource.kind.lower()}/{name} -n {row.metadata.namespace}"


def _looked_at(kinds: tuple[str, ...]) -> tuple[Resource[Any], ...]:
    return tuple(each for each in SEARCHED if each.kind in kinds and each in _OWN) or _OWN


def _metadata(cluster: Cluster, resource: Resource[Any], namespace: str) -> Iterator[str]:
    try:
        for page in cluster.api.pages(place(resource, namespace), accept=METADATA_LIST):
            for row in metadata_in(page):
                yield row.metadata.name
    except Forbidden:
        return


def _no_namespace(cluster: Cluster) -> bool:
    try:
        cluster.api.get(place(NAMESPACE, "", cluster.namespace))
    except NotFound:
        return True
    except ApiError:
        return False
    return False


def _unseen(refused: Mapping[str, Forbidden]) -> Iterator[str]:
    *most, last = map(plural, refused) if refused else ("",)
    if last:
        yield f"{', '.join(most)}{' and ' if most else ''}{last} may not be read here"

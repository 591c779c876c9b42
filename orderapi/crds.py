"""The six CustomResourceDefinitions, as dicts. Writing them to files is `deploy/generate.py`'s."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from orderapi.crdrules import ruled
from orderapi.meta import Object
from orderapi.resources import (
    CERTIFICATE,
    CERTIFICATE_REQUEST,
    CHALLENGE,
    CLUSTER_ISSUER,
    ISSUER,
    ORDER,
    Resource,
)
from orderapi.schema import struct_schema

_CATEGORY: Final = "cert-manager"
_ACME_CATEGORY: Final = "cert-manager-acme"
_AGE: Final = {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}
_ISSUER_REF: Final = tuple(f".spec.issuerRef.{field}" for field in ("group", "kind", "name"))


def _condition(
    condition: str, field: str, *, name: str = "", priority: int = 0
) -> Mapping[str, Any]:
    path = f'.status.conditions[?(@.type == "{condition}")].{field}'
    return _column(name or condition, path, priority=priority)


def _column(name: str, path: str, *, kind: str = "string", priority: int = 0) -> Mapping[str, Any]:
    column = {"name": name, "type": kind, "jsonPath": path}
    return {**column, "priority": priority} if priority else column


_CERTIFICATE_COLUMNS: Final = (
    _condition("Ready", "status"),
    _column("Secret", ".spec.secretName"),
    _column("Issuer", ".spec.issuerRef.name", priority=1),
    _condition("Ready", "message", name="Status", priority=1),
    # Not a date column: those print an age, and a time to come as "<invalid>".
    _column("Expiration", ".status.notAfter", priority=1),
)
_REQUEST_COLUMNS: Final = (
    _condition("Approved", "status"),
    _condition("Denied", "status"),
    _condition("Ready", "status"),
    _column("Issuer", ".spec.issuerRef.name"),
    _column("Requester", ".spec.username"),
    _condition("Ready", "message", name="Status", priority=1),
)
_ISSUER_COLUMNS: Final = (
    _condition("Ready", "status"),
    _condition("Ready", "message", name="Status", priority=1),
)
_ORDER_COLUMNS: Final = (
    _column("State", ".status.state"),
    _column("Issuer", ".spec.issuerRef.name", priority=1),
    _column("Reason", ".status.reason"),
)
_CHALLENGE_COLUMNS: Final = (
    _column("State", ".status.state"),
    _column("Domain", ".spec.dnsName"),
    _column("Reason", ".status.reason"),
)


_SECRET_NAME: Final = ".spec.secretName"  # noqa: S105


def definitions() -> Iterator[dict[str, Any]]:
    """All six, in the order in which a person meets the kinds."""
    yield _definition(
        CERTIFICATE,
        _CERTIFICATE_COLUMNS,
        short_names=("cert", "certs"),
        # So that one request tells who else has a secretName.
        selectable=(*_ISSUER_REF, _SECRET_NAME),
    )
    yield _definition(CERTIFICATE_REQUEST, _REQUEST_COLUMNS, short_names=("cr", "crs"))
    yield _definition(ISSUER, _ISSUER_COLUMNS, short_names=("iss",), selectable=())
    yield _definition(CLUSTER_ISSUER, _ISSUER_COLUMNS, short_names=("ciss",), selectable=())
    for resource, columns in ((ORDER, _ORDER_COLUMNS), (CHALLENGE, _CHALLENGE_COLUMNS)):
        yield _definition(
            resource,
            columns,
            categories=(_CATEGORY, _ACME_CATEGORY),
            required=("metadata",),
        )


def _definition(
    resource: Resource[Any],
    columns: tuple[Mapping[str, Any], ...],
    *,
    categories: tuple[str, ...] = (_CATEGORY,),
    short_names: tuple[str, ...] = (),
    selectable: tuple[str, ...] = _ISSUER_REF,
    required: tuple[str, ...] = (),
) -> dict[str, Any]:
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{resource.plural}.{resource.group}"},
        "spec": {
            "group": resource.group,
            "names": {
                "kind": resource.kind,
                "listKind": f"{resource.kind}List",
                "plural": resource.plural,
                "singular": resource.kind.lower(),
                **({"shortNames": list(short_names)} if short_names else {}),
                "categories": list(categories),
            },
            "scope": "Namespaced" if resource.namespaced else "Cluster",
            "versions": [
                {
                    "name": resource.version,
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": [dict(column) for column in (*columns, _AGE)],
                    **_selectable_fields(selectable),
                    "schema": {"openAPIV3Schema": _kind_schema(resource.type, required)},
                }
            ],
        },
    }


def _selectable_fields(paths: tuple[str, ...]) -> dict[str, Any]:
    return {"selectableFields": [{"jsonPath": path} for path in paths]} if paths else {}


def _kind_schema(kind: type[Object], required: tuple[str, ...]) -> dict[str, Any]:
    schema = struct_schema(kind)
    names = [*required, *schema.get("required", [])]
    return ruled(kind, {**schema, **({"required": names} if names else {})})

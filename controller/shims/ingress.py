"""An Ingress as a source of Certificates: one for each block of `spec.tls`. Pure."""

from collections.abc import Mapping
from typing import Final

from controller.networking import INGRESS, Ingress, IngressTls
from controller.pki.faults import quoted
from controller.shims.source import Blocks, Kind, merged
from orderapi import names

CLASSES: Final = {
    names.HTTP01_INGRESS_CLASS: names.HTTP01_OVERRIDE_INGRESS_CLASS,
    names.HTTP01_INGRESS_CLASS_NAME: names.HTTP01_OVERRIDE_INGRESS_CLASS_NAME,
}
"""Annotations of a source that name an IngressClass, and what its Certificates get for each."""


def classes_of(annotations: Mapping[str, str]) -> dict[str, str]:
    """What its Certificates get for the IngressClass that a source names; empty ones are none."""
    return {override: given for key, override in CLASSES.items() if (given := annotations.get(key))}


def blocks_of(ingress: Ingress) -> Blocks:
    """Its TLS blocks. One Secret in two of them is a contradiction."""
    faults: list[str] = []
    pairs: list[tuple[str, tuple[str, ...]]] = []
    for index, block in enumerate(ingress.spec.tls):
        lacks = _lacks(f"spec.tls[{index}]", block)
        if lacks:
            faults.append(f"Skipped a TLS block: {lacks}")
        else:
            pairs.append((block.secret_name, _hosts(block)))
    repeated = _repeated(ingress.spec.tls)
    return Blocks(
        hosts=merged(pairs),
        referenced=frozenset(block.secret_name for block in ingress.spec.tls if block.secret_name),
        faults=(*faults, *repeated),
        contradictory=bool(repeated),
    )


def overrides_of(ingress: Ingress) -> dict[str, str]:
    """How challenges of its Certificates are routed: through it, or through a class that it names.

    One that is edited in place needs some certificate meanwhile, or its router may drop it.
    """
    given = ingress.metadata.annotations
    wanted = classes_of(given)
    if given.get(names.HTTP01_EDIT_IN_PLACE) == "true":
        wanted[names.HTTP01_OVERRIDE_INGRESS_NAME] = ingress.metadata.name
        wanted[names.ISSUE_TEMPORARY_CERTIFICATE] = "true"
    return wanted


INGRESSES: Final = Kind(resource=INGRESS, blocks=blocks_of, overrides=overrides_of, automatic=True)


def _hosts(block: IngressTls) -> tuple[str, ...]:
    return tuple(host for host in block.hosts if host.strip())


def _lacks(path: str, block: IngressTls) -> str:
    missing = []
    if not _hosts(block):
        missing.append(f"{path}.hosts names no host")
    if not block.secret_name:
        missing.append(f"{path}.secretName is empty")
    return " and ".join(missing)


def _repeated(blocks: tuple[IngressTls, ...]) -> list[str]:
    first: dict[str, int] = {}
    faults = []
    for index, block in enumerate(blocks):
        name = block.secret_name
        if name and first.setdefault(name, index) != index:
            faults.append(
                f"spec.tls[{index}].secretName: {quoted(name)} is the Secret of "
                f"spec.tls[{first[name]}] too. A Secret holds one certificate: name it in one "
                "block, with all its hosts. Until then nothing is done for this Ingress."
            )
    return faults

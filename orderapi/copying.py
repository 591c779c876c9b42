"""What a child takes over from its parent's metadata, and what it must not.

A Certificate's labels select solvers, so its requests and Orders carry them; its `cert-manager.io`
annotations are settings. Marks of deployment tools never go along: a tool that finds its mark on an
object it did not apply deletes the object, or calls the whole application out of sync.
"""

from collections.abc import Sequence
from typing import Final

from orderapi.meta import ObjectMeta
from orderapi.names import ACME_GROUP, GROUP

# Domains of keys with which a tool marks what it has applied; the domains below them are meant too.
_TRACKING_DOMAINS: Final = (
    "argoproj.io",  # Argo CD: tracking-id, sync-wave, hook, sync-options
    "fluxcd.io",  # Flux: kustomize.toolkit., helm.toolkit., reconcile.
    "config.kubernetes.io",  # Kustomize, kpt: origin, index, path, local-config
    "config.k8s.io",  # Kustomize: kustomize.config.; cli-utils: owning-inventory
    "cli-utils.sigs.k8s.io",
    "kpt.dev",
    "applyset.kubernetes.io",  # kubectl apply --prune with an ApplySet
    "kubectl.kubernetes.io",  # last-applied-configuration
    "kapp.k14s.io",
    "helm.sh",  # hook, chart, resource-policy; meta.helm.sh: release-name
    "cattle.io",  # Rancher Fleet: objectset.rio., fleet.
    "configmanagement.gke.io",
    "configsync.gke.io",
    "tanka.dev",
    "pulumi.com",
    "addonmanager.kubernetes.io",
)

_TRACKING_KEYS: Final = frozenset(
    {
        "app.kubernetes.io/instance",  # Argo CD's default tracking label
        "app.kubernetes.io/managed-by",  # Helm and Kustomize say "mine" with it
    }
)


def copied_labels(meta: ObjectMeta) -> dict[str, str]:
    """The labels that a child takes over: all but those of trackers."""
    return {key: value for key, value in meta.labels.items() if not _is_tracker(key)}


def copied_annotations(meta: ObjectMeta, *, prefixes: Sequence[str] = ()) -> dict[str, str]:
    """The annotations that a child takes over: those of cert-manager.io and acme.cert-manager.io.

    `prefixes` names more: a prefix of keys, `*` for all, `-` before a prefix to leave such out. A
    tracker's annotation is never among them.
    """
    return {
        key: value
        for key, value in meta.annotations.items()
        if not _is_tracker(key) and (_is_setting(key) or _is_wanted(key, prefixes))
    }


def _is_setting(key: str) -> bool:
    return key.startswith((f"{GROUP}/", f"{ACME_GROUP}/"))


def _is_wanted(key: str, prefixes: Sequence[str]) -> bool:
    if any(prefix.startswith("-") and key.startswith(prefix[1:]) for prefix in prefixes):
        return False
    return any(prefix == "*" or key.startswith(prefix) for prefix in prefixes)


def _is_tracker(key: str) -> bool:
    domain = key.partition("/")[0]
    return key in _TRACKING_KEYS or any(
        domain == tracker or domain.endswith(f".{tracker}") for tracker in _TRACKING_DOMAINS
    )

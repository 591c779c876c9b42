"""The part of a pod that users may shape for the HTTP-01 solver. Sparse on purpose: no containers,
no volumes."""

from typing import Annotated, TypeAlias

import msgspec

from orderapi.affinity import Affinity
from orderapi.wire import Wire, crd

Int64: TypeAlias = Annotated[int, crd(format="int64")]

_NUMBER = r"(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))"

Quantity: TypeAlias = Annotated[
    int | str,
    crd(
        int_or_string=True,
        pattern=rf"^(\+|-)?{_NUMBER}(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?{_NUMBER}))?$",
    ),
]


class TemplateMetadata(Wire):
    """Metadata to add to an object that a solver makes."""

    annotations: dict[str, str] = msgspec.field(default_factory=dict)
    """Annotations to add."""
    labels: dict[str, str] = msgspec.field(default_factory=dict)
    """Labels to add."""


class Resources(Wire):
    """CPU and memory of the pod."""

    limits: dict[str, Quantity] = msgspec.field(default_factory=dict)
    """Most of each resource that the pod may use, by the resource's name."""
    requests: dict[str, Quantity] = msgspec.field(default_factory=dict)
    """Amount of each resource that is set aside for the pod, by the resource's name."""


class SeLinuxOptions(Wire):
    """SELinux context."""

    user: str | None = None
    """SELinux user."""
    role: str | None = None
    """SELinux role."""
    type: str | None = None
    """SELinux type."""
    level: str | None = None
    """SELinux level."""


class SeccompProfile(Wire):
    """Seccomp filter."""

    type: str
    """Kind of profile: Localhost, RuntimeDefault or Unconfined."""
    localhost_profile: str | None = None
    """File of the profile below the kubelet's seccomp folder; for Localhost alone."""


class Sysctl(Wire):
    """One kernel parameter."""

    name: str
    """Name of the parameter."""
    value: str
    """Value of the parameter."""


class PodSecurityContext(Wire):
    """Security settings of the pod."""

    run_as_user: Int64 | None = None
    """Numeric ID of the user that runs the pod."""
    run_as_group: Int64 | None = None
    """Numeric ID of the primary group of the pod."""
    run_as_non_root: bool | None = None
    """Whether the pod is refused when it would run as root."""
    supplemental_groups: tuple[Int64, ...] = ()
    """Numeric IDs of further groups."""
    fs_group: Int64 | None = None
    """Numeric ID of the group that owns the volumes."""
    fs_group_change_policy: str | None = None
    """When the ownership of volumes is changed: Always (the cluster's default) or
    OnRootMismatch."""
    se_linux_options: SeLinuxOptions | None = None
    """SELinux context of the pod."""
    seccomp_profile: SeccompProfile | None = None
    """Seccomp filter of the pod."""
    sysctls: tuple[Sysctl, ...] = ()
    """Kernel parameters of the pod's namespaces."""


class Toleration(Wire):
    """A taint that the pod tolerates."""

    key: str | None = None
    """Key of the taint; every key when empty, with the operator Exists."""
    operator: str | None = None
    """How the value is compared: Equal (the default), Exists, or another that the cluster knows."""
    value: str | None = None
    """Value of the taint."""
    effect: str | None = None
    """Effect of the taint: NoSchedule, PreferNoSchedule or NoExecute; every effect when empty."""
    toleration_seconds: Int64 | None = None
    """How many seconds a NoExecute taint is tolerated; for ever by default."""


class ImagePullSecret(Wire):
    """A Secret for the image registry."""

    name: Annotated[str, crd(default="")] | None = None
    """Name of the Secret, in the namespace of the pod."""


class PodSpec(Wire):
    """Where and how the pod runs."""

    node_selector: dict[str, str] = msgspec.field(default_factory=dict)
    """Labels that the node must have."""
    affinity: Affinity | None = None
    """Nodes and pods to be near to or far from."""
    tolerations: tuple[Toleration, ...] = ()
    """Taints that the pod tolerates."""
    priority_class_name: str | None = None
    """Priority class of the pod."""
    service_account_name: str | None = None
    """ServiceAccount of the pod."""
    image_pull_secrets: Annotated[
        tuple[Annotated[ImagePullSecret, crd(map_type="atomic")], ...],
        crd(list_type="map", list_map_keys=["name"]),
    ] = ()
    """Secrets for the image registry."""
    security_context: PodSecurityContext | None = None
    """Security settings of the pod."""
    resources: Resources | None = None
    """CPU and memory of the pod."""


class PodTemplate(Wire):
    """Changes to the pod that answers HTTP-01 challenges."""

    metadata: TemplateMetadata | None = None
    """Labels and annotations to add; the ones that the solver sets win."""
    spec: PodSpec | None = None
    """Where and how the pod runs."""

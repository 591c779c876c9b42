"""Affinity of a pod, as core/v1 has it: which nodes and which other pods it is drawn to or kept
from."""

from typing import Annotated, TypeAlias

import msgspec

from orderapi.wire import Wire, crd

Weight: TypeAlias = Annotated[int, crd(format="int32")]


class LabelRequirement(Wire):
    """A test of one label (or field)."""

    key: str
    """Key of the label."""
    operator: str
    """How it is tested: In, NotIn, Exists or DoesNotExist; for nodes Gt and Lt too."""
    values: tuple[str, ...] = ()
    """Values to compare with; none for Exists and DoesNotExist."""


class LabelSelector(Wire):
    """A test of labels; all parts must hold."""

    match_labels: dict[str, str] = msgspec.field(default_factory=dict)
    """Labels that must be there with these values."""
    match_expressions: tuple[LabelRequirement, ...] = ()
    """Tests that must hold."""


class NodeSelectorTerm(Wire):
    """A test of a node; all parts must hold."""

    match_expressions: tuple[LabelRequirement, ...] = ()
    """Tests of the node's labels."""
    match_fields: tuple[LabelRequirement, ...] = ()
    """Tests of the node's fields."""


class NodeSelector(Wire):
    """Alternatives; one of them must hold."""

    node_selector_terms: tuple[Annotated[NodeSelectorTerm, crd(map_type="atomic")], ...]
    """The alternatives."""


class PreferredSchedulingTerm(Wire):
    """A preference with its weight."""

    weight: Weight
    """Weight of the preference, from 1 to 100."""
    preference: Annotated[NodeSelectorTerm, crd(map_type="atomic")]
    """The preferred nodes."""


class NodeAffinity(Wire):
    """Which nodes the pod is drawn to."""

    required_during_scheduling_ignored_during_execution: (
        Annotated[NodeSelector, crd(map_type="atomic")] | None
    ) = None
    """Nodes that the pod must run on."""
    preferred_during_scheduling_ignored_during_execution: tuple[PreferredSchedulingTerm, ...] = ()
    """Nodes that the pod should run on."""


class PodAffinityTerm(Wire):
    """A set of pods, and how near counts as near."""

    topology_key: str
    """Label of nodes whose value must be the same for them to count as near."""
    label_selector: Annotated[LabelSelector, crd(map_type="atomic")] | None = None
    """The pods, by their labels."""
    namespaces: tuple[str, ...] = ()
    """Namespaces of the pods; that of this pod by default."""
    namespace_selector: Annotated[LabelSelector, crd(map_type="atomic")] | None = None
    """Namespaces of the pods, by their labels."""
    match_label_keys: tuple[str, ...] = ()
    """Labels of this pod that the other pods must share."""
    mismatch_label_keys: tuple[str, ...] = ()
    """Labels of this pod that the other pods must not share."""


class WeightedPodAffinityTerm(Wire):
    """A preference with its weight."""

    weight: Weight
    """Weight of the preference, from 1 to 100."""
    pod_affinity_term: PodAffinityTerm
    """The pods."""


class PodAffinity(Wire):
    """Which pods the pod is drawn to or kept from."""

    required_during_scheduling_ignored_during_execution: tuple[PodAffinityTerm, ...] = ()
    """What must hold for a node to be chosen."""
    preferred_during_scheduling_ignored_during_execution: tuple[WeightedPodAffinityTerm, ...] = ()
    """What should hold for a node to be chosen."""


class Affinity(Wire):
    """Nodes and pods to be near to or far from."""

    node_affinity: NodeAffinity | None = None
    """Nodes to run on."""
    pod_affinity: PodAffinity | None = None
    """Pods to be near to."""
    pod_anti_affinity: PodAffinity | None = None
    """Pods to be far from."""

"""What children take over: never a tracker's mark, always the settings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderapi.copying import copied_annotations, copied_labels
from orderapi.meta import ObjectMeta

TRACKERS = [
    pytest.param("app.kubernetes.io/instance", id="Argo CD label"),
    pytest.param("argocd.argoproj.io/instance", id="Argo CD label of its own"),
    pytest.param("argocd.argoproj.io/tracking-id", id="Argo CD annotation"),
    pytest.param("argocd.argoproj.io/sync-wave", id="Argo CD setting"),
    pytest.param("kustomize.toolkit.fluxcd.io/name", id="Flux Kustomization"),
    pytest.param("helm.toolkit.fluxcd.io/name", id="Flux HelmRelease"),
    pytest.param("reconcile.fluxcd.io/requestedAt", id="Flux request"),
    pytest.param("kustomize.config.k8s.io/id", id="Kustomize"),
    pytest.param("config.kubernetes.io/origin", id="Kustomize origin"),
    pytest.param("internal.config.kubernetes.io/path", id="kpt"),
    pytest.param("applyset.kubernetes.io/part-of", id="ApplySet member"),
    pytest.param("applyset.kubernetes.io/id", id="ApplySet parent"),
    pytest.param("kapp.k14s.io/app", id="kapp label"),
    pytest.param("kapp.k14s.io/identity", id="kapp annotation"),
    pytest.param("helm.sh/chart", id="Helm chart"),
    pytest.param("helm.sh/hook", id="Helm hook"),
    pytest.param("meta.helm.sh/release-name", id="Helm release"),
    pytest.param("app.kubernetes.io/managed-by", id="Helm ownership"),
    pytest.param("kubectl.kubernetes.io/last-applied-configuration", id="kubectl apply"),
    pytest.param("config.k8s.io/owning-inventory", id="cli-utils"),
    pytest.param("objectset.rio.cattle.io/hash", id="Fleet"),
]


@pytest.mark.parametrize("key", TRACKERS)
def test_a_tracker_is_never_copied(key: str) -> None:
    meta = ObjectMeta(labels={key: "x"}, annotations={key: "x"})
    assert copied_labels(meta) == {}
    assert copied_annotations(meta) == {}
    assert copied_annotations(meta, prefixes=("*",)) == {}
    assert copied_annotations(meta, prefixes=(key,)) == {}


@pytest.mark.parametrize(
    "key",
    [
        "app",
        "team",
        "app.kubernetes.io/name",
        "app.kubernetes.io/part-of",
        "example.com/tier",
        "use-dns01-solver",
        "nothelm.sh/chart",
    ],
)
def test_labels_that_may_select_a_solver_are_copied(key: str) -> None:
    assert copied_labels(ObjectMeta(labels={key: "x"})) == {key: "x"}


@pytest.mark.parametrize(
    ("key", "copied"),
    [
        ("cert-manager.io/issue-temporary-certificate", True),
        ("acme.cert-manager.io/http01-override-ingress-name", True),
        ("cert-manager.io.example.com/name", False),
        ("other.cert-manager.io/name", False),
        ("example.com/note", False),
        ("note", False),
    ],
)
def test_only_settings_are_copied_of_the_annotations(key: str, copied: bool) -> None:
    expected = {key: "x"} if copied else {}
    assert copied_annotations(ObjectMeta(annotations={key: "x"})) == expected


@pytest.mark.parametrize(
    ("prefixes", "copied"),
    [
        pytest.param(("*",), {"a.example/x", "b.example/x"}, id="all"),
        pytest.param(("*", "-a.example/"), {"b.example/x"}, id="all but"),
        pytest.param(("-a.example/", "*"), {"b.example/x"}, id="order does not matter"),
        pytest.param(("a.",), {"a.example/x"}, id="prefix"),
        pytest.param(("-a.example/",), set(), id="nothing named"),
    ],
)
def test_prefixes_name_more(prefixes: tuple[str, ...], copied: set[str]) -> None:
    meta = ObjectMeta(
        annotations={"a.example/x": "1", "b.example/x": "2", "cert-manager.io/x": "3"}
    )
    assert set(copied_annotations(meta, prefixes=prefixes)) == copied | {"cert-manager.io/x"}


@given(labels=st.dictionaries(st.text(), st.text()))
def test_a_copy_is_a_part_and_copying_twice_changes_nothing(labels: dict[str, str]) -> None:
    once = copied_labels(ObjectMeta(labels=labels))
    assert once.items() <= labels.items()
    assert copied_labels(ObjectMeta(labels=once)) == once

"""A cluster on which layers of admission are put up alone or together, and cases are tried.

with ground.standing("policy") as stand:
    stand.attempt(case)

CRDs are installed without their rules where layer `crd` is not asked for. The objects of all cases
are made before a layer is up: no rule is in the way. Cases are dry runs, so that they stay as they
are through all layers.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, Final, TypeAlias

from devcluster.controller import CRDS
from orderapi.crds import definitions
from orderapi.identity import identity_policy
from orderapi.policies import policies
from tests.admission.api import DRY, Answer, Api, Json, location, users
from tests.admission.case import CRD, IDENTITY, ORDER, POLICY, REQUEST, Case, base, changed
from tests.admission.cases import CASES
from tests.admission.cases_requests import APPROVER, SHOPPER

KINDS: Final = ("Order", "Challenge", "CertificateRequest")
VALIDATIONS: Final = "x-kubernetes-validations"
_CRDS: Final = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_ADMISSION: Final = "/apis/admissionregistration.k8s.io/v1"
_RBAC: Final = "/apis/rbac.authorization.k8s.io/v1"
_PLURALS: Final = {
    "ValidatingAdmissionPolicy": "validatingadmissionpolicies",
    "ValidatingAdmissionPolicyBinding": "validatingadmissionpolicybindings",
    "MutatingAdmissionPolicy": "mutatingadmissionpolicies",
    "MutatingAdmissionPolicyBinding": "mutatingadmissionpolicybindings",
}

Layer: TypeAlias = Callable[[], AbstractContextManager[object]]
"""Puts a layer up, and takes it away again."""


def without_rules(schema: Any) -> Any:
    """The schema without any validation by CEL."""
    if isinstance(schema, dict):
        return {key: without_rules(part) for key, part in schema.items() if key != VALIDATIONS}
    return [without_rules(part) for part in schema] if isinstance(schema, list) else schema


def until(what: Callable[[], object], why: str, timeout: float = 30.0) -> None:
    """Look every 20 ms until it is so; AssertionError after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not what():
        assert time.monotonic() < deadline, f"not within {timeout:.0f} s: {why}"
        time.sleep(0.02)


@dataclass(frozen=True, slots=True)
class Stand:
    """The objects of the cases in one namespace, with some layers up."""

    api: Api
    namespace: str
    owners: Mapping[str, Json]
    objects: Mapping[str, Json]

    def attempt(self, case: Case) -> Answer:
        """Make the request of the case, as a dry run."""
        if case.operation == "CREATE":
            made = self.placed(changed(base(case.kind), case.change), "new")
            return self.api.create(made, case.who, DRY)
        bent = changed(self.objects[case.name], case.change)
        return self.api.replace(bent, case.who, case.subresource, DRY)

    def placed(self, obj: Json, name: str) -> Json:
        """The object in this namespace by that name, its owners those that there are here."""
        metadata = {**obj["metadata"], "name": name, "namespace": self.namespace}
        owners = [self._true(owner) for owner in metadata.get("ownerReferences", ())]
        return {**obj, "metadata": metadata | ({"ownerReferences": owners} if owners else {})}

    def _true(self, owner: Json) -> Json:
        known = self.owners.get(owner["name"])
        invented = str(owner["uid"]).startswith("9999")
        return owner if known is None or invented else owner | {"uid": known["metadata"]["uid"]}


class Ground:
    """The cluster with our definitions. `more` are further layers by name, such as a running
    webhook."""

    def __init__(self, api: Api, more: Mapping[str, Layer]) -> None:
        self.api = api
        self._layers: dict[str, Layer] = {
            CRD: self._crd,
            POLICY: partial(self._applied, tuple(policies())),
            IDENTITY: partial(self._applied, tuple(identity_policy())),
            **more,
        }
        self._seeded = 0
        self._install_crds(rules=False)
        for path, obj in users():
            self.api.apply(path, obj).result()

    @contextmanager
    def standing(self, *layers: str, objects: Mapping[str, Json] | None = None) -> Iterator[Stand]:
        """These layers up, and no other, with the objects of CASES and those of `objects`."""
        stand = self.seeded(objects or {})
        with ExitStack() as stack:
            for layer in layers:
                stack.enter_context(self._layers[layer]())
            self.await_refusals(refused=True)
            yield stand
        self.await_refusals(refused=False)

    def seeded(self, objects: Mapping[str, Json]) -> Stand:
        """The objects of CASES and these, which are made now; no layer must be up."""
        made = self._all_made(self._cases, objects)
        return replace(self._cases, objects={**self._cases.objects, **made})

    @cached_property
    def _cases(self) -> Stand:
        stand = Stand(self.api, self.new_namespace("stand"), {}, {})
        self._may_approve(stand.namespace)
        request = self._made(stand.placed(base("CertificateRequest"), REQUEST), _APPROVED)
        stand = replace(stand, owners={REQUEST: request})
        order = self._made(stand.placed(base("Order"), ORDER))
        stand = replace(stand, owners={REQUEST: request, ORDER: order})
        return replace(stand, objects=self._all_made(stand, _olds() | _CANARIES))

    def _all_made(self, stand: Stand, objects: Mapping[str, Json]) -> dict[str, Json]:
        placed = [
            stand.placed(obj, f"object-{self._seeded + number}")
            for number, obj in enumerate(objects.values())
        ]
        self._seeded += len(placed)
        return dict(zip(objects, self.api.each(self._made, placed), strict=True))

    def new_namespace(self, name: str) -> str:
        """Make it."""
        obj = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        self.api.call("POST", "/api/v1/namespaces", obj).result()
        return name

    def await_refusals(self, *, refused: bool) -> None:
        """Wait until the API server has taken note of the layers: it does so kind by kind."""
        for name in _CANARIES:
            bent = changed(self._cases.objects[name], {("spec", "issuerRef", "name"): "canary"})
            until(partial(self._is_refused, bent, refused), f"{name} refused: {refused}")

    def _is_refused(self, bent: Json, refused: bool) -> bool:
        return self.api.replace(bent, query=DRY).passed is not refused

    def _install_crds(self, *, rules: bool) -> None:
        """Our definitions as they are, or without validation by CEL."""
        for definition in definitions():
            path = f"{_CRDS}/{definition['metadata']['name']}"
            self.api.apply(path, definition if rules else without_rules(definition)).result()
        for name in CRDS:
            until(partial(self._established, name), f"{name} is established")

    @contextmanager
    def _applied(self, parts: Sequence[Json]) -> Iterator[None]:
        for obj in parts:
            self.api.apply(_registered(obj), obj).result()
        try:
            yield
        finally:
            for obj in reversed(parts):
                self.api.call("DELETE", _registered(obj)).result()

    @contextmanager
    def _crd(self) -> Iterator[None]:
        self._install_crds(rules=True)
        try:
            yield
        finally:
            self._install_crds(rules=False)

    def _established(self, name: str) -> bool:
        found = self.api.call("GET", f"{_CRDS}/{name}").result()
        conditions = found.get("status", {}).get("conditions") or ()
        return any(c["type"] == "Established" and c["status"] == "True" for c in conditions)

    def _made(self, obj: Json, status: Json | None = None) -> Json:
        made = self._created(obj)
        status = status or obj.get("status")
        if not status:
            return made
        return self.api.replace(made | {"status": status}, subresource="status").result()

    def _created(self, obj: Json) -> Json:
        answer = self.api.create(obj)
        if answer.status == 404:  # established, and served a moment later
            until(lambda: self.api.create(obj).status in (201, 409), f"{location(obj)} is served")
            return self.api.read(obj).result()
        return answer.result()

    def _may_approve(self, namespace: str) -> None:
        """APPROVER for every issuer of ours, SHOPPER for the Issuer `own` of the namespace."""
        signers = {
            APPROVER.name: ["issuers.cert-manager.io/*", "clusterissuers.cert-manager.io/*"],
            SHOPPER.name: [f"issuers.cert-manager.io/{namespace}.own"],
        }
        for user, names in signers.items():
            role = f"approve-{user}"
            rule = {
                "apiGroups": ["cert-manager.io"],
                "resources": ["signers"],
                "resourceNames": names,
                "verbs": ["approve"],
            }
            api = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": role}}
            self.api.apply(
                f"{_RBAC}/clusterroles/{role}", {**api, "kind": "ClusterRole", "rules": [rule]}
            ).result()
            group = "rbac.authorization.k8s.io"
            binding = {
                **api,
                "kind": "ClusterRoleBinding",
                "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": role},
                "subjects": [{"apiGroup": group, "kind": "User", "name": user}],
            }
            self.api.apply(f"{_RBAC}/clusterrolebindings/{role}", binding).result()


_CANARIES: Final = {f"canary {kind}": base(kind) for kind in KINDS}
_APPROVED: Final[Json] = {
    "conditions": [{"type": "Approved", "status": "True", "reason": "test", "message": ""}]
}


def _olds() -> dict[str, Json]:
    return {
        case.name: changed(base(case.kind), case.old)
        for case in CASES
        if case.operation == "UPDATE"
    }


def _registered(obj: Json) -> str:
    return f"{_ADMISSION}/{_PLURALS[obj['kind']]}/{obj['metadata']['name']}"

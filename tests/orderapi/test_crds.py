"""The definitions against the API that they are a drop-in for, field by field where it matters."""

import re
from typing import Any

import pytest

from orderapi.crds import definitions
from orderapi.states import ALL
from orderapi.usages import USAGES
from tests.orderapi.test_schema import nodes, schema_of

BY_KIND = {definition["spec"]["names"]["kind"]: definition for definition in definitions()}
PATHS = {kind: dict(nodes(schema_of(definition))) for kind, definition in BY_KIND.items()}
ATOMIC = {"type": "array", "x-kubernetes-list-type": "atomic"}
POD = "http01.ingress.podTemplate.spec"
STATES = {"type": "string", "enum": list(ALL)}
TIME = {"type": "string", "format": "date-time"}
BYTES = {"type": "string", "format": "byte"}
BASE64 = {
    "type": "string",
    "pattern": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
}
"""As rules of a CRD can compare it."""
BASE64 = {
    "type": "string",
    "pattern": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
}
SIGNATURES = ["SHA256WithRSA", "SHA384WithRSA", "SHA512WithRSA", "ECDSAWithSHA256"]
SIGNATURES += ["ECDSAWithSHA384", "ECDSAWithSHA512", "PureEd25519"]
CONDITIONS = ATOMIC | {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]}
LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"

PLAIN: dict[str, dict[str, dict[str, Any]]] = {
    "Order": {
        ".spec.request": BASE64,
        ".spec.dnsNames": ATOMIC,
        ".spec.duration": {"type": "string"},
        ".status.state": STATES,
        ".status.authorizations": ATOMIC,
        ".status.authorizations[].challenges": ATOMIC,
        ".status.authorizations[].initialState": STATES,
        ".status.authorizations[].wildcard": {"type": "boolean"},
        ".status.certificate": BASE64,
        ".status.failureTime": TIME,
        ".status.finalizeURL": {"type": "string"},
    },
    "Challenge": {
        ".spec.type": {"type": "string", "enum": ["HTTP-01", "DNS-01"]},
        ".spec.wildcard": {"type": "boolean"},
        ".status.presentedAt": TIME,
        ".status.state": STATES,
        ".status.presentedSolver": {"type": "string"},
    },
    "Certificate": {
        ".spec.additionalOutputFormats[].type": {"type": "string", "enum": ["DER", "CombinedPEM"]},
        ".spec.keystores.pkcs12.profile": {
            "type": "string",
            "enum": ["LegacyRC2", "LegacyDES", "Modern2023", "Modern2026"],
        },
        ".spec.privateKey.algorithm": {"type": "string", "enum": ["RSA", "ECDSA", "Ed25519"]},
        ".spec.privateKey.encoding": {"type": "string", "enum": ["PKCS1", "PKCS8"]},
        ".spec.privateKey.rotationPolicy": {"type": "string", "enum": ["Never", "Always"]},
        ".spec.privateKey.size": {"type": "integer"},
        ".spec.renewBeforePercentage": {"type": "integer", "format": "int32"},
        ".spec.renewal.policy": {"type": "string", "enum": ["RenewBefore", "Disabled"]},
        ".spec.renewal.windows[].cron": {"type": "string", "minLength": 1},
        ".spec.renewal.windows[].windowDuration": {
            "type": "string",
            "pattern": r"^([0-9]+(\.[0-9]+)?(s|m|h))+$",
        },
        ".spec.revisionHistoryLimit": {"type": "integer", "format": "int32"},
        ".spec.signatureAlgorithm": {"type": "string", "enum": SIGNATURES},
        ".spec.usages[]": {"type": "string", "enum": list(USAGES)},
        ".status.acme.ari.suggestedWindow.start": TIME,
        ".status.conditions": CONDITIONS,
        ".status.conditions[].status": {"type": "string", "enum": ["True", "False", "Unknown"]},
        ".status.conditions[].observedGeneration": {"type": "integer", "format": "int64"},
        ".status.revision": {"type": "integer"},
        ".status.diagnosis.attempts": ATOMIC,
    },
    "CertificateRequest": {
        ".spec.extra{}": {"type": "array"},
        ".spec.groups": ATOMIC,
        ".spec.request": BASE64,
        ".status.ca": BYTES,
        ".status.conditions": CONDITIONS,
    },
    "ClusterIssuer": {
        ".spec.acme.caBundle": BYTES,
        ".spec.acme.externalAccountBinding.keyAlgorithm": {
            "type": "string",
            "enum": ["HS256", "HS384", "HS512"],
        },
        ".spec.acme.preferredChain": {"type": "string", "maxLength": 64},
        ".spec.acme.renewalInformationSource": {
            "type": "string",
            "enum": ["ARI", "None"],
            "default": "ARI",
        },
        ".spec.acme.solvers": ATOMIC,
        ".spec.ca.issuingCertificateURLs": ATOMIC,
        ".spec.vault.auth.appRole.roleId": {"type": "string"},
        ".spec.venafi.ngts.tsgID": {"type": "string"},
    },
}

SOLVER: dict[str, dict[str, Any]] = {
    "dns01.azureDNS.zoneType": {"type": "string", "enum": ["AzurePublicZone", "AzurePrivateZone"]},
    "dns01.cnameStrategy": {"type": "string", "enum": ["None", "Follow"]},
    "dns01.nameservers": ATOMIC,
    "dns01.rfc2136.protocol": {"type": "string", "enum": ["TCP", "UDP"]},
    "dns01.route53.accessKeyIDSecretRef.key": {"type": "string"},
    "dns01.webhook.config": {"x-kubernetes-preserve-unknown-fields": True},
    "http01.gatewayHTTPRoute.parentRefs[].group": {
        "type": "string",
        "default": "gateway.networking.k8s.io",
        "pattern": rf"^$|^{LABEL}(\.{LABEL})*$",
        "maxLength": 253,
    },
    "http01.gatewayHTTPRoute.parentRefs[].kind": {
        "type": "string",
        "default": "Gateway",
        "pattern": "^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$",
        "minLength": 1,
        "maxLength": 63,
    },
    "http01.gatewayHTTPRoute.parentRefs[].port": {
        "type": "integer",
        "format": "int32",
        "minimum": 1,
        "maximum": 65535,
    },
    "http01.ingress.class": {"type": "string"},
    f"{POD}.imagePullSecrets": ATOMIC
    | {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]},
    f"{POD}.imagePullSecrets[].name": {"type": "string", "default": ""},
    f"{POD}.securityContext.supplementalGroups[]": {"type": "integer", "format": "int64"},
    f"{POD}.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution": {
        "type": "object",
        "x-kubernetes-map-type": "atomic",
    },
    f"{POD}.tolerations[].tolerationSeconds": {"type": "integer", "format": "int64"},
    "waitInsteadOfSelfCheck": {"type": "string"},
}

ROWS = [(kind, path, expected) for kind, rows in PLAIN.items() for path, expected in rows.items()]
for place in (("Issuer", ".spec.acme.solvers[]."), ("Challenge", ".spec.solver.")):
    ROWS += [(place[0], place[1] + path, expected) for path, expected in SOLVER.items()]


@pytest.mark.parametrize(("kind", "path", "expected"), ROWS, ids=lambda part: str(part)[:80])
def test_a_field_has_exactly_these_constraints(
    kind: str, path: str, expected: dict[str, Any]
) -> None:
    structure = {"description", "items", "properties", "required", "additionalProperties"}
    node = PATHS[kind][path]
    assert {key: part for key, part in node.items() if key not in structure} == expected


@pytest.mark.parametrize(
    ("kind", "path", "required"),
    [
        ("Order", "", {"metadata", "spec"}),
        ("Order", ".spec", {"issuerRef", "request"}),
        ("Order", ".status.authorizations[]", {"url"}),
        ("Order", ".status.authorizations[].challenges[]", {"url", "type", "token"}),
        ("Challenge", "", {"metadata", "spec"}),
        (
            "Challenge",
            ".spec",
            {"authorizationURL", "dnsName", "issuerRef", "key", "solver", "token", "type", "url"},
        ),
        ("Certificate", "", set()),
        ("Certificate", ".spec", {"issuerRef", "secretName"}),
        ("Certificate", ".spec.keystores.jks", {"create"}),
        ("Certificate", ".spec.privateKey", set()),
        ("Certificate", ".spec.renewal.windows[]", {"cron", "windowDuration"}),
        ("Certificate", ".status.acme.ari.suggestedWindow", {"start", "end"}),
        ("CertificateRequest", "", set()),
        ("CertificateRequest", ".spec", {"issuerRef", "request"}),
        ("Issuer", "", {"spec"}),
        ("Issuer", ".spec.acme", {"privateKeySecretRef", "server"}),
        ("Issuer", ".spec.acme.externalAccountBinding", {"keyID", "keySecretRef"}),
        ("Issuer", ".spec.acme.solvers[].dns01.webhook", {"groupName", "solverName"}),
        ("Issuer", ".spec.acme.solvers[].dns01.azureDNS", {"resourceGroupName", "subscriptionID"}),
        ("Issuer", ".spec.vault", {"auth", "path", "server"}),
        ("Issuer", ".spec.venafi", {"zone"}),
        ("ClusterIssuer", ".status.conditions[]", {"type", "status"}),
    ],
)
def test_these_fields_are_required(kind: str, path: str, required: set[str]) -> None:
    assert set(PATHS[kind][path].get("required", ())) == required


def test_only_four_defaults_are_written_into_objects() -> None:
    """Everything else is decided at run time: what Git owns stays as Git has it."""
    found = {
        re.sub(r".*\.", "", path)
        for paths in PATHS.values()
        for path, node in paths.items()
        if "default" in node
    }
    assert found == {"renewalInformationSource", "group", "kind", "name"}


def test_conditions_of_requests_have_no_generation() -> None:
    assert ".status.conditions[].observedGeneration" not in PATHS["CertificateRequest"]
    assert ".status.conditions[].observedGeneration" in PATHS["Issuer"]


def test_a_quantity_is_a_number_or_a_text() -> None:
    node = PATHS["Issuer"][f".spec.acme.solvers[].{POD}.resources.limits{{}}"]
    assert node["x-kubernetes-int-or-string"] is True
    for quantity in ("1", "100m", "1.5Gi", "2e3", "+.5M"):
        assert re.search(node["pattern"], quantity)
    for quantity in ("", "1 Gi", "one", "1Gib"):
        assert not re.search(node["pattern"], quantity)


def test_both_ways_of_http01_take_the_same_pod() -> None:
    solver = ".spec.acme.solvers[].http01."
    ingress, route = (
        PATHS["Issuer"][f"{solver}{way}.podTemplate"] for way in ("ingress", "gatewayHTTPRoute")
    )
    assert ingress == route


def test_issuers_are_the_same_in_both_scopes() -> None:
    for part in (".spec", ".status"):
        assert PATHS["Issuer"][part] == PATHS["ClusterIssuer"][part]


def test_exactly_one_kind_of_venafi() -> None:
    (rule,) = PATHS["Issuer"][".spec.venafi"]["x-kubernetes-validations"]
    assert all(f"has(self.{kind})" in rule["rule"] for kind in ("tpp", "cloud", "ngts"))
    assert rule["rule"].endswith("== 1")


READY = '.status.conditions[?(@.type == "Ready")]'
COLUMNS = {
    "Certificate": [
        ("Ready", f"{READY}.status", 0),
        ("Secret", ".spec.secretName", 0),
        ("Issuer", ".spec.issuerRef.name", 1),
        ("Status", f"{READY}.message", 1),
        ("Expiration", ".status.notAfter", 1),
    ],
    "CertificateRequest": [
        ("Approved", READY.replace("Ready", "Approved") + ".status", 0),
        ("Denied", READY.replace("Ready", "Denied") + ".status", 0),
        ("Ready", f"{READY}.status", 0),
        ("Issuer", ".spec.issuerRef.name", 0),
        ("Requester", ".spec.username", 0),
        ("Status", f"{READY}.message", 1),
    ],
    "Issuer": [("Ready", f"{READY}.status", 0), ("Status", f"{READY}.message", 1)],
    "ClusterIssuer": [("Ready", f"{READY}.status", 0), ("Status", f"{READY}.message", 1)],
    "Order": [
        ("State", ".status.state", 0),
        ("Issuer", ".spec.issuerRef.name", 1),
        ("Reason", ".status.reason", 0),
    ],
    "Challenge": [
        ("State", ".status.state", 0),
        ("Domain", ".spec.dnsName", 0),
        ("Reason", ".status.reason", 0),
    ],
}


@pytest.mark.parametrize("kind", BY_KIND)
def test_columns(kind: str) -> None:
    columns = BY_KIND[kind]["spec"]["versions"][0]["additionalPrinterColumns"]
    found = [(column["name"], column["jsonPath"], column.get("priority", 0)) for column in columns]
    assert found == [*COLUMNS[kind], ("Age", ".metadata.creationTimestamp", 0)]
    assert [column["name"] for column in columns if column["type"] == "date"] == ["Age"]


@pytest.mark.parametrize(
    ("kind", "plural", "short", "categories", "scope"),
    [
        ("Certificate", "certificates", ["cert", "certs"], ["cert-manager"], "Namespaced"),
        (
            "CertificateRequest",
            "certificaterequests",
            ["cr", "crs"],
            ["cert-manager"],
            "Namespaced",
        ),
        ("Issuer", "issuers", ["iss"], ["cert-manager"], "Namespaced"),
        ("ClusterIssuer", "clusterissuers", ["ciss"], ["cert-manager"], "Cluster"),
        ("Order", "orders", None, ["cert-manager", "cert-manager-acme"], "Namespaced"),
        ("Challenge", "challenges", None, ["cert-manager", "cert-manager-acme"], "Namespaced"),
    ],
)
def test_names(
    kind: str, plural: str, short: list[str] | None, categories: list[str], scope: str
) -> None:
    definition = BY_KIND[kind]
    spec = definition["spec"]
    assert definition["metadata"]["name"] == f"{plural}.{spec['group']}"
    assert spec["names"].get("shortNames") == short
    assert spec["names"]["categories"] == categories
    assert spec["scope"] == scope
    (version,) = spec["versions"]
    assert (version["name"], version["served"], version["storage"]) == ("v1", True, True)
    assert version["subresources"] == {"status": {}}


@pytest.mark.parametrize("kind", BY_KIND)
def test_selectable_fields(kind: str) -> None:
    version = BY_KIND[kind]["spec"]["versions"][0]
    found = [field["jsonPath"] for field in version.get("selectableFields", ())]
    refs = [f".spec.issuerRef.{part}" for part in ("group", "kind", "name")]
    expected = {"Issuer": [], "ClusterIssuer": [], "Certificate": [*refs, ".spec.secretName"]}
    assert found == expected.get(kind, refs)


def _rules(kind: str, path: str) -> dict[str, str]:
    rules = PATHS[kind][path].get("x-kubernetes-validations", ())
    return {rule["fieldPath"]: rule["rule"] for rule in rules}


@pytest.mark.parametrize("kind", ["Order", "Challenge", "CertificateRequest"])
def test_every_field_of_a_spec_is_frozen(kind: str) -> None:
    fields = {f".{name}" for name in PATHS[kind][".spec"]["properties"]} - {".issuerRef"}
    parts = {f".issuerRef.{name}" for name in PATHS[kind][".spec.issuerRef"]["properties"]}
    assert set(_rules(kind, ".spec")) == fields | parts


def test_what_else_never_changes() -> None:
    once = {".status.url", ".status.finalizeURL", ".status.certificate", ".status.state"}
    assert set(_rules("Order", "")) == once
    assert set(_rules("Challenge", "")) == {".status.state"}
    assert set(_rules("CertificateRequest", "")) == {".spec"}
    assert not [kind for kind in ("Certificate", "Issuer", "ClusterIssuer") if _rules(kind, "")]


def test_people_are_told_what_to_do_instead() -> None:
    for kind in ("Order", "Challenge", "CertificateRequest"):
        for rule in PATHS[kind][".spec"]["x-kubernetes-validations"]:
            assert "spec never changes; delete " in rule["message"]
            assert rule["reason"] == "FieldValueForbidden"

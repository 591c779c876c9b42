"""Every field of the schemas is frozen, by the rules of the CRDs alone and by the policies alone.

What is tried comes from the schema, so a field that is added later is tried too.
"""

from collections.abc import Iterator

import pytest

from orderapi.crds import definitions
from tests.admission.case import CRD, POLICY, base
from tests.admission.layers import DRY, KINDS, Ground, Stand
from tests.admission.variants import least, variants
from tests.orderapi import maximal

SCHEMAS = {
    definition["spec"]["names"]["kind"]: definition["spec"]["versions"][0]["schema"][
        "openAPIV3Schema"
    ]["properties"]["spec"]
    for definition in definitions()
}
SPECS = {"whole": maximal.value, "least": least}
AT_LEAST = {"Order": 30, "Challenge": 800, "CertificateRequest": 30}


OBJECTS = {
    f"{kind} {name}": base(kind) | {"spec": make(SCHEMAS[kind], "spec")}
    for kind in KINDS
    for name, make in SPECS.items()
}


@pytest.fixture(scope="module", params=(CRD, POLICY))
def stand(ground: Ground, request: pytest.FixtureRequest) -> Iterator[Stand]:
    """One layer, and objects that have every field, or as few as may be."""
    with ground.standing(request.param, objects=OBJECTS) as standing:
        yield standing


@pytest.mark.parametrize(
    "kind", ["Order", "CertificateRequest", pytest.param("Challenge", marks=pytest.mark.slow)]
)
def test_no_change_of_a_spec_gets_by(stand: Stand, kind: str) -> None:
    tried, passed = 0, []
    for name in SPECS:
        obj = stand.objects[f"{kind} {name}"]
        for note, spec in variants(SCHEMAS[kind], obj["spec"]):
            tried += 1
            answer = stand.api.replace({**obj, "spec": spec}, query=DRY)
            if answer.passed or "spec never changes" not in answer.message:
                passed.append(f"{note}: {answer.message[:300]}")
    assert passed == []
    assert tried >= AT_LEAST[kind]

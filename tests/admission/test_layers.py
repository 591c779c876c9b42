"""Each layer of admission alone, then all of them as they are shipped, against the table of cases.

Every field of the schemas is frozen too, by the rules of the CRDs alone and by the policies alone:
what is tried there comes from the schema, so a field that is added later is tried as well.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import pytest

from orderapi.crds import definitions
from tests.admission.api import DRY, Answer, Json
from tests.admission.case import CRD, LAYERS, POLICY, WEBHOOK, Case, base
from tests.admission.cases import CASES
from tests.admission.layers import KINDS, Ground, Stand
from tests.admission.variants import least, variants
from tests.orderapi import maximal

SCHEMAS: Final = {
    definition["spec"]["names"]["kind"]: definition["spec"]["versions"][0]["schema"][
        "openAPIV3Schema"
    ]["properties"]["spec"]
    for definition in definitions()
}
SPECS: Final = {"whole": maximal.value, "least": least}
OBJECTS: Final = {
    f"{kind} {name}": base(kind) | {"spec": make(SCHEMAS[kind], "spec")}
    for kind in KINDS
    for name, make in SPECS.items()
}
AT_LEAST: Final = {"Order": 30, "Challenge": 300, "CertificateRequest": 35}


@dataclass(frozen=True, slots=True)
class Tried:
    """Some layers, and what they made of the cases."""

    layers: tuple[str, ...]
    stand: Stand
    answers: Mapping[str, Answer]


@pytest.fixture(
    scope="module",
    params=[(CRD,), (POLICY,), (WEBHOOK,), LAYERS],
    ids=lambda layers: "+".join(layers),
)
def tried(ground: Ground, request: pytest.FixtureRequest) -> Iterator[Tried]:
    """These layers, and nothing else."""
    with ground.standing(*request.param, objects=OBJECTS) as stand:
        answers = stand.api.each(stand.attempt, CASES)
        names = (case.name for case in CASES)
        yield Tried(request.param, stand, dict(zip(names, answers, strict=True)))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(tried: Tried, case: Case) -> None:
    """It is refused where one of these layers is to refuse it, and passes elsewhere."""
    answer = tried.answers[case.name]
    if case.refused(*tried.layers):
        assert not answer.passed, "it passed"
        assert answer.status in (403, 422), answer.message
        assert case.says in answer.message
    else:
        assert answer.passed, answer.message


# In the order of the fixture's own parameters, so that a stand serves all its tests.
@pytest.mark.parametrize("tried", [(CRD,), (POLICY,)], indirect=True, ids="".join)
@pytest.mark.parametrize("kind", KINDS)
def test_no_change_of_a_spec_gets_by(tried: Tried, kind: str) -> None:
    def passed(bent: tuple[str, Json]) -> str:
        note, obj = bent
        answer = tried.stand.api.replace(obj, query=DRY)
        refused = not answer.passed and "spec never changes" in answer.message
        return "" if refused else f"{note}: {answer.message[:300]}"

    bent = [
        (note, {**obj, "spec": spec})
        for obj in (tried.stand.objects[f"{kind} {name}"] for name in SPECS)
        for note, spec in variants(SCHEMAS[kind], obj["spec"])
    ]
    assert len(bent) >= AT_LEAST[kind]
    assert not [told for told in tried.stand.api.each(passed, bent) if told]

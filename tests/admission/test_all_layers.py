"""The table of cases with everything as it is shipped."""

from collections.abc import Iterator

import pytest

from tests.admission.case import LAYERS, Case
from tests.admission.cases import CASES
from tests.admission.judged import check
from tests.admission.layers import Ground, Stand


@pytest.fixture(scope="module")
def stand(ground: Ground) -> Iterator[Stand]:
    """Rules of the CRDs, policies and webhook."""
    with ground.standing(*LAYERS) as standing:
        yield standing


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(stand: Stand, case: Case) -> None:
    check(stand, case, *LAYERS)

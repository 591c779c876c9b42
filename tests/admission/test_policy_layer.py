"""The table of cases with the policies alone."""

from collections.abc import Iterator

import pytest

from tests.admission.case import POLICY, Case
from tests.admission.cases import CASES
from tests.admission.judged import check
from tests.admission.layers import Ground, Stand


@pytest.fixture(scope="module")
def stand(ground: Ground) -> Iterator[Stand]:
    """The policies, and nothing else."""
    with ground.standing(POLICY) as standing:
        yield standing


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(stand: Stand, case: Case) -> None:
    check(stand, case, POLICY)

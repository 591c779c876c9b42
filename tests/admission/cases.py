"""The one table of what is refused, for every layer: CRD, policy and webhook."""

from typing import Final

from tests.admission.case import Case
from tests.admission.cases_making import creation_cases, ownership_cases
from tests.admission.cases_requests import approval_cases, decision_cases, identity_cases
from tests.admission.cases_spec import equal_cases, inner_cases, spec_cases
from tests.admission.cases_status import annotation_cases, status_cases

CASES: Final[tuple[Case, ...]] = (
    *spec_cases(),
    *inner_cases(),
    *equal_cases(),
    *annotation_cases(),
    *status_cases(),
    *ownership_cases(),
    *creation_cases(),
    *identity_cases(),
    *approval_cases(),
    *decision_cases(),
)

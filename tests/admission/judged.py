"""What a layer said about a case, against the table."""

from tests.admission.case import Case
from tests.admission.layers import Stand


def check(stand: Stand, case: Case, *layers: str) -> None:
    """The request is refused where one of these layers is to refuse it, and passes elsewhere."""
    answer = stand.attempt(case)
    if case.refused(*layers):
        assert not answer.passed, "it passed"
        assert answer.status in (403, 422), answer.message
        assert case.says in answer.message
    else:
        assert answer.passed, answer.message

"""What is remembered of the CA between two looks at an Order."""

from controller.acme import messages
from controller.acme.problem import Problem, Unreachable
from controller.orders.knowledge import Notebook
from controller.orders.observed import Trouble
from controller.verdict import facts_of
from orderapi.diagnosis import MAX_ATTEMPTS
from tests.controller.orders.build import NOW, SECOND, URL, shown_authorization

DOWN = facts_of(Unreachable("down"))
REFUSED = facts_of(Problem(status=403, kind="orderNotReady", detail="no"))


def order(status: str) -> messages.Order:
    return messages.Order(url=URL, status=status)


def trouble(notebook: Notebook) -> Trouble | None:
    return notebook.of("uid").trouble


def test_polls_are_counted_while_the_status_stays() -> None:
    notebook = Notebook()
    notebook.saw("uid", order("pending"), NOW, polled=False)
    notebook.saw("uid", order("pending"), NOW + SECOND, polled=True)
    notebook.saw("uid", order("pending"), NOW + 2 * SECOND, polled=True)
    sighting = notebook.of("uid").sighting
    assert sighting is not None
    assert (sighting.polls, sighting.since, sighting.at) == (2, NOW, NOW + 2 * SECOND)
    notebook.saw("uid", order("ready"), NOW + 3 * SECOND, polled=True)
    sighting = notebook.of("uid").sighting
    assert sighting is not None
    assert (sighting.polls, sighting.since) == (1, NOW + 3 * SECOND)


def test_failures_in_a_row_are_counted_by_step_and_end_with_a_success() -> None:
    notebook = Notebook()
    for number in range(1, 8):
        notebook.failed("uid", "create", DOWN, NOW, issuer_version="1")
        found = trouble(notebook)
        assert found is not None
        assert found.attempts == number
    assert len(notebook.of("uid").attempts) == MAX_ATTEMPTS
    notebook.failed("uid", "read", DOWN, NOW, issuer_version="1")
    found = trouble(notebook)
    assert found is not None
    assert (found.step, found.attempts) == ("read", 1)
    notebook.read("uid", (shown_authorization(0),), NOW)
    assert trouble(notebook) is None


def test_a_look_at_the_order_does_not_undo_a_refused_finalize() -> None:
    notebook = Notebook()
    notebook.failed("uid", "finalize", REFUSED, NOW, issuer_version="1")
    notebook.saw("uid", order("ready"), NOW, polled=True)
    assert trouble(notebook) is not None
    notebook.saw("uid", order("processing"), NOW, polled=False)
    assert trouble(notebook) is None


def test_what_is_forgotten_leaves_nothing() -> None:
    notebook = Notebook()
    notebook.saw("uid", order("ready"), NOW, polled=False)
    notebook.forget("uid")
    notebook.forget("uid")
    assert len(notebook) == 0
    assert notebook.of("uid").sighting is None

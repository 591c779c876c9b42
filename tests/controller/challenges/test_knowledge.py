"""What is remembered of a Challenge between two looks, and the credentials that are held for it."""

from controller.acme import messages
from controller.acme.problem import Problem, Unreachable
from controller.challenges.knowledge import Notebook, Purse
from controller.challenges.observed import Knowledge
from controller.solvers.credentials import Credentials
from controller.verdict import facts_of
from orderapi.challenge import ChallengeStatus
from orderapi.diagnosis import MAX_ATTEMPTS
from tests.controller.challenges.build import a_sighting
from tests.controller.orders.build import NOW, SECOND

URL = "https://ca.example/challenge/0/dns-01"
DOWN = facts_of(Unreachable("down"))
REFUSED = facts_of(Problem(status=403, kind="unauthorized", detail="no"))


def shown(status: str = "pending", own: str = "pending") -> messages.Authorization:
    return a_sighting(status, own=own).authorization


def known(notebook: Notebook) -> Knowledge:
    return notebook.of("uid")


def test_a_first_publication_tells_that_the_ca_was_not_told() -> None:
    notebook = Notebook()
    notebook.presenting("uid")
    assert (known(notebook).tried_to_present, known(notebook).presented_at) == (True, None)
    notebook.presented("uid", NOW, ChallengeStatus(presented=True))
    assert not known(notebook).knows_answered
    notebook.presented("uid", NOW, ChallengeStatus())
    assert (known(notebook).knows_answered, known(notebook).answered_at) == (True, None)


def test_what_was_certainly_not_published_leaves_no_mark() -> None:
    notebook = Notebook()
    notebook.presenting("uid")
    notebook.not_presented("uid")
    assert not known(notebook).tried_to_present


def test_the_authorization_tells_whether_the_ca_was_told() -> None:
    notebook = Notebook()
    notebook.saw("uid", shown(), NOW, url=URL)
    assert (known(notebook).knows_answered, known(notebook).answered_at) == (True, None)
    notebook.saw("uid", shown(own="processing"), NOW, url=URL)
    assert known(notebook).answered_at == NOW


def test_polls_are_counted_from_the_answer() -> None:
    notebook = Notebook()
    notebook.saw("uid", shown(), NOW, url=URL)
    notebook.answered("uid", NOW + SECOND)
    for number in (1, 2, 3):
        notebook.saw("uid", shown(own="processing"), NOW + (number + 1) * SECOND, url=URL)
        sighting = known(notebook).sighting
        assert sighting is not None
        assert sighting.polls == number


def test_failures_in_a_row_are_counted_by_step_and_end_with_a_success() -> None:
    notebook = Notebook()
    for _ in range(7):
        notebook.failed("uid", "present", DOWN, NOW)
    trouble = known(notebook).trouble
    assert trouble is not None
    assert (trouble.attempts, len(known(notebook).attempts)) == (7, MAX_ATTEMPTS)
    notebook.presented("uid", NOW, ChallengeStatus())
    assert known(notebook).trouble is None


def test_a_look_does_not_undo_a_refused_answer_unless_the_challenge_has_moved() -> None:
    notebook = Notebook()
    notebook.failed("uid", "answer", REFUSED, NOW)
    notebook.saw("uid", shown(), NOW, url=URL)
    assert known(notebook).trouble is not None
    notebook.saw("uid", shown(own="processing"), NOW, url=URL)
    assert known(notebook).trouble is None


def test_tries_to_clean_up_are_counted_from_the_first() -> None:
    notebook = Notebook()
    notebook.not_cleaned("uid", "down", NOW, hopeless=False)
    notebook.not_cleaned("uid", "gone", NOW + SECOND, hopeless=True)
    tried = known(notebook).clean_ups
    assert tried is not None
    assert (tried.tries, tried.first_at, tried.last_at) == (2, NOW, NOW + SECOND)
    assert (tried.message, tried.hopeless) == ("gone", True)


def test_what_is_forgotten_leaves_nothing() -> None:
    notebook = Notebook()
    notebook.cleaned("uid")
    notebook.forget("uid")
    notebook.forget("uid")
    assert len(notebook) == 0
    assert known(notebook) == Knowledge()


def credentials(text: bytes) -> Credentials:
    return Credentials({("tsig", "secret"): text})


def test_the_purse_holds_the_newest_and_shows_nothing() -> None:
    purse = Purse(most=2)
    for uid, text in (("a", b"1"), ("b", b"2"), ("a", b"3"), ("c", b"4")):
        purse.hold(uid, credentials(text), used_for="x")
    assert len(purse) == 2
    assert purse.get("b", used_for="x") is None
    held = purse.get("a", used_for="x")
    assert held is not None
    assert "3" not in repr(held)
    purse.drop("a")
    purse.drop("a")
    assert purse.get("a", used_for="x") is None


def test_the_purse_gives_nothing_for_what_a_challenge_was_changed_to() -> None:
    purse = Purse()
    purse.hold("a", credentials(b"1"), used_for="what was published")
    assert purse.get("a", used_for="what somebody made of it") is None
    assert purse.get("a", used_for="what was published") is not None

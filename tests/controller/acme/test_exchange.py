"""The nonce rule, driven by lists of answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.acme.answers import Answer
from controller.acme.exchange import FetchNonce, NoncePool, Send, Step, exchange
from controller.acme.problem import Violation
from tests.controller.acme.build import a_problem, an_answer


def drive(answers: list[Answer], pool: NoncePool | None = None) -> tuple[list[Step], Answer]:
    """What the exchange does when these answers come, and the answer that it returns."""
    steps: list[Step] = []
    machine = exchange(NoncePool() if pool is None else pool)
    step = next(machine)
    for answer in answers:
        steps.append(step)
        try:
            step = machine.send(answer)
        except StopIteration as last:
            assert answer is answers[-1], "it ended too early"
            final: Answer = last.value
            return steps, final
    raise AssertionError(f"it wants to go on: {step}")


def fresh(nonce: str) -> Answer:
    return an_answer(200, replay_nonce=nonce)


def refused(nonce: str = "") -> Answer:
    return a_problem(400, "badNonce", replay_nonce=nonce)


def test_the_first_request_fetches_a_nonce() -> None:
    done = an_answer(201, {}, replay_nonce="n2")
    assert drive([fresh("n1"), done]) == ([FetchNonce(), Send("n1")], done)


def test_the_nonce_of_one_answer_serves_the_next_request() -> None:
    pool = NoncePool()
    drive([fresh("n1"), an_answer(200, {}, replay_nonce="n2")], pool)
    done = an_answer(200, {})
    assert drive([done], pool) == ([Send("n2")], done)


def test_an_answer_without_a_nonce_costs_a_fetch_and_nothing_else() -> None:
    pool = NoncePool()
    drive([fresh("n1"), an_answer(200, {})], pool)
    assert drive([fresh("n2"), an_answer(200, {})], pool)[0] == [FetchNonce(), Send("n2")]


def test_the_freshest_nonce_goes_first() -> None:
    pool = NoncePool()
    for name in ("old", "new"):
        pool.put(fresh(name))
    assert drive([an_answer()], pool)[0] == [Send("new")]


def test_a_bad_nonce_is_retried_with_the_one_that_came_with_it() -> None:
    pool = NoncePool()
    for name in ("stale1", "stale2"):
        pool.put(fresh(name))
    steps, _ = drive([refused("n1"), an_answer()], pool)
    assert steps == [Send("stale2"), Send("n1")]
    assert pool.take() is None, "the other stale nonces are forgotten"


def test_a_bad_nonce_without_a_new_one_fetches() -> None:
    steps, _ = drive([fresh("n1"), refused(), fresh("n2"), an_answer()])
    assert steps == [FetchNonce(), Send("n1"), FetchNonce(), Send("n2")]


def test_ten_retries_then_the_refusal_counts() -> None:
    answers = [fresh("n0"), *(refused(f"n{n}") for n in range(1, 12))]
    steps, final = drive(answers)
    assert steps == [FetchNonce(), *(Send(f"n{n}") for n in range(11))]
    assert final is answers[-1]


@pytest.mark.parametrize("status", [400, 403, 429, 500])
def test_other_refusals_are_not_retried_and_their_nonce_is_kept(status: int) -> None:
    pool = NoncePool()
    answer = a_problem(status, "malformed", "bad nonce", replay_nonce="n2")
    assert drive([fresh("n1"), answer], pool)[1] is answer
    assert pool.take() == "n2"


def test_newnonce_without_a_nonce_is_a_violation() -> None:
    with pytest.raises(Violation, match="Replay-Nonce"):
        drive([an_answer(204)])


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=40))
def test_no_nonce_is_ever_used_twice(script: list[tuple[bool, bool]]) -> None:
    pool, used, number = NoncePool(), [], 0
    for bad, with_nonce in script:
        machine = exchange(pool)
        step = next(machine)
        for _ in range(50):
            number += 1
            name = f"n{number}" if with_nonce or isinstance(step, FetchNonce) else ""
            if isinstance(step, Send):
                used.append(step.nonce)
            refuse = bad and isinstance(step, Send)
            try:
                step = machine.send(refused(name) if refuse else fresh(name))
            except StopIteration:
                break
        else:
            raise AssertionError("it never ends")
    assert len(used) == len(set(used))


@given(st.integers(0, 100))
def test_the_pool_is_bounded(count: int) -> None:
    pool = NoncePool()
    for number in range(count):
        pool.put(fresh(f"n{number}"))
    taken = 0
    while pool.take() is not None:
        taken += 1
    assert taken == min(count, 32)

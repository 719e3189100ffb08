# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The search goes from complaint to complaint, and ends."""

from typing import List

from dg_pytorch_ros.probing.guess import Guess, Guesses
from dg_pytorch_ros.probing.hint import Hint
from dg_pytorch_ros.probing.outcome import Outcome, Result
from dg_pytorch_ros.probing.search import Finding, search, starting_points
import numpy as np

ONE = (Guess((), 'float32'),)
TWO = (Guess((), 'float32'), Guess((), 'float32'))


class Module:
    """Wants [1, 48] and, after that, [1, 12]."""

    def __init__(self) -> None:
        self.tried: List[Guesses] = []

    def __call__(self, guesses: Guesses) -> Outcome:
        self.tried.append(guesses)
        for guess, wanted in zip(guesses, (48, 12)):
            if guess.shape != (1, wanted):
                return Outcome(complaint=f'expected {wanted}, got {(guess.shape or (0,))[-1]}')
        return Outcome((Result('output', 'float32', (1, 1)),))


def look(module: object, starts: List[Guesses], tries: int = 100) -> Finding:
    counter = iter(range(tries))
    return search(
        module, starts, (), lambda: next(counter, None) is None)  # type: ignore[arg-type]


def test_one_argument_after_the_other_is_put_right() -> None:
    module = Module()
    finding = look(module, starting_points(TWO, [Hint(), Hint()]))
    assert [guess.shape for guess in finding.guesses] == [(1, 48), (1, 12)]
    assert len(module.tried) == 3


def test_nothing_is_tried_twice() -> None:
    module = Module()
    look(module, [(Guess((3, 3), 'float32'), Guess((3, 3), 'float32'))], tries=50)
    assert len(module.tried) == len(set(module.tried))


def test_the_search_ends_when_it_is_told_to() -> None:
    module = Module()
    finding = look(module, starting_points(TWO, [Hint(), Hint()]), tries=2)
    assert len(module.tried) == 2
    assert not finding.outcome.runs
    assert finding.outcome.complaint.startswith('expected 12')  # which is farther than 48


def test_guesses_without_an_objection_are_better_than_others() -> None:
    def attempt(guesses: Guesses) -> Outcome:
        fits = guesses[0].shape == (4,)
        return Outcome(
            (Result('output', 'float32', (1,)),), objection='' if fits else 'expected 4, got 7')
    finding = look(attempt, [(Guess((7,), 'float32'),)])
    assert finding.guesses[0].shape == (4,)


def test_an_objection_that_nothing_helps_against_is_accepted() -> None:
    def attempt(guesses: Guesses) -> Outcome:
        return Outcome((Result('output', 'float32', (1,)),), objection='no negative numbers')
    finding = look(attempt, [(Guess((7,), 'float32'),)], tries=1000)
    assert finding.outcome.objection == 'no negative numbers'
    assert finding.guesses == (Guess((7,), 'float32'),)


def test_the_search_begins_with_what_the_graph_says() -> None:
    starts = starting_points(TWO, [Hint((1, 45)), Hint(dtype='int64')])
    assert starts[0] == (Guess((1, 45), 'float32'), Guess((1, 11), 'int64'))
    assert len(starts) == len(set(starts))


def test_what_is_settled_is_in_every_start() -> None:
    settled = (Guess((1, 3), 'float32', is_settled=True), *ONE)
    for start in starting_points(settled, [Hint((1, 45)), Hint()]):
        assert start[0] == settled[0]


def test_a_value_has_numbers_between_0_and_1_or_their_negatives() -> None:
    guess = Guess((2, 3), 'float32')
    value = guess.value()
    assert value.dtype == np.float32
    assert value.shape == (2, 3)
    assert 0 < value.min() <= value.max() < 1
    assert np.array_equal(guess.value(negated=True), -value)
    assert not Guess((5,), 'int64').value().any()
    assert Guess((5,), 'bool').value().dtype == np.bool_

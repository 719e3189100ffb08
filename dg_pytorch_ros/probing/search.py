# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Look for shapes on which a module runs."""

from dataclasses import dataclass, replace
from heapq import heappop, heappush
from itertools import count
from typing import Callable, Iterator, List, Optional, Sequence, Tuple

from dg_pytorch_ros.probing.complaints import repairs
from dg_pytorch_ros.probing.guess import Guess, Guesses
from dg_pytorch_ros.probing.hint import Hint
from dg_pytorch_ros.probing.outcome import Outcome, Trial

# A size of its own for each argument: a complaint that names it tells whose it is.
_TELLING_SIZES = (7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71)
_STEP = 0.2
_NEXT_BEST = 0.03
_NO_PROGRESS = 1.0
_TRIES_AFTER_OBJECTION = 100


@dataclass(frozen=True)
class Finding:
    """Guesses on which the module runs, or the best of those on which it does not."""

    guesses: Guesses
    outcome: Outcome


def search(
    trial: Trial, starts: Sequence[Guesses], numbers: Sequence[int],
    is_over: Callable[[], bool]
) -> Finding:
    """
    Try guesses, repair them as the complaints about them suggest, and try again.

    Those come first that are fewest steps away from a start; a step after which the module
    complains of something else is a small one.
    """
    order = count()
    waiting: List[Tuple[float, int, Guesses, str, int]] = []
    for start_cost, start in enumerate(starts):
        heappush(waiting, (float(start_cost), next(order), start, '', 0))
    seen = set()
    runs: Optional[Finding] = None
    tries_left: Optional[int] = None
    deepest: Optional[Tuple[int, Finding]] = None
    while waiting and not is_over() and tries_left != 0:
        cost, _, guesses, complaint_before, depth = heappop(waiting)
        if guesses in seen:
            continue
        seen.add(guesses)
        outcome = trial(guesses)
        if tries_left is not None:
            tries_left -= 1
        if outcome.runs and not outcome.objection:
            return Finding(guesses, outcome)
        if outcome.runs and runs is None:
            runs, tries_left = Finding(guesses, outcome), _TRIES_AFTER_OBJECTION
        complaint = outcome.complaint or outcome.objection
        if complaint == complaint_before:
            cost += _NO_PROGRESS
        else:
            depth += 1
        if deepest is None or depth > deepest[0]:
            deepest = depth, Finding(guesses, outcome)
        for index, repaired in enumerate(repairs(complaint, guesses, numbers)):
            if outcome.runs and _dtypes(repaired) != _dtypes(guesses):
                continue  # whole numbers would only hide that it does not like some values
            heappush(waiting, (
                cost + _STEP + _NEXT_BEST * index, next(order), repaired, complaint, depth))
    if runs is not None:
        return runs
    return deepest[1] if deepest else Finding(starts[0], Outcome(complaint='nothing was tried'))


def _dtypes(guesses: Guesses) -> List[str]:
    return [guess.dtype for guess in guesses]


def starting_points(settled: Guesses, hints: Sequence[Hint]) -> List[Guesses]:
    """Return what to begin with, the likeliest first; settled guesses are in all of it."""
    return list(dict.fromkeys(_starting_points(settled, hints)))


def _starting_points(settled: Guesses, hints: Sequence[Hint]) -> Iterator[Guesses]:
    own = [
        _TELLING_SIZES[index % len(_TELLING_SIZES)] for index in range(len(settled))]
    same = [_TELLING_SIZES[0]] * len(settled)
    yield tuple(
        _hinted(guess, hint, (1, size)) for guess, hint, size in zip(settled, hints, own))
    for sizes in (own, same):
        yield tuple(_open(guess, (1, size)) for guess, size in zip(settled, sizes))
        yield tuple(_open(guess, (size,)) for guess, size in zip(settled, sizes))
    yield tuple(_open(guess, (1,)) for guess in settled)
    yield tuple(_open(guess, (1, 1, size)) for guess, size in zip(settled, own))
    yield tuple(_open(guess, (1, size, 64, 64)) for guess, size in zip(settled, own))
    yield tuple(_open(guess, ()) for guess in settled)


def _hinted(guess: Guess, hint: Hint, shape: Tuple[int, ...]) -> Guess:
    if guess.is_settled:
        return guess
    return Guess(hint.shape or shape, hint.dtype or guess.dtype)


def _open(guess: Guess, shape: Tuple[int, ...]) -> Guess:
    return guess if guess.is_settled else replace(guess, shape=shape)

# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""From one set of shapes that runs to what is free in it."""

from dataclasses import dataclass
from typing import Callable, FrozenSet, Iterator, List, Sequence, Set, Tuple

from dg_pytorch_ros.probing.complaints import USUAL_SIDES
from dg_pytorch_ros.probing.guess import Guesses, with_shape, with_size
from dg_pytorch_ros.probing.hint import Hint
from dg_pytorch_ros.probing.outcome import Outcome, Trial
from dg_pytorch_ros.probing.search import Finding

# An axis of one of the arguments.
Place = Tuple[int, int]

_ROUND_STEPS = (32, 16, 8, 4, 2)


@dataclass(frozen=True)
class Freedom:
    """
    What may be otherwise in guesses on which a module runs.

    `alone` are axes of any size, `together` sets of axes of any size that is the same in all of
    them; sizes in `sums` must add up. Arguments in `any_rank` may have any number of axes, those
    in `single` may be one number, whatever the others are. `varying` are the axes of results (by
    their index) that change with free sizes.
    """

    alone: FrozenSet[Place] = frozenset()
    together: Tuple[FrozenSet[Place], ...] = ()
    sums: Tuple[FrozenSet[Place], ...] = ()
    any_rank: FrozenSet[int] = frozenset()
    single: FrozenSet[int] = frozenset()
    varying: FrozenSet[Place] = frozenset()

    @property
    def places(self) -> Set[Place]:
        """All axes whose size may vary."""
        return set().union(self.alone, *self.together, *self.sums)


class Refinement:
    """Tries the neighbours of guesses on which a module runs."""

    def __init__(
        self, trial: Trial, finding: Finding, hints: Sequence[Hint], is_over: Callable[[], bool]
    ) -> None:
        self._trial = trial
        self._hints = hints
        self._is_over = is_over
        self._guesses = finding.guesses
        self._outcome = finding.outcome
        self._varying: Set[Place] = set()

    @property
    def finding(self) -> Finding:
        """The guesses that were chosen, and what comes of them."""
        return Finding(self._guesses, self._outcome)

    def settle(self) -> None:
        """Choose among shapes that are as good as the one that was found."""
        self._settle_ranks()
        self._settle_pictures()

    def freedom(self) -> Freedom:
        """Return what may be otherwise; arguments of any rank then have one axis, if they can."""
        freedom = self._freedom()
        flat = self._guesses
        for index in freedom.any_rank:
            flat = self._of_rank(flat, index, 1)
        return self._freedom() if flat != self._guesses and self._accept(flat) else freedom

    def _freedom(self) -> Freedom:
        self._varying.clear()
        open_places = [
            (index, axis) for index, guess in enumerate(self._guesses) if not guess.is_settled
            for axis in range(len(guess.shape))
            if axis not in self._hints[index].pinned]
        alone = {place for place in open_places if self._is_free([place])}
        bound = [place for place in open_places if place not in alone]
        together = self._groups(bound)
        bound = [place for place in bound if not any(place in group for group in together)]
        sums = self._sums(bound)
        free = set().union(alone, *together)
        any_rank = self._any_rank(free)
        single = frozenset(
            index for index in any_rank if self._runs(with_shape(self._guesses, index, (1,))))
        return Freedom(
            frozenset(alone), tuple(together), tuple(sums), any_rank, single,
            frozenset(self._varying))

    # Ranks

    def _settle_ranks(self) -> None:
        """Give values that may have any rank that of the result."""
        unsure = [
            index for index, guess in enumerate(self._guesses)
            if not guess.is_settled and not self._hints[index].has_rank]
        ranks = [len(result.shape) for result in self._outcome.results if result.shape is not None]
        if not unsure or not ranks:
            return
        together = self._guesses
        for index in unsure:
            together = self._of_rank(together, index, ranks[0])
        if not self._accept(together):
            for index in unsure:
                self._accept(self._of_rank(self._guesses, index, ranks[0]))

    def _of_rank(self, guesses: Guesses, index: int, rank: int) -> Guesses:
        shape = guesses[index].shape
        if shape[:-1] != (1,) * (len(shape) - 1) or not 1 <= rank:
            return guesses
        return with_shape(guesses, index, (*(1,) * (rank - 1), *shape[-1:]))

    def _any_rank(self, free: Set[Place]) -> FrozenSet[int]:
        """Find the arguments all of whose axes are free, and that may have another axis."""
        candidates = [
            index for index, guess in enumerate(self._guesses)
            if not guess.is_settled and guess.shape
            and free.issuperset((index, axis) for axis in range(len(guess.shape)))]
        found = {
            index for index in candidates
            if self._runs(self._with_another_axis(self._guesses, [index]))}
        if self._runs(self._with_another_axis(self._guesses, candidates)):
            return frozenset(candidates)
        return frozenset(found)

    def _with_another_axis(self, guesses: Guesses, indices: Sequence[int]) -> Guesses:
        for index in indices:
            guesses = with_shape(guesses, index, (2, *guesses[index].shape))
        return guesses

    # Sizes

    def _settle_pictures(self) -> None:
        """Give pictures whose size is not quite fixed a usual one, or a round one."""
        for index, guess in enumerate(self._guesses):
            if guess.is_settled or len(guess.shape) != 4 or guess.shape[2] != guess.shape[3]:
                continue
            side = guess.shape[2]
            near = [usual for usual in USUAL_SIDES if abs(usual - side) <= 8]
            near += [side // step * step for step in _ROUND_STEPS]
            for better in near:
                if side in USUAL_SIDES or self._accept(with_shape(
                        self._guesses, index, (*guess.shape[:2], better, better))):
                    break

    def _is_free(self, places: Sequence[Place]) -> bool:
        """Whether these axes may have other sizes, all of them the same."""
        size = self._size(places[0])
        outcomes = []
        is_stated = all(self._hints[index].is_stated for index, _ in places)
        smaller = () if is_stated else (size - 1 if size > 1 else size + 2,)
        for other in (size + 1, *smaller, 2 * size + 3):
            guesses = self._guesses
            for index, axis in places:
                guesses = with_size(guesses, index, axis, other)
            outcome = self._try(guesses)
            if not outcome.runs:
                return False
            outcomes.append(outcome)
        for outcome in outcomes:
            self._note_varying(outcome)
        return True

    def _groups(self, bound: Sequence[Place]) -> List[FrozenSet[Place]]:
        """Find sets of axes that may have any size, as long as it is the same."""
        groups: List[FrozenSet[Place]] = []
        left = list(bound)
        while left:
            first = left[0]
            group = next(
                (group for group in self._companions(first, left) if self._is_free(group)), None)
            if group is not None:
                groups.append(frozenset(group))
            left = [place for place in left if place != first and place not in (group or ())]
        return groups

    def _companions(self, first: Place, places: Sequence[Place]) -> Iterator[List[Place]]:
        same = [place for place in places if self._size(place) == self._size(first)]
        from_front = [place for place in same if place[1] == first[1]]
        from_behind = [
            place for place in same if self._from_behind(place) == self._from_behind(first)]
        pairs = [[first, place] for place in same if place != first]
        for companions in (*pairs, from_front, from_behind, same):
            if len(companions) > 1:
                yield companions

    def _sums(self, bound: Sequence[Place]) -> List[FrozenSet[Place]]:
        """Find arguments of which one may have more at its end if the other has less."""
        groups: List[FrozenSet[Place]] = []
        left = [place for place in bound if self._from_behind(place) == 1]
        while left:
            first, *others = left
            group = [first] + [place for place in others if self._may_lend(first, place)]
            if len(group) > 1:
                groups.append(frozenset(group))
            left = [place for place in left if place not in group]
        return groups

    def _may_lend(self, first: Place, second: Place) -> bool:
        steps = [step for step in (1, -1) if -self._size(first) < step < self._size(second)]
        # One of size 1 may be stretched to that of the other: then it is not the sum that counts.
        return bool(steps) and all(
            self._runs(self._larger(self._larger(self._guesses, first, step), second, -step))
            for step in steps) and not any(
            self._runs(self._larger(self._guesses, place, 1)) for place in (first, second))

    def _larger(self, guesses: Guesses, place: Place, step: int) -> Guesses:
        return with_size(guesses, *place, self._size(place) + step)

    def _size(self, place: Place) -> int:
        index, axis = place
        return self._guesses[index].shape[axis]

    def _from_behind(self, place: Place) -> int:
        index, axis = place
        return len(self._guesses[index].shape) - axis

    # Tries

    def _accept(self, guesses: Guesses) -> bool:
        outcome = self._try(guesses)
        if outcome.runs:
            self._guesses, self._outcome = guesses, outcome
            return True
        return False

    def _runs(self, guesses: Guesses) -> bool:
        return self._try(guesses).runs

    def _try(self, guesses: Guesses) -> Outcome:
        if self._is_over():
            return Outcome(complaint='the time is over')
        outcome = self._trial(guesses)
        if outcome.runs and outcome.objection and not self._outcome.objection:
            return Outcome(complaint=outcome.objection)
        return outcome

    def _note_varying(self, outcome: Outcome) -> None:
        for index, (result, other) in enumerate(zip(self._outcome.results, outcome.results)):
            first, second = result.shape or (), other.shape or ()
            if len(first) == len(second):
                self._varying |= {
                    (index, axis) for axis in range(len(first)) if first[axis] != second[axis]}

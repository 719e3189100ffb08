# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Find the shapes that a module accepts."""

from dataclasses import replace
from time import monotonic
from typing import Callable, Iterable, Mapping, Optional, Tuple

from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.config.node_config import ModelConfig
from dg_pytorch_ros.contract import Argument
from dg_pytorch_ros.errors import ConfigError
from dg_pytorch_ros.model_file import ModelFile
from dg_pytorch_ros.probing.guess import Guess, Guesses, Shape
from dg_pytorch_ros.probing.introduction import Introduction
from dg_pytorch_ros.probing.keeper import Keeper
from dg_pytorch_ros.probing.outcome import Result, Trial
from dg_pytorch_ros.probing.probed import Probed, ProbedArgument
from dg_pytorch_ros.probing.refinement import Freedom, Refinement
from dg_pytorch_ros.probing.search import Finding, search, starting_points

_MOST_TRIES = 3000
_LEAST_TRY_S = 0.5

Report = Callable[[float], None]


def find_shapes(
    file: ModelFile, *, seconds: float = 20.0, progress: Optional[Report] = None,
    given: Optional[Mapping[str, Shape]] = None, config: Optional[ModelConfig] = None
) -> Probed:
    """
    Run a module on one shape after another, and return those on which it runs.

    That takes up to so many seconds once the module is loaded, in a process of its own;
    `progress` hears how many have passed. Shapes that are `given`, by argument, are not changed.
    `config` says how it is loaded. Raise ModelFileError if it cannot be.
    """
    with Keeper(
            file, config or ModelConfig(str(file.path)),
            try_takes_s=max(seconds / 4, _LEAST_TRY_S)) as keeper:
        begin = monotonic()

        def is_over() -> bool:
            passed = monotonic() - begin
            if progress is not None:
                progress(min(passed, seconds))
            return passed >= seconds or keeper.tries >= _MOST_TRIES or keeper.has_given_up
        probed = probe(
            keeper.attempt, keeper.introduction, is_over=is_over, given=given or {})
        return replace(probed, tries=keeper.tries)


def introduce(file: ModelFile, config: ModelConfig) -> Probed:
    """Return what a module says of itself, without running it."""
    with Keeper(file, config, try_takes_s=_LEAST_TRY_S) as keeper:
        return _unknown(keeper.introduction)


def probe(
    trial: Trial, introduction: Introduction, *, is_over: Callable[[], bool],
    given: Mapping[str, Shape]
) -> Probed:
    """Find out what there is to find, with whatever tries it."""
    start = _first_guesses(introduction, given)
    hints = introduction.hints
    starts = starting_points(start, hints.arguments)
    finding = search(trial, starts, hints.numbers, is_over)
    if not finding.outcome.runs:
        if all(hint.shape or guess.is_settled for hint, guess in zip(hints.arguments, start)):
            # What it says to the shapes of its own layers tells more than any later try.
            finding = Finding(starts[0], trial(starts[0]))
        return replace(
            _unknown(introduction), complaint=finding.outcome.complaint,
            guessed_shapes=tuple(guess.shape for guess in finding.guesses))
    refinement = Refinement(trial, finding, hints.arguments, is_over)
    refinement.settle()
    freedom = refinement.freedom()
    finding = refinement.finding
    return Probed(
        introduction.signature,
        tuple(
            _describe(introduction, finding.guesses, freedom, index)
            for index in range(len(introduction.arguments))),
        tuple(
            _with_free_sizes(result, freedom, index)
            for index, result in enumerate(finding.outcome.results)),
        finding.outcome.results, runs=True, objection=finding.outcome.objection)


def _first_guesses(introduction: Introduction, given: Mapping[str, Shape]) -> Guesses:
    names = [argument.name for argument in introduction.arguments]
    for name in given:
        if name not in names:
            raise ConfigError(
                f'a shape is given for {name!r}, which is no argument to be fed; arguments: '
                f'{enumeration(names)}')
    return tuple(
        _first_guess(argument, dtype, given)
        for argument, dtype in zip(introduction.arguments, introduction.dtypes))


def _first_guess(argument: Argument, dtype: str, given: Mapping[str, Shape]) -> Guess:
    shape: Optional[Shape] = () if argument.is_scalar else given.get(argument.name)
    if shape is None and argument.shape is not None and -1 not in argument.shape:
        shape = argument.shape
    return Guess(shape or (), dtype, is_settled=shape is not None)


def _unknown(introduction: Introduction) -> Probed:
    hints = introduction.hints.arguments
    return Probed(introduction.signature, tuple(
        ProbedArgument(
            argument, dtype, dtype, shape=argument.shape,
            sample_shape=None if argument.shape is None else hint.shape)
        for argument, dtype, hint in zip(introduction.arguments, introduction.dtypes, hints)))


def _describe(
    introduction: Introduction, guesses: Guesses, freedom: Freedom, index: int
) -> ProbedArgument:
    guess, names = guesses[index], [argument.name for argument in introduction.arguments]
    free = freedom.places
    shape = tuple(
        -1 if (index, axis) in free else size for axis, size in enumerate(guess.shape))
    like = _companions(index, freedom.together)
    joined_with = _companions(index, freedom.sums)
    return ProbedArgument(
        introduction.arguments[index], guess.dtype, introduction.dtypes[index],
        shape=None if index in freedom.any_rank else shape, sample_shape=guess.shape,
        like=tuple(names[other] for other in like),
        fits_alone=index in freedom.single,
        joined_with=tuple(names[other] for other in joined_with),
        total=sum(guesses[other].shape[-1] for other in (index, *joined_with))
        if joined_with else 0)


def _companions(index: int, groups: Iterable['frozenset[Tuple[int, int]]']) -> Tuple[int, ...]:
    return tuple(sorted({
        other for group in groups if any(place[0] == index for place in group)
        for other, _ in group} - {index}))


def _with_free_sizes(result: Result, freedom: Freedom, index: int) -> Result:
    if result.shape is None:
        return result
    return replace(result, shape=tuple(
        -1 if (index, axis) in freedom.varying else size
        for axis, size in enumerate(result.shape)))

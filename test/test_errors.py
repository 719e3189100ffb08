# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""All problems are said at once, each by itself, and none twice."""

from dg_pytorch_ros.errors import (
    about, ConfigError, ConfigErrors, ContractError, ModelFileError, Problems, together)
import pytest


def fail(text: str) -> int:
    raise ConfigError(text)


def test_an_error_is_its_own_only_problem() -> None:
    error = ContractError('a')
    assert error.problems == (error,)
    assert together([error]) is error


def test_several_problems_make_one_error_that_keeps_them_apart() -> None:
    first, second = ModelFileError('a'), ConfigError('b; c')
    error = together([first, second])
    assert isinstance(error, ConfigErrors)
    assert str(error) == 'a; b; c' and error.problems == (first, second)


def test_what_is_attempted_gives_its_value_or_a_problem() -> None:
    problems = Problems()
    assert problems.attempt(max, 1, 2) == 2 and not problems
    problems.raise_any()
    assert problems.attempt(fail, text='a') is None
    with problems.gathered():
        fail('b')
    problems.add(together([ConfigError('b'), ConfigError('c')]))
    assert [str(problem) for problem in problems.found] == ['a', 'b', 'c']
    with pytest.raises(ConfigErrors, match='^a; b; c$'):
        problems.raise_any()


def test_a_single_problem_is_raised_as_what_it_is() -> None:
    problems = Problems()
    problems.add(ContractError('a'))
    with pytest.raises(ContractError):
        problems.raise_any()


def test_other_errors_are_not_taken_in() -> None:
    problems = Problems()
    with pytest.raises(ZeroDivisionError), problems.gathered():
        1 / 0  # noqa: B018
    with pytest.raises(ZeroDivisionError):
        problems.attempt(divmod, 1, 0)


def test_each_problem_gets_the_subject() -> None:
    with pytest.raises(ConfigErrors) as caught, about("input 'x'"):
        raise together([ConfigError('a'), ContractError('b')])
    assert [str(problem) for problem in caught.value.problems] == ["input 'x': a", "input 'x': b"]
    assert str(caught.value) == "input 'x': a; input 'x': b"

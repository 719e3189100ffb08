# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Refuse values that make no sense, each with what is allowed."""

from collections import Counter
import math
import re
from typing import Iterable, Mapping, Optional, Tuple, Union

from dg_pytorch_ros.errors import ConfigError, Problems

Number = Union[float, int, bool]
Values = Tuple[Number, ...]

_LONGEST_SPAN_MS = 1e9  # eleven days

_NAME = re.compile(r'[A-Za-z_][A-Za-z0-9_]*')


def check_rate(rate_hz: float) -> None:
    """Refuse a rate at which no timer can run."""
    if not (math.isfinite(rate_hz) and 0.0 < rate_hz <= 1e6):
        raise ConfigError(
            f'rate_hz is {rate_hz}; expected evaluations per second, above 0, up to 1000000')


def check_span(parameter: str, span: Optional[float]) -> None:
    """Refuse a length of time that nobody can wait for."""
    if span is not None and not 0.0 < span <= _LONGEST_SPAN_MS:
        raise ConfigError(
            f'{parameter} is {span}; expected a time above 0, up to {_LONGEST_SPAN_MS:g}')


def check_finite(parameter: str, values: Values) -> None:
    """Refuse values that no evaluation would be done on."""
    if not all(map(math.isfinite, values)):
        raise ConfigError(f'{parameter} is {list(values)}; expected finite numbers')


def is_name(name: str) -> bool:
    """Return whether a name can be part of a parameter's name."""
    return _NAME.fullmatch(name) is not None


def check_names(parameter: str, names: Iterable[str]) -> None:
    """Refuse names that are empty, double, or no part of a parameter's name."""
    names = list(names)
    for name in names:
        if not is_name(name):
            raise ConfigError(
                f'{parameter} holds {name!r}; a name is made of letters, digits and _, '
                'and does not begin with a digit')
    check_distinct(parameter, names)


def check_distinct(parameter: str, names: Iterable[str]) -> None:
    """Refuse names of which one is there twice."""
    doubles = [name for name, count in Counter(names).items() if count > 1]
    if doubles:
        raise ConfigError(f'{parameter} holds {doubles[0]!r} more than once; names must differ')


def enumeration(names: Iterable[str]) -> str:
    """Join names for a message; say so when there are none."""
    return ', '.join(names) or 'none'


def check_choice(parameter: str, value: str, choices: Tuple[str, ...]) -> None:
    """Refuse a word that has no meaning here."""
    if value not in choices:
        raise ConfigError(
            f'{parameter} is {value!r}; expected one of '
            f'{enumeration(choice or repr(choice) for choice in choices)}')


def check_lists(given: Mapping[str, Values]) -> None:
    """Refuse parameters without a number, and numbers that are not finite."""
    problems = Problems()
    for parameter, numbers in given.items():
        if not numbers:
            problems.add(ConfigError(
                f'{parameter} is []; expected one number for all elements, or one an element'))
        problems.attempt(check_finite, parameter, numbers)
    problems.raise_any()


def check_scale(scale: Optional[Values]) -> None:
    """Refuse a scale that leaves nothing; single elements may be masked out."""
    if scale is not None and not any(scale):
        raise ConfigError(f'scale is {list(scale)}; expected a number other than 0')

# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""When the node does not believe itself, what it does then, and what its outputs may be."""

from dataclasses import dataclass
import math
from typing import Optional, Tuple

from dg_pytorch_ros.checks import check_choice, check_lists, check_span, Values
from dg_pytorch_ros.errors import ConfigError, Problems

REACTIONS = ('skip', 'hold', 'fallback', 'deactivate')


@dataclass(frozen=True)
class LimitsConfig:
    """What one output may be, how fast it may change, and what replaces it."""

    minimum: Optional[Values] = None
    maximum: Optional[Values] = None
    max_rate: Optional[Values] = None
    fallback: Optional[Values] = None

    def __post_init__(self) -> None:
        """Refuse limits that no value could keep, and a fallback beyond them."""
        given = self._given()
        check_lists(given)
        _check_equal_lengths(given)
        problems = Problems()
        problems.attempt(self._check_max_rate)
        for lower, upper in (('min', 'max'), ('min', 'fallback'), ('fallback', 'max')):
            problems.attempt(_check_order, given, lower, upper)
        problems.raise_any()

    def _check_max_rate(self) -> None:
        if min(self.max_rate or (1.0,)) <= 0.0:
            raise ConfigError(
                f'max_rate is {list(self.max_rate or ())}; expected a change per second above 0')

    def _given(self) -> 'dict[str, Values]':
        named = {
            'min': self.minimum, 'max': self.maximum, 'max_rate': self.max_rate,
            'fallback': self.fallback}
        return {name: values for name, values in named.items() if values is not None}


@dataclass(frozen=True)
class TrustConfig:
    """When the node does not believe itself, and what it does then."""

    on_stale: str = 'skip'
    on_nonfinite: str = 'skip'
    on_error: str = 'skip'
    on_overrun: str = 'publish'
    deadline_ms: Optional[float] = None
    max_failures: int = 100
    fade_in_s: float = 0.0
    enable_topic: str = ''
    enable_max_age_ms: Optional[float] = None
    exclusive_outputs: bool = False

    def __post_init__(self) -> None:
        """Refuse words that are no reaction, and settings that would do nothing."""
        problems = Problems()
        for name in ('on_stale', 'on_nonfinite', 'on_error'):
            problems.attempt(check_choice, name, getattr(self, name), REACTIONS)
        problems.attempt(check_choice, 'on_overrun', self.on_overrun, ('publish', *REACTIONS))
        problems.attempt(check_span, 'deadline_ms', self.deadline_ms)
        problems.attempt(check_span, 'enable_max_age_ms', self.enable_max_age_ms)
        problems.attempt(self._check_numbers)
        problems.attempt(self._check_company)
        problems.raise_any()

    @property
    def falling_back(self) -> Tuple[str, ...]:
        """The parameters that ask for the fallback to be published."""
        return tuple(
            name for name in ('on_stale', 'on_nonfinite', 'on_error', 'on_overrun')
            if getattr(self, name) == 'fallback')

    def _check_numbers(self) -> None:
        problems = Problems()
        if not 0 <= self.max_failures:
            problems.add(ConfigError(
                f'max_failures is {self.max_failures}; expected a count, or 0 for no limit'))
        if not (math.isfinite(self.fade_in_s) and self.fade_in_s >= 0):
            problems.add(ConfigError(
                f'fade_in_s is {self.fade_in_s}; expected seconds, 0 for none'))
        problems.raise_any()

    def _check_company(self) -> None:
        """Refuse what does nothing without another parameter."""
        problems = Problems()
        if self.on_overrun in REACTIONS and self.deadline_ms is None:
            problems.add(ConfigError(
                f'on_overrun is {self.on_overrun!r}, but deadline_ms is not set, so nothing would '
                'ever be an overrun'))
        if self.enable_max_age_ms is not None and not self.enable_topic:
            problems.add(ConfigError(
                'enable_max_age_ms is set, but enable_topic is not; set both'))
        problems.raise_any()


def _check_equal_lengths(given: 'dict[str, Values]') -> None:
    lists = [(name, values) for name, values in given.items() if len(values) > 1]
    problems = Problems()
    for name, values in lists[1:]:
        other, others = lists[0]
        if len(values) != len(others):
            problems.add(ConfigError(
                f'{name} is {list(values)}, but {other} is {list(others)}; expected one number '
                f'for all elements, or {len(others)}'))
    problems.raise_any()


def _check_order(given: 'dict[str, Values]', lower: str, upper: str) -> None:
    if lower not in given or upper not in given:
        return
    count = max(len(given[lower]), len(given[upper]))
    pairs = zip(_repeated(given[lower], count), _repeated(given[upper], count))
    if not all(low <= high for low, high in pairs):
        wrong, limit = (lower, upper) if lower == 'fallback' else (upper, lower)
        raise ConfigError(
            f'{wrong} is {list(given[wrong])}, but {limit} is {list(given[limit])}; expected '
            f'{lower} <= {upper} in every element')


def _repeated(values: Values, count: int) -> Values:
    return values * count if len(values) == 1 else values

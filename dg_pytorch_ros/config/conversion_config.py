# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What is done to the numbers of a message before the module gets them."""

from dataclasses import dataclass
from typing import Dict, Optional

from dg_pytorch_ros.checks import check_finite, check_lists, check_scale, Values
from dg_pytorch_ros.errors import ConfigError, Problems

# In the order of their use.
_LISTS = ('offset', 'scale', 'mean', 'std')


@dataclass(frozen=True)
class ConversionConfig:
    """
    What is done to each number, in this order.

    NaN and the infinities are replaced, `offset` is added, `scale` multiplied by, `mean`
    subtracted, `std` divided by, and the result cut to `clip`.
    """

    scale: Optional[Values] = None
    offset: Optional[Values] = None
    clip: Optional[Values] = None
    nan: Optional[float] = None
    posinf: Optional[float] = None
    neginf: Optional[float] = None
    mean: Optional[Values] = None
    std: Optional[Values] = None

    def __post_init__(self) -> None:
        """Refuse what would make no numbers of numbers, or the same number of all."""
        problems = Problems()
        problems.attempt(check_lists, self.lists)
        problems.attempt(check_scale, self.scale)
        problems.attempt(self._check_std)
        for name, number in self.replacements.items():
            problems.attempt(check_finite, f'replace.{name}', (number,))
        problems.attempt(self._check_clip)
        problems.raise_any()

    @property
    def is_idle(self) -> bool:
        """Whether all numbers stay as they are."""
        return self == ConversionConfig()

    @property
    def lists(self) -> Dict[str, Values]:
        """What is given as one number for all elements or as one each, in the order of use."""
        given = {name: getattr(self, name) for name in _LISTS}
        return {name: values for name, values in given.items() if values is not None}

    @property
    def replacements(self) -> Dict[str, float]:
        """What replaces what is no finite number."""
        given = {'nan': self.nan, 'posinf': self.posinf, 'neginf': self.neginf}
        return {name: number for name, number in given.items() if number is not None}

    def _check_std(self) -> None:
        if 0.0 in (self.std or ()):
            raise ConfigError(f'std is {list(self.std or ())}; expected no 0 to divide by')

    def _check_clip(self) -> None:
        if self.clip is None:
            return
        check_finite('clip', self.clip)
        if len(self.clip) != 2 or self.clip[0] > self.clip[1]:
            raise ConfigError(
                f'clip is {list(self.clip)}; expected [low, high], with low <= high')

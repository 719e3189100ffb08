# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What is done to the numbers of an output before they are published."""

from dataclasses import dataclass
from typing import Dict, Optional

from dg_pytorch_ros.checks import check_lists, check_scale, Values
from dg_pytorch_ros.errors import Problems


@dataclass(frozen=True)
class ScalingConfig:
    """What an output is multiplied by, and what is added then."""

    scale: Optional[Values] = None
    offset: Optional[Values] = None

    def __post_init__(self) -> None:
        """Refuse what would make no numbers of numbers, or the same number of all."""
        problems = Problems()
        problems.attempt(check_lists, self.lists)
        problems.attempt(check_scale, self.scale)
        problems.raise_any()

    @property
    def is_idle(self) -> bool:
        """Whether all numbers stay as they are."""
        return not self.lists

    @property
    def lists(self) -> Dict[str, Values]:
        """What is given, in the order of use."""
        given = {'scale': self.scale, 'offset': self.offset}
        return {name: values for name, values in given.items() if values is not None}

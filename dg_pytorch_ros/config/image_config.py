# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What the user says about how pictures become arrays."""

from dataclasses import dataclass
from typing import Optional, Tuple

from dg_pytorch_ros.checks import check_choice
from dg_pytorch_ros.errors import ConfigError, Problems

LAYOUTS = ('hwc', 'chw')
COLORS = ('', 'rgb', 'bgr', 'gray')

_LARGEST_SIDE = 2 ** 15


@dataclass(frozen=True)
class ImageConfig:
    """The order of the axes, the size to resize to, and the colours; as sent where not said."""

    layout: str = 'hwc'
    resize: Optional[Tuple[int, int]] = None  # height, width
    color: str = ''

    def __post_init__(self) -> None:
        """Refuse what has no meaning."""
        problems = Problems()
        problems.attempt(check_choice, 'layout', self.layout, LAYOUTS)
        problems.attempt(check_choice, 'color', self.color, COLORS)
        if self.resize is not None:
            problems.attempt(_check_size, self.resize)
        problems.raise_any()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is asked for."""
        return self == ImageConfig()


def _check_size(size: Tuple[int, int]) -> None:
    if len(size) != 2 or min(size) < 1 or max(size) > _LARGEST_SIDE:
        raise ConfigError(
            f'resize is {list(size)}; expected height and width, each from 1 to {_LARGEST_SIDE}')

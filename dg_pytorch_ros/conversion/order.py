# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What shall be converted, and how it is proved."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Optional, Tuple

from dg_pytorch_ros.conversion.layout import Layout
from dg_pytorch_ros.model_file import ModelFile


@dataclass(frozen=True)
class Order:
    """
    A file, what its arguments are, and where what is made of it goes.

    `output_names` are those of the source: of a list or a dict, only a run tells them.
    """

    file: ModelFile
    target: str
    layouts: Tuple[Layout, ...]
    output_names: Tuple[str, ...]
    imports: Tuple[str, ...] = ()
    runs: int = 10
    seed: int = 0
    absolute: Optional[float] = None
    relative: Optional[float] = None
    place: Path = Path()

    def placed(self, place: Path) -> 'Order':
        """Return it with another place for the result."""
        return replace(self, place=place)


@dataclass(frozen=True)
class Made:
    """
    What was made: the shapes that its arguments have, and what else there is to say.

    `cautions` are what somebody should know who deploys it, `seconds` what it took.
    """

    shapes: Tuple[Tuple[int, ...], ...]
    cautions: Tuple[str, ...]
    seconds: float

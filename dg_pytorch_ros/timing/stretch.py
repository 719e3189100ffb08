# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What a workbench gives."""

from dataclasses import dataclass
from typing import Optional, Sequence

from dg_pytorch_ros.timing.subject import Fed, Given
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Stretch:
    """The durations of runs one after the other, and what there was after them."""

    durations_ms: NDArray[np.float64]
    wall_s: float
    cpu_s: float
    missed: int
    resident_bytes: Optional[int]


@dataclass(frozen=True)
class Start:
    """What is known when the module is warm."""

    durations_ms: NDArray[np.float64]
    fed: Sequence[Fed]
    given: Sequence[Given]
    granted: Sequence[str]
    complaints: Sequence[str]
    resident_bytes: Optional[int]

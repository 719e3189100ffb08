# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What is asked of a replay."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Mapping, Optional, Tuple


@dataclass(frozen=True)
class Order:
    """What is asked for; times are in seconds since the beginning of the bag."""

    parameters: Path
    bag: Path
    assignments: Tuple[str, ...] = ()
    node_name: str = ''
    namespace: str = ''
    remaps: Tuple[Tuple[str, str], ...] = ()
    begin_s: Optional[float] = None
    end_s: Optional[float] = None
    may_miss: bool = False
    output: Optional[Path] = None
    storage: str = ''
    csv: Optional[Path] = None
    force: bool = False
    compare: bool = False
    recorded_as: Mapping[str, str] = field(default_factory=dict)
    tolerance: float = 0.0
    max_unpaired: float = 1.0
    plot: Optional[Path] = None
    seed: int = 0

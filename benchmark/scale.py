# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""How long everything is measured."""

from dataclasses import asdict, dataclass, replace
from typing import Any, Dict, Optional, Tuple


@dataclass(frozen=True)
class Scale:
    """The lengths of all measurements."""

    is_quick: bool
    rates_hz: Tuple[int, ...]
    rounds: int
    slice_s: float
    settle_s: float
    round_trips: int
    paced_round_trips: int
    image_round_trips: int
    settling_round_trips: int
    block: int
    paced_hz: float
    image_hz: float
    starts: int
    steady_durations: int
    fleet_size: int
    fleet_s: float
    soak_s: float
    guard_blocks: int
    message_blocks: int
    format_starts: int
    format_turns: int
    format_paced_turns: int

    def as_dict(self) -> Dict[str, Any]:
        """Return what goes into the JSON file."""
        return asdict(self)


FULL = Scale(
    is_quick=False,
    rates_hz=(100, 500, 1000, 2000, 4000, 5000, 6000, 8000, 10000, 12000, 16000),
    rounds=3, slice_s=5.0, settle_s=1.0,
    round_trips=3000, paced_round_trips=500, image_round_trips=200, settling_round_trips=100,
    block=50, paced_hz=100.0, image_hz=6.0,
    starts=5, steady_durations=2000,
    fleet_size=10, fleet_s=10.0,
    soak_s=600.0, guard_blocks=500, message_blocks=100,
    format_starts=3, format_turns=100, format_paced_turns=15)

QUICK = replace(
    FULL, is_quick=True,
    rates_hz=(1000, 2000, 5000), rounds=1, slice_s=2.0, settle_s=0.5,
    round_trips=400, paced_round_trips=100, image_round_trips=40, settling_round_trips=20,
    starts=2, steady_durations=400,
    fleet_s=3.0, soak_s=20.0, guard_blocks=100, message_blocks=10,
    format_starts=1, format_turns=10, format_paced_turns=2)


def choose_scale(*, is_quick: bool, soak_minutes: Optional[float]) -> Scale:
    """Return the lengths that the user asked for."""
    scale = QUICK if is_quick else FULL
    return scale if soak_minutes is None else replace(scale, soak_s=60.0 * soak_minutes)

# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Six simulated joints of a robot arm: torques in, motion out."""

from array import array
from math import isfinite
from typing import Sequence

STEP_S = 0.001
COMMAND_TIMEOUT_S = 0.1

# From the shoulder to the hand. A controller of 5 Nm/rad that hardly damps settles the joints in
# two to four seconds, with a little overshoot.
INERTIA_KG_M2 = (1.2, 1.0, 0.8, 0.5, 0.3, 0.2)
FRICTION_NM_S = (3.6, 3.3, 3.0, 2.4, 1.8, 1.5)

_COUNT = len(INERTIA_KG_M2)
_COMMAND_TIMEOUT_STEPS = round(COMMAND_TIMEOUT_S / STEP_S)


class Joints:
    """
    Turning masses with viscous friction, at rest at 0 rad in the beginning.

    Like real drives, they go limp when no command arrives within COMMAND_TIMEOUT_S.
    """

    def __init__(self) -> None:
        self.position = array('d', [0.0] * _COUNT)
        self.velocity = array('d', [0.0] * _COUNT)
        self._torque: Sequence[float] = [0.0] * _COUNT
        self._steps_since_command = 0

    def command(self, torque: Sequence[float]) -> None:
        """Apply torques in Nm from now on; what is not six finite numbers is ignored."""
        if len(torque) == _COUNT and all(map(isfinite, torque)):
            self._torque = torque
            self._steps_since_command = 0

    def step(self) -> None:
        """Move on by STEP_S."""
        self._steps_since_command += 1
        if self._steps_since_command > _COMMAND_TIMEOUT_STEPS:
            self._torque = [0.0] * _COUNT
        for index, torque in enumerate(self._torque):
            friction = FRICTION_NM_S[index] * self.velocity[index]
            self.velocity[index] += STEP_S * (torque - friction) / INERTIA_KG_M2[index]
            # The new velocity moves the position: this order does not add energy.
            self.position[index] += STEP_S * self.velocity[index]

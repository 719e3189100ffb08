# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What goes into the models, and what comes out."""

from typing import Dict, List

SHAPES: Dict[str, List[int]] = {
    'mlp': [1, 48], 'gru': [1, 48], 'lstm': [1, 48], 'chain': [1, 48], 'conv': [1, 3, 224, 224]}
PD_INPUTS = {
    'sin_kp': 1, 'sin_kd': 1, 'sin_position': 6, 'sin_velocity': 6, 'sin_des_position': 6,
    'sin_des_velocity': 6}
ACTIONS = 12

# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What goes into the models, and what comes out."""

from typing import Dict, List

SHAPES: Dict[str, List[int]] = {'mlp': [1, 48], 'gru': [1, 48], 'conv': [1, 3, 224, 224]}
ACTIONS = 12

# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Values that show how parameters without a default are written."""

from typing import Any, Dict

EXAMPLES: Dict[str, Any] = {
    'clip': [-5.0, 5.0],
    'constant': [1.0],
    'deadline_ms': 10.0,
    'enable_max_age_ms': 300.0,
    'fallback': [0.0],
    'field': 'position',
    'initial': [0.0],
    'input_names': ['observation'],
    'max': [1.0],
    'max_age_ms': 100.0,
    'max_rate': [10.0],
    'mean': [0.485, 0.456, 0.406],
    'min': [-1.0],
    'model_imports': ['torchvision'],
    'names': ['hip', 'knee'],
    'offset': [0.0],
    'output_names': ['action'],
    'part_names': ['position', 'velocity'],
    'realtime.cpu_affinity': [1],
    'realtime.priority': 80,
    'replace.nan': 0.0,
    'replace.neginf': 0.0,
    'replace.posinf': 30.0,
    'resize': [224, 224],
    'scale': [1.0],
    'select': ['hip', 'knee'],
    'shape': [1, 48],
    'std': [0.229, 0.224, 0.225],
    'time_from_start_ms': 20.0,
    'trigger_inputs': ['observation'],
}

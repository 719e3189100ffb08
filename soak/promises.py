# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What the node under test is told to keep, and what all that it sends is compared with."""

from typing import Dict, List, Tuple

RATE_HZ = 1000.0
PERIOD_S = 1.0 / RATE_HZ
JOINTS = 6
# Behind the torques, the numbers of the two messages that they were made of.
SIZE = JOINTS + 2
MAX_AGE_MS = 50.0
ENABLE_MAX_AGE_MS = 500.0

_LARGEST_NUMBER = 1e15
MINIMUM: Tuple[float, ...] = (*[-2.0] * JOINTS, -1.0, -1.0)
MAXIMUM: Tuple[float, ...] = (*[2.0] * JOINTS, _LARGEST_NUMBER, _LARGEST_NUMBER)
MAX_RATE: Tuple[float, ...] = (*[50.0] * JOINTS, 1e18, 1e18)
# No message is numbered -1: a fallback cannot be taken for an output.
FALLBACK: Tuple[float, ...] = (*[0.0] * JOINTS, -1.0, -1.0)
# What the second publisher sends; nobody must take it for the node's.
FOREIGN: Tuple[float, ...] = (*[1.0] * JOINTS, -2.0, -2.0)

NODE = 'soak_node'
POSITION, VELOCITY, ENABLE, COMMAND = '/position', '/velocity', '/enable', '/command'


def parameters(model_path: str) -> List[str]:
    """Return the arguments that tell the node so."""
    values: Dict[str, object] = {
        'model_path': model_path, 'trigger': 'timer', 'rate_hz': RATE_HZ,
        'output_names': '[command]', 'on_stale': 'fallback', 'on_nonfinite': 'fallback',
        'on_error': 'fallback', 'fade_in_s': 0.2, 'enable_topic': ENABLE,
        'enable_max_age_ms': ENABLE_MAX_AGE_MS,
        'inputs.gain.constant': '[3.0]', 'inputs.gain.shape': '[1]',
        'outputs.command.topic': COMMAND,
        # Whoever compares one with the next must hear each of them.
        'outputs.command.qos.depth': 2000,
        'outputs.command.fallback': list(FALLBACK), 'outputs.command.min': list(MINIMUM),
        'outputs.command.max': list(MAXIMUM), 'outputs.command.max_rate': list(MAX_RATE)}
    for name in ('position', 'velocity'):
        values[f'inputs.{name}.topic'] = f'/{name}'
        values[f'inputs.{name}.shape'] = f'[{JOINTS + 1}]'
        values[f'inputs.{name}.max_age_ms'] = MAX_AGE_MS
    arguments: List[str] = []
    for name, value in values.items():
        arguments += ['-p', f'{name}:={value}']
    return arguments

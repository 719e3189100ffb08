# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The formats that are compared, and the models that they are compared on."""

from dataclasses import dataclass
from typing import Dict, List

from benchmark.shapes import PD_INPUTS, SHAPES

TORCHSCRIPT = 'torchscript'
TIGHT = 'back to back'
PACE_HZ = 100.0
PACED = f'at {PACE_HZ:g} Hz'
_OBSERVATION = 'observation'


@dataclass(frozen=True)
class Format:
    """A kind of file that the node runs."""

    key: str
    title: str
    suffix: str
    library: str
    # What `pytorch_model convert --to` calls it; nothing for what it converts from.
    target: str = ''


@dataclass(frozen=True)
class Subject:
    """A model, and what it is given."""

    key: str
    title: str
    shapes: Dict[str, List[int]]
    # Calls in a turn, and the turns of another one's hundred: fewer of what takes long.
    block: int = 50
    share_of_turns: float = 1.0


FORMATS = (
    Format(TORCHSCRIPT, 'TorchScript', '.pt', 'torch'),
    Format('exported', 'ExportedProgram', '.pt2', 'torch', 'pt2'),
    Format('aotinductor', 'AOTInductor', '.aoti.pt2', 'torch', 'aoti'),
    Format('onnx', 'ONNX', '.onnx', 'onnxruntime', 'onnx'))

MLP = Subject('mlp', 'MLP 48-512-256-128-12', {'input': SHAPES['mlp']})
SUBJECTS = (
    Subject('pd', 'PD controller, six arguments',
            {name: [size] for name, size in PD_INPUTS.items()}),
    MLP,
    Subject('conv', 'conv net, 3x224x224', {_OBSERVATION: SHAPES['conv']}, 10, 0.5),
    Subject('lstm', 'LSTM 256 with memory', {_OBSERVATION: SHAPES['lstm']}),
    Subject('chain', '100 small layers', {'input': SHAPES['chain']}))

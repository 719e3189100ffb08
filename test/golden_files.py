# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""
The parameter files that `pytorch_model params` is known to write.

Run this file to write them anew into `golden/`; then look at what has changed.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Callable, Dict

from dg_pytorch_ros.parameter_writing.parameter_file_text import parameter_file_text
from dg_pytorch_ros.parameter_writing.wishes import Wishes
from format_shelf import save
from probing_desk import Desk
from tool_models import TOOL_MODELS

FOLDER = Path(__file__).with_name('golden')

# The tools' models, and one of them in formats that tell its shapes.
MODELS: Dict[str, Callable[[Path], str]] = {
    **TOOL_MODELS,
    'conv_pt2': lambda directory: save('conv', 'exported', directory / 'conv.pt2'),
    'conv_onnx': lambda directory: save('conv', 'onnx', directory / 'conv.onnx')}

# One with all details, two that are brief, the others as usual; two on a timer.
WISHES: Dict[str, Dict[str, object]] = {
    'named': {'detail': 'full', 'node_name': 'estimator'},
    'lstm': {'detail': 'brief', 'trigger': 'timer', 'rate_hz': 50.0},
    'lstm_reset': {'detail': 'brief'}, 'conv_onnx': {'detail': 'brief'},
    'pd': {'trigger': 'timer', 'rate_hz': 1000.0}}


def golden_text(name: str, directory: Path) -> str:
    """Write the parameter file of a model of the tools, with a path and digest for everyone."""
    path = Path(MODELS[name](directory))
    return parameter_file_text(Desk(path).probe(), Wishes(
        model_path=f'/models/{path.name}', sha256='0' * 64, file_name=f'{name}.yaml',
        **WISHES.get(name, {})))  # type: ignore[arg-type]


if __name__ == '__main__':
    with TemporaryDirectory() as models:
        for model in MODELS:
            golden = FOLDER / f'{model}.yaml'
            golden.write_text(golden_text(model, Path(models)), encoding='utf-8')
            print(golden)

# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What nobody has told about a module, found by trying it."""

from typing import Mapping, NamedTuple, Sequence

from dg_pytorch_ros.errors import PytorchRosError
from dg_pytorch_ros.model_file import read_model_file
from dg_pytorch_ros.packages import find_share
from dg_pytorch_ros.probing.shapes import find_shapes
from dg_pytorch_ros.timing.subject import Subject, Value

_LONGEST_S = 10.0


class Found(NamedTuple):
    """Values for inputs, by name, and the names of outputs; nothing if they were told."""

    values: Mapping[str, Value]
    output_names: Sequence[str]


def find_values(subject: Subject) -> Found:
    """Return values on which a module runs; raise PytorchRosError if none are found."""
    file = read_model_file(subject.description.path, find_share=find_share)
    probed = find_shapes(
        file, seconds=_LONGEST_S, given=subject.known, config=subject.model)
    if not probed.runs:
        example = subject.unknown[0] if subject.unknown else next(iter(subject.known))
        raise PytorchRosError(
            f'no shapes were found on which the module runs ({probed.complaint}); give them, for '
            f'example --shape {example}=1,48, or a parameter file with inputs.{example}.shape')
    # The inputs are the arguments, in order; a parameter file may call them otherwise.
    values = {
        name: Value(argument.sample, argument.dtype)
        for name, argument in zip(subject.input_names, probed.arguments)}
    names = [result.name for result in probed.outputs if result.shape is not None]
    return Found(values, names if subject.has_open_result else ())

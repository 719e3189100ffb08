# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What takes the place of a model that cannot be loaded, so that the rest can be checked."""

from typing import Any, List, Mapping, Sequence

from dg_pytorch_ros.checks import is_name
from dg_pytorch_ros.contract import Argument, Result, Signature

# Stands for the inputs that only the model can tell.
OTHER_INPUTS = 'other_inputs'


class StandIn:
    """Takes and gives whatever the parameters name; it can be wired, but not run."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        inputs = _names(values, 'inputs', 'input_names')
        if inputs != values.get('input_names'):
            inputs.append(OTHER_INPUTS)
        outputs = _names(values, 'outputs', 'output_names')
        if outputs != values.get('output_names'):
            outputs += _fed_back(values)
        names = tuple(dict.fromkeys(outputs)) or ('output',)
        self.signature = Signature(
            tuple(map(Argument, inputs)), Result('', ('Tensor',) * len(names), names))

    def input_dtype(self, index: int, message_dtype: str) -> str:
        """Return the dtype of the messages, which every one of them fits."""
        return message_dtype

    def bind(
        self, input_names: Sequence[str], dtypes: Sequence[str], output_names: Sequence[str]
    ) -> None:
        """Take any names."""


def _names(values: Mapping[str, Any], group: str, parameter: str) -> List[str]:
    """Return the names that are given, else those under which something is set."""
    given = values.get(parameter)
    if not isinstance(given, list):
        given = [name.split('.')[1] for name in values if name.startswith(f'{group}.')]
    return [name for name in dict.fromkeys(given) if _is_name(name)]


def _fed_back(values: Mapping[str, Any]) -> List[str]:
    """Return the outputs that inputs get back."""
    return [
        value for name, value in values.items()
        if name.endswith('.feedback') and _is_name(value)]


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and is_name(value)

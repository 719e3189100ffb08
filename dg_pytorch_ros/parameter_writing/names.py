# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The names of inputs and outputs in a parameter file."""

import re
from typing import Dict, List, Tuple

from dg_pytorch_ros.errors import ContractError
from dg_pytorch_ros.probing.outcome import Result
from dg_pytorch_ros.probing.probed import Probed
from dg_pytorch_ros.probing.tensor_results import names_of_tensors

_NAME = re.compile(r'[A-Za-z_]\w*', re.ASCII)


def input_names(probed: Probed) -> Tuple[str, ...]:
    """Return a name for each argument to be fed: its own, as far as a parameter can have it."""
    probed.signature.match_inputs(None)  # refuses types that no message feeds
    names: Dict[str, None] = {}
    for argument in probed.arguments:
        name = re.sub(r'\W', '_', argument.name, flags=re.ASCII)
        if not _NAME.fullmatch(name):
            name = f'_{name}'
        while name in names:
            name += '_'
        names[name] = None
    return tuple(names)


def outputs_to_publish(probed: Probed) -> Tuple[Result, ...]:
    """
    Return what can be published of the results.

    Raise ContractError if that is nothing. Without a run, a list or dict has one unknown member.
    """
    result = probed.signature.result
    if result.is_open and not probed.runs:
        return (Result('output', ''),)
    found = {output.name: output for output in probed.outputs}
    if result.is_open:
        names = tuple(output.name for output in probed.outputs if output.shape is not None)
    else:
        names = names_of_tensors(probed.signature)
    outputs = [found.get(name, Result(name, '')) for name in names if _NAME.fullmatch(name)]
    if not outputs:
        raise ContractError(
            f'forward returns {result.annotation}, and nothing of it is a Tensor with a name '
            'that a parameter can have')
    return tuple(outputs)


def left_out(probed: Probed, outputs: Tuple[Result, ...]) -> List[str]:
    """Return the names of results that are not published."""
    published = {output.name for output in outputs}
    return [output.name for output in probed.outputs if output.name not in published]

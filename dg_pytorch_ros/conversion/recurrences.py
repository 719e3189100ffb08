# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Recurrent layers, taken apart into operators that hide nothing."""

from typing import Any, Iterator

import torch

_NAMES = ('aten::lstm', 'aten::gru')
_LONGEST = 64


def take_apart_recurrences(program: Any) -> Any:
    """
    Return a program without LSTM and GRU, if their sequences are short, as a robot's are.

    onnxruntime's own LSTM and GRU make ordinary numbers of NaN, which nobody downstream could then
    tell from good ones. What is taken apart grows with the sequence.
    """
    found = list(_recurrences(program))
    if not found or not all(map(_is_short, found)):
        return program
    table = torch.export.default_decompositions()
    wanted = {node.target for node in found}
    return program.run_decompositions({
        operator: way for operator, way in table.items() if operator in wanted})


def _recurrences(program: Any) -> Iterator[Any]:
    for node in program.graph.nodes:
        schema = getattr(node.target, '_schema', None)
        if node.op == 'call_function' and schema is not None and schema.name in _NAMES:
            yield node


def _is_short(node: Any) -> bool:
    is_batch_first = node.target._overloadname == 'input' and node.args[-1]
    length = node.args[0].meta['val'].shape[1 if is_batch_first else 0]
    return isinstance(length, int) and length <= _LONGEST

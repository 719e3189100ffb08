# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""From a program to an ONNX model."""

from pathlib import Path
from typing import Any, Sequence

from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.conversion.error import ConversionError
from dg_pytorch_ros.conversion.program_facts import remembered
from dg_pytorch_ros.conversion.recurrences import take_apart_recurrences
import torch

_MOST_BYTES = 2 ** 31 - 2 ** 20
_LONGEST_REASON = 300


def write_onnx(
    program: Any, input_names: Sequence[str], output_names: Sequence[str], place: Path
) -> None:
    """
    Write one ONNX file, with its weights; raise ConversionError if there can be none.

    It holds nothing of where it was made: no paths, no lines of Python.
    """
    _check_memory(program)
    _check_size(program)
    try:
        made: Any = torch.onnx.export(
            take_apart_recurrences(program), (), dynamo=True, input_names=list(input_names),
            output_names=list(output_names), external_data=False, verbose=False)
    except Exception as error:  # the exporter raises whatever its parts raise
        raise ConversionError(
            f'torch {torch.__version__} cannot write it as ONNX: {_reason(error)}; --to pt2 '
            'may do') from error
    _save(made.model_proto, place)


def _check_memory(program: Any) -> None:
    """Refuse what remembers: an ONNX model starts afresh with each run."""
    names = remembered(program)
    if names:
        raise ConversionError(
            f'it remembers {enumeration(names)} from run to run, and an ONNX model remembers '
            'nothing; use --to pt2 or --to aoti, or write the module so that its memory comes in '
            'as an argument and goes out as an output, and connect the two with `feedback` in the '
            'parameter file')


def _check_size(program: Any) -> None:
    size = sum(
        tensor.numel() * tensor.element_size()
        for tensor in (*program.state_dict.values(), *program.constants.values())
        if isinstance(tensor, torch.Tensor))
    if size > _MOST_BYTES:
        raise ConversionError(
            f'its weights take {size / 2 ** 30:.1f} GiB, more than the 2 GiB that one ONNX file '
            'holds; use --to pt2 or --to aoti')


def _save(proto: Any, place: Path) -> None:
    import onnx
    for graph in (proto.graph, *proto.functions):
        _forget_origins(graph)
    try:
        onnx.checker.check_model(proto, full_check=True)
    except Exception as error:  # checkers of several libraries
        raise ConversionError(f'what torch wrote is no valid ONNX: {_reason(error)}') from error
    place.write_bytes(proto.SerializeToString())


def _forget_origins(graph: Any) -> None:
    """Take out in which lines of which files on this machine the operators have their origin."""
    for item in (graph, *graph.node, *getattr(graph, 'input', ()), *getattr(graph, 'output', ())):
        for name in ('metadata_props', 'doc_string'):
            if name in item.DESCRIPTOR.fields_by_name:
                item.ClearField(name)
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField('g'):
                _forget_origins(attribute.g)


def _reason(error: BaseException) -> str:
    """Find the line that matters: the last cause has most of it."""
    while error.__cause__ is not None:
        error = error.__cause__
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__)[:_LONGEST_REASON]

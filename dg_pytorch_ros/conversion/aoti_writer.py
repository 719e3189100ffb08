# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""From a program to code for this machine."""

from pathlib import Path
from typing import Any, Sequence

from dg_pytorch_ros.aotinductor.compilation import compile_package
from dg_pytorch_ros.aotinductor.metadata import Metadata, TensorFact
from dg_pytorch_ros.conversion.error import ConversionError
from dg_pytorch_ros.conversion.layout import Layout
from dg_pytorch_ros.conversion.program_facts import (
    input_shapes, outputs, own_output_names)
import torch

_LONGEST_REASON = 300
# Headers that are compiled beforehand speed up later compilations; there is this one only.
_ONE_COMPILATION = {
    'aot_inductor.precompile_headers': False, 'cpp_cache_precompile_headers': False}


def write_package(
    program: Any, layouts: Sequence[Layout], output_names: Sequence[str], place: Path
) -> None:
    """Compile a program into a package; raise ConversionError if that is not possible."""
    from torch._inductor import config
    known = {
        name: value for name, value in _ONE_COMPILATION.items() if _is_known(config, name)}
    metadata = Metadata(
        tuple(
            TensorFact(layout.name, layout.dtype, shape)
            for layout, shape in zip(layouts, input_shapes(program))),
        tuple(
            TensorFact(name, dtype, shape)
            for name, (dtype, shape) in zip(output_names, outputs(program))),
        is_named=bool(own_output_names(program)))
    try:
        with config.patch(known):
            compile_package(program, str(place), metadata)
    except Exception as error:  # the compiler raises whatever its parts raise
        raise ConversionError(
            f'torch {torch.__version__} cannot compile it: {_reason(error)}') from error


def _is_known(config: Any, name: str) -> bool:
    for part in name.split('.'):
        if not hasattr(config, part):
            return False
        config = getattr(config, part)
    return True


def _reason(error: BaseException) -> str:
    """Find the line that matters: the first that a compiler calls an error, else the first."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = [line for line in lines if 'error:' in line]
    return (telling or lines or [type(error).__name__])[0][:_LONGEST_REASON]

# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""From a file to a file of another format; done apart, as a module may do what it likes."""

from contextlib import nullcontext
import re
from time import monotonic
from typing import Any, Callable, ContextManager, Dict, List

from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.conversion.layout import Layout
from dg_pytorch_ros.conversion.order import Made, Order
from dg_pytorch_ros.conversion.program_facts import input_shapes, names_of_outputs
from dg_pytorch_ros.errors import PytorchRosError
from dg_pytorch_ros.exported.loading import load_program
from dg_pytorch_ros.file_kinds import FileKind
from dg_pytorch_ros.model_imports import import_libraries
import torch

Tell = Callable[[str], None]

_SAME_SIZE = re.compile('(.*) must be the same as (.*)')
_SCALARS = {'float': float, 'int': int, 'bool': bool}


def make(order: Order, tell: Tell) -> Made:
    """Write the file that is ordered; raise PytorchRosError if that is not possible."""
    begin = monotonic()
    import_libraries(order.imports)
    cautions: List[str] = []
    tell('exporting')
    with torch.no_grad(), _any_size():
        program = _program(order, cautions)
        if order.target != 'pt2':
            # Into the dialect in which a program says what it changes in its memory.
            program = program.run_decompositions({})
        _check_inputs(program, order)
        _write(program, order, tell)
    shapes = tuple(input_shapes(program))
    return Made(shapes, tuple(_in_few_lines(cautions)), monotonic() - begin)


def _program(order: Order, cautions: List[str]) -> Any:
    if order.file.kind is FileKind.EXPORTED_PROGRAM:
        program, _ = load_program(order.file)
        return program
    from dg_pytorch_ros.conversion.export import export_program
    from dg_pytorch_ros.conversion.traced import traced_warning
    from dg_pytorch_ros.torchscript.program import load_module
    from dg_pytorch_ros.torchscript.schema import read_signature
    module = load_module(order.file, 'cpu')
    if getattr(module, 'training', False):
        cautions.append('it was saved in training mode; what is written is in evaluation mode')
    module.eval()
    signature = read_signature(module.forward, order.file.content)
    caution = traced_warning(module, order.file.content)
    if caution:
        cautions.append(caution)
    return export_program(
        module, signature,
        [_example(layout, seed) for seed, layout in enumerate(order.layouts)],
        {layout.name: layout.free for layout in order.layouts}, note=cautions.append)


def _write(program: Any, order: Order, tell: Tell) -> None:
    names = names_of_outputs(program, order.output_names)
    if order.target == 'onnx':
        from dg_pytorch_ros.conversion.onnx_writer import write_onnx
        tell('translating into ONNX')
        write_onnx(program, [layout.name for layout in order.layouts], names, order.place)
    elif order.target == 'aoti':
        from dg_pytorch_ros.conversion.aoti_writer import write_package
        tell('compiling')
        write_package(program, order.layouts, names, order.place)
    else:
        tell('writing')
        torch.export.save(program, str(order.place))


def _check_inputs(program: Any, order: Order) -> None:
    count = len(input_shapes(program))
    if count != len(order.layouts):
        raise PytorchRosError(
            f'model file {order.file.path} became a program of {count} arguments, but is fed '
            f'{len(order.layouts)}: {enumeration(layout.name for layout in order.layouts)}')


def _example(layout: Layout, seed: int) -> Any:
    """Return a value of an argument; whole numbers are 0, which is a place in any table."""
    if layout.type_name in _SCALARS:
        return _SCALARS[layout.type_name](1)
    dtype = getattr(torch, layout.dtype)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)  # alike is the same to an exporter
        return torch.rand(layout.example).to(dtype)


def _in_few_lines(cautions: List[str]) -> List[str]:
    """Say once, of all arguments together, whose sizes must be the same as that of another."""
    lines: Dict[str, List[str]] = {}
    for caution in cautions:
        match = _SAME_SIZE.fullmatch(caution)
        if match is None:
            lines[caution] = []
        else:
            lines.setdefault(match[2], []).append(match[1])
    return [
        f'{enumeration(sizes)} must be the same as {line}' if sizes else line
        for line, sizes in lines.items()]


def _any_size() -> ContextManager[None]:
    """Let a free size be one, too: a robot feeds a batch of one to what was made for many."""
    try:
        from torch.fx.experimental import _config
        config: Any = _config
        patched: ContextManager[None] = config.patch(backed_size_oblivious=True)
        return patched
    except (AttributeError, ImportError):  # an older torch
        return nullcontext()

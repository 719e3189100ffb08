# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""From a TorchScript module to a program of torch.export."""

from contextlib import contextmanager
import logging
from typing import (
    Any, Callable, Collection, Dict, Iterator, List, Mapping, NamedTuple, Sequence, Set,
    Tuple, Union)
import warnings

from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.contract import Argument, PYTHON_SCALARS, Signature, TENSORS
from dg_pytorch_ros.conversion.eager import eager_module, ignore
from dg_pytorch_ros.conversion.error import ConversionError, ScriptRaised
import torch
from torch import Tensor
from torch.fx.experimental.symbolic_shapes import GuardOnDataDependentSymNode
from torch.utils._sympy.numbers import int_oo

Example = Union[Tensor, float, int, bool]
Free = Mapping[str, Collection[int]]

_SCALAR_DTYPES = {'float': torch.float64, 'int': torch.int64, 'bool': torch.bool}
_LOGGERS = ('torch', 'torch.export', 'torch._export', 'torch._dynamo', 'torch.fx')


def export_program(
    script: torch.jit.ScriptModule, signature: Signature, examples: Sequence[Example],
    free: Free = {}, *, note: Callable[[str], None] = ignore
) -> torch.export.ExportedProgram:
    """
    Return a program that computes what a TorchScript module computes in evaluation mode.

    `examples` are values of the arguments that the program is to have: all or the first ones;
    those left out, which need a default, keep that. `free` are by the names of arguments the
    dimensions of which the sizes may vary. `note` is told what is otherwise than in the script.
    The arguments of the program are tensors: see `program_arguments`. Raise ConversionError with
    the reason if no program computes the same.
    """
    _check_arguments(signature, examples, note)
    told = _Once(note)
    result_names = signature.result.names
    with torch.inference_mode(False):  # what is made in that mode cannot be written into
        module = eager_module(script, result_names=result_names, note=told)
    if result_names:
        told(f'the NamedTuple that forward returns is a dict: {enumeration(result_names)}')
    arguments = program_arguments(signature, examples)
    wanted = {
        argument.name: sorted(free.get(argument.name, ())) for argument in signature.arguments}
    program = _export_freely(
        module, arguments, [wanted[argument.name] for argument in signature.arguments])
    _check_branches(program)
    for text in _fixed_sizes(program, wanted):
        told(text)
    _forget_origin(program)
    return program


def program_arguments(
    signature: Signature, values: Sequence[Example]
) -> Tuple[Tensor, ...]:
    """
    Return the arguments of a program for those of its script.

    A number becomes a tensor of one number, of the dtype that holds all that it may be.
    """
    return tuple(
        _to_tensor(argument, value) for argument, value in zip(signature.arguments, values))


def _to_tensor(argument: Argument, value: Example) -> Tensor:
    if argument.is_scalar:
        dtype = _SCALAR_DTYPES[argument.type_name]
        return torch.as_tensor(value, dtype=dtype).reshape(1)
    return value if isinstance(value, Tensor) else torch.as_tensor(value)


def _check_arguments(
    signature: Signature, examples: Sequence[Example], note: Callable[[str], None]
) -> None:
    if len(examples) > len(signature.arguments):
        raise ConversionError(
            f'there are {len(examples)} values for {len(signature.arguments)} arguments')
    for argument, _ in zip(signature.arguments, examples):
        if argument.type_name not in (*TENSORS, *PYTHON_SCALARS):
            raise ConversionError(
                f'its argument {argument.name} is of type {argument.type_name}; a program takes '
                'a Tensor, float, int or bool')
        if argument.is_scalar:
            note(
                f'the argument {argument.name} is a tensor of one number, not a Python '
                f'{argument.type_name}')
    for argument in signature.arguments[len(examples):]:
        if not argument.has_default:
            raise ConversionError(f'its argument {argument.name} has no value and no default')
        note(f'the argument {argument.name} is left out: it keeps its default')


def _export_freely(
    module: torch.nn.Module, arguments: Tuple[Tensor, ...], free: Sequence[Sequence[int]]
) -> torch.export.ExportedProgram:
    """Let sizes vary, as many of them as the module lets vary."""
    small = {
        index for argument, dimensions in zip(arguments, free) for index in dimensions
        if argument.shape[index] < 2}
    try:
        return _export(module, arguments, free, small)
    except ConversionError:
        if not small:
            raise
    # A size of one is another thing than any size: only what works with two can vary.
    varying: Set[int] = set()
    program = _export(module, arguments, free, varying)
    for index in sorted(small) if len(small) > 1 else ():
        try:
            program = _export(module, arguments, free, varying | {index})
            varying.add(index)
        except ConversionError:
            pass
    return program


def _export(
    module: torch.nn.Module, arguments: Tuple[Tensor, ...], free: Sequence[Sequence[int]],
    varying: Collection[int]
) -> torch.export.ExportedProgram:
    """Export; of the dimensions of size 0 or 1, only those that are `varying` may vary."""
    dimensions = [
        {
            index: torch.export.Dim.AUTO for index in wanted
            if argument.shape[index] >= 2 or index in varying}
        for argument, wanted in zip(arguments, free)]
    arguments = _with_sizes_that_vary(arguments, dimensions)
    try:
        with quiet(), torch.inference_mode(False), torch.no_grad():
            own = tuple(argument.clone() for argument in arguments)
            return torch.export.export(
                module, own, dynamic_shapes=tuple(dimensions), strict=False)
    except ConversionError:
        raise
    except ScriptRaised as error:
        raise ConversionError(f'forward raises: {error}') from error
    except GuardOnDataDependentSymNode as error:
        raise ConversionError(
            'a size within forward depends on values at run time, and forward decides by it: '
            f'{_first_line(error)}') from error
    except Exception as error:  # operators and torch.export raise what they like
        raise ConversionError(
            f'torch.export of torch {torch.__version__} refuses it: '
            f'{_first_line(error)}') from error


def _with_sizes_that_vary(
    arguments: Tuple[Tensor, ...], dimensions: Sequence[Dict[int, Any]]
) -> Tuple[Tensor, ...]:
    return tuple(
        _repeated(argument, free) for argument, free in zip(arguments, dimensions))


def _repeated(tensor: Tensor, free: Dict[int, Any]) -> Tensor:
    sizes = [
        2 if index in free and size < 2 else size for index, size in enumerate(tensor.shape)]
    if sizes == list(tensor.shape):
        return tensor
    if not tensor.numel():
        return tensor.new_zeros(sizes)
    return tensor.expand(sizes).clone()


class _Bounds(NamedTuple):
    """Between which sizes a dimension may be; None if any."""

    least: int
    most: Any


def _fixed_sizes(
    program: torch.export.ExportedProgram, wanted: Mapping[str, Sequence[int]]
) -> Iterator[str]:
    """Say which of the sizes that were to vary do not vary freely."""
    names = list(program.graph_signature.user_inputs)
    tensors = {
        node.name: node.meta['val'] for node in program.graph.nodes if node.op == 'placeholder'}
    owners: Dict[str, str] = {}
    for (name, free), placeholder in zip(wanted.items(), names):
        for index in free:
            size = tensors[placeholder].shape[index]
            where = f'size {index} of {name}'
            if isinstance(size, int) or size.node.expr.is_number:
                yield f'{where} cannot vary: forward works only with {size}'
                continue
            text = str(size)
            if text in owners:
                yield f'{where} must be the same as {owners[text]}'
            elif not size.node.expr.is_symbol:
                yield f'{where} depends on other sizes: it is {text}'
            owners.setdefault(text, where)
            bounds = _bounds(program, size)
            if bounds.least > 2:  # two is the least that any size has that may vary
                yield f'{where} must be at least {bounds.least}'
            if bounds.most is not None:
                yield f'{where} must be at most {bounds.most}'


def _bounds(program: torch.export.ExportedProgram, size: Any) -> _Bounds:
    found: Any = program.range_constraints.get(size.node.expr)
    if found is None:
        return _Bounds(0, None)
    most = None if found.upper == int_oo else int(found.upper)
    return _Bounds(int(found.lower), most)


class _Once:
    """Says each thing once."""

    def __init__(self, note: Callable[[str], None]) -> None:
        self._note = note
        self._told: List[str] = []

    def __call__(self, text: str) -> None:
        if text not in self._told:
            self._told.append(text)
            self._note(text)


def _check_branches(program: torch.export.ExportedProgram) -> None:
    for owner in program.graph_module.modules():
        for node in getattr(owner, 'graph').nodes:
            if node.op == 'get_attr' and isinstance(getattr(owner, node.target), Tensor):
                raise ConversionError(
                    'one of its branches makes a tensor of many numbers, which the file of a '
                    'program cannot hold there; make it a buffer of the module')


@contextmanager
def quiet() -> Iterator[None]:
    """Keep torch from writing about the inside of an export."""
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            yield
    finally:
        for logger, level in zip(loggers, levels):
            logger.setLevel(level)


def _forget_origin(program: torch.export.ExportedProgram) -> None:
    """Leave out where in this package an operation was made, which helps nobody."""
    for module in program.graph_module.modules():
        for node in getattr(module, 'graph').nodes:
            node.meta.pop('stack_trace', None)


def _first_line(error: BaseException) -> str:
    lines = filter(None, map(str.strip, str(error).splitlines()))
    return next(lines, type(error).__name__)

# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What a package says of a model: by its source, its metadata and its call specification."""

import math
from typing import Iterator, Optional, Sequence, Tuple

from dg_pytorch_ros.aotinductor.call_spec import names_of_inputs, names_of_results
from dg_pytorch_ros.aotinductor.constant_uses import ConstantUses
from dg_pytorch_ros.aotinductor.metadata import read_metadata
from dg_pytorch_ros.aotinductor.package import CompiledModel
from dg_pytorch_ros.aotinductor.source import Source, SourceInput
from dg_pytorch_ros.aotinductor.threads import fixed_threads
from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.config.input_config import DTYPES
from dg_pytorch_ros.contract import Argument, Result, Signature
from dg_pytorch_ros.errors import ModelFileError


class Statement:
    """
    What must be known to run compiled code, which takes everything for what it expects.

    Raise ModelFileError if that is not said; its text goes behind the file's name.
    """

    def __init__(self, model: CompiledModel) -> None:
        self._source = Source(model.wrapper)
        if not self._source.body:
            raise ModelFileError(
                'holds no source (.wrapper.cpp) that says which sizes the compiled code takes; '
                'compile it again, and package its source with it')
        self.device = model.metadata.get('AOTI_DEVICE_KEY', '')
        self._metadata = read_metadata(model.metadata)
        if self._metadata is not None:
            self._source.take_for_parameters(self._metadata.parameters)
        self._uses = ConstantUses(self._source, model.wrapper)
        self._kernels = model.kernels
        self.inputs = tuple(self._read_inputs())
        self._check_inputs()

    @property
    def memory(self) -> Tuple[str, ...]:
        """The paths of the constants that a run may change."""
        return self._uses.maybe_written

    @property
    def parameters(self) -> int:
        """How many numbers the parameters are, less those that were compiled into the code."""
        return sum(
            math.prod(constant.shape) for constant in self._source.constants.values()
            if constant.is_parameter)

    @property
    def dtype(self) -> Optional[str]:
        """The one floating dtype of the parameters, if it is one."""
        dtypes = {
            constant.dtype for constant in self._source.constants.values()
            if constant.is_parameter and 'float' in constant.dtype}
        return dtypes.pop() if len(dtypes) == 1 and dtypes <= set(DTYPES) else None

    def signature(self, arguments: str, results: str) -> Signature:
        """Return names, dtypes and sizes; the texts are the call specification."""
        names = self._names_of_inputs(arguments)
        return Signature(
            tuple(
                Argument(name, dtype=each.dtype, shape=each.shape)
                for name, each in zip(names, self.inputs)),
            self._result(results))

    def notes(self, num_threads: int) -> Tuple[str, ...]:
        """Say what a user would not expect."""
        return tuple(self._notes(num_threads))

    def _read_inputs(self) -> Iterator[SourceInput]:
        metadata = self._metadata
        if metadata is not None:
            _check_count('inputs', metadata.inputs, self._source.inputs)
            _check_count('results', metadata.outputs, self._source.outputs)
        for place, each in enumerate(self._source.inputs):
            if metadata is not None and not (each.dtype and each.shape is not None):
                fact = metadata.inputs[place]
                each = each._replace(dtype=fact.dtype, shape=fact.shape)
            yield each

    def _check_inputs(self) -> None:
        for each in self.inputs:
            if not each.dtype or each.shape is None:
                raise ModelFileError(
                    f'does not say which size its input {each.name} takes, and would read past '
                    'the end of a wrong one; compile it with torch 2.8 or later')
            if each.dtype not in DTYPES:
                raise ModelFileError(
                    f'takes a tensor of {each.dtype} as its input {each.name}; an input feeds '
                    f'{enumeration(DTYPES)}')
        name = self._source.input_compared_to_none()
        if name is not None:
            raise ModelFileError(
                f'takes several sizes that are free, and does not compare those of {name} with '
                'the others: it would read past the end of what does not fit; compile it with '
                'torch 2.13 or later, or for fixed sizes')

    def _names_of_inputs(self, specification: str) -> Sequence[str]:
        if self._metadata is not None:
            return [fact.name for fact in self._metadata.inputs]
        return names_of_inputs(specification, [each.name for each in self.inputs])

    def _result(self, specification: str) -> Result:
        count = len(self._source.outputs)
        types = ('Tensor',) * count
        names = names_of_results(specification, count)
        if self._metadata is not None and self._metadata.is_named:
            names = tuple(fact.name for fact in self._metadata.outputs)
        if names:
            return Result(f'the tensors {enumeration(names)}', types, names)
        return Result(f'Tuple[{", ".join(types)}]' if count > 1 else 'Tensor', types)

    def _notes(self, num_threads: int) -> Iterator[str]:
        if self._uses.never_read:
            yield (
                f'no run reads {enumeration(self._uses.never_read)}, which each run writes: '
                'compiling has lost what the module remembers by it (pytorch_model convert keeps '
                'it: joint_graph_constant_folding off)')
        threads = fixed_threads(self._kernels)
        if threads not in (0, num_threads):
            yield f'compiled for {threads} threads: its kernels do not heed num_threads'


def _check_count(what: str, stated: Sequence[object], taken: Sequence[object]) -> None:
    if len(stated) != len(taken):
        raise ModelFileError(
            f'has metadata of {len(stated)} {what}, but its code has {len(taken)}; convert it '
            'again')

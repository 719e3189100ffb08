# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A TorchScript module on which shapes are tried."""

from typing import Any, Iterator, Sequence, Tuple

from dg_pytorch_ros.bound_model import BoundModel
from dg_pytorch_ros.config.node_config import ModelConfig
from dg_pytorch_ros.devices import find_device
from dg_pytorch_ros.model_file import ModelFile
from dg_pytorch_ros.model_imports import import_libraries
from dg_pytorch_ros.probing.graph_hints import read_hints
from dg_pytorch_ros.probing.guess import Guesses
from dg_pytorch_ros.probing.introduction import introduction_of
from dg_pytorch_ros.probing.outcome import Outcome, Result
from dg_pytorch_ros.tensors.complaint import first_complaint
from dg_pytorch_ros.tensors.mode import inference_mode
from dg_pytorch_ros.torchscript.memory import ModuleMemory
from dg_pytorch_ros.torchscript.program import load_module, ScriptProgram
import torch

_jit: Any = torch.jit  # not all of it is declared


class ScriptSubject:
    """A module that says nothing of shapes, but has a graph to read hints in."""

    def __init__(self, file: ModelFile, config: ModelConfig) -> None:
        import_libraries(config.imports)
        self._device = find_device(config.device)
        self._module = load_module(file, self._device.name)
        program = ScriptProgram(
            self._module, file, device=self._device, num_threads=config.num_threads)
        self._memory = ModuleMemory(self._module)
        self.introduction = introduction_of(
            BoundModel(program, config),
            lambda arguments: read_hints(self._module, len(arguments)))

    def attempt(self, guesses: Guesses) -> Outcome:
        """Run forward once, and once more on the negatives of the values."""
        with inference_mode(self._device, 1), _jit.optimized_execution(False):
            try:
                results = tuple(_results(self._run(guesses, negated=False)))
            except Exception as error:  # a script raises whatever its author chose
                return Outcome(complaint=first_complaint(error))
            try:
                self._run(guesses, negated=True)
            except Exception as error:
                return Outcome(results, objection=first_complaint(error))
        return Outcome(results)

    def _run(self, guesses: Guesses, *, negated: bool) -> Any:
        values = [
            self._device.feed(argument, guess.dtype)(guess.value(negated=negated))
            for argument, guess in zip(self.introduction.arguments, guesses)]
        try:
            return self._module(*values)
        finally:
            self._memory.restore()


def _results(returned: Any) -> Iterator[Result]:
    for name, member in zip(*_named_members(returned)):
        if isinstance(member, torch.Tensor):
            kind = str(member.dtype).replace('torch.', '')
            yield Result(name, kind, tuple(member.shape))
        else:
            yield Result(name, type(member).__name__)


def _named_members(returned: Any) -> Tuple[Sequence[str], Sequence[Any]]:
    if isinstance(returned, dict):
        return list(map(str, returned)), list(returned.values())
    if hasattr(returned, '_fields'):
        return returned._fields, returned
    if isinstance(returned, (list, tuple)):
        return [f'output_{index}' for index in range(len(returned))], returned
    return ['output'], [returned]

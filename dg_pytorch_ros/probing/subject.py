# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A module on which shapes are tried."""

from typing import Any, Iterator, Sequence, Tuple

from dg_pytorch_ros.config.node_config import ModelConfig
from dg_pytorch_ros.contract import Argument, Signature
from dg_pytorch_ros.model_file import ModelFile
from dg_pytorch_ros.probing.graph_hints import read_hints
from dg_pytorch_ros.probing.guess import Guesses
from dg_pytorch_ros.probing.hint import Hints
from dg_pytorch_ros.probing.outcome import Outcome, Result
from dg_pytorch_ros.torchscript.complaint import first_complaint
from dg_pytorch_ros.torchscript.feeds import make_feed
from dg_pytorch_ros.torchscript.memory import ModuleMemory
from dg_pytorch_ros.torchscript.model import load_module, TorchScriptModel
import torch

# What the node makes of numbers if neither the module nor its parameters say what they shall be.
_MESSAGE_DTYPE = 'float64'
_jit: Any = torch.jit  # not all of it is declared


class Subject:
    """
    A TorchScript module and its arguments.

    What it remembers of a try is put back after it, so that none depends on those before.
    """

    def __init__(self, file: ModelFile) -> None:
        config = ModelConfig(str(file.path))
        self._module = load_module(file, config.device)
        model = TorchScriptModel(self._module, file, config)
        self._memory = ModuleMemory(self._module)
        self.signature: Signature = model.signature
        self.arguments: Tuple[Argument, ...] = tuple(
            argument for argument in model.signature.arguments if not argument.has_default)
        self.dtypes: Tuple[str, ...] = tuple(
            model.input_dtype(index, _MESSAGE_DTYPE) for index in range(len(self.arguments)))
        self.hints: Hints = read_hints(self._module, len(self.arguments))

    def attempt(self, guesses: Guesses) -> Outcome:
        """Run forward once, and once more on the negatives of the values."""
        with torch.inference_mode(), _jit.optimized_execution(False):
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
            make_feed(argument, guess.dtype)(guess.value(negated=negated))
            for argument, guess in zip(self.arguments, guesses)]
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

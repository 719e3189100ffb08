# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A module whose file states dtypes and shapes, run on them."""

from typing import Tuple

from dg_pytorch_ros.config.node_config import ModelConfig
from dg_pytorch_ros.errors import PytorchRosError
from dg_pytorch_ros.loading import load_model
from dg_pytorch_ros.model_file import ModelFile
from dg_pytorch_ros.probing.guess import Guesses
from dg_pytorch_ros.probing.introduction import introduction_of
from dg_pytorch_ros.probing.outcome import Outcome, Result
from dg_pytorch_ros.probing.stated_hints import stated_hints
from dg_pytorch_ros.probing.tensor_results import names_of_tensors


class StatedSubject:
    """A module in any format, run as the node runs it."""

    def __init__(self, file: ModelFile, config: ModelConfig) -> None:
        self._model = load_model(file, config)
        self.introduction = introduction_of(self._model, stated_hints)

    def attempt(self, guesses: Guesses) -> Outcome:
        """Run forward once, and once more on the negatives of the values."""
        try:
            results = self._run(guesses, negated=False)
        except PytorchRosError as error:
            return Outcome(complaint=str(error))
        try:
            self._run(guesses, negated=True)
        except PytorchRosError as error:
            return Outcome(results, objection=str(error))
        return Outcome(results)

    def _run(self, guesses: Guesses, *, negated: bool) -> Tuple[Result, ...]:
        names = names_of_tensors(self._model.signature)
        self._model.bind(
            [argument.name for argument in self.introduction.arguments],
            [guess.dtype for guess in guesses], names)
        try:
            with self._model.mode():
                outputs = self._model.run([guess.value(negated=negated) for guess in guesses])
        finally:
            self._model.reset()
        return tuple(
            Result(name, str(output.dtype), output.shape)
            for name, output in zip(names, outputs))

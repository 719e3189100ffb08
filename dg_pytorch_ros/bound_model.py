# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A program bound to named inputs and outputs: what the node runs."""

from dataclasses import replace
from time import perf_counter
from typing import Any, Callable, ContextManager, Dict, List, Optional, Sequence, Tuple

from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.config.node_config import ModelConfig
from dg_pytorch_ros.errors import ContractError, EvaluationError
from dg_pytorch_ros.model import Array, describe_array, ModelDescription, WarmUp
from dg_pytorch_ros.program import Feed, Program

_SCALAR_DTYPES = {'float': 'float64', 'int': 'int64', 'bool': 'bool'}


class BoundModel:
    """A program with the arguments it is fed and the outputs that are wanted of it."""

    def __init__(self, program: Program, config: ModelConfig, *, load_ms: float = 0.0) -> None:
        self._program = program
        # Looked up once: each evaluation needs them.
        self._keep = program.keep
        self._run = program.run
        self._to_arrays = program.to_arrays
        self._warmup_runs = config.warmup_runs
        self._load_ms = load_ms
        self.signature = program.signature
        self.warm_up: Optional[WarmUp] = None
        self._input_names: Tuple[str, ...] = ()
        self._feeds: Tuple[Feed, ...] = ()
        self._has_shapes = any(
            argument.shape is not None for argument in self.signature.arguments)
        self._checked_shapes: List[Tuple[int, ...]] = []
        self._output_names: Tuple[str, ...] = ()
        self._output_places: Optional[Tuple[int, ...]] = None
        self._output_shapes: List[Tuple[int, ...]] = []

    @property
    def description(self) -> ModelDescription:
        """What a reader of the log wants to know."""
        return replace(self._program.description, load_ms=self._load_ms)

    def input_dtype(self, index: int, message_dtype: str) -> str:
        """Return the dtype of an argument for which the user named none."""
        argument = self.signature.arguments[index]
        if argument.is_scalar:
            return _SCALAR_DTYPES[argument.type_name]
        return argument.dtype or self._program.description.dtype or message_dtype

    def bind(
        self, input_names: Sequence[str], dtypes: Sequence[str], output_names: Sequence[str]
    ) -> None:
        """Name the arguments, fix their dtypes, and name the outputs to return."""
        arguments = self.signature.arguments
        self._input_names = self.signature.match_inputs(input_names)
        self._output_names = self.signature.match_outputs(output_names)
        self._output_places = self.signature.output_places(self._output_names)
        for name, argument, dtype in zip(self._input_names, arguments, dtypes):
            if argument.dtype and dtype != argument.dtype:
                raise ContractError(
                    f'input {name!r}: dtype is {dtype}, but the file takes {argument.dtype} here')
        self._feeds = tuple(map(self._program.feed, arguments, dtypes))
        self._checked_shapes = []

    def mode(self) -> ContextManager[None]:
        """Put the calling thread into the mode in which the program is run."""
        return self._program.mode()

    def prepare(self, values: Sequence[Array]) -> List[Array]:
        """Check the contract on these values, then warm up on them; return one run's outputs."""
        durations_ms = []
        outputs: List[Array] = []
        self._output_shapes = []
        try:
            for _ in range(self._warmup_runs):
                begin = perf_counter()
                outputs = self.run(values)
                durations_ms.append(1e3 * (perf_counter() - begin))
            # They may be what the reset puts back.
            outputs = [output.copy() for output in outputs]
        except EvaluationError as error:
            hint = '; see shape and dtype of the inputs' if error.details else ''
            raise ContractError(f'{error}{hint}') from error
        finally:
            self.reset()
        self._output_shapes = [output.shape for output in outputs]
        self.warm_up = WarmUp(self._warmup_runs, durations_ms[0], durations_ms[-1])
        return outputs

    def run(self, values: Sequence[Array]) -> List[Array]:
        """Evaluate once; raise EvaluationError if that fails or gives something else."""
        try:
            self._keep()  # first of all: what a refused run leaves behind is undone, too
            if self._has_shapes:
                self._check_values(values)
            result = self._run([feed(value) for feed, value in zip(self._feeds, values)])
            outputs = self._to_arrays(self._output_names, self._members(result))
        except EvaluationError:
            raise
        except Exception as error:  # a module raises whatever its author chose
            raise EvaluationError(
                f'forward failed on {self._describe(values)}: {self._program.complaint(error)}',
                details=str(error)) from error
        if [output.shape for output in outputs] != self._output_shapes:
            self._check_shapes(outputs)
        return outputs

    def undo(self) -> None:
        """Make the program remember what it did before the last run."""
        self._put_back(self._program.undo)

    def reset(self) -> None:
        """Make the program remember what its file says, and nothing else."""
        self._put_back(self._program.reset)

    def _put_back(self, put_back: Callable[[], None]) -> None:
        try:
            put_back()
        except Exception as error:  # a device that is lost
            raise EvaluationError(
                'what the module remembered cannot be put back: '
                f'{self._program.complaint(error)}', details=str(error)) from error

    def _check_values(self, values: Sequence[Array]) -> None:
        """Refuse sizes that the file does not take: compiled code may not look at them."""
        shapes = [value.shape for value in values]
        if shapes == self._checked_shapes:
            return
        for name, argument, value in zip(self._input_names, self.signature.arguments, values):
            if not argument.takes(value.shape):
                expected = describe_array(argument.dtype or 'any', argument.shape or ())
                raise EvaluationError(
                    f'input {name!r} has the shape {list(value.shape)}, but the file takes '
                    f'{expected.replace("-1", "any")} here; see inputs.{name}.shape')
        self._checked_shapes = shapes

    def _members(self, result: Any) -> Sequence[Any]:
        if isinstance(result, dict):
            return self._named_members(result)
        members = result if isinstance(result, (tuple, list)) else (result,)
        if self._output_places is not None:
            return [members[place] for place in self._output_places]
        if hasattr(members, '_fields'):
            return self._named_members(dict(zip(result._fields, result)))
        if len(members) != len(self._output_names):
            raise EvaluationError(
                f'forward returned {len(members)} outputs, but output_names has '
                f'{len(self._output_names)}: {enumeration(self._output_names)}')
        return members

    def _named_members(self, members: Dict[Any, Any]) -> List[Any]:
        for name in self._output_names:
            if name not in members:
                raise EvaluationError(
                    f'output {name!r} does not exist; forward returned '
                    f'{enumeration(map(str, members))}')
        return [members[name] for name in self._output_names]

    def _check_shapes(self, outputs: Sequence[Array]) -> None:
        for name, output, first in zip(self._output_names, outputs, self._output_shapes):
            if output.shape != first and (
                    output.ndim != len(first) or output.shape[1:] != first[1:]):
                raise EvaluationError(
                    f'output {name!r} has the shape {list(output.shape)} after '
                    f'{list(first)} at first; only the first size may vary')

    def _describe(self, values: Sequence[Array]) -> str:
        return enumeration(
            f'{name} {feed.describe(value)}'
            for name, feed, value in zip(self._input_names, self._feeds, values))

# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Load an ExportedProgram, run it and reset it."""

from typing import Any, Callable, ContextManager, Dict, List, Optional, Sequence, Tuple

from dg_pytorch_ros.config.input_config import DTYPES
from dg_pytorch_ros.config.node_config import ModelConfig
from dg_pytorch_ros.contract import Argument
from dg_pytorch_ros.devices import find_device
from dg_pytorch_ros.errors import EvaluationError, ModelFileError
from dg_pytorch_ros.exported.devices import devices
from dg_pytorch_ros.exported.function import GraphFunction
from dg_pytorch_ros.exported.loading import load_program
from dg_pytorch_ros.exported.memory import counts_alone, sharing, TensorMemory
from dg_pytorch_ros.exported.notes import read_notes
from dg_pytorch_ros.exported.origins import find_origins
from dg_pytorch_ros.exported.signature import Place, read_places, read_signature
from dg_pytorch_ros.exported.sizes import read_sizes
from dg_pytorch_ros.exported.stored import (
    floating_dtypes, objects, parameter_count, read_stored)
from dg_pytorch_ros.exported.writing import Json
from dg_pytorch_ros.model import Array, ModelDescription
from dg_pytorch_ros.model_file import ModelFile
from dg_pytorch_ros.program import Feed
from dg_pytorch_ros.tensors.device import Device
from dg_pytorch_ros.tensors.mode import inference_mode
import torch

_CHANGED = ('BUFFER_MUTATION', 'PARAMETER_MUTATION')


def load_exported(file: ModelFile, config: ModelConfig) -> 'ExportedProgram':
    """Load a `.pt2` archive of torch.export; raise ModelFileError if that is not possible."""
    device = find_device(config.device)
    program, writing = load_program(file)
    try:
        return ExportedProgram(
            program, writing, file, device=device, num_threads=config.num_threads)
    except Exception as error:  # a graph such as no known torch writes
        raise ModelFileError(
            f'model file {file.path} holds a program that cannot be run '
            f'({type(error).__name__}: {str(error).partition(chr(10))[0]}); export it again with '
            f'torch {torch.__version__}') from error


class ExportedProgram:
    """A program as a function, its memory, and the device that it is on."""

    def __init__(
        self, program: Any, writing: Json, file: ModelFile, *, device: Device, num_threads: int
    ) -> None:
        places = read_places(program, writing)
        self.signature = read_signature(places, program, writing)
        self._fixed = [
            (index, place) for index, place in enumerate(
                place for place in places if place.argument is not None) if place.is_fixed]
        self._device = device
        self._num_threads = num_threads
        function, self._memory = _prepare(program, places, torch.device(device.name))
        self._sizes = read_sizes(program, places)
        # What is remembered is copied into its place, and results that share it are copied out.
        self._run = device.accelerate(lambda arguments: function(*arguments), is_static=True)
        dtypes = {str(dtype).removeprefix('torch.') for dtype in floating_dtypes(program)}
        self._description = ModelDescription(
            path=str(file.path), sha256=file.sha256, kind='ExportedProgram of torch.export',
            parameters=parameter_count(program),
            dtype=dtypes.pop() if len(dtypes) == 1 and dtypes <= set(DTYPES) else None,
            was_training=False, not_reset=objects(program),
            notes=read_notes(
                program, places, exported_on=devices(writing), device=device.name))

    @property
    def description(self) -> ModelDescription:
        """What a reader of the log wants to know, of the device as well."""
        return self._description.with_notes(self._device.notes)

    def mode(self) -> ContextManager[None]:
        """Put the calling thread into inference mode, on the configured number of threads."""
        return inference_mode(self._device, self._num_threads)

    def feed(self, argument: Argument, dtype: str) -> Feed:
        """Choose what turns values into an argument."""
        return self._device.feed(argument, dtype)

    def run(self, arguments: Sequence[Any]) -> Any:
        """Return the results in the order of the file."""
        if self._fixed:
            arguments = self._without_fixed(arguments)
        if self._sizes is not None:
            self._sizes.check(arguments)
        return self._run(arguments)

    def to_arrays(self, names: Sequence[str], results: Sequence[Any]) -> List[Array]:
        """Return the numbers of tensors; raise EvaluationError for anything else."""
        return self._device.to_arrays(names, results)

    def complaint(self, error: BaseException) -> str:
        """Return the first line, in which torch says what it objects to."""
        return str(error).strip().partition('\n')[0] or type(error).__name__

    def keep(self) -> None:
        """Note what the next run may change in the program's memory."""
        self._memory.keep()

    def undo(self) -> None:
        """Make the program remember what it did before the last run."""
        self._memory.undo()

    def reset(self) -> None:
        """Make the program remember what its file says, and nothing else."""
        self._memory.reset()

    def _without_fixed(self, arguments: Sequence[Any]) -> Sequence[Any]:
        """Drop what the program no longer takes, if it has the value that it was exported for."""
        left = list(arguments)
        for index, place in reversed(self._fixed):
            if index < len(left):
                value = left.pop(index)
                if value != place.value:
                    raise EvaluationError(
                        f'argument {place.name!r} is {value}, but torch.export has fixed it at '
                        f'{place.value} in this file; give that, or export the module with a '
                        'tensor in its place')
        return left


def _prepare(
    program: Any, places: Sequence[Place], device: torch.device
) -> Tuple[Callable[..., Any], TensorMemory]:
    """Return what runs the program, and the memory that it has then."""
    stored = read_stored(program, device)
    tensors = {
        name: value for name, value in stored.items() if isinstance(value, torch.Tensor)}
    origins = find_origins(program.graph, program.graph_module, tensors)
    copies, results = _returned(program)
    written = {*origins.written, *(name for name, _ in copies)}
    remembered = sharing([tensors[name] for name in tensors if name in written], tensors.values())
    memory = TensorMemory(
        remembered,
        are_counted=origins.are_counted and counts_alone(remembered))
    function = GraphFunction(
        program.graph, program.graph_module, device,
        bound={**stored, **{place.node: place.value for place in places if place.is_fixed}},
        copies=copies, results=results,
        copied=frozenset(name for name, found in origins.remembered.items() if found),
        constant=frozenset(
            name for name, tensor in tensors.items()
            if not any(one is tensor for one in remembered))).compiled()
    return function, memory


def _returned(program: Any) -> Tuple[List[Tuple[str, Any]], Tuple[Any, ...]]:
    """Return what the graph puts into stored tensors in the end, and what it gives to the user."""
    names: Dict[Optional[str], str] = {
        spec.target: spec.arg.name for spec in program.graph_signature.input_specs
        if spec.target is not None}
    (output,) = (node for node in program.graph.nodes if node.op == 'output')
    copies, results = [], []
    for spec, value in zip(program.graph_signature.output_specs, output.args[0]):
        if spec.kind.name == 'USER_OUTPUT':
            results.append(value)
        elif spec.kind.name in _CHANGED:
            copies.append((names[spec.target], value))
    return copies, tuple(results)

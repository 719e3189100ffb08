# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Load a package, run the code that was compiled into it, and reset it."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ContextManager, List, Sequence

from dg_pytorch_ros.aotinductor.complaint import first_complaint
from dg_pytorch_ros.aotinductor.library import (
    CpuLibrary, Library, open_on_cuda, require_checks)
from dg_pytorch_ros.aotinductor.machine import check_machine
from dg_pytorch_ros.aotinductor.memory import Memory
from dg_pytorch_ros.aotinductor.package import choose_model, CompiledModel
from dg_pytorch_ros.aotinductor.statement import Statement
from dg_pytorch_ros.aotinductor.threads import check_threads
from dg_pytorch_ros.archive import Archive
from dg_pytorch_ros.config.node_config import ModelConfig
from dg_pytorch_ros.contract import Argument
from dg_pytorch_ros.devices import find_device
from dg_pytorch_ros.errors import ModelFileError
from dg_pytorch_ros.model import Array, ModelDescription
from dg_pytorch_ros.model_file import ModelFile
from dg_pytorch_ros.program import Feed
from dg_pytorch_ros.tensors.device import Device
from dg_pytorch_ros.tensors.mode import inference_mode
import torch


def load_package(file: ModelFile, config: ModelConfig) -> 'CompiledProgram':
    """Load an AOTInductor package; raise ModelFileError if it cannot run here, or not safely."""
    device = find_device(config.device)
    try:
        archive = Archive(file.content)
        name = choose_model(archive)
        model = CompiledModel(archive, name)
        check_machine(model.metadata, model.library, device.name)
        check_threads(model.kernels, config.num_threads)
        require_checks(model.library)
        statement = Statement(model)
        library = _open(file, model, name, device)
        return CompiledProgram(
            library, statement, file, device=device, num_threads=config.num_threads)
    except ModelFileError as error:
        raise ModelFileError(f'model file {file.path} {error}') from error


def _open(file: ModelFile, model: CompiledModel, name: str, device: Device) -> Library:
    """Load the code from a folder for it alone, which is gone when that is done."""
    try:
        with TemporaryDirectory(prefix='dg_pytorch_ros_') as folder:
            code = model.unpack(Path(folder))
            if device.name == 'cpu':
                return CpuLibrary(code)
            package = Path(folder, 'package.pt2')
            package.write_bytes(file.content)
            return open_on_cuda(package, name, code, torch.device(device.name))
    except OSError as error:
        raise ModelFileError(
            f'cannot be unpacked to be loaded: {error.strerror}: {error.filename}; set TMPDIR to '
            'a folder with room for it') from error
    except RuntimeError as error:
        raise ModelFileError(
            f'cannot be loaded by torch {torch.__version__}: {first_complaint(error)}') from error


class CompiledProgram:
    """Compiled code, its memory, and the device that it is on."""

    def __init__(
        self, library: Library, statement: Statement, file: ModelFile, *, device: Device,
        num_threads: int
    ) -> None:
        self._library = library
        self._device = device
        self._num_threads = num_threads
        self.signature = statement.signature(*library.call_spec())
        self._memory = Memory(library.places(statement.memory))
        self._strides = [each.strides for each in statement.inputs]
        self._run = device.accelerate(self._compute, is_static=True)
        self._description = ModelDescription(
            path=str(file.path), sha256=file.sha256,
            kind=f'AOTInductor package for {statement.device}',
            parameters=statement.parameters, dtype=statement.dtype, was_training=False,
            notes=statement.notes(num_threads))

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
        return self._run(arguments)

    def to_arrays(self, names: Sequence[str], results: Sequence[Any]) -> List[Array]:
        """Return the numbers of tensors; raise EvaluationError for what no message can hold."""
        return self._device.to_arrays(names, results)

    def complaint(self, error: BaseException) -> str:
        """Find the one line that matters in an error of compiled code."""
        return first_complaint(error, [each.name for each in self.signature.arguments])

    def keep(self) -> None:
        """Note what the next run may change."""
        self._memory.keep()

    def undo(self) -> None:
        """Make the program remember what it did before the last run."""
        self._memory.undo()

    def reset(self) -> None:
        """Make the program remember what its file says, and nothing else."""
        self._memory.reset()

    def _compute(self, arguments: Sequence[torch.Tensor]) -> List[torch.Tensor]:
        results = self._library.run(list(map(_laid_out, arguments, self._strides)))
        return list(map(self._memory.apart, results))


def _laid_out(tensor: torch.Tensor, strides: Sequence[int]) -> torch.Tensor:
    """Return the tensor in that order in memory for which the code was compiled."""
    if tensor.stride() == strides or -1 in strides or len(strides) != tensor.ndim:
        return tensor
    return torch.empty_strided(
        tensor.shape, strides, dtype=tensor.dtype, device=tensor.device).copy_(tensor)

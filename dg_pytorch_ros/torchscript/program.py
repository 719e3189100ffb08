# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Load a TorchScript module, run it and reset it."""

import io
from typing import Any, Callable, ContextManager, Iterator, List, Optional, Sequence
import warnings

from dg_pytorch_ros.config.input_config import DTYPES
from dg_pytorch_ros.config.node_config import ModelConfig
from dg_pytorch_ros.contract import Argument
from dg_pytorch_ros.devices import find_device
from dg_pytorch_ros.errors import ModelFileError
from dg_pytorch_ros.model import Array, ModelDescription
from dg_pytorch_ros.model_file import ModelFile
from dg_pytorch_ros.program import Feed
from dg_pytorch_ros.tensors.complaint import first_complaint
from dg_pytorch_ros.tensors.device import Device
from dg_pytorch_ros.tensors.mode import inference_mode
from dg_pytorch_ros.torchscript.changes import has_hooks
from dg_pytorch_ros.torchscript.checkpoint import Checkpoint
from dg_pytorch_ros.torchscript.complaint import load_complaint
from dg_pytorch_ros.torchscript.memory import ModuleMemory
from dg_pytorch_ros.torchscript.schema import read_signature
import torch


def load_script(file: ModelFile, config: ModelConfig) -> 'ScriptProgram':
    """Load a TorchScript archive; raise ModelFileError if torch refuses it."""
    device = find_device(config.device)
    module = load_module(file, device.name)
    if device.name != 'cpu' and _forks(module):
        raise ModelFileError(
            f'model file {file.path} uses torch.jit.fork, whose parts would run beside the stream '
            "of the GPU; remove it, or set device: 'cpu'")
    return ScriptProgram(module, file, device=device, num_threads=config.num_threads)


def load_module(file: ModelFile, device: str) -> torch.jit.ScriptModule:
    """Load the module in a TorchScript archive; raise ModelFileError if torch refuses it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore', DeprecationWarning)
            module: torch.jit.ScriptModule = torch.jit.load(
                io.BytesIO(file.content), map_location=device)
    except (RuntimeError, ValueError) as error:
        raise ModelFileError(
            f'model file {file.path} cannot be loaded by torch {torch.__version__}: '
            f'{load_complaint(error)}') from error
    if not hasattr(module, 'forward'):
        raise ModelFileError(
            f'model file {file.path} holds the module {module.original_name}, '
            'which has no forward method')
    return module


class ScriptProgram:
    """A module in evaluation mode, its memory, and the device that it is on."""

    def __init__(
        self, module: torch.jit.ScriptModule, file: ModelFile, *, device: Device,
        num_threads: int
    ) -> None:
        was_training = bool(getattr(module, 'training', False))
        module.eval()
        memory = ModuleMemory(module)
        self._memory = memory
        self._checkpoint = Checkpoint(module, memory)
        self._device = device
        self._num_threads = num_threads
        forward = _callable(module)
        self._run = device.accelerate(
            lambda arguments: forward(*arguments),
            is_static=self._checkpoint.is_static and not has_hooks(module))
        self.signature = read_signature(module.forward, file.content)
        self._description = ModelDescription(
            path=str(file.path), sha256=file.sha256,
            kind=f'TorchScript module {module.original_name}',
            parameters=sum(parameter.numel() for parameter in module.parameters()),
            dtype=_floating_dtype(module), was_training=was_training,
            not_reset=memory.left_out)

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
        """Return what forward returns."""
        return self._run(arguments)

    def to_arrays(self, names: Sequence[str], results: Sequence[Any]) -> List[Array]:
        """Return the numbers of tensors; raise EvaluationError for anything else."""
        return self._device.to_arrays(names, results)

    def complaint(self, error: BaseException) -> str:
        """Find the one line that matters in an error of TorchScript."""
        return first_complaint(error)

    def keep(self) -> None:
        """Note what the next run may change in the module's memory."""
        self._checkpoint.take()

    def undo(self) -> None:
        """Make the module remember what it did before the last run."""
        self._checkpoint.undo()

    def reset(self) -> None:
        """Make the module remember what its file says, and nothing else."""
        self._memory.restore()
        self._checkpoint.restart()


def _callable(module: torch.jit.ScriptModule) -> Callable[..., Any]:
    # `forward` itself is quicker than the module, but leaves out hooks that were scripted with it.
    if has_hooks(module):
        return module
    forward: Callable[..., Any] = module.forward
    return forward


def _forks(module: torch.jit.ScriptModule) -> bool:
    forward: Any = module.forward
    return bool(forward.inlined_graph.findAllNodes('prim::fork'))


def _floating_dtype(module: torch.jit.ScriptModule) -> Optional[str]:
    """Return the floating dtype of the parameters, else of the buffers or constants, else None."""
    for tensors in (module.parameters(), module.buffers(), _constants(module)):
        dtypes = {tensor.dtype for tensor in tensors if tensor.is_floating_point()}
        if dtypes:
            name = str(dtypes.pop()).replace('torch.', '')
            return name if not dtypes and name in DTYPES else None
    return None


def _constants(module: torch.jit.ScriptModule) -> Iterator[torch.Tensor]:
    """Find the tensors in the code; `torch.jit.freeze` turns parameters into such."""
    forward: Any = module.forward
    for node in forward.graph.findAllNodes('prim::Constant'):
        if node.hasAttribute('value') and node.kindOf('value') == 't':
            yield node.t('value')

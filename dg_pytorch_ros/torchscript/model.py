# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Load a TorchScript module, warm it up, run it and reset it."""

from contextlib import contextmanager
import io
from time import perf_counter
from typing import Any, Callable, ContextManager, Dict, Iterator, List, Optional, Sequence, Tuple
import warnings

from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.config.input_config import DTYPES
from dg_pytorch_ros.config.node_config import ModelConfig
from dg_pytorch_ros.errors import ContractError, EvaluationError, ModelFileError
from dg_pytorch_ros.model import Array, ModelDescription, WarmUp
from dg_pytorch_ros.model_file import ModelFile
from dg_pytorch_ros.torchscript.changes import has_hooks
from dg_pytorch_ros.torchscript.checkpoint import Checkpoint
from dg_pytorch_ros.torchscript.complaint import first_complaint
from dg_pytorch_ros.torchscript.feeds import Feed, make_feed
from dg_pytorch_ros.torchscript.memory import ModuleMemory
from dg_pytorch_ros.torchscript.schema import read_signature
import torch

_SCALAR_DTYPES = {'float': 'float64', 'int': 'int64', 'bool': 'bool'}


def load_model(file: ModelFile, config: ModelConfig) -> 'TorchScriptModel':
    """Load a TorchScript archive; raise ModelFileError if torch refuses it."""
    return TorchScriptModel(load_module(file, config.device), file, config)


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
            f'{first_complaint(error)}') from error
    if not hasattr(module, 'forward'):
        raise ModelFileError(
            f'model file {file.path} holds the module {module.original_name}, '
            'which has no forward method')
    return module


class TorchScriptModel:
    """A loaded module with the arguments it is fed and the outputs that are wanted of it."""

    def __init__(
        self, module: torch.jit.ScriptModule, file: ModelFile, config: ModelConfig
    ) -> None:
        was_training = bool(getattr(module, 'training', False))
        module.eval()
        self._forward = _callable(module)
        self._memory = ModuleMemory(module)
        self._checkpoint = Checkpoint(module, self._memory)
        self.description = ModelDescription(
            path=str(file.path), sha256=file.sha256,
            kind=f'TorchScript module {module.original_name}',
            parameters=sum(parameter.numel() for parameter in module.parameters()),
            dtype=_floating_dtype(module), was_training=was_training,
            not_reset=self._memory.left_out)
        self._num_threads = config.num_threads
        self._warmup_runs = config.warmup_runs
        self.signature = read_signature(module.forward, file.content)
        self.warm_up: Optional[WarmUp] = None
        self._input_names: Tuple[str, ...] = ()
        self._feeds: Tuple[Feed, ...] = ()
        self._output_names: Tuple[str, ...] = ()
        self._output_shapes: List[Tuple[int, ...]] = []

    def input_dtype(self, index: int, message_dtype: str) -> str:
        """Return the dtype of an argument for which the user named none."""
        argument = self.signature.arguments[index]
        if argument.is_scalar:
            return _SCALAR_DTYPES[argument.type_name]
        return self.description.dtype or message_dtype

    def bind(
        self, input_names: Sequence[str], dtypes: Sequence[str], output_names: Sequence[str]
    ) -> None:
        """Name the arguments, fix their dtypes, and name the outputs to return."""
        self._input_names = self.signature.match_inputs(input_names)
        self._output_names = self.signature.match_outputs(output_names)
        self._feeds = tuple(map(make_feed, self.signature.arguments, dtypes))

    def mode(self) -> ContextManager[None]:
        """Put the calling thread into inference mode, on the configured number of threads."""
        return _inference_mode(self._num_threads)

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
            self._checkpoint.take()
            result = self._forward(*[feed(value) for feed, value in zip(self._feeds, values)])
        except Exception as error:  # a script raises whatever its author chose
            raise EvaluationError(
                f'forward failed on {self._describe(values)}: {first_complaint(error)}',
                details=str(error)) from error
        outputs = [
            _to_array(name, member)
            for name, member in zip(self._output_names, self._members(result))]
        if [output.shape for output in outputs] != self._output_shapes:
            self._check_shapes(outputs)
        return outputs

    def undo(self) -> None:
        """Make the model remember what it did before the last run."""
        self._checkpoint.undo()

    def reset(self) -> None:
        """Make the module remember what its file says, and nothing else."""
        self._memory.restore()
        self._checkpoint.restart()

    def _members(self, result: Any) -> Sequence[Any]:
        if isinstance(result, dict):
            return self._named_members(result)
        members = result if isinstance(result, (tuple, list)) else (result,)
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


@contextmanager
def _inference_mode(num_threads: int) -> Iterator[None]:
    torch.set_num_threads(num_threads)
    with torch.inference_mode():
        yield


def _callable(module: torch.jit.ScriptModule) -> Callable[..., Any]:
    # `forward` itself is quicker than the module, but leaves out hooks that were scripted with it.
    if has_hooks(module):
        return module
    forward: Callable[..., Any] = module.forward
    return forward


def _to_array(name: str, member: Any) -> Array:
    try:
        array: Array = member.numpy(force=True)
    except (AttributeError, RuntimeError, TypeError) as error:
        if not isinstance(member, torch.Tensor):
            raise EvaluationError(
                f'output {name!r} is of type {type(member).__name__}; expected a Tensor') from None
        if member.dtype == torch.bfloat16:  # numpy has no such type
            return _to_array(name, member.float())
        raise EvaluationError(
            f'output {name!r} is a tensor of {member.dtype}, {member.layout}, '
            f'which no message holds: {error}') from error
    if array.dtype.kind == 'c':
        raise EvaluationError(f'output {name!r} is {array.dtype}, which no message holds')
    return array


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

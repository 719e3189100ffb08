# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Load an ONNX model and run it; it remembers nothing from one run to the next."""

from contextlib import nullcontext
from typing import Any, ContextManager, Iterator, List, Optional, Sequence

from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.config.node_config import ModelConfig
from dg_pytorch_ros.contract import Argument
from dg_pytorch_ros.errors import ModelFileError
from dg_pytorch_ros.model import Array, ModelDescription
from dg_pytorch_ros.model_file import ModelFile
from dg_pytorch_ros.onnx.complaint import complaint_of
from dg_pytorch_ros.onnx.dtypes import only_floating
from dg_pytorch_ros.onnx.external_data import ExternalData
from dg_pytorch_ros.onnx.feeds import ArrayFeed, NumberFeed
from dg_pytorch_ros.onnx.library import import_runtime
from dg_pytorch_ros.onnx.model_proto import ModelProto
from dg_pytorch_ros.onnx.session import note_elsewhere, open_session, operators_elsewhere
from dg_pytorch_ros.onnx.signature import is_array, read_signature
from dg_pytorch_ros.program import Feed
from dg_pytorch_ros.protobuf import ProtobufError


def load_onnx(file: ModelFile, config: ModelConfig) -> 'OnnxProgram':
    """Load an ONNX model; raise ModelFileError if onnxruntime refuses it, or is missing."""
    try:
        return OnnxProgram(file, config)
    except ModelFileError as error:
        raise ModelFileError(f'model file {file.path} {error}') from error
    except MemoryError as error:
        raise ModelFileError(
            f'model file {file.path} is an ONNX model for which there is not enough memory'
        ) from error
    except ProtobufError as error:
        raise ModelFileError(
            f'model file {file.path} is an ONNX model that is broken or truncated '
            f'({len(file.content)} bytes): {error}; copy or export it again') from error


class OnnxProgram:
    """A session of onnxruntime, and the names by which it knows inputs and outputs."""

    def __init__(self, file: ModelFile, config: ModelConfig) -> None:
        model = ModelProto(file.content)
        runtime = import_runtime()
        weights = ExternalData(file.path.parent)
        session = open_session(runtime, weights.embed(file.content), config)
        inputs = (*model.inputs, *model.defaults)
        self._run = session.run
        self._input_names = [info.name for info in inputs]
        self._output_names = [info.name for info in model.outputs if is_array(info)]
        self._places = [
            place for place, info in enumerate(model.outputs) if is_array(info)]
        self._count = len(model.outputs)
        self.signature = read_signature(model)
        self._numbers = {
            argument.name for argument, info in zip(self.signature.arguments, inputs)
            if info.shape == ()}
        self.description = ModelDescription(
            path=str(file.path), sha256=file.sha256, kind=_kind(model.opset),
            parameters=model.parameters,
            dtype=only_floating({one.dtype for one in model.initializers}), was_training=False,
            notes=tuple(_notes(weights, operators_elsewhere(session, config.device))))

    def mode(self) -> ContextManager[None]:
        """Do nothing: a session has threads of its own, and one mode only."""
        return nullcontext()

    def feed(self, argument: Argument, dtype: str) -> Feed:
        """Choose what turns values into an argument."""
        return NumberFeed(dtype) if argument.name in self._numbers else ArrayFeed(dtype)

    def run(self, arguments: Sequence[Any]) -> Sequence[Any]:
        """Return the outputs in the order of the file, None for those that are no arrays."""
        results: Sequence[Any] = self._run(
            self._output_names, dict(zip(self._input_names, arguments)))
        if len(results) == self._count:
            return results
        found = dict(zip(self._places, results))
        return [found.get(place) for place in range(self._count)]

    def to_arrays(self, names: Sequence[str], results: Sequence[Any]) -> List[Array]:
        """Return the results: each run makes new arrays, and others are refused by their type."""
        return list(results)

    def complaint(self, error: BaseException) -> str:
        """Find the one line that matters in an error of onnxruntime."""
        return complaint_of(error)

    def keep(self) -> None:
        """Do nothing: a run changes nothing."""

    def undo(self) -> None:
        """Do nothing: a run has changed nothing."""

    def reset(self) -> None:
        """Do nothing: there is nothing but what the file says."""


def _kind(opset: Optional[int]) -> str:
    return 'ONNX model' + (f', opset {opset}' if opset else '')


def _notes(weights: ExternalData, elsewhere: Sequence[str]) -> Iterator[str]:
    if weights.used:
        yield (
            f'weights from {enumeration(weights.used)}, beside it, which model_sha256 does not '
            'cover')
    if elsewhere:
        yield note_elsewhere(elsewhere)

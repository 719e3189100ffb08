# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""From the configuration of a model to the model."""

from time import perf_counter
from typing import Callable

from dg_pytorch_ros.bound_model import BoundModel
from dg_pytorch_ros.config.node_config import ModelConfig
from dg_pytorch_ros.errors import ModelFileError
from dg_pytorch_ros.file_kinds import FileKind
from dg_pytorch_ros.model_file import ModelFile, read_model_file
from dg_pytorch_ros.model_imports import import_libraries
from dg_pytorch_ros.packages import find_share
from dg_pytorch_ros.program import Program


def load_model_of(config: ModelConfig) -> BoundModel:
    """Read and load the file that is asked for; raise ModelFileError if that is not possible."""
    file = read_model_file(config.path, sha256=config.sha256, find_share=find_share)
    return load_model(file, config)


def load_model(file: ModelFile, config: ModelConfig) -> BoundModel:
    """Load a file that was read; raise ModelFileError if that is not possible."""
    if file.kind is FileKind.ONNX:
        from dg_pytorch_ros.onnx.library import refuse_telemetry
        refuse_telemetry()  # before a library of operators imports onnxruntime
    import_libraries(config.imports)
    load = _find_loader(file)
    begin = perf_counter()  # the libraries that read it are there by now
    program = load(file, config)
    return BoundModel(program, config, load_ms=1e3 * (perf_counter() - begin))


def _find_loader(file: ModelFile) -> Callable[[ModelFile, ModelConfig], Program]:
    """Return what loads the file; what a format needs is imported only for that format."""
    if file.kind is FileKind.EXPORTED_PROGRAM:
        from dg_pytorch_ros.exported.program import load_exported
        return load_exported
    if file.kind is FileKind.AOTINDUCTOR:
        from dg_pytorch_ros.aotinductor.program import load_package
        return load_package
    if file.kind is FileKind.ONNX:
        from dg_pytorch_ros.onnx.program import load_onnx
        return load_onnx
    try:
        from dg_pytorch_ros.torchscript.program import load_script
    except AttributeError as error:  # a torch without torch.jit
        raise ModelFileError(
            f'model file {file.path} is a TorchScript module, which this torch does not run any '
            'more; convert it where an older torch is: pytorch_model convert FILE --to pt2'
        ) from error
    return load_script

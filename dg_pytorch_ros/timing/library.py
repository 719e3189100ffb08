# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What runs the format of a model; to import that takes longer than to load most models."""

from contextlib import suppress
from importlib import import_module

from dg_pytorch_ros.errors import ModelFileError
from dg_pytorch_ros.file_kinds import FileKind
from dg_pytorch_ros.model_file import read_model_file
from dg_pytorch_ros.packages import find_share
from dg_pytorch_ros.parameters.file_declarations import FileDeclarations
from dg_pytorch_ros.parameters.node_parameters import Parameters
from dg_pytorch_ros.timing.specimen import settings_of
from dg_pytorch_ros.timing.subject import Request


def import_library(request: Request) -> None:
    """Import what runs the model that is asked for; raise PytorchRosError if there is none."""
    config = Parameters(FileDeclarations(settings_of(request))).read_model()
    file = read_model_file(config.path, sha256=config.sha256, find_share=find_share)
    if file.kind is FileKind.ONNX:
        from dg_pytorch_ros.onnx.library import import_runtime
        with suppress(ModelFileError):  # without it, loading says what to do
            import_runtime()
    else:
        import_module('torch')

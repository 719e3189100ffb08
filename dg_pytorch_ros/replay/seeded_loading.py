# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Load a model so that it draws the same random numbers in each replay."""

from contextlib import suppress

from dg_pytorch_ros.config.node_config import ModelConfig
from dg_pytorch_ros.errors import ModelFileError
from dg_pytorch_ros.file_kinds import FileKind
from dg_pytorch_ros.loading import load_model
from dg_pytorch_ros.model import Model
from dg_pytorch_ros.model_file import read_model_file
from dg_pytorch_ros.packages import find_share


def load_seeded(config: ModelConfig, seed: int) -> Model:
    """Load the model that is asked for; raise ModelFileError if that is not possible."""
    file = read_model_file(config.path, sha256=config.sha256, find_share=find_share)
    if file.kind is FileKind.ONNX:
        from dg_pytorch_ros.onnx.seed import seed_random as seed_onnx
        with suppress(ModelFileError):  # without the library, loading says what to do
            seed_onnx(seed)
        return load_model(file, config)
    model = load_model(file, config)
    from dg_pytorch_ros.tensors.seed import seed_random
    seed_random(seed)
    return model

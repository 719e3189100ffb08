# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""From the configuration of a model to the model."""

from dg_pytorch_ros.config.node_config import ModelConfig
from dg_pytorch_ros.model import Model
from dg_pytorch_ros.model_file import read_model_file
from dg_pytorch_ros.packages import find_share
from dg_pytorch_ros.torchscript.model import load_model


def load_model_of(config: ModelConfig) -> Model:
    """Read and load the file that is asked for; raise ModelFileError if that is not possible."""
    file = read_model_file(config.path, sha256=config.sha256, find_share=find_share)
    return load_model(file, config)

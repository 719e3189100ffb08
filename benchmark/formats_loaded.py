# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A file of any format, loaded and bound as the node does it."""

import math
from pathlib import Path
from typing import Any, Dict, List, Sequence

from dg_pytorch_ros.config.node_config import ModelConfig
from dg_pytorch_ros.loading import load_model_of
from dg_pytorch_ros.model import Array, Model
import numpy as np

SETS = 16
_SEED = 20261122
_DTYPE = 'float32'


def load(path: Path) -> Model:
    """Load a file, on one thread; raise an error of PytorchRosError's family if that fails."""
    return load_model_of(ModelConfig(path=str(path)))


def bind(model: Model) -> Model:
    """Give the arguments and the results the names that the file has for them."""
    signature = model.signature
    names = signature.match_inputs(None)
    dtypes = [model.input_dtype(index, _DTYPE) for index in range(len(names))]
    model.bind(names, dtypes, signature.match_outputs(None))
    return model


def values_of(shapes: Dict[str, List[int]]) -> List[Sequence[Array]]:
    """Return sets of values, the same in each process."""
    random = np.random.default_rng(_SEED)
    return [
        [random.standard_normal(shape).astype(_DTYPE) for shape in shapes.values()]
        for _ in range(SETS)]


def difference(array: Any, expected: Any) -> float:
    """Return how far apart they are at most; of large numbers, as a share of them."""
    if np.shape(array) != np.shape(expected):
        return math.inf
    apart = np.abs(np.asarray(array, float) - expected) / np.maximum(1.0, np.abs(expected))
    return float(apart.max(initial=0.0))

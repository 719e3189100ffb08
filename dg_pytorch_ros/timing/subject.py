# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What is measured: how it was asked for, and what was found."""

from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Mapping, Optional, Tuple

from dg_pytorch_ros.config.node_config import ModelConfig, RealtimeConfig
from dg_pytorch_ros.model import Array, ModelDescription

Shape = Tuple[int, ...]

_PARAMETER_FILES = ('.yaml', '.yml')


@dataclass(frozen=True)
class Request:
    """A model file or a parameter file, and what the user says of some inputs."""

    path: str
    node: str = ''
    shapes: Mapping[str, Shape] = field(default_factory=dict)
    dtypes: Mapping[str, str] = field(default_factory=dict)
    imports: Tuple[str, ...] = ()
    device: str = ''

    @property
    def is_parameter_file(self) -> bool:
        """Whether the path is that of a parameter file, not of a model."""
        return PurePath(self.path).suffix.lower() in _PARAMETER_FILES


@dataclass(frozen=True)
class Value:
    """Something to feed an input, and the dtype that the module wants it in."""

    array: Array
    dtype: str


@dataclass(frozen=True)
class Fed:
    """What an argument of the module is given at each run, and where that comes from."""

    name: str
    dtype: str
    shape: Shape
    origin: str


@dataclass(frozen=True)
class Given:
    """What an output of the module is."""

    name: str
    dtype: str
    shape: Shape
    is_finite: bool


@dataclass(frozen=True)
class Subject:
    """
    A module that is loaded, and how the node would run it.

    `unknown` are the inputs of which nothing tells a shape, `known` the shapes of the others, by
    the names of their arguments; `has_open_result` is true if only a run tells the names of the
    outputs.
    """

    description: ModelDescription
    model: ModelConfig
    rate_hz: Optional[float]
    realtime: RealtimeConfig
    spin_us: int
    file_bytes: int
    load_ms: float
    input_names: Tuple[str, ...]
    known: Mapping[str, Shape]
    unknown: Tuple[str, ...]
    has_open_result: bool

    @property
    def num_threads(self) -> int:
        """The threads of one operation."""
        return self.model.num_threads

    @property
    def warmup_runs(self) -> int:
        """How often the node would run it before the first real time."""
        return self.model.warmup_runs

# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Conversions in the process of a test."""

from pathlib import Path
from typing import Callable, List, Mapping, Sequence, Tuple
import warnings

from dg_pytorch_ros.conversion.checking import check
from dg_pytorch_ros.conversion.layout import Layout
from dg_pytorch_ros.conversion.making import make
from dg_pytorch_ros.conversion.order import Made, Order
from dg_pytorch_ros.conversion.target import TARGETS
from dg_pytorch_ros.conversion.verdict import Verdict
from dg_pytorch_ros.model_file import ModelFile, read_model_file

Make = Callable[[Order, Callable[[str], None]], Made]

_SAMPLES = {4: (1, 3, 64, 64), 2: (1, 0), 1: (17,)}


def file_of(path: str) -> ModelFile:
    """Read a model."""
    return read_model_file(path, find_share=lambda package: None)


def layouts_of(shapes: Mapping[str, Tuple[int, ...]], dtype: str = 'float32') -> List[Layout]:
    """Return layouts with samples such as trying finds them."""
    return [
        Layout(name, dtype, shape, tuple(
            _SAMPLES[len(shape)][axis] if size == -1 else size
            for axis, size in enumerate(shape)))
        for name, shape in shapes.items()]


def order_of(
    path: str, target: str, directory: Path, layouts: Sequence[Layout],
    output_names: Sequence[str] = ('output',)
) -> Order:
    """Return an order for a file called `made` in a directory."""
    return Order(
        file_of(path), target, tuple(layouts), tuple(output_names), runs=5,
        place=directory / f'made{TARGETS[target].suffix}')


def prove(order: Order, *, make: Make = make) -> Tuple[Made, Verdict]:
    """Make what is ordered, or something else, and compare it."""
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        made = make(order, _ignore)
        return made, Verdict(check(order, _ignore))


def _ignore(word: str) -> None:
    pass

# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The random numbers of models that draw some."""

from dg_pytorch_ros.onnx.library import import_runtime


def seed_random(number: int) -> None:
    """Let models that are loaded from now on draw the same random numbers each time."""
    import_runtime().set_seed(number)

# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What keeps a module from being converted."""

from dg_pytorch_ros.errors import PytorchRosError


class ConversionError(PytorchRosError):
    """A module that no program can stand for, with the reason."""


class ScriptRaised(RuntimeError):
    """What a script raises by itself."""

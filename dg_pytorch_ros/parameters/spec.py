# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""One parameter: its type, its default and its meaning."""

from dataclasses import dataclass
from typing import Any, Callable, Optional, Tuple

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor


@dataclass(frozen=True)
class Spec:
    """One parameter: how to read it, what it is when left out, and what it means."""

    read: Callable[[Any], Any]
    default: Any
    description: str
    read_only: bool = True
    floating_range: Optional[Tuple[float, float]] = None
    integer_range: Optional[Tuple[int, int]] = None

    def descriptor(self) -> ParameterDescriptor:
        """Describe the parameter as `ros2 param describe` shows it."""
        descriptor = ParameterDescriptor(
            description=self.description, read_only=self.read_only,
            # Without a value to tell its type, a parameter can only be left open; and who sets
            # one may write 500 for 500.0.
            dynamic_typing=self.default is None or not self.read_only)
        if self.floating_range:
            low, high = self.floating_range
            descriptor.floating_point_range = [FloatingPointRange(from_value=low, to_value=high)]
        if self.integer_range:
            first, last = self.integer_range
            descriptor.integer_range = [IntegerRange(from_value=first, to_value=last, step=1)]
        return descriptor

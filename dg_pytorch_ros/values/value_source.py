# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What gives the value of an input, whatever it is made of."""

from typing import Optional, Protocol

from dg_pytorch_ros.model import Array


class ValueSource(Protocol):
    """What gives a value; a slot does."""

    @property
    def name(self) -> str:
        """What the user calls it."""

    @property
    def value(self) -> Optional[Array]:
        """The present value; None while there is none."""

    def sample(self) -> Optional[Array]:
        """Return a value to try the module on; None while nothing is known of it."""

    def forget_shape(self) -> None:
        """Let the next value decide the shape, unless it was given."""

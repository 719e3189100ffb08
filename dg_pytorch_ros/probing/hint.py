# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What the graph of a module says of an argument before anything runs."""

from dataclasses import dataclass
from typing import Optional, Tuple

from dg_pytorch_ros.probing.guess import Shape


@dataclass(frozen=True)
class Hint:
    """
    The shape that the first consumer of an argument wants.

    Its rank counts if the consumer is a layer that has one. Pinned axes are not tried with other
    sizes: of what is cut into pieces at known places, nobody would look at more, and some
    operators do not check a size before they use it. A state is that of a recurrent layer. If the
    shape is stated in the file, sizes that are not pinned are free, from a least one on.
    """

    shape: Optional[Shape] = None
    dtype: str = ''
    has_rank: bool = False
    pinned: Tuple[int, ...] = ()
    is_state: bool = False
    is_stated: bool = False


@dataclass(frozen=True)
class Hints:
    """A hint for each argument, and numbers that occur in the module."""

    arguments: Tuple[Hint, ...]
    numbers: Tuple[int, ...] = ()

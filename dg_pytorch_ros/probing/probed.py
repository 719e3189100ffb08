# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What was found out about a module."""

from dataclasses import dataclass
from typing import Optional, Tuple

from dg_pytorch_ros.contract import Argument, Signature
from dg_pytorch_ros.model import Array
from dg_pytorch_ros.probing.guess import Guess, Shape
from dg_pytorch_ros.probing.outcome import Result


@dataclass(frozen=True)
class ProbedArgument:
    """
    What was found out about one argument, or what its file states.

    `shape` has -1 where a size is free. It is None if any shape will do or none was found:
    `sample_shape`, on which forward ran, tells them apart. `dtype` is what it ran on, `own_dtype`
    what the node would choose by itself. The sizes of those that it is `like` must be the same
    where they are free, unless one number `fits_alone`; the last sizes of those that it is
    `joined_with` add up to `total`.
    """

    argument: Argument
    dtype: str
    own_dtype: str
    shape: Optional[Shape] = None
    sample_shape: Optional[Shape] = None
    like: Tuple[str, ...] = ()
    fits_alone: bool = False
    joined_with: Tuple[str, ...] = ()
    total: int = 0

    @property
    def name(self) -> str:
        """The name in the signature of forward."""
        return self.argument.name

    @property
    def takes_any(self) -> bool:
        """Whether any shape will do."""
        return self.shape is None and self.sample_shape is not None

    @property
    def sample(self) -> Array:
        """A value on which forward ran, together with the samples of the others."""
        return Guess(self.sample_shape or (), self.dtype).value()


@dataclass(frozen=True)
class Probed:
    """
    What was found out about a module.

    Without shapes on which it `runs`, `complaint` is what it said to the best guess,
    `guessed_shapes`. An `objection` is what it says to the negatives of values on which it runs.
    The shapes of `outputs` have -1 where they vary with free sizes; `sample_outputs` are those of
    the samples.
    """

    signature: Signature
    arguments: Tuple[ProbedArgument, ...]
    outputs: Tuple[Result, ...] = ()
    sample_outputs: Tuple[Result, ...] = ()
    runs: bool = False
    complaint: str = ''
    objection: str = ''
    guessed_shapes: Tuple[Shape, ...] = ()
    tries: int = 0

    @property
    def samples(self) -> Tuple[Array, ...]:
        """Values on which forward ran, one an argument."""
        return tuple(argument.sample for argument in self.arguments)

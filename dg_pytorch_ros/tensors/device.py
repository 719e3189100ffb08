# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Where tensors are, and how they get there and back."""

from typing import Any, Callable, ContextManager, List, Protocol, Sequence, Tuple

from dg_pytorch_ros.contract import Argument
from dg_pytorch_ros.model import Array
from dg_pytorch_ros.program import Feed

Run = Callable[[Sequence[Any]], Any]


class Device(Protocol):
    """A processor that computes with tensors."""

    @property
    def name(self) -> str:
        """What torch is given: `cpu`, or `cuda:` and a number."""

    @property
    def notes(self) -> Tuple[str, ...]:
        """What a user may want to know of how it runs, as far as that is known yet."""

    def mode(self) -> ContextManager[None]:
        """Put the calling thread onto this device."""

    def feed(self, argument: Argument, dtype: str) -> Feed:
        """Choose what turns values into an argument on this device."""

    def accelerate(self, run: Run, *, is_static: bool) -> Run:
        """
        Return what does the same as `run`, as quickly as this device can.

        `is_static` says that a run keeps neither its arguments nor its results, leaves what it
        remembers at the same place, and changes no value but in tensors.
        """

    def to_arrays(self, names: Sequence[str], results: Sequence[Any]) -> List[Array]:
        """Return the results when they are there, as arrays that are good until the next run."""

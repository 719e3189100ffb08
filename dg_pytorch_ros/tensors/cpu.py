# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The processor that every machine has."""

from contextlib import nullcontext
from typing import Any, Callable, ContextManager, List, Sequence, Tuple

from dg_pytorch_ros.contract import Argument
from dg_pytorch_ros.model import Array
from dg_pytorch_ros.program import Feed
from dg_pytorch_ros.tensors.arrays import to_array
from dg_pytorch_ros.tensors.feeds import make_feed


class CpuDevice:
    """The CPU: where values are already."""

    name = 'cpu'
    notes: Tuple[str, ...] = ()

    def mode(self) -> ContextManager[None]:
        """Do nothing: each thread is there."""
        return nullcontext()

    def feed(self, argument: Argument, dtype: str) -> Feed:
        """Choose the feed that an argument's type asks for."""
        return make_feed(argument, dtype)

    def accelerate(
        self, run: Callable[[Sequence[Any]], Any], *, is_static: bool
    ) -> Callable[[Sequence[Any]], Any]:
        """Return it as it is."""
        return run

    def to_arrays(self, names: Sequence[str], results: Sequence[Any]) -> List[Array]:
        """Return the numbers of tensors."""
        return [to_array(name, result) for name, result in zip(names, results)]

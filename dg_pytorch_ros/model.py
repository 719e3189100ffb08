# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What the rest of the package knows of a model, whatever it was made with."""

from dataclasses import dataclass, replace
import math
from typing import Any, ContextManager, Optional, Protocol, Sequence, Tuple

from dg_pytorch_ros.contract import Signature
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_FEW = 4096


@dataclass(frozen=True)
class ModelDescription:
    """What a reader of the log wants to know about a model."""

    path: str
    sha256: str
    kind: str
    parameters: int
    dtype: Optional[str]
    was_training: bool
    not_reset: Tuple[str, ...] = ()
    notes: Tuple[str, ...] = ()
    load_ms: Optional[float] = None

    def with_notes(self, notes: Tuple[str, ...]) -> 'ModelDescription':
        """Return it with more to say."""
        return replace(self, notes=self.notes + notes) if notes else self


@dataclass(frozen=True)
class WarmUp:
    """How long the runs before the first real one took."""

    runs: int
    first_ms: float
    settled_ms: float


class Model(Protocol):
    """A model bound to named inputs and outputs; arrays in, arrays out."""

    signature: Signature
    warm_up: Optional[WarmUp]

    @property
    def description(self) -> ModelDescription:
        """What a reader of the log wants to know."""

    def input_dtype(self, index: int, message_dtype: str) -> str:
        """Return the dtype of an argument for which the user named none."""

    def bind(
        self, input_names: Sequence[str], dtypes: Sequence[str], output_names: Sequence[str]
    ) -> None:
        """Name the arguments, fix their dtypes, and name the outputs to return."""

    def mode(self) -> ContextManager[None]:
        """Put the calling thread into the mode in which the model is warmed up and run."""

    def prepare(self, values: Sequence[Array]) -> Sequence[Array]:
        """
        Check the contract on these values, then warm up on them; return one run's outputs.

        Afterwards the model remembers what its file says. Raise ContractError if it refuses the
        values or gives something else than the named outputs.
        """

    def run(self, values: Sequence[Array]) -> Sequence[Array]:
        """Evaluate once; raise EvaluationError if that fails or gives something else."""

    def undo(self) -> None:
        """Make the model remember what it did before the last run."""

    def reset(self) -> None:
        """Make the model remember what its file says, and nothing else."""


def describe_array(dtype: object, shape: Sequence[int]) -> str:
    """Write an array's dtype and shape as in `float32[1, 48]`."""
    return f'{dtype}{list(shape)}'


def all_finite(array: Array) -> bool:
    """Whether there is neither NaN nor infinity among the numbers."""
    if array.dtype.kind != 'f':
        return True
    # A sum of squares is finite only if each number is; of a few, that is the quicker way.
    if array.size <= _FEW and math.isfinite(np.vdot(array, array)):
        return True
    return bool(np.isfinite(array).all())


def loses_nothing(source: Array, target: Array) -> bool:
    """Whether a cast to whole numbers or truth values kept every value; roundings may differ."""
    if target.dtype.kind == 'f' or np.can_cast(source.dtype, target.dtype, 'safe'):
        return True
    return np.array_equal(source, target)

# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What was loaded from a file, whatever its format."""

from typing import Any, ContextManager, List, Protocol, Sequence

from dg_pytorch_ros.contract import Argument, Signature
from dg_pytorch_ros.model import Array, ModelDescription


class Feed(Protocol):
    """One argument of a program."""

    def __call__(self, value: Array) -> Any:
        """
        Return the argument for a value.

        The program may write into it or keep it for its next run: neither changes the value.
        """

    def describe(self, value: Array) -> str:
        """Write what the program is given, for an error."""


class Program(Protocol):
    """A program computes; it knows its signature, and nothing of topics or names for it."""

    signature: Signature

    @property
    def description(self) -> ModelDescription:
        """What a reader of the log wants to know."""

    def mode(self) -> ContextManager[None]:
        """Put the calling thread into the mode in which the program is run."""

    def feed(self, argument: Argument, dtype: str) -> Feed:
        """Choose what turns values into an argument."""

    def run(self, arguments: Sequence[Any]) -> Any:
        """Return a result, several in the order of the file, or a dict; raise any Exception."""

    def to_arrays(self, names: Sequence[str], results: Sequence[Any]) -> List[Array]:
        """
        Return arrays, good until the next run, undo or reset; `names` are for errors.

        Raise EvaluationError for what no message can hold.
        """

    def complaint(self, error: BaseException) -> str:
        """Find the one line that matters in what a run has raised."""

    def keep(self) -> None:
        """Note what the next run may change in what the program remembers."""

    def undo(self) -> None:
        """Make the program remember what it did before the last run."""

    def reset(self) -> None:
        """Make the program remember what its file says, and nothing else."""

# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What each command of `pytorch_model` offers."""

from argparse import ArgumentParser, Namespace
from typing import Protocol


class Command(Protocol):
    """
    One command.

    Making one must be cheap: what is slow to import is imported in `run`.
    """

    @property
    def name(self) -> str:
        """The word on the command line."""

    @property
    def summary(self) -> str:
        """What it does, in a few words."""

    @property
    def description(self) -> str:
        """What it does, in a few sentences."""

    @property
    def examples(self) -> str:
        """Lines of two columns: a command line, and what it does."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Tell the parser which arguments there are."""

    def run(self, options: Namespace) -> int:
        """Do it; return the exit code. Raise PytorchRosError if it cannot be done."""

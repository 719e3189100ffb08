# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The errors of this package: each one says what, where, and what is allowed."""

from contextlib import contextmanager
from typing import Iterator


class PytorchRosError(Exception):
    """Base of all errors that a user of the node can mend."""


class ConfigError(PytorchRosError):
    """A parameter, or a combination of parameters, that cannot work."""


class ModelFileError(PytorchRosError):
    """A model file that is missing, is something else, or cannot be loaded."""


class ContractError(PytorchRosError):
    """A module that does not fit the inputs or outputs that the file gives it."""


class EvaluationError(PytorchRosError):
    """
    One evaluation that failed, or that must not be believed.

    `cause` is the same each time that the same thing happens; `details` holds the whole trace,
    for the debug level.
    """

    def __init__(
        self, message: str, *, cause: str = 'failed evaluation', details: str = ''
    ) -> None:
        super().__init__(message)
        self.cause = cause
        self.details = details


class NotEnabled(EvaluationError):
    """Nobody who must allow it has allowed the node to act."""


class StaleInput(EvaluationError):
    """An input that is too old."""


class NotFinite(EvaluationError):
    """An input or output that holds NaN or infinity."""


class Overrun(EvaluationError):
    """An evaluation that took too long."""


class MessageError(PytorchRosError):
    """A message that does not fit the input it was sent to; `cause` says why in a word."""

    def __init__(self, message: str, *, cause: str = 'size') -> None:
        super().__init__(message)
        self.cause = cause


class LoopClosed(PytorchRosError):
    """Work for an evaluation loop that has ended."""


class LoopBusy(PytorchRosError):
    """Work for an evaluation loop whose present evaluation does not end."""


@contextmanager
def about(subject: str) -> Iterator[None]:
    """Make what is wrong within a ConfigError that begins with its subject."""
    try:
        yield
    except PytorchRosError as error:
        raise ConfigError(f'{subject}: {error}') from error

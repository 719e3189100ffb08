# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The errors of this package: each one says what, where, and what is allowed."""


class PytorchRosError(Exception):
    """Base of all errors that a user of the node can mend."""


class ConfigError(PytorchRosError):
    """A parameter, or a combination of parameters, that cannot work."""


class ModelFileError(PytorchRosError):
    """A model file that is missing, is something else, or cannot be loaded."""


class ContractError(PytorchRosError):
    """A module that does not fit the inputs or outputs that the file gives it."""


class EvaluationError(PytorchRosError):
    """One evaluation that failed; `details` holds the whole trace, for the debug level."""

    def __init__(self, message: str, *, details: str = '') -> None:
        super().__init__(message)
        self.details = details


class MessageError(PytorchRosError):
    """A message that does not fit the input it was sent to."""


class LoopClosed(PytorchRosError):
    """Work for an evaluation loop that has ended."""

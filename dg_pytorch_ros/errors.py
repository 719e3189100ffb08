# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The errors of this package: each one says what, where, and what is allowed."""

from contextlib import contextmanager
from typing import Any, Callable, Iterable, Iterator, List, Optional, Tuple, TypeVar

_T = TypeVar('_T')


class PytorchRosError(Exception):
    """Base of all errors that a user of the node can mend."""

    @property
    def problems(self) -> 'Tuple[PytorchRosError, ...]':
        """All that is wrong, each by itself."""
        return (self,)


class ConfigError(PytorchRosError):
    """A parameter, or a combination of parameters, that cannot work."""


class ConfigErrors(ConfigError):
    """Several problems, said at once."""

    def __init__(self, problems: Iterable[PytorchRosError]) -> None:
        self._problems = tuple(problems)
        super().__init__('; '.join(map(str, self._problems)))

    @property
    def problems(self) -> Tuple[PytorchRosError, ...]:
        """All that is wrong, each by itself."""
        return self._problems


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


class BagError(PytorchRosError):
    """A recording that cannot be read or written, or that does not hold what is asked for."""


class LoopClosed(PytorchRosError):
    """Work for an evaluation loop that has ended."""


class LoopBusy(PytorchRosError):
    """Work for an evaluation loop whose present evaluation does not end."""


class Problems:
    """What is wrong, gathered so that all of it can be said at once, and nothing twice."""

    def __init__(self) -> None:
        self._found: List[PytorchRosError] = []

    def __bool__(self) -> bool:
        return bool(self._found)

    @property
    def found(self) -> Tuple[PytorchRosError, ...]:
        """All that is wrong so far."""
        return tuple(self._found)

    def add(self, error: PytorchRosError) -> None:
        """Take in an error, or each of those that it consists of."""
        known = set(map(str, self._found))
        self._found += [problem for problem in error.problems if str(problem) not in known]

    @contextmanager
    def gathered(self) -> Iterator[None]:
        """Take in the error that is raised within."""
        try:
            yield
        except PytorchRosError as error:
            self.add(error)

    def attempt(self, work: Callable[..., _T], *values: Any, **options: Any) -> Optional[_T]:
        """Return what a function returns, or None if it raises an error, which is taken in."""
        try:
            return work(*values, **options)
        except PytorchRosError as error:
            self.add(error)
            return None

    def raise_any(self) -> None:
        """Raise what was found, if anything was."""
        if self._found:
            raise together(self._found)

    def settle(self, attempted: Optional[_T]) -> _T:
        """Return what was attempted; raise what was found, if anything was."""
        self.raise_any()
        assert attempted is not None
        return attempted


def together(problems: Iterable[PytorchRosError]) -> PytorchRosError:
    """Return one error for several; a single one is itself."""
    found = tuple(problems)
    return found[0] if len(found) == 1 else ConfigErrors(found)


@contextmanager
def about(subject: str) -> Iterator[None]:
    """Make each thing that is wrong within a ConfigError that begins with its subject."""
    try:
        yield
    except PytorchRosError as error:
        raise together(
            ConfigError(f'{subject}: {problem}') for problem in error.problems) from error

# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""One parameter: its type, its default and its meaning."""

from dataclasses import dataclass
from typing import Any, Callable, Optional, Tuple

from dg_pytorch_ros.errors import ConfigError
from dg_pytorch_ros.parameters.values import plain


@dataclass(frozen=True)
class Spec:
    """One parameter: how to read it, what it is when left out, and what it means."""

    read: Callable[[Any], Any]
    default: Any
    description: str
    read_only: bool = True
    floating_range: Optional[Tuple[float, float]] = None
    integer_range: Optional[Tuple[int, int]] = None

    def parse(self, name: str, value: Any) -> Any:
        """Return what a value means for the parameter `name`; raise ConfigError if nothing."""
        try:
            meaning = self.read(value)
            self._check_range(meaning)
        except ValueError as error:
            raise ConfigError(f'{name} is {plain(value)!r}; expected {error}') from None
        return meaning

    def _check_range(self, value: Any) -> None:
        for span in (self.floating_range, self.integer_range):
            if span is not None and not span[0] <= value <= span[1]:
                raise ValueError(f'{span[0]} to {span[1]}')

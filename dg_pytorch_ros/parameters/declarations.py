# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Parameters that are given, declared with what they mean, and read."""

from abc import ABC, abstractmethod
from typing import Any, Dict, Mapping, Set, Tuple

from dg_pytorch_ros.errors import ConfigError
from dg_pytorch_ros.parameters.spec import Spec

# `ros2 param dump` writes this for what is not set.
NOT_SET = 'null'


class Declarations(ABC):
    """
    Declares parameters over what was given for them, and reads them as their specs say.

    What is wrong with a value is kept; it is then read as if it had been left out, so that
    whatever else is wrong can be found as well.
    """

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.given: Dict[str, Any] = {
            name: value for name, value in given.items() if not is_not_set(value)}
        self._specs: Dict[str, Spec] = {}
        self._wrong: Dict[str, ConfigError] = {}

    @property
    def problems(self) -> Tuple[ConfigError, ...]:
        """What is wrong with the values of what was declared."""
        return tuple(self._wrong.values())

    @property
    def wrong_names(self) -> Set[str]:
        """The parameters whose values are of no use."""
        return set(self._wrong)

    def forget_problems(self) -> None:
        """Begin anew to find what is wrong."""
        self._wrong.clear()

    def declare(self, prefix: str, specs: Mapping[str, Spec]) -> Set[str]:
        """Declare parameters and return their names; what is wrong with them is kept."""
        for field, spec in specs.items():
            name = prefix + field
            self._specs[name] = spec
            try:
                self._declare_one(name, spec)
            except ConfigError as error:
                self._wrong[name] = error
        return {prefix + field for field in specs}

    def get(self, name: str) -> Any:
        """Return the value of a parameter; None if it is not set, or does not exist here."""
        if name not in self._specs:
            return None
        value = self._specs[name].default if name in self._wrong else self._value(name)
        return None if value is None else self.parse(name, value)

    def parse(self, name: str, value: Any) -> Any:
        """Return what a value means for a parameter; raise ConfigError if nothing."""
        return self._specs[name].parse(name, value)

    @abstractmethod
    def _declare_one(self, name: str, spec: Spec) -> None:
        """Declare a parameter, once more if need be; raise ConfigError if its value is wrong."""

    @abstractmethod
    def _value(self, name: str) -> Any:
        """Return the present value of a declared parameter."""


def is_not_set(value: Any) -> bool:
    """Return whether a value stands for none at all."""
    return isinstance(value, str) and value == NOT_SET

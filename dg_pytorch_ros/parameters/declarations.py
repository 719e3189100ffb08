# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The parameters of a node: given, declared with their descriptions, and read."""

from typing import Any, Dict, List, Mapping, Set

from dg_pytorch_ros.errors import ConfigError
from dg_pytorch_ros.parameters.spec import Spec
from rcl_interfaces.msg import ParameterDescriptor
from rclpy.exceptions import ParameterException
from rclpy.node import Node

# `ros2 param dump` writes this for what is not set.
_NOT_SET = 'null'


class Declarations:
    """
    Declares parameters over what was given for them, and reads them as their specs say.

    The node must be made with `automatically_declare_parameters_from_overrides`: what a file or
    the command line sets is then there to be read, checked, and declared again with its type.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._specs: Dict[str, Spec] = {}
        self._declared: Set[str] = set()
        self._problems: List[str] = []
        self.given: Dict[str, Any] = {
            name: parameter.value
            for name, parameter in node.get_parameters_by_prefix('').items()
            if parameter.value != _NOT_SET}

    def declare(self, prefix: str, specs: Mapping[str, Spec]) -> Set[str]:
        """Declare parameters and return their names; what is wrong with them is kept."""
        for field, spec in specs.items():
            name = prefix + field
            self._specs[name] = spec
            if name not in self._declared:
                try:
                    self._declare_one(name, spec)
                    self._declared.add(name)
                except (ConfigError, ParameterException) as error:
                    self._problems.append(str(error))
        return {prefix + field for field in specs}

    def forget_problems(self) -> None:
        """Begin anew to find what is wrong."""
        self._problems.clear()

    def raise_problems(self) -> None:
        """Raise ConfigError if something was wrong with what was declared."""
        if self._problems:
            raise ConfigError('; '.join(self._problems))

    def get(self, name: str) -> Any:
        """Return the value of a parameter; None if it is not set, or does not exist here."""
        if name not in self._specs:
            return None
        value = self._node.get_parameter(name).value
        return None if value is None else self.parse(name, value)

    def parse(self, name: str, value: Any) -> Any:
        """Return what a value means for a parameter; raise ConfigError if nothing."""
        try:
            return self._specs[name].read(value)
        except ValueError as error:
            raise ConfigError(f'{name} is {plain(value)!r}; expected {error}') from None

    def _declare_one(self, name: str, spec: Spec) -> None:
        if not self._node.has_parameter(name):
            self._node.declare_parameter(name, spec.default, spec.descriptor())
            return
        # Not only what was given at the start: it may have been set since.
        given = self._node.get_parameter(name).value
        self._node.undeclare_parameter(name)
        try:
            value = spec.default if given == _NOT_SET else self.parse(name, given)
            self._node.declare_parameter(name, value, spec.descriptor(), ignore_override=True)
        except (ConfigError, ParameterException):
            # It stays as it is, open for a better value.
            self._node.declare_parameter(
                name, given, ParameterDescriptor(dynamic_typing=True), ignore_override=True)
            raise


def plain(value: Any) -> Any:
    """Return a parameter's value as it is written in a file."""
    return value.tolist() if hasattr(value, 'tolist') else value

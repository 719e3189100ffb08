# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The parameters of a node: given, declared with their descriptions, and read."""

from typing import Any, Set

from dg_pytorch_ros.errors import ConfigError
from dg_pytorch_ros.parameters.declarations import Declarations, is_not_set
from dg_pytorch_ros.parameters.spec import Spec
from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.exceptions import ParameterException
from rclpy.node import Node


class NodeDeclarations(Declarations):
    """
    Declares the parameters of a node.

    The node must be made with `automatically_declare_parameters_from_overrides`: what a file or
    the command line sets is then there to be read, checked, and declared again with its type.
    """

    def __init__(self, node: Node) -> None:
        super().__init__({
            name: parameter.value
            for name, parameter in node.get_parameters_by_prefix('').items()})
        self._node = node
        self._declared: Set[str] = set()

    def _declare_one(self, name: str, spec: Spec) -> None:
        try:
            if name in self._declared:
                self._check(name, spec)  # it may have been set since
            elif self._node.has_parameter(name):
                self._declare_again(name, spec)
            else:
                self._node.declare_parameter(name, spec.default, _descriptor(spec))
        except ParameterException as error:
            raise ConfigError(str(error)) from error
        self._declared.add(name)

    def _check(self, name: str, spec: Spec) -> None:
        value = self._value(name)
        if value is not None:
            spec.parse(name, value)

    def _declare_again(self, name: str, spec: Spec) -> None:
        # Not only what was given at the start: it may have been set since.
        given = self._value(name)
        self._node.undeclare_parameter(name)
        try:
            value = spec.default if is_not_set(given) else spec.parse(name, given)
            self._node.declare_parameter(name, value, _descriptor(spec), ignore_override=True)
        except (ConfigError, ParameterException):
            # It stays as it is, open for a better value.
            self._node.declare_parameter(
                name, given, ParameterDescriptor(dynamic_typing=True), ignore_override=True)
            raise

    def _value(self, name: str) -> Any:
        return self._node.get_parameter(name).value


def _descriptor(spec: Spec) -> ParameterDescriptor:
    """Describe a parameter as `ros2 param describe` shows it."""
    descriptor = ParameterDescriptor(
        description=spec.description, read_only=spec.read_only,
        # Without a value to tell its type, a parameter can only be left open; and who sets
        # one may write 500 for 500.0.
        dynamic_typing=spec.default is None or not spec.read_only)
    if spec.floating_range:
        low, high = spec.floating_range
        descriptor.floating_point_range = [FloatingPointRange(from_value=low, to_value=high)]
    if spec.integer_range:
        first, last = spec.integer_range
        descriptor.integer_range = [IntegerRange(from_value=first, to_value=last, step=1)]
    return descriptor

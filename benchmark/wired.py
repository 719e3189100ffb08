# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The inputs and outputs of pytorch_node, from bytes to tensors and back, without middleware."""

from time import time_ns
from typing import Any, cast, Dict, Optional

from dg_pytorch_ros.ages import AgeClock
from dg_pytorch_ros.config.node_config import NodeConfig
from dg_pytorch_ros.contract import Argument, Result, Signature
from dg_pytorch_ros.errors import MessageError
from dg_pytorch_ros.model import Array, Model
from dg_pytorch_ros.offline.node import OfflineNode
from dg_pytorch_ros.parameters.node_declarations import NodeDeclarations
from dg_pytorch_ros.parameters.node_parameters import Parameters
from dg_pytorch_ros.tensors.feeds import make_feed
from dg_pytorch_ros.wiring import Wiring
from rclpy.clock import ROSClock
from rclpy.context import Context
from rclpy.node import Node
from rclpy.parameter import Parameter
import torch

_PERIOD_S = 0.02


class Wired:
    """One input and one output, wired as the parameters of a node say."""

    def __init__(self, parameters: Dict[str, Any], context: Optional[Context] = None) -> None:
        self._node = OfflineNode()
        self._received_ns = time_ns()
        model = _Float32Model()
        self._wiring = Wiring(
            self._node, _read({'input_names': ['x'], 'output_names': ['y'], **parameters},
                              model.signature, context),
            cast(Model, model), ages=AgeClock(ROSClock()), on_drop=_refuse)
        item, = self._wiring.inputs
        self._source = item.source
        self._feed = make_feed(item.argument, item.dtype)
        self._outlet, = self._wiring.outlets

    def take(self, *messages: bytes) -> None:
        """Take a message on each topic, in the order in which the parameters name them."""
        for inlet, message in zip(self._wiring.inlets, messages):
            inlet.subscription.receive(message, self._received_ns)
            inlet.take_newest()

    @property
    def value(self) -> Array:
        """What the node keeps of the messages."""
        value = self._source.value
        assert value is not None
        return value

    @property
    def tensor(self) -> torch.Tensor:
        """What the module gets."""
        tensor: torch.Tensor = self._feed(self.value)
        return tensor

    def fit(self, output: Array) -> None:
        """Learn what the output looks like."""
        self._outlet.fit(output)

    def publish(self, output: Array) -> bytes:
        """Return the message that is published for an output of the module."""
        self._outlet.load(output, progress=1.0, elapsed_s=_PERIOD_S)
        self._outlet.send()
        return self._node.published.pop().data


class _Float32Model:
    """What the wiring needs to know of a module of one argument and one result."""

    signature = Signature((Argument('x'),), Result('Tensor'))

    def input_dtype(self, index: int, message_dtype: str) -> str:
        """Return the dtype of the module's parameters."""
        return 'float32'


def _read(
    parameters: Dict[str, Any], signature: Signature, context: Optional[Context]
) -> NodeConfig:
    node = Node(
        'parameters', context=context, enable_rosout=False, start_parameter_services=False,
        automatically_declare_parameters_from_overrides=True, parameter_overrides=[
            Parameter(name, value=value) for name, value in parameters.items()])
    try:
        return Parameters(NodeDeclarations(node)).read_node(signature)
    finally:
        node.destroy_node()


def _refuse(name: str, error: MessageError) -> None:
    raise SystemExit(f'{name}: {error}')

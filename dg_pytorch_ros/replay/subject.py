# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The node that is replayed, as its parameter file describes it."""

from typing import Callable, Dict, NamedTuple, Optional, Tuple

from dg_pytorch_ros.config.node_config import NodeConfig
from dg_pytorch_ros.errors import ConfigError
from dg_pytorch_ros.messages.classes import import_message_class
from dg_pytorch_ros.model import Model
from dg_pytorch_ros.offline.node import OfflineNode
from dg_pytorch_ros.parameters.file_declarations import FileDeclarations
from dg_pytorch_ros.parameters.node_parameters import Parameters
from dg_pytorch_ros.parameters.parameter_file import ParameterFile, read_parameter_file
from dg_pytorch_ros.replay.order import Order
from dg_pytorch_ros.replay.readout import Readout
from dg_pytorch_ros.replay.seeded_loading import load_seeded
from rclpy.exceptions import NameValidationException


class Subject(NamedTuple):
    """
    The node that is replayed; `clock` is where its time comes from, if that is simulated.

    `rule_for` returns the remapping that a topic was given, if it was, as it was given.
    """

    config: NodeConfig
    model: Model
    node: OfflineNode
    clock: Optional[str]
    rule_for: Callable[[str], Optional[Tuple[str, str]]]
    readouts: Dict[str, Readout]


def load_subject(order: Order, tell: Callable[[str], None]) -> Subject:
    """Read the parameters and load the model; raise PytorchRosError if that is not possible."""
    file = _read_file(order)
    is_simulated = file.values.get('use_sim_time', False)
    if not isinstance(is_simulated, bool):
        raise ConfigError(f'use_sim_time is {is_simulated!r}; expected true or false')
    parameters = Parameters(FileDeclarations(file.values))
    for slip in parameters.unknown_names():
        tell(slip)
    model_config = parameters.read_model()
    model = load_seeded(model_config, order.seed)
    config = parameters.read_node(model.signature)
    node = _make_node(file, order)
    return Subject(
        config, model, node, node.resolve_topic_name('/clock') if is_simulated else None,
        _finding_rules(file, order),
        {output.name: Readout(output, import_message_class) for output in config.outputs})


def _make_node(file: ParameterFile, order: Order) -> OfflineNode:
    try:
        return OfflineNode(file.node_name, file.namespace, order.remaps)
    except (NameValidationException, ValueError) as error:
        raise ConfigError(
            f'the names of the node or of -r are not valid: {" ".join(str(error).split())}'
        ) from error


def _finding_rules(
    file: ParameterFile, order: Order
) -> Callable[[str], Optional[Tuple[str, str]]]:
    resolve = OfflineNode(file.node_name, file.namespace).resolve_topic_name
    # Of several rules for a topic, the first one counts.
    rules = {resolve(rule[0]): rule for rule in reversed(order.remaps)}
    return lambda topic: rules.get(resolve(topic))


def _read_file(order: Order) -> ParameterFile:
    """Return the parameters of the node under the name and in the namespace that it shall have."""
    node = order.node_name
    if order.namespace:
        node = node or read_parameter_file(order.parameters).node_name
        node = f'/{order.namespace.strip("/")}/{node}'.replace('//', '/')
    return read_parameter_file(order.parameters, node=node).override(order.assignments)

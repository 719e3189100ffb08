# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Configure, without ROS."""

from concurrent.futures import Future
from contextlib import closing, contextmanager, redirect_stdout
import logging
import sys
from threading import Thread
from typing import Any, Callable, cast, Iterator, Optional, Sequence, Union

from dg_pytorch_ros.checking.stand_in import StandIn
from dg_pytorch_ros.circuit import Circuit
from dg_pytorch_ros.config.node_config import ModelConfig, NodeConfig
from dg_pytorch_ros.errors import Problems
from dg_pytorch_ros.model import Array, Model
from dg_pytorch_ros.offline.clock import OfflineClock
from dg_pytorch_ros.offline.node import OfflineNode
from dg_pytorch_ros.parameters.file_declarations import FileDeclarations
from dg_pytorch_ros.parameters.node_parameters import Parameters
from dg_pytorch_ros.parameters.parameter_file import ParameterFile
from dg_pytorch_ros.realtime import Realtime
from dg_pytorch_ros.reporter import Reporter
from rclpy.node import Node

Load = Callable[[ModelConfig], Union[Model, StandIn]]
Outputs = Optional[Sequence[Array]]


@contextmanager
def rehearsed(file: ParameterFile, load: Load) -> Iterator[Circuit]:
    """Do what a node does to configure, up to the first run; raise all that is wrong."""
    parameters = Parameters(FileDeclarations(file.values))
    model = load(parameters.read_model())
    config = parameters.read_node(model.signature)
    problems = Problems()
    problems.attempt(Realtime, config.realtime, warn=_ignore)
    circuit = problems.attempt(_make_circuit, file, config, cast(Model, model))
    with closing(problems.settle(circuit)) as made:
        yield made


def first_run(circuit: Circuit) -> Outputs:
    """
    Check the contract and warm up; return None if the shape of an input is not known.

    The model runs in a thread of its own, so that Ctrl-C ends the wait for it.
    """
    outputs: 'Future[Outputs]' = Future()

    def run() -> None:
        try:
            with circuit.model.mode():
                outputs.set_result(circuit.prepare())
        except BaseException as error:
            outputs.set_exception(error)
    with redirect_stdout(sys.stderr):  # what the module prints is no result
        Thread(target=run, daemon=True).start()
        return outputs.result()


def _make_circuit(file: ParameterFile, config: NodeConfig, model: Model) -> Circuit:
    # Nobody hears it: nothing is evaluated.
    reporter = Reporter(
        logging.getLogger(__name__), on_first_outputs=_ignore, on_give_up=_ignore)
    node = OfflineNode(file.node_name, file.namespace)
    return Circuit(
        cast(Node, node), config, model, ages=OfflineClock(), observer=reporter,
        on_drop=reporter.on_drop)


def _ignore(*_: Any) -> None:
    """Hear of something that is of no interest here."""

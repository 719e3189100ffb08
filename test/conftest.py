# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Fixtures: a domain of the test's own, a peer in it, nodes and processes under test."""

import os
from pathlib import Path
from typing import Any, Callable, Iterator

from domains import own_domain
from hypothesis import settings
import pytest

os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'
# A process that is killed leaves its shared memory behind, locks included, for the next to find.
os.environ.setdefault('FASTDDS_BUILTIN_TRANSPORTS', 'UDPv4')
# onnxruntime would report to its makers, and write into the home directory.
os.environ.setdefault('ORT_DISABLE_TELEMETRY', '1')

# The same examples in every run, however slow the machine is.
settings.register_profile(
    'repeatable', derandomize=True, database=None, deadline=None, max_examples=60)
settings.load_profile('repeatable')


@pytest.fixture
def domain() -> Iterator[int]:
    """Reserve a domain id for this test."""
    with own_domain() as domain_id:
        yield domain_id


@pytest.fixture
def context(domain: int) -> Iterator[Any]:
    """Open a private ROS context in the test's domain."""
    from rclpy.context import Context
    private = Context()
    private.init(domain_id=domain)
    yield private
    private.try_shutdown()


@pytest.fixture
def peer(context: Any) -> Iterator[Any]:
    """Put a node on the other side of the topics."""
    from peer import Peer
    other_side = Peer(context)
    yield other_side
    other_side.close()


@pytest.fixture
def run_node(context: Any, peer: Any) -> Iterator[Callable[..., Any]]:
    """Return a function that runs a node in this process."""
    from running_node import RunningNode
    nodes = []

    def run(**parameters: Any) -> Any:
        named = {name.replace('__', '.'): value for name, value in parameters.items()}
        nodes.append(RunningNode(context, peer, named))
        return nodes[-1]
    yield run
    for node in nodes:
        node.close()


@pytest.fixture
def rig(peer: Any, domain: int, tmp_path: Path) -> Iterator[Any]:
    """Return what starts nodes and senders as processes, and hears what comes of it."""
    from fault_rig import FaultRig
    fault_rig = FaultRig(peer, domain, tmp_path)
    yield fault_rig
    fault_rig.close()


@pytest.fixture(scope='module')
def nodes(
        request: pytest.FixtureRequest, domain: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    """Start the nodes of a module's PLANS; the module reserves one domain for all of them."""
    from wards import start_nodes
    yield from start_nodes(request, domain, tmp_path_factory.mktemp('nodes'))


@pytest.fixture
def ward(
        request: pytest.FixtureRequest, nodes: Any, peer: Any, domain: int, tmp_path: Path
) -> Iterator[Any]:
    """Return the node that a test runs on."""
    from wards import Ward
    one = Ward(request.param, nodes[request.param], peer, domain, tmp_path)
    yield one
    one.close()


@pytest.fixture
def example_rig(peer: Any, domain: int, tmp_path: Path) -> Iterator[Any]:
    """Return what starts the node with the file of an example."""
    from example_rig import ExampleRig
    one = ExampleRig(peer, domain, tmp_path)
    yield one
    one.close()

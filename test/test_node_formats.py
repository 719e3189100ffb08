# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The installed node runs the same module from a file of any format, by the same parameters."""

from pathlib import Path
from typing import Any, Callable, List

from compiled_models import Remembers, seeded
from format_shelf import Exchange, FORMATS, KINDS, save, WITH_MEMORY
import pytest
from std_srvs.srv import Trigger
import torch

QUEUED = '{reliability: reliable, depth: 50}'
KEPT = '{durability: transient_local, depth: 1000}'

SIZE = 70 * 64  # compiled code may not take a few rows
ROWS = f"""
/**:
  ros__parameters:
    on_nonfinite: fallback
    input_names: [state, goal]
    output_names: [sum, total]
    inputs:
      state: {{dtype: float32, shape: [70, 64], feedback: sum, initial: [0.0]}}
      goal: {{dtype: float32, shape: [70, 64], qos: {QUEUED}}}
    outputs:
      sum: {{fallback: [-7.0], qos: {KEPT}}}
      total: {{fallback: [-7.0]}}
"""
REMEMBERS = f"""
/**:
  ros__parameters:
    on_nonfinite: fallback
    input_names: [observation]
    output_names: [action, trace, steps, seen]
    inputs:
      observation: {{shape: [3], qos: {QUEUED}}}
    outputs:
      action: {{fallback: [-7.0], qos: {KEPT}}}
      trace: {{fallback: [0.0]}}
      steps: {{fallback: [0.0]}}
      seen: {{fallback: [0.0]}}
"""
# Finite, but neither its products nor its way through `Remembers` are numbers of float32.
LARGE = [3.4e38, -3.4e38, 3.4e38]


def start(
    rig: Any, directory: Path, text: str, model_path: str, topic: str
) -> Exchange:
    """Start a node with the parameters of a file, to which only the path is added."""
    file = directory / 'node.yaml'
    file.write_text(text)
    return Exchange(rig.peer, rig.start(model_path, '--params-file', str(file)), topic)


def assert_drops(exchange: Exchange, name: str, size: int) -> None:
    """Assert that a message of another size never comes to the module."""
    count = len(exchange.heard)
    exchange.tell(**{name: [1.0, 2.0]})
    exchange.wait_for_log(f"'{name}': message dropped, it has 2 elements; expected {size}")
    assert len(exchange.heard) == count


@pytest.mark.parametrize('kind', FORMATS)
def test_a_memory_that_is_fed_back_is_guarded(
    kind: str, rig: Any, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = save('rows', kind, tmp_path / 'model.pt', tmp_path_factory)
    exchange = start(rig, tmp_path, ROWS, path, '/sum')
    assert KINDS[kind] in exchange.node.output and 'loading' in exchange.node.output
    assert exchange.ask(goal=[1.0] * SIZE) == [1.0] * SIZE
    assert exchange.ask(goal=[2.0] * SIZE) == [3.0] * SIZE
    for bad in (float('nan'), LARGE[0]):
        assert exchange.ask(goal=[bad] * SIZE) == [-7.0] * SIZE
    assert exchange.ask(goal=[1.0] * SIZE) == [4.0] * SIZE
    assert_drops(exchange, 'goal', SIZE)
    assert exchange.ask(goal=[1.0] * SIZE) == [5.0] * SIZE


@pytest.fixture
def expected() -> Callable[[List[float]], Any]:
    """Return what PyTorch itself gives, one observation after the other."""
    module = seeded(Remembers)

    def evaluate(observation: List[float]) -> Any:
        with torch.inference_mode():
            action = module(torch.tensor(observation))[0].tolist()
        return pytest.approx(action, rel=1e-5, abs=1e-6)
    return evaluate


@pytest.mark.parametrize('kind', WITH_MEMORY)
def test_a_memory_in_the_file_is_guarded_and_reset(
    kind: str, rig: Any, expected: Any, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = save('remembers', kind, tmp_path / 'model.pt', tmp_path_factory)
    exchange = start(rig, tmp_path, REMEMBERS, path, '/action')
    assert KINDS[kind] in exchange.node.output
    observations = [[0.1, 0.2, 0.3], [1.0, -2.0, 0.5], [0.0, 3.0, -1.0], [5.0, 6.0, 7.0]]
    wanted = [expected(observation) for observation in observations]
    assert exchange.ask(observation=observations[0]) == wanted[0]  # the warm-up has left no trace
    for bad in ([float('nan'), 0.0, 0.0], LARGE, LARGE):
        assert exchange.ask(observation=bad) == [-7.0] * 3
    assert exchange.ask(observation=observations[1]) == wanted[1]
    assert_drops(exchange, 'observation', 3)
    assert exchange.ask(observation=observations[2]) == wanted[2]
    assert rig.peer.call(Trigger, '/node/reset').success
    assert exchange.ask(observation=observations[0]) == wanted[0]
    answer = rig.peer.call(Trigger, '/node/reload')
    assert answer.success and 'loaded in' in answer.message, answer.message
    assert exchange.ask(observation=observations[0]) == wanted[0]
    assert exchange.ask(observation=observations[1]) == wanted[1]
    assert "'action' is not finite" in exchange.node.output

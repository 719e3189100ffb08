# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Settings beyond all measure are refused by name, or do no harm."""

from pathlib import Path
from typing import Any, Dict

from dg_pytorch_ros.errors import PytorchRosError
from dg_pytorch_ros.node import PytorchNode
import pytest
from rclpy.parameter import Parameter
import small_models


@pytest.mark.parametrize('values', [
    {'inputs.x.max_age_ms': 1e303}, {'enable_topic': 'go', 'enable_max_age_ms': 1e303},
    {'inputs.x.shape': [2 ** 40]}, {'inputs.x.shape': [2 ** 62]},
    {'inputs.x.feedback': 'output', 'inputs.x.initial': [1.0], 'inputs.x.shape': [2 ** 62]}],
    ids=str)
def test_what_is_beyond_all_measure_is_refused_by_name(
    context: Any, tmp_path: Path, values: Dict[str, Any]
) -> None:
    """The machine's own words for it would tell nobody what to change."""
    node = configurable(context, tmp_path, {'trigger': 'timer', **values})
    try:
        with pytest.raises(PytorchRosError) as refusal:
            node._configure()
    finally:
        node.destroy_node()
    assert any(name.split('.')[-1] in str(refusal.value) for name in values)


@pytest.mark.parametrize('age_ms', [1e12, 1e13, 1e17])
def test_input_that_may_become_as_old_as_it_likes_is_refused_or_evaluated(
    run_node: Any, peer: Any, tmp_path: Path, age_ms: float
) -> None:
    node = run_node(
        model_path=small_models.save(small_models.Identity(), tmp_path),
        inputs__x__max_age_ms=age_ms)
    if node.started:
        heard = peer.listen('output')
        peer.send_until(lambda: heard, x=[1.0])


def configurable(context: Any, directory: Path, values: Dict[str, Any]) -> PytorchNode:
    path = small_models.save(small_models.Identity(), directory)
    return PytorchNode('node', context=context, parameter_overrides=[
        Parameter(name, value=value)
        for name, value in {'model_path': path, **values}.items()])

# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The project's models, in another format: what was made does the same, or the reason is said."""

from dataclasses import replace
from pathlib import Path
import re
from typing import Any, Dict, List, Sequence, Tuple
import warnings

from converting import layouts_of, order_of, prove
from dg_pytorch_ros.conversion.error import ConversionError
from dg_pytorch_ros.conversion.layout import Layout
from dg_pytorch_ros.conversion.tolerance import usual_tolerance
from dg_pytorch_ros.conversion.verdict import Verdict
from dg_pytorch_ros.errors import PytorchRosError
from making_wrong import make_another, make_identity
import pytest
from small_models import save
from tool_models import Branch, TOOL_MODELS
import torch
from torch import Tensor


class Draws(torch.nn.Module):
    """Random numbers."""

    def forward(self, x: Tensor) -> Tensor:
        return x + torch.rand(3)


class Leaves(torch.nn.Module):
    """Takes nothing."""

    def forward(self, x: Tensor) -> Tensor:
        assert bool((x != x).all()), 'only what is no number'
        return x


class Table(torch.nn.Module):
    """Rows of a table, and a choice."""

    def __init__(self) -> None:
        super().__init__()
        self.rows = torch.nn.Embedding(5, 2)

    def forward(self, index: Tensor, flag: Tensor) -> Tensor:
        return torch.where(flag, self.rows(index), -self.rows(index))


class Scaled(torch.nn.Module):
    """Python numbers beside a tensor."""

    def forward(self, x: Tensor, gain: float, negate: bool) -> Tensor:
        return -gain * x if negate else gain * x


EXAMPLES = Path(__file__).parents[1] / 'models'
_FREE = -1

# The shapes that `params` finds; -1 where a size is free.
SHAPES: Dict[str, Dict[str, Tuple[int, ...]]] = {
    'mlp': {'observation': (_FREE, 48)}, 'conv': {'image': (_FREE, 3, _FREE, _FREE)},
    'lstm': {'observation': (8,)}, 'lstm_reset': {'observation': (8,)},
    'pd': {name: (_FREE,) for name in (
        'kp', 'kd', 'position', 'velocity', 'des_position', 'des_velocity')},
    'named': {'measurement': (_FREE, 6)}, 'dict': {'scan': (_FREE, 5)},
    'branch': {'state': (_FREE, 4)}, 'pair': {'state': (_FREE, 3), 'goal': (_FREE, 2)},
    'history_policy': {'obs_history': (_FREE, 270)}, 'humanoid_policy': {'obs': (1, 45)},
    'humanoid_policy_explicit': {'obs': (1, 45), 'h': (1, 1, 64), 'c': (1, 1, 64)},
    'image_classifier': {'image': (_FREE, 3, _FREE, _FREE)},
    'pd_controller': {f'sin_{name}': (_FREE,) for name in (
        'kp', 'kd', 'position', 'velocity', 'des_position', 'des_velocity')},
    'quadruped_policy': {'obs': (_FREE, 45)}, 'sine_predictor': {'value': (1,)}}
OUTPUTS: Dict[str, Sequence[str]] = {
    'named': ('mean', 'variance'), 'dict': ('scores', 'best'), 'pair': ('output_0', 'output_1'),
    'humanoid_policy_explicit': ('output_0', 'output_1', 'output_2')}
REMEMBER = ('lstm', 'lstm_reset', 'humanoid_policy', 'sine_predictor')
DOUBLE = ('pd', 'pd_controller')


def order_for(name: str, target: str, directory: Path) -> Any:
    path = (
        TOOL_MODELS[name](directory) if name in TOOL_MODELS else str(EXAMPLES / f'{name}.pt'))
    layouts = layouts_of(SHAPES[name], 'float64' if name in DOUBLE else 'float32')
    return order_of(path, target, directory, layouts, OUTPUTS.get(name, ('output',)))


def assert_same(verdict: Verdict) -> None:
    assert verdict.flaws() == []
    # Nothing is excused on ordinary values, and the source runs on nearly all there is.
    assert [one.label for one in verdict.proof.findings if one.excused] == []
    assert sum(bool(one.runs) for one in verdict.proof.findings) > 15


@pytest.mark.parametrize('name', SHAPES)
def test_each_model_does_the_same_as_an_exported_program(name: str, tmp_path: Path) -> None:
    order = order_for(name, 'pt2', tmp_path)
    made, verdict = prove(order)
    assert_same(verdict)
    assert list(made.shapes) == [layout.shape for layout in order.layouts]


@pytest.mark.parametrize('name', sorted(set(SHAPES) - set(REMEMBER)))
def test_each_model_that_remembers_nothing_does_the_same_as_onnx(
        name: str, tmp_path: Path) -> None:
    pytest.importorskip('onnxscript', reason='onnxscript is not installed')
    pytest.importorskip('onnxruntime', reason='onnxruntime is not installed')
    order = order_for(name, 'onnx', tmp_path)
    made, verdict = prove(order)
    assert_same(verdict)
    assert [each for each, _ in verdict.proof.outputs] == list(order.output_names)
    assert verdict.proof.cautions == (), 'names are those of forward'


@pytest.mark.parametrize('name', REMEMBER)
def test_what_remembers_is_no_onnx_model_and_the_reason_is_said(
        name: str, tmp_path: Path) -> None:
    pytest.importorskip('onnxscript', reason='onnxscript is not installed')
    with pytest.raises(ConversionError, match='it remembers .* an ONNX model remembers nothing'):
        prove(order_for(name, 'onnx', tmp_path))
    assert not (tmp_path / 'made.onnx').exists()


def test_an_exported_program_becomes_onnx(tmp_path: Path) -> None:
    pytest.importorskip('onnxscript', reason='onnxscript is not installed')
    pytest.importorskip('onnxruntime', reason='onnxruntime is not installed')
    first = order_for('dict', 'pt2', tmp_path)
    prove(first)
    second = order_of(
        str(first.place), 'onnx', tmp_path, first.layouts, first.output_names)
    _, verdict = prove(second)
    assert_same(verdict)


def test_sizes_that_are_free_are_tried_also_at_one(tmp_path: Path) -> None:
    _, verdict = prove(order_for('conv', 'pt2', tmp_path))
    tried = [
        one.label for one in verdict.proof.findings if one.group == 'other sizes' and one.runs]
    assert 'image [2, 3, 64, 64]' in tried
    order = order_for('conv', 'pt2', tmp_path)
    order = replace(order, layouts=tuple(
        replace(layout, sample=(2, 3, 32, 40)) for layout in order.layouts))
    _, verdict = prove(order)
    labels: List[str] = [one.label for one in verdict.proof.findings]
    assert 'image [1, 3, 32, 40]' in labels
    assert_same(verdict)


def test_what_is_within_tolerance_is_for_the_user_to_say(tmp_path: Path) -> None:
    order = order_for('mlp', 'pt2', tmp_path)
    _, verdict = prove(order, make=make_another)
    assert not verdict.is_good
    assert verdict.flaws()[0].startswith('output on 5 in a row: differs by ')
    assert 'allowed: 1e-05 and 0.0001 of the largest number' in verdict.text()
    _, generous = prove(replace(order, absolute=0.5, relative=0.2), make=make_another)
    assert generous.flaws() == []
    assert 'allowed: 0.5 and 0.2 of the largest number' in generous.text()


@pytest.mark.parametrize('kind', [Draws, Leaves])
def test_what_cannot_be_compared_is_said(kind: Any, tmp_path: Path) -> None:
    path = save(kind().eval(), tmp_path)
    reason = {
        Draws: 'gives something else each time', Leaves: 'runs on nothing that it was given'}[kind]
    order = order_of(path, 'pt2', tmp_path, layouts_of({'x': (3,)}))
    with pytest.raises(PytorchRosError, match=reason):
        prove(order, make=make_identity)


def test_a_trace_that_may_have_lost_something_is_warned_about(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        traced = torch.jit.trace(Branch().eval(), (torch.ones(4),))
    path = str(tmp_path / 'traced.pt')
    traced.save(path)
    order = order_of(path, 'pt2', tmp_path, layouts_of({'state': (4,)}))
    made, verdict = prove(order)
    assert verdict.is_good
    assert [caution for caution in made.cautions if 'traced' in caution] != []


def test_arguments_with_a_default_are_left_out_and_that_is_said(tmp_path: Path) -> None:
    made, _ = prove(order_for('pair', 'pt2', tmp_path))
    assert [caution for caution in made.cautions if 'gain' in caution] == [
        'the argument gain is left out: it keeps its default']


def test_whole_numbers_and_truth_values_go_in_and_come_out(tmp_path: Path) -> None:
    path = save(Table().eval(), tmp_path)
    order = order_of(path, 'pt2', tmp_path, [
        Layout('index', 'int64', (-1,), (3,)), Layout('flag', 'bool', (1,), (1,))])
    _, verdict = prove(order)
    assert verdict.flaws() == []
    refused = {one.label for one in verdict.proof.findings if one.refusal}
    assert 'whole numbers up to 1000' in refused, 'the table has five rows'
    assert 'whole numbers up to 1' not in refused


def test_python_numbers_become_tensors_of_one(tmp_path: Path) -> None:
    path = save(Scaled().eval(), tmp_path)
    order = order_of(path, 'pt2', tmp_path, [
        Layout('x', 'float32', (3,), (3,)), Layout('gain', 'float64', (1,), (1,), 'float'),
        Layout('negate', 'bool', (1,), (1,), 'bool')])
    _, verdict = prove(order)
    assert verdict.flaws() == []


def test_the_page_quotes_why_memory_is_refused(tmp_path: Path) -> None:
    pytest.importorskip('onnxscript', reason='onnxscript is not installed')
    with pytest.raises(ConversionError) as caught:
        prove(order_for('humanoid_policy', 'onnx', tmp_path))
    page = (EXAMPLES.parent / 'docs' / 'convert.md').read_text(encoding='utf-8')
    assert f'pytorch_model convert: {caught.value}\n' in page


def test_the_page_knows_the_tolerances() -> None:
    page = (EXAMPLES.parent / 'docs' / 'convert.md').read_text(encoding='utf-8')
    rows = re.findall(r'^\| (b?float\d+) \| (\S+) \| (\S+) \|$', page, re.MULTILINE)
    assert len(rows) == 4
    for dtype, absolute, relative in rows:
        tolerance = usual_tolerance([dtype])
        assert (float(absolute), float(relative)) == (tolerance.absolute, tolerance.relative)

# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""An ExportedProgram gives what its module gives, and says what it takes."""

from pathlib import Path
from threading import Thread
from typing import Any, Dict, List, Optional, Tuple

from dg_pytorch_ros.contract import Argument
from dg_pytorch_ros.errors import ContractError, EvaluationError
from exported_files import (
    DIALECTS, load_content, load_exported, rewritten, run_all, saved, saved_as_before)
from format_models import export, RECIPES
from loading import bind, run
import numpy as np
import pytest
import torch
from torch import nn, Tensor


class Gain(nn.Module):
    """Takes numbers beside its tensors."""

    def forward(self, x: Tensor, gain: float, negate: bool, y: Tensor, times: int = 2) -> Tensor:
        return (-x if negate else x) * gain + times * y


class Optional3(nn.Module):

    def forward(
        self, x: Tensor, bias: Optional[Tensor] = None, scale: Optional[Tensor] = None
    ) -> Tensor:
        x = x if bias is None else x + bias
        return x if scale is None else x * scale


class Nested(nn.Module):
    """Takes a dict and a tuple, and gives both."""

    def forward(
        self, x: Tensor, command: Dict[str, Tensor], state: Tuple[Tensor, Tensor], *, mask: Tensor
    ) -> Dict[str, Any]:
        return {
            'action': x + command['speed'] + 10 * command['turn'],
            'state': (state[0] + 1, state[1] * mask)}


class Mixed(nn.Module):
    """Gives tensors, numbers and None."""

    def forward(self, x: Tensor) -> Tuple[Tensor, int, Optional[Tensor], List[Tensor]]:
        return x + 1, 7, None, [x + 2, x + 3]


class Conditional(nn.Module):
    """Chooses while it runs, in a choice, too, and repeats."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        def inner(x: Tensor) -> Tensor:
            chosen: Tensor = torch.cond(
                x.max() > 5, lambda x: x * 100, lambda x: self.layer(x), (x,))
            return chosen
        y: Tensor = torch.cond(x.sum() > 0, inner, lambda x: x - 1, (x,))
        (z,) = torch._higher_order_ops.while_loop(
            lambda z: z.sum() < 50, lambda z: (z + 10.0,), (y,))
        return z


class WithoutGradients(nn.Module):

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            y = self.layer(x)
        with torch.autocast('cpu', dtype=torch.bfloat16):
            z = self.layer(x)
        return y + z.float()


def made(name: str) -> nn.Module:
    torch.manual_seed(1)
    return RECIPES[name].make().eval()


@pytest.mark.parametrize('is_decomposed', DIALECTS)
@pytest.mark.parametrize('name', RECIPES)
def test_results_are_those_of_the_module(
    name: str, is_decomposed: bool, tmp_path: Path
) -> None:
    recipe = RECIPES[name]
    model = load_exported(
        made(name), recipe.examples, tmp_path, recipe.dynamic, is_decomposed=is_decomposed)
    module = made(name)
    generator = torch.Generator().manual_seed(2)
    for _ in range(3):
        values = [torch.randn(one.shape, generator=generator) for one in recipe.examples]
        with torch.inference_mode():
            expected = module(*values)
        results = run_all(model, *[value.numpy() for value in values])
        members = (
            expected.values() if isinstance(expected, dict)
            else expected if isinstance(expected, tuple) else [expected])
        for member, result in zip(members, results, strict=True):
            np.testing.assert_allclose(result, member.numpy(), rtol=1e-5, atol=1e-6)


def test_arguments_have_names_dtypes_and_shapes(tmp_path: Path) -> None:
    recipe = RECIPES['conv']
    model = load_exported(made('conv'), recipe.examples, tmp_path, recipe.dynamic)
    assert model.signature.arguments == (
        Argument('image', dtype='float32', shape=(1, 3, -1, -1)),)
    assert model.input_dtype(0, 'float64') == 'float32'


@pytest.mark.parametrize('is_decomposed', DIALECTS)
def test_named_tuple_and_dict_name_the_outputs(is_decomposed: bool, tmp_path: Path) -> None:
    for name, names in (('named', ('mean', 'variance')), ('dict', ('scores', 'best'))):
        model = load_exported(
            made(name), RECIPES[name].examples, tmp_path, is_decomposed=is_decomposed)
        assert model.signature.match_outputs(None) == names
        first, second = run_all(model, np.ones(RECIPES[name].examples[0].shape))
        bind(model, outputs=names[::-1])
        turned = run_all(model, np.ones(RECIPES[name].examples[0].shape))
        assert [one.tolist() for one in turned] == [second.tolist(), first.tolist()]
        with pytest.raises(ContractError, match='nothing.*does not exist'):
            bind(model, outputs=['nothing'])


def test_plain_results_are_numbered(tmp_path: Path) -> None:
    model = load_exported(made('pair'), RECIPES['pair'].examples, tmp_path)
    assert model.signature.match_outputs(None) == ('output_0', 'output_1')
    with pytest.raises(ContractError, match=r'returns 2: tuple\[Tensor, Tensor\]'):
        bind(model, outputs=['only'])
    model = load_exported(made('mlp'), RECIPES['mlp'].examples, tmp_path)
    assert model.signature.match_outputs(None) == ('output',)


def test_nested_arguments_and_results_are_named_by_what_leads_to_them(tmp_path: Path) -> None:
    def vector() -> Tensor:
        return torch.zeros(2)
    program = torch.export.export(
        Nested(), (vector(), {'speed': vector(), 'turn': vector()}, (vector(), vector())),
        {'mask': vector()})
    model = bind(load_content(saved(program), tmp_path))
    assert model.signature.match_inputs(None) == (
        'x', 'command_speed', 'command_turn', 'state_0', 'state_1', 'mask')
    assert model.signature.match_outputs(None) == ('action', 'state_0', 'state_1')
    assert run(model, *[[value, value] for value in (1, 2, 3, 4, 5, 6)]) == [
        [33, 33], [5, 5], [30, 30]]


def test_result_that_is_no_tensor_is_refused(tmp_path: Path) -> None:
    program = export(Mixed(), [torch.zeros(2)])
    model = load_content(saved(program), tmp_path)
    with pytest.raises(ContractError, match='output_1.*forward returns int here'):
        bind(model)


def test_program_without_names_has_those_of_its_graph(tmp_path: Path) -> None:
    def forget(writing: Any) -> None:
        writing['graph_module']['module_call_graph'] = [
            {**call, 'signature': None} for call in
            writing['graph_module']['module_call_graph']]
    content = rewritten(saved(export(made('named'), RECIPES['named'].examples)), forget)
    model = load_content(content, tmp_path)
    assert model.signature.match_inputs(None) == ('measurement',)
    assert model.signature.match_outputs(None) == ('output_0', 'output_1')
    bind(model)
    assert [one.shape for one in run_all(model, np.ones(6))] == [(2,), (2,)]


@pytest.mark.parametrize('name', ['mlp', 'lstm', 'named', 'conv'])
def test_layout_before_torch_2_8_is_loaded(name: str, tmp_path: Path) -> None:
    recipe = RECIPES[name]
    program = export(made(name), recipe.examples, recipe.dynamic)
    now = bind(load_content(saved(program), tmp_path))
    before = bind(load_content(saved_as_before(program), tmp_path))
    assert before.signature == now.signature
    value = np.ones(recipe.examples[0].shape)
    for _ in range(2):
        for one, other in zip(run_all(before, value), run_all(now, value), strict=True):
            np.testing.assert_array_equal(one, other)


def test_numbers_are_fixed_and_said_to_be(tmp_path: Path) -> None:
    model = load_exported(
        Gain(), [torch.zeros(2), 3.0, True, torch.zeros(2), 5], tmp_path)
    assert [
        (one.name, one.type_name, one.has_default) for one in model.signature.arguments] == [
        ('x', 'Tensor', False), ('gain', 'float', False), ('negate', 'bool', False),
        ('y', 'Tensor', False), ('times', 'int', True)]
    assert model.description.notes == (
        'fixed by torch.export: gain = 3.0, negate = True, times = 5',)
    assert run(model, [1.0, 2.0], 3.0, True, [1.0, 1.0]) == [[2.0, -1.0]]
    with pytest.raises(
            EvaluationError, match="argument 'gain' is 2.0, but torch.export has fixed it at 3.0"):
        run(model, [1.0, 2.0], 2.0, True, [1.0, 1.0])
    bind(model, inputs=['x', 'gain', 'negate', 'y', 'times'])
    assert run(model, [1.0, 2.0], 3.0, True, [1.0, 1.0], 5) == [[2.0, -1.0]]
    with pytest.raises(EvaluationError, match="argument 'times' is 4, .* fixed it at 5"):
        run(model, [1.0, 2.0], 3.0, True, [1.0, 1.0], 4)


def test_optional_argument_is_as_it_was_exported(tmp_path: Path) -> None:
    model = load_exported(Optional3(), [torch.zeros(2)], tmp_path)
    assert model.signature.match_inputs(None) == ('x',)
    assert run(model, [1.0, 2.0]) == [[1.0, 2.0]]
    model = load_exported(Optional3(), [torch.zeros(2), None, torch.zeros(2)], tmp_path)
    assert model.signature.match_inputs(None) == ('x', 'scale')
    assert model.description.notes == ('fixed by torch.export: bias = None',)
    assert run(model, [1.0, 2.0], [3.0, 4.0]) == [[3.0, 8.0]]


@pytest.mark.parametrize('is_decomposed', DIALECTS)
def test_control_flow_of_torch_is_followed(is_decomposed: bool, tmp_path: Path) -> None:
    torch.manual_seed(1)
    module = Conditional().eval()
    model = load_exported(module, [torch.ones(4)], tmp_path, is_decomposed=is_decomposed)
    for value in ([1.0, 1, 1, 1], [6.0, 1, 1, 1], [-1.0, -1, -1, -1], [60.0, 60, 60, 60]):
        with torch.inference_mode():
            expected = module(torch.tensor(value))
        np.testing.assert_allclose(run_all(model, value)[0], expected.numpy(), rtol=1e-6)


@pytest.mark.parametrize('is_decomposed', DIALECTS)
def test_values_may_decide_and_be_printed(
    is_decomposed: bool, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    class Talking(nn.Module):

        def forward(self, x: Tensor, index: Tensor) -> Tensor:
            number = index.item()
            torch._check(number >= 0)
            torch._check(number <= 5)
            torch.ops.aten._print('it runs')
            return x + number

    model = load_exported(
        Talking(), [torch.zeros(2), torch.tensor(2)], tmp_path, is_decomposed=is_decomposed)
    capfd.readouterr()
    assert run(model, [1.0, 2.0], 3) == [[4.0, 5.0]]
    assert capfd.readouterr().out == 'it runs\n'
    with pytest.raises(EvaluationError, match='forward failed'):
        run(model, [1.0, 2.0], 9)


def test_modes_within_a_module_are_kept(tmp_path: Path) -> None:
    torch.manual_seed(1)
    module = WithoutGradients().eval()
    model = load_exported(module, [torch.ones(4)], tmp_path)
    with torch.inference_mode():
        expected = module(torch.ones(4))
    assert expected.tolist() != (2 * module.layer(torch.ones(4))).tolist()
    assert run(model, np.ones(4)) == [expected.tolist()]


def test_another_dtype_is_refused(tmp_path: Path) -> None:
    model = load_content(saved(export(made('mlp'), RECIPES['mlp'].examples)), tmp_path)
    with pytest.raises(ContractError, match='dtype is float64, but the file takes float32'):
        bind(model, dtypes=['float64'])


def test_bfloat16_goes_in_and_out(tmp_path: Path) -> None:
    model = load_exported(
        nn.Linear(2, 2).bfloat16(), [torch.zeros(2, dtype=torch.bfloat16)], tmp_path)
    assert model.description.dtype == 'bfloat16'
    assert run_all(model, [1.0, 2.0])[0].shape == (2,)


def test_description_says_what_it_is(tmp_path: Path) -> None:
    description = load_exported(made('mlp'), RECIPES['mlp'].examples, tmp_path).description
    assert description.kind == 'ExportedProgram of torch.export'
    assert description.parameters == 48 * 64 + 64 + 64 * 12 + 12
    assert description.dtype == 'float32'
    assert description.notes == () == description.not_reset
    assert not description.was_training


@pytest.mark.parametrize('is_decomposed', DIALECTS)
@pytest.mark.parametrize('module', [nn.Dropout(), nn.BatchNorm1d(2)])
def test_program_exported_in_training_mode_is_noted(
    module: nn.Module, is_decomposed: bool, tmp_path: Path
) -> None:
    program = torch.export.export(module.train(), (torch.zeros(3, 2),))
    if is_decomposed:
        program = program.run_decompositions({})
    (note,) = load_content(saved(program), tmp_path).description.notes
    assert 'exported in training mode' in note
    program = torch.export.export(module.eval(), (torch.zeros(3, 2),))
    assert load_content(saved(program), tmp_path).description.notes == ()


def test_loading_and_running_may_be_in_different_threads(tmp_path: Path) -> None:
    content = saved(export(made('lstm'), RECIPES['lstm'].examples))
    models: List[Any] = []

    def load() -> None:
        with torch.inference_mode():
            models.append(bind(load_content(content, tmp_path)))
    thread = Thread(target=load)
    thread.start()
    thread.join()
    (model,) = models
    first, second = run(model, np.ones(8)), run(model, np.ones(8))
    assert first != second
    model.reset()
    assert run(model, np.ones(8)) == first


def test_complaint_is_one_line(tmp_path: Path) -> None:
    class Picky(nn.Module):

        def forward(self, x: Tensor, index: Tensor) -> Tensor:
            return x[index]
    model = load_exported(
        Picky(), [torch.zeros(2), torch.zeros(1, dtype=torch.int64)], tmp_path)
    with pytest.raises(EvaluationError, match=r'forward failed on .* index 5 is out of') as caught:
        run(model, [1.0, 2.0], [5])
    assert '\n' not in str(caught.value)

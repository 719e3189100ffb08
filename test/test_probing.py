# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""On which shapes a module runs is found out, and which sizes are free."""

from pathlib import Path
from typing import Any, Optional, Tuple

from dg_pytorch_ros.errors import ConfigError
from dg_pytorch_ros.probing.guess import Guess, Guesses
from dg_pytorch_ros.probing.hint import Hint
from dg_pytorch_ros.probing.outcome import Outcome, Result
from dg_pytorch_ros.probing.probed import Probed, ProbedArgument
from dg_pytorch_ros.probing.refinement import Refinement
from dg_pytorch_ros.probing.search import Finding
import probed_modules as modules
from probing_desk import Desk, probe_module
import pytest
import scripted_modules
from tool_models import TOOL_MODELS
import torch
from torch import nn

MODELS = Path(__file__).parents[1] / 'models'

Shape = Optional[Tuple[int, ...]]

LAYERS = [
    (nn.Linear(48, 5), (-1, 48)), (nn.Conv1d(3, 8, 3), (-1, 3, -1)),
    (nn.Conv2d(3, 8, 3), (-1, 3, -1, -1)), (nn.Conv2d(6, 8, 3, groups=2), (-1, 6, -1, -1)),
    (nn.Conv3d(2, 8, 3), (-1, 2, -1, -1, -1)), (nn.BatchNorm1d(45), (-1, 45)),
    (nn.BatchNorm2d(5), (-1, 5, -1, -1)), (nn.LayerNorm(45), (-1, 45)),
    (nn.LayerNorm([4, 45]), (-1, 4, 45)),
    (nn.TransformerEncoderLayer(64, 4, batch_first=True), (-1, -1, 64)),
    (nn.Sequential(nn.Sequential(nn.Linear(7, 5)), nn.ReLU()), (-1, 7))]

SINGLE = [
    (modules.FirstOf(nn.LSTM(45, 8)), (-1, -1, 45)),
    (modules.FirstOf(nn.GRU(45, 8, batch_first=True)), (-1, -1, 45)),
    (modules.Times(), (-1, 48)), (modules.StateFeedback(), (3,)), (modules.Pieces(), (-1, 45)),
    (modules.Elements(), (6,)), (modules.Normalised(), (-1, 45)),
    (modules.ChannelsLast(), (-1, -1, -1, 3)), (modules.Picture(4, 84, 84), (-1, 4, 84, 84)),
    (modules.Picture(3, 66, 200), (-1, 3, 66, 200)), (modules.Insists(), (-1, 12)),
    (modules.BatchedProduct(), (1, -1, 48)), (modules.Stacked(), (-1, -1, 48)),
    (modules.OtherSign(), (-1, 4)), (modules.Points(), (-1, 4)),
    (scripted_modules.Identity(), None), (scripted_modules.Embeds(), None),
    (scripted_modules.Recurrent(), (3,))]

SEVERAL = [
    (modules.Joined(), [(-1, -1), (-1, -1)], ['float32', 'float32']),
    (modules.JoinedAtTheEnd(), [None, None], ['float64', 'float64']),
    (modules.Sensors(), [(-1, 3, -1, -1), (-1, 9)], ['float32', 'float32']),
    (modules.Embeds(), [(-1,), (-1, 5)], ['int64', 'float32']),
    (modules.Masks(), [None, None], ['float64', 'bool']),
    (modules.TwoDtypes(), [(-1, 6), (-1, 6)], ['float64', 'float32']),
    (modules.Cell(), [(-1, 9), (-1, 16)], ['float32', 'float32']),
    (modules.OpenMemory(), [(1, 9), (2, 1, 16), (2, 1, 16)], ['float32'] * 3),
    (scripted_modules.TakesNumbers(), [None, (), (), ()],
     ['float64', 'float64', 'int64', 'bool'])]

TOOLS = {
    'mlp': [(-1, 48)], 'conv': [(-1, 3, -1, -1)], 'lstm': [(8,)], 'lstm_reset': [(8,)],
    'pd': [None] * 6, 'named': [(-1, 6)], 'dict': [(-1, 5)], 'branch': [(-1, 4)],
    'pair': [(-1, 3), (-1, 2)]}

EXAMPLES = {
    'quadruped_policy': [(-1, 45)], 'history_policy': [(-1, 270)], 'humanoid_policy': [(1, 45)],
    'humanoid_policy_explicit': [(1, 45), (1, 1, 64), (1, 1, 64)],
    'image_classifier': [(-1, 3, -1, -1)], 'sine_predictor': [(1,)], 'pd_controller': [None] * 6}


def shapes(probed: Any) -> Any:
    return [argument.shape for argument in probed.arguments]


def runs_on_samples(path: Any, probed: Any) -> bool:
    module = torch.jit.load(path)
    module.eval()
    module(*[
        sample.item() if argument.argument.is_scalar else torch.from_numpy(sample)
        for sample, argument in zip(probed.samples, probed.arguments)])
    return True


@pytest.mark.parametrize('layer, shape', LAYERS, ids=lambda value: type(value).__name__)
def test_a_layer_gets_the_shape_that_it_is_made_for(
        layer: nn.Module, shape: Shape, tmp_path: Path) -> None:
    probed = probe_module(modules.Inner(layer), tmp_path)
    assert shapes(probed) == [shape]


@pytest.mark.parametrize('module, shape', SINGLE, ids=lambda value: type(value).__name__)
def test_the_shape_of_one_argument_is_found(
        module: nn.Module, shape: Shape, tmp_path: Path) -> None:
    probed = probe_module(module, tmp_path)
    assert probed.runs
    assert shapes(probed) == [shape]
    assert runs_on_samples(tmp_path / 'module.pt', probed)


@pytest.mark.parametrize('module, expected, dtypes', SEVERAL,
                         ids=lambda value: type(value).__name__)
def test_the_shapes_and_dtypes_of_several_arguments_are_found_together(
        module: nn.Module, expected: Any, dtypes: Any, tmp_path: Path) -> None:
    probed = probe_module(module, tmp_path)
    assert shapes(probed) == expected
    assert [argument.dtype for argument in probed.arguments] == dtypes
    assert runs_on_samples(tmp_path / 'module.pt', probed)


@pytest.mark.parametrize('name', TOOLS)
def test_the_models_of_the_tools_need_few_tries(name: str, tmp_path: Path) -> None:
    path = TOOL_MODELS[name](tmp_path)
    desk = Desk(path)
    probed = desk.probe()
    assert shapes(probed) == TOOLS[name]
    assert runs_on_samples(path, probed)
    assert desk.tries < 200


@pytest.mark.parametrize('name', EXAMPLES)
def test_the_shapes_of_the_examples_are_found(name: str) -> None:
    assert shapes(Desk(MODELS / f'{name}.pt').probe()) == EXAMPLES[name]


@pytest.mark.parametrize('is_frozen', [False, True])
@pytest.mark.parametrize('module, examples, expected', [
    (modules.Inner(nn.Linear(48, 5)), [(1, 48)], [(-1, 48)]),
    (modules.FirstOf(nn.LSTM(45, 8)), [(1, 1, 45)], [(-1, -1, 45)]),
    (modules.OpenMemory(), [(1, 9), (2, 1, 16), (2, 1, 16)], [(1, 9), (2, 1, 16), (2, 1, 16)]),
    (modules.Picture(4, 84, 84), [(1, 4, 84, 84)], [(-1, 4, 84, 84)])],
    ids=lambda value: type(value).__name__)
def test_traced_and_frozen_modules_tell_the_same(
        module: nn.Module, examples: Any, expected: Any, is_frozen: bool, tmp_path: Path) -> None:
    traced = torch.jit.trace(module.eval(), tuple(map(torch.zeros, examples)))
    if is_frozen:
        traced = torch.jit.freeze(traced)
    traced.save(str(tmp_path / 'traced.pt'))
    assert shapes(Desk(tmp_path / 'traced.pt').probe()) == expected


def named(probed: Probed, name: str) -> ProbedArgument:
    (argument,) = [argument for argument in probed.arguments if argument.name == name]
    return argument


def test_arguments_of_any_size_that_is_the_same_in_all_say_so(tmp_path: Path) -> None:
    probed = Desk(TOOL_MODELS['pd'](tmp_path)).probe()
    argument = named(probed, 'kp')
    assert argument.takes_any
    assert argument.like == ('kd', 'position', 'velocity', 'des_position', 'des_velocity')
    assert argument.fits_alone
    assert len(argument.sample_shape or ()) == 1
    assert [output.shape for output in probed.sample_outputs] == [argument.sample_shape]


def test_sizes_that_are_joined_add_up(tmp_path: Path) -> None:
    probed = probe_module(modules.Joined(), tmp_path)
    x, y = probed.arguments
    assert (x.joined_with, y.joined_with) == (('y',), ('x',))
    assert x.total == y.total == 48


@pytest.mark.parametrize('module, total, shape', [
    (modules.JoinedFew(6, -1), 6, (1, 3)), (modules.JoinedFew(6, 1), 6, (1, 3)),
    (modules.JoinedFew(3, -1), 3, (1, 1)), (modules.JoinedThree(), 5, (1, 1)),
    (modules.JoinedInFront(), 6, (3,))])
def test_few_numbers_that_are_joined_are_shared_out(
        module: nn.Module, total: int, shape: Shape, tmp_path: Path) -> None:
    probed = probe_module(module, tmp_path)
    names = {argument.name for argument in probed.arguments}
    assert probed.arguments[0].sample_shape == shape
    for argument in probed.arguments:
        assert {argument.name, *argument.joined_with} == names
        assert argument.total == total
        assert argument.shape == (-1,) * len(shape or ())


def test_two_numbers_that_are_joined_leave_no_choice(tmp_path: Path) -> None:
    probed = probe_module(modules.JoinedFew(2, -1), tmp_path)
    assert [argument.joined_with for argument in probed.arguments] == [(), ()]


def test_sizes_of_which_one_is_stretched_to_the_other_are_no_sum() -> None:
    def attempt(guesses: Guesses) -> Outcome:
        sizes = {guess.shape[0] for guess in guesses}
        fits = sizes in ({2}, {1, 2})
        return Outcome((Result('output', 'float32', (2,)),), '' if fits else 'not two')
    for sizes in ((1, 2), (2, 1)):
        guesses = tuple(Guess((size,), 'float32') for size in sizes)
        finding = Finding(guesses, attempt(guesses))
        assert Refinement(attempt, finding, [Hint(), Hint()], lambda: False).freedom().sums == ()


def test_a_batch_is_free_only_together_with_that_of_the_others(tmp_path: Path) -> None:
    probed = probe_module(modules.Cell(), tmp_path)
    assert named(probed, 'obs').like == ('hidden',)


def test_the_outputs_vary_with_what_is_free(tmp_path: Path) -> None:
    probed = Desk(TOOL_MODELS['dict'](tmp_path)).probe()
    assert [(output.name, output.kind, output.shape) for output in probed.outputs] == [
        ('scores', 'float32', (-1, 3)), ('best', 'int64', (-1, 1))]
    assert [output.shape for output in probed.sample_outputs] == [(1, 3), (1, 1)]


def test_a_module_that_remembers_is_tried_from_its_beginning_each_time(
        tmp_path: Path) -> None:
    probed = probe_module(modules.OnlyOnce(), tmp_path)
    assert probed.runs
    assert not probed.objection
    assert shapes(probed) == [(1, 8)]


def test_a_shape_that_is_given_is_taken(tmp_path: Path) -> None:
    probed = probe_module(modules.Joined(), tmp_path, x=(1, 30))
    assert shapes(probed) == [(1, 30), (1, 18)]
    assert named(probed, 'y').joined_with == ()


def test_a_shape_for_an_argument_that_there_is_not_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'z', which is no argument to be fed; arguments: x, y"):
        probe_module(modules.Joined(), tmp_path, z=(1, 30))


def test_a_module_that_never_runs_is_given_up_with_its_complaint(tmp_path: Path) -> None:
    probed = probe_module(scripted_modules.AlwaysFails(), tmp_path)
    assert not probed.runs
    assert probed.complaint == 'this gait is not for stairs'
    assert probed.arguments[0].sample_shape is None
    assert not probed.arguments[0].takes_any


def test_layers_that_do_not_fit_complain_of_what_the_first_of_them_is_made_for(
        tmp_path: Path) -> None:
    probed = probe_module(modules.Mistaken(), tmp_path)
    assert not probed.runs
    assert probed.guessed_shapes == ((1, 8),)
    assert '(1x16 and 17x3)' in probed.complaint


def test_what_a_module_has_against_negative_numbers_is_an_objection(tmp_path: Path) -> None:
    from small_models import Picky
    probed = probe_module(Picky(), tmp_path)
    assert probed.runs
    assert probed.objection.endswith('no negative numbers, please')
    assert probed.arguments[0].dtype == 'float64'


def test_a_module_without_arguments_is_simply_run(tmp_path: Path) -> None:
    probed = probe_module(modules.Nothing(), tmp_path)
    assert probed.runs
    assert probed.arguments == ()
    assert probed.outputs[0].shape == (2,)


def test_twice_the_same_module_gives_twice_the_same(tmp_path: Path) -> None:
    path = tmp_path / 'module.pt'
    torch.jit.script(modules.Sensors().eval()).save(str(path))
    first, second = Desk(path), Desk(path)
    assert first.probe() == second.probe()
    assert first.tries == second.tries

# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Of formats whose files state dtypes and shapes, only what is free in them is tried."""

from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Tuple

from dg_pytorch_ros.config.node_config import ModelConfig
from dg_pytorch_ros.contract import Argument, Result, Signature
from dg_pytorch_ros.errors import ContractError
from dg_pytorch_ros.model_file import read_model_file
from dg_pytorch_ros.parameter_writing.names import outputs_to_publish
from dg_pytorch_ros.probing.guess import Guess
from dg_pytorch_ros.probing.hint import Hint
from dg_pytorch_ros.probing.probed import Probed
from dg_pytorch_ros.probing.shapes import introduce
from dg_pytorch_ros.probing.stated_hints import stated_hints
from dg_pytorch_ros.probing.subject import load_subject
from dg_pytorch_ros.probing.tensor_results import names_of_tensors
from dg_pytorch_ros.tools.main import main
from format_models import export, save_exported
from format_shelf import save
from probing_desk import Desk
import pytest
import torch
from torch import Tensor

Shapes = List[Tuple[int, ...]]


class Known(NamedTuple):
    """What is in the file of one of the tools' models, and what it gives."""

    shapes: Shapes
    outputs: Shapes
    names: List[str]


KNOWN: Dict[str, Known] = {
    'mlp': Known([(48,)], [(12,)], ['output']),
    'conv': Known([(1, 3, -1, -1)], [(1, 10)], ['output']),
    'lstm': Known([(8,)], [(4,)], ['output']),
    'pd': Known([(12,)] * 6, [(12,)], ['output']),
    'named': Known([(6,)], [(2,), (2,)], ['mean', 'variance']),
    'dict': Known([(5,)], [(3,), (1,)], ['scores', 'best']),
    'pair': Known([(3,), (2,)], [(4,), (1,)], ['output_0', 'output_1']),
    'rows': Known([(-1, 64), (-1, 64)], [(-1, 64), ()], ['sum', 'total'])}


def shapes(probed: Probed) -> List[Any]:
    return [argument.shape for argument in probed.arguments]


def output_shapes(probed: Probed) -> List[Any]:
    return [output.shape for output in probed.outputs]


@pytest.mark.parametrize('name', KNOWN)
def test_an_exported_program_is_run_once_on_the_shapes_that_it_states(
        name: str, tmp_path: Path) -> None:
    known = KNOWN[name]
    desk = Desk(save(name, 'exported', tmp_path / 'model.pt'))
    probed = desk.probe()
    assert probed.runs and not probed.objection
    assert shapes(probed) == known.shapes
    assert output_shapes(probed) == known.outputs
    assert [output.name for output in probed.outputs] == known.names
    assert {argument.dtype for argument in probed.arguments} == {'float32'}
    assert desk.tries < 20 if -1 in sum(known.shapes, ()) else desk.tries == 1


@pytest.mark.parametrize('kind', ['aotinductor', 'onnx'])
@pytest.mark.parametrize('name', ['mlp', 'rows'])
def test_other_formats_tell_the_same(
    name: str, kind: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    known = KNOWN[name]
    probed = Desk(save(name, kind, tmp_path / 'model.pt', tmp_path_factory)).probe()
    assert probed.runs
    assert (shapes(probed), output_shapes(probed)) == (known.shapes, known.outputs)
    if (name, kind) == ('rows', 'aotinductor'):  # which stretches no single row
        assert [argument.like for argument in probed.arguments] == [('goal',), ('state',)]


class Pooled(torch.nn.Module):
    """Takes images with the channels behind, of sides that are multiples of 8."""

    def forward(self, image: Tensor, index: Tensor) -> Tensor:
        grid = image.reshape(1, image.shape[1] // 8, 8, image.shape[2] // 8, 8, 3)
        return grid.mean((2, 4)).sum((1, 2)) + index


def test_sides_of_pictures_and_whole_numbers_are_guessed(tmp_path: Path) -> None:
    eighth = torch.export.Dim('eighth', min=1, max=64)
    path = save_exported(
        Pooled(), [torch.zeros(1, 32, 32, 3), torch.zeros(3, dtype=torch.int64)],
        tmp_path / 'model.pt', {'image': {1: 8 * eighth, 2: 8 * eighth}})
    probed = Desk(path).probe()
    assert probed.runs
    image, index = probed.arguments
    assert image.sample_shape == (1, 64, 64, 3)
    assert (index.dtype, index.shape) == ('int64', (3,))


def test_hints_pin_what_is_stated() -> None:
    first, second = stated_hints([
        Argument('x', dtype='int32', shape=(-1, 4)), Argument('y')]).arguments
    assert first == Hint((1, 4), 'int32', has_rank=True, pinned=(1,), is_stated=True)
    assert second == Hint()


def test_a_shape_that_the_file_does_not_take_is_complained_of(tmp_path: Path) -> None:
    desk = Desk(save('mlp', 'exported', tmp_path / 'model.pt'))
    probed = desk.probe({'observation': (2, 48)})
    assert not probed.runs and desk.tries == 1
    assert 'the file takes float32[48] here' in probed.complaint
    assert shapes(probed) == [(48,)]


def test_what_a_try_leaves_in_the_memory_is_put_back(tmp_path: Path) -> None:
    path = save('remembers', 'exported', tmp_path / 'model.pt')
    file = read_model_file(path, find_share=lambda package: None)
    subject: Any = load_subject(file, ModelConfig(path))
    guesses = (Guess((3,), 'float32'),)
    subject.attempt(guesses)
    before = subject._model.run([guesses[0].value()])[2].item()
    assert before == 1


def test_without_a_run_the_file_tells_shapes_all_the_same(tmp_path: Path, capsys: Any) -> None:
    path = save('conv', 'exported', tmp_path / 'model.pt')
    file = read_model_file(path, find_share=lambda package: None)
    probed = introduce(file, ModelConfig(path))
    assert not probed.runs and shapes(probed) == [(1, 3, -1, -1)]
    assert main(['params', path, '--brief', '--no-probe']) == 0
    written = capsys.readouterr().out
    assert 'shape: [1, 3, -1, -1]' in written and 'the module was not run' in written


class Strict(torch.nn.Module):
    """Takes no negative numbers."""

    def forward(self, x: Tensor) -> Tensor:
        torch._assert_async(x.sum() >= 0, 'nothing negative, please')
        return x


def test_negative_values_are_tried_too(tmp_path: Path) -> None:
    torch.export.save(export(Strict(), [torch.ones(2)]), str(tmp_path / 'model.pt2'))
    probed = Desk(tmp_path / 'model.pt2').probe()
    assert probed.runs and 'nothing negative, please' in probed.objection


def test_results_that_are_no_tensors_are_not_published() -> None:
    labelled = Signature((), Result(
        'a, b', ('Tensor', 'sequence(float32)'), labels=('a', 'b')))
    assert names_of_tensors(labelled) == ('a',)
    (output,) = outputs_to_publish(Probed(labelled, ()))
    assert output.name == 'a'
    with pytest.raises(ContractError, match='forward returns int here'):
        names_of_tensors(Signature((), Result('tuple', ('Tensor', 'int'))))


def test_libraries_and_a_device_are_written_down(tmp_path: Path, capsys: Any) -> None:
    path = save('mlp', 'exported', tmp_path / 'model.pt')
    assert main(['params', path, '--brief', '--import', 'json', '--import', 'csv']) == 0
    assert '    model_imports: [json, csv]\n' in capsys.readouterr().out
    assert main(['params', path, '--import', 'no_such_operators']) == 2
    assert "model_imports holds 'no_such_operators'" in capsys.readouterr().err
    assert main(['params', path, '--device', 'tpu']) == 2
    assert "device is 'tpu'" in capsys.readouterr().err

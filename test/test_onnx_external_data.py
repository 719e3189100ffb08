# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Weights in files beside a model become part of it when it is loaded."""

import os
from pathlib import Path
from typing import Any, Dict, Optional

from dg_pytorch_ros.errors import ModelFileError
from dg_pytorch_ros.onnx import external_data
from dg_pytorch_ros.onnx.external_data import ExternalData
from loading import bind, run
import numpy as np
from onnx_files import (
    BOOL, FLOAT, helper, linear, load, load_file, model, node, onnx, stored, TensorProto, value,
    write)
import pytest

_WEIGHT = np.array([[1, 2]] * 3, 'float32')
_ONES = [[1.0, 1.0, 1.0]]
_SUMS = [[[3.0, 6.0]]]


def elsewhere(location: str, name: str = 'weight', **place: Optional[Any]) -> Any:
    """Make a tensor whose numbers are in a file."""
    tensor = TensorProto(
        name=name, data_type=FLOAT, dims=[3, 2], data_location=TensorProto.EXTERNAL)
    given: Dict[str, Any] = {'location': location, 'offset': 0, 'length': 24, **place}
    for key, text in given.items():
        if text is not None:
            tensor.external_data.add(key=key, value=str(text))
    return tensor


def product(weight: Any) -> Any:
    """Make a model that multiplies by a weight."""
    return model([node('MatMul', 'x weight', 'y')], [value('x', ['n', 3])],
                 [value('y', ['n', 2])], [weight])


def constant(weight: Any) -> Any:
    """Make a model whose weight is in the attribute of an operator."""
    return model([node('Constant', '', 'weight', value=weight), node('MatMul', 'x weight', 'y')],
                 [value('x', ['n', 3])], [value('y', ['n', 2])])


def branch(weight: Any) -> Any:
    """Make a model whose weight is in a graph within."""
    then = helper.make_graph(
        [node('MatMul', 'x weight', 'a')], 'then', [], [value('a', ['n', 2])], [weight])
    otherwise = helper.make_graph(
        [node('Constant', '', 'b', value=stored('', [[0, 0]]))], 'else', [],
        [value('b', ['n', 2])])
    return model(
        [node('ReduceSum', 'x', 'sum', keepdims=0), node('Cast', 'sum', 'yes', to=BOOL),
         node('If', 'yes', 'y', then_branch=then, else_branch=otherwise)],
        [value('x', ['n', 3])], [value('y', ['n', 2])])


def data_file(directory: Path, name: str = 'model.onnx.data', before: bytes = b'') -> Path:
    """Write the weight into a file."""
    path = directory / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(before + _WEIGHT.tobytes())
    return path


@pytest.mark.parametrize('make', [product, constant, branch])
def test_weights_are_read_wherever_the_model_has_tensors(tmp_path: Path, make: Any) -> None:
    data_file(tmp_path)
    bound = bind(load(make(elsewhere('model.onnx.data')), tmp_path))
    assert run(bound, _ONES) == _SUMS
    assert bound.description.notes == (
        'weights from model.onnx.data, beside it, which model_sha256 does not cover',)


@pytest.mark.parametrize('place', [
    {'offset': 8}, {'offset': 8, 'length': None}, {'offset': 8, 'checksum': 'ab'}])
def test_weights_are_read_at_their_place(tmp_path: Path, place: Dict[str, Any]) -> None:
    data_file(tmp_path, before=b'garbage!')
    made = product(elsewhere('model.onnx.data', **place))
    assert run(bind(load(made, tmp_path)), _ONES) == _SUMS


def test_weights_may_be_in_a_folder_below(tmp_path: Path) -> None:
    data_file(tmp_path, 'weights/layer.bin')
    assert run(bind(load(product(elsewhere('weights/layer.bin')), tmp_path)), _ONES) == _SUMS


def test_installed_links_are_followed(tmp_path: Path) -> None:
    """An install with symbolic links has each file linked by itself."""
    source, installed = tmp_path / 'source', tmp_path / 'installed'
    installed.mkdir()
    data = data_file(source, 'model.onnx.data')
    write(product(elsewhere('model.onnx.data')), source)
    for path in (source / 'model.onnx', data):
        (installed / path.name).symlink_to(path)
    assert run(bind(load_file(str(installed / 'model.onnx'))), _ONES) == _SUMS


def test_working_directory_does_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data_file(tmp_path)
    write(product(elsewhere('model.onnx.data')), tmp_path)
    (tmp_path / 'other').mkdir()
    monkeypatch.chdir(tmp_path / 'other')
    assert run(bind(load_file('../model.onnx')), _ONES) == _SUMS


def test_file_of_the_weights_may_be_replaced_while_the_model_runs(tmp_path: Path) -> None:
    table = TensorProto(
        name='table', data_type=FLOAT, dims=[1000, 1000], data_location=TensorProto.EXTERNAL)
    table.external_data.add(key='location', value='big.data')
    path = tmp_path / 'big.data'
    path.write_bytes(np.ones((1000, 1000), 'float32').tobytes())
    made = model([node('Gather', 'table row', 'y')],
                 [value('row', [1], TensorProto.INT64)], [value('y', [1, 1000])], [table])
    bound = bind(load(made, tmp_path))
    path.write_bytes(b'')
    assert run(bound, [999.0]) == [[[1.0] * 1000]]
    path.unlink()
    assert run(bound, [1.0]) == [[[1.0] * 1000]]


@pytest.mark.parametrize('location, place, complaint', [
    ('nowhere.data', {}, "keeps weights in 'nowhere.data', but there is no such file beside it; "
     'copy that, too'),
    ('folder', {}, "keeps weights in 'folder', but there is no such file beside it"),
    ('../secret', {}, "keeps 'weight' in '../secret'; only files beside the model are read"),
    ('folder/../../secret', {}, 'only files beside the model are read'),
    ('/etc/passwd', {}, "keeps 'weight' in '/etc/passwd'; only files beside the model are read"),
    ('', {}, "keeps 'weight' in ''; only files beside the model are read"),
    ('a\0b', {}, 'only files beside the model are read'),
    ('model.onnx.data', {'offset': 8}, "keeps 'weight' in 'model.onnx.data', where 24 bytes "
     'belong at 8, but 16 are; was it copied whole?'),
    ('model.onnx.data', {'offset': 10**30}, 'cannot be read: '),
    ('model.onnx.data', {'offset': -4}, 'cannot be read: '),
    ('model.onnx.data', {'offset': 'x'}, 'is an ONNX model that is broken or truncated')])
def test_weights_that_are_not_there_are_told(
    tmp_path: Path, location: str, place: Dict[str, Any], complaint: str
) -> None:
    folder = tmp_path / 'models'
    (folder / 'folder').mkdir(parents=True)
    data_file(folder)
    (tmp_path / 'secret').write_bytes(_WEIGHT.tobytes())
    with pytest.raises(ModelFileError) as caught:
        load(product(elsewhere(location, **place)), folder)
    assert complaint in str(caught.value)
    assert str(caught.value).startswith(f'model file {folder / "model.onnx"} ')
    assert '\n' not in str(caught.value)


def test_weights_of_the_wrong_size_are_refused(tmp_path: Path) -> None:
    data_file(tmp_path)
    with pytest.raises(ModelFileError, match='cannot be loaded by onnxruntime'):
        load(product(elsewhere('model.onnx.data', length=20)), tmp_path)


def test_pipe_instead_of_a_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / 'pipe')
    with pytest.raises(ModelFileError, match='there is no such file beside it'):
        load(product(elsewhere('pipe')), tmp_path)


def test_weights_beyond_what_a_message_can_have_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data_file(tmp_path)
    monkeypatch.setattr(external_data, '_LARGEST', 30)
    with pytest.raises(ModelFileError, match='bytes with its weights; up to 30 can be run'):
        load(product(elsewhere('model.onnx.data')), tmp_path)


def test_all_else_stays_as_it_is(tmp_path: Path) -> None:
    """The library of ONNX itself is the judge."""
    data_file(tmp_path)
    made = branch(elsewhere('model.onnx.data'))
    made.graph.initializer.append(stored('other', np.arange(300.0)))
    made.graph.node.append(node(
        'Foo', 'x', 'unused', number=-3, real=0.5, text='location', numbers=[1, 2**40, -1],
        domain='far'))
    made.metadata_props.add(key='author', value='location')
    made.doc_string = 'ü' * 200
    whole = onnx.ModelProto.FromString(
        ExternalData(tmp_path).embed(made.SerializeToString()))
    onnx.external_data_helper.load_external_data_for_model(made, str(tmp_path))
    for tensor in onnx.external_data_helper._get_all_tensors(made):
        tensor.ClearField('data_location')
        del tensor.external_data[:]
    assert whole == made


def test_model_that_has_all_of_its_weights_is_not_copied() -> None:
    for made in (linear(), product(stored('location', _WEIGHT))):
        content = made.SerializeToString()
        assert ExternalData(Path('nowhere')).embed(content) is content


def test_messages_without_end_within_each_other_are_refused(tmp_path: Path) -> None:
    def within(field: int, content: bytes) -> bytes:
        size, head = len(content), bytearray()
        while size >= 0x80:
            head.append(size & 0x7f | 0x80)
            size >>= 7
        return bytes([field << 3 | 2, *head, size]) + content
    graph = b''
    for _ in range(400):
        graph = within(1, within(5, within(6, graph)))
    content = b'\x08\x08' + within(7, graph + within(2, b'location'))
    with pytest.raises(ModelFileError, match='more than 150 messages within each other'):
        load(content, tmp_path)

# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What is replayed is written as it was published, the same each time, and over nothing else."""

import csv
from pathlib import Path
from typing import Any, Callable, Dict, List

import numpy as np
import pytest
from recordings import BEGIN, MS, read_raw, rosbag2, STORAGES, write_bag
from replaying import account, complaint, outputs, parameter_file, replay
from sensor_msgs.msg import JointState
import small_models
from std_msgs.msg import Bool, Float32MultiArray, Float64MultiArray, Int32MultiArray

JOINTS = ['hip', 'knee']


def floats(*values: float) -> Any:
    return Float64MultiArray(data=[float(value) for value in values])


@pytest.fixture(scope='module')
def doubling(tmp_path_factory: pytest.TempPathFactory) -> str:
    return small_models.save(small_models.Double(), tmp_path_factory.mktemp('model'))


@pytest.fixture
def node(doubling: str, tmp_path: Path) -> Callable[..., str]:
    """Return what writes the parameters of a node that doubles x."""
    def write(output: Any = None, **others: Any) -> str:
        return parameter_file(
            tmp_path, model_path=doubling, output_names=['y'],
            inputs={'x': {'shape': [2], **others}}, outputs={'y': output or {'topic': 'y'}})
    return write


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    return write_bag(tmp_path / 'bag', [
        ('/x', 0, floats(0.1, 1)), ('/x', 20 * MS, floats(1e-9, -2)),
        ('/x', 1500 * MS + 7, floats(3, 4))])


def rows(path: Path) -> List[List[str]]:
    with path.open(newline='') as file:
        return list(csv.reader(file))


def test_a_table_has_times_and_numbers(
    node: Callable[..., str], bag: Path, tmp_path: Path, capsys: Any
) -> None:
    written = account(capsys, node(), bag, '--csv', tmp_path / 'new/table')['written']
    assert written == [str(tmp_path / 'new/table/y.csv')]
    assert rows(tmp_path / 'new/table/y.csv') == [
        ['time_s', 'time_ns', 'y[0]', 'y[1]'],
        ['0.000000000', str(BEGIN), '0.2', '2.0'],
        ['0.020000000', str(BEGIN + 20 * MS), '2e-09', '-4.0'],
        ['1.500000007', str(BEGIN + 1500 * MS + 7), '6.0', '8.0']]


def test_times_count_from_the_beginning_of_the_bag(
    node: Callable[..., str], bag: Path, tmp_path: Path
) -> None:
    assert replay(node(), bag, '--csv', tmp_path / 'table', '--start', '1') == 0
    assert rows(tmp_path / 'table/y.csv')[1][:2] == ['1.500000007', str(BEGIN + 1500 * MS + 7)]


@pytest.mark.parametrize('output, header', [
    ({'type': 'sensor_msgs/msg/JointState', 'field': 'position', 'names': JOINTS}, JOINTS),
    ({'type': 'geometry_msgs/msg/Twist', 'field': ['linear.x', 'angular.z']},
     ['linear.x', 'angular.z']),
    ({'type': 'geometry_msgs/msg/Vector3', 'field': ['z', 'x']}, ['z', 'x']),
    ({'type': 'trajectory_msgs/msg/JointTrajectory', 'field': 'points[0].positions',
      'names': JOINTS}, JOINTS)])
def test_columns_are_called_as_the_output_says(
    output: Dict[str, Any], header: List[str], node: Callable[..., str], bag: Path, tmp_path: Path
) -> None:
    assert replay(node(output), bag, '--csv', tmp_path / 'table') == 0
    table = rows(tmp_path / 'table/y.csv')
    assert table[0] == ['time_s', 'time_ns', *header]
    assert [row[2:] for row in table[1:]] == [['0.2', '2.0'], ['2e-09', '-4.0'], ['6.0', '8.0']]


def test_several_fields_of_named_elements_have_both_in_their_columns(
    tmp_path: Path
) -> None:
    path = small_models.save(small_models.Twice(), tmp_path)
    parameters = parameter_file(
        tmp_path, model_path=path, output_names=['y'], inputs={'x': {'shape': [2]}},
        outputs={'y': {'type': 'sensor_msgs/msg/JointState', 'field': ['position', 'velocity'],
                       'names': JOINTS}})
    bag = write_bag(tmp_path / 'bag', [('/x', 0, floats(1, 2))])
    assert replay(parameters, bag, '--csv', tmp_path / 'table') == 0
    assert rows(tmp_path / 'table/y.csv') == [
        ['time_s', 'time_ns', 'position.hip', 'position.knee', 'velocity.hip', 'velocity.knee'],
        ['0.000000000', str(BEGIN), '1.0', '2.0', '1.0', '2.0']]


def test_numbers_have_the_digits_of_their_own_dtype(
    node: Callable[..., str], tmp_path: Path
) -> None:
    bag = write_bag(tmp_path / 'bag', [('/x', 0, Float32MultiArray(data=[0.05, 1e20]))])
    kind = 'std_msgs/msg/Float32MultiArray'
    assert replay(node({'type': kind}, type=kind), bag, '--csv', tmp_path / 'table') == 0
    assert rows(tmp_path / 'table/y.csv')[1][2:] == ['0.1', '2e+20']
    whole = write_bag(tmp_path / 'whole', [('/x', 0, Int32MultiArray(data=[-5, 2 ** 29]))])
    kind = 'std_msgs/msg/Int32MultiArray'
    assert replay(
        node({'type': kind}, type=kind, dtype='int32'), whole, '--csv', tmp_path / 'other') == 0
    assert rows(tmp_path / 'other/y.csv')[1][2:] == ['-10', str(2 ** 30)]


def test_truth_values_are_numbers_in_a_table(tmp_path: Path) -> None:
    path = small_models.save(small_models.Identity(), tmp_path)
    kind = 'std_msgs/msg/Bool'
    parameters = parameter_file(
        tmp_path, model_path=path, output_names=['y'],
        inputs={'x': {'type': kind, 'dtype': 'bool', 'shape': [1]}}, outputs={'y': {'type': kind}})
    bag = write_bag(tmp_path / 'bag', [('/x', 0, Bool(data=True)), ('/x', 1, Bool(data=False))])
    assert replay(parameters, bag, '--csv', tmp_path / 'table') == 0
    assert [row[2:] for row in rows(tmp_path / 'table/y.csv')] == [['y[0]'], ['1'], ['0']]


def test_a_row_has_as_many_numbers_as_its_message(
    node: Callable[..., str], tmp_path: Path
) -> None:
    bag = write_bag(tmp_path / 'bag', [
        ('/x', index * MS, floats(*range(count))) for index, count in enumerate((2, 3, 1))])
    assert replay(node(shape=[-1]), bag, '--csv', tmp_path / 'table') == 0
    table = rows(tmp_path / 'table/y.csv')
    assert table[0][2:] == ['y[0]', 'y[1]', 'y[2]']
    assert [len(row) - 2 for row in table[1:]] == [2, 3, 1]


@pytest.mark.parametrize('storage', STORAGES)
def test_the_bag_of_outputs_is_stored_as_that_of_inputs(
    storage: str, node: Callable[..., str], tmp_path: Path
) -> None:
    bag = write_bag(tmp_path / 'bag', [('/x', 5, floats(1, 2))], storage=storage)
    output = {'qos': {'reliability': 'best_effort', 'durability': 'transient_local', 'depth': 3}}
    assert replay(node(output), bag, '--output', tmp_path / 'deep/out') == 0
    suffix = 'mcap' if storage == 'mcap' else 'db3'
    assert (tmp_path / f'deep/out/out.{suffix}').is_file()
    assert sorted(file.name for file in (tmp_path / 'deep').iterdir()) == ['out']
    ((time_ns, message),) = outputs(tmp_path / 'deep/out', Float64MultiArray, '/y')
    assert (time_ns, message.data.tolist()) == (BEGIN + 5, [2.0, 4.0])
    with rosbag2.Reader(tmp_path / 'deep/out') as reader:
        (connection,) = reader.connections
    (qos,) = connection.ext.offered_qos_profiles
    assert (qos.reliability.name, qos.durability.name, qos.history.name, qos.depth) == (
        'BEST_EFFORT', 'TRANSIENT_LOCAL', 'KEEP_LAST', 3)
    assert 'float64[] data' in connection.msgdef.data


@pytest.mark.parametrize('storage', STORAGES)
def test_the_storage_can_be_chosen(
    storage: str, node: Callable[..., str], bag: Path, tmp_path: Path
) -> None:
    assert replay(node(), bag, '--output', tmp_path / 'out', '--storage', storage) == 0
    assert len(read_raw(tmp_path / 'out')) == 3
    assert (tmp_path / 'out/out.mcap').exists() == (storage == 'mcap')


@pytest.mark.parametrize('storage', STORAGES)
def test_twice_the_same_bag_gives_the_same_bytes(
    storage: str, node: Callable[..., str], tmp_path: Path, capsys: Any
) -> None:
    random = np.random.default_rng(2)
    bag = write_bag(tmp_path / 'bag', [
        ('/x', index * 3 * MS, JointState(position=random.normal(size=2).tolist()))
        for index in range(200)], storage=storage)
    joints = {'type': 'sensor_msgs/msg/JointState', 'field': 'position'}
    parameters = node({**joints, 'names': JOINTS}, **joints)
    files = []
    for folder in (tmp_path / 'one', tmp_path / 'two'):
        assert replay(
            parameters, bag, '--output', folder / 'out', '--csv', folder / 'table') == 0
        files.append({
            path.relative_to(folder): path.read_bytes()
            for path in sorted(folder.rglob('*')) if path.is_file()})
    assert len(files[0]) == 3
    assert files[0] == files[1]


def test_results_that_exist_are_kept_unless_told_otherwise(
    node: Callable[..., str], bag: Path, tmp_path: Path, capsys: Any
) -> None:
    parameters = node()
    places = ['--output', tmp_path / 'out', '--csv', tmp_path / 'table']
    assert replay(parameters, bag, *places) == 0
    first = (tmp_path / 'out/metadata.yaml').read_bytes()
    assert complaint(capsys, parameters, bag, *places[:2]) == (
        f'the bag {tmp_path / "out"} exists; give another folder, or --force to replace it')
    assert complaint(capsys, parameters, bag, *places[2:]) == (
        f'{tmp_path / "table"} holds y.csv already; give another folder, or --force to replace '
        'what is there')
    assert (tmp_path / 'out/metadata.yaml').read_bytes() == first
    assert replay(parameters, bag, *places, '--force', '--end', '1') == 0
    assert len(read_raw(tmp_path / 'out')) == 2
    assert len(rows(tmp_path / 'table/y.csv')) == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        'bag', 'node.yaml', 'out', 'table']


def test_only_bags_are_replaced_by_a_bag(
    node: Callable[..., str], bag: Path, tmp_path: Path, capsys: Any
) -> None:
    precious = tmp_path / 'precious'
    precious.mkdir()
    (precious / 'thesis.tex').touch()
    for path in (precious, precious / 'thesis.tex'):
        assert complaint(capsys, node(), bag, '--output', path, '--force') == (
            f'{path} exists, and is no bag that could be replaced; give another folder')
    assert (precious / 'thesis.tex').exists()


def test_the_bag_that_is_read_is_not_replaced(
    node: Callable[..., str], bag: Path, capsys: Any
) -> None:
    for path in (bag, bag / 'out', bag.parent / 'other/../bag'):
        assert complaint(capsys, node(), bag, '--output', path, '--force').endswith(
            'is the bag that is read; give another folder')
    assert len(read_raw(bag)) == 3


def test_one_file_that_is_read_keeps_its_folder(
    node: Callable[..., str], bag: Path, capsys: Any
) -> None:
    file, = (path for path in bag.iterdir() if path.suffix in ('.db3', '.mcap'))
    assert complaint(capsys, node(), file, '--output', bag, '--force').endswith(
        'is the bag that is read; give another folder')
    assert len(read_raw(bag)) == 3


def test_tables_are_not_put_into_the_bag_that_takes_its_place_later(
    node: Callable[..., str], bag: Path, tmp_path: Path, capsys: Any
) -> None:
    for table in (tmp_path / 'out', tmp_path / 'out/table'):
        assert complaint(
            capsys, node(), bag, '--output', tmp_path / 'out', '--csv', table).endswith(
                'for the tables, is in the bag that is written; give another folder')
    assert not (tmp_path / 'out').exists()


def test_a_picture_is_replaced_only_if_that_is_asked_for(
    node: Callable[..., str], bag: Path, tmp_path: Path, capsys: Any
) -> None:
    picture = tmp_path / 'difference.png'
    picture.touch()
    assert complaint(capsys, node(), bag, '--compare', '--plot', picture) == (
        f'{picture} exists; add --force to replace it')


def test_an_empty_folder_is_a_place_for_a_bag(
    node: Callable[..., str], bag: Path, tmp_path: Path
) -> None:
    (tmp_path / 'empty').mkdir()
    assert replay(node(), bag, '--output', tmp_path / 'empty') == 0
    assert len(read_raw(tmp_path / 'empty')) == 3


def test_what_fails_in_the_middle_leaves_nothing_and_takes_nothing(
    node: Callable[..., str], tmp_path: Path, capsys: Any
) -> None:
    random = np.random.default_rng(1)  # which nobody can compress: it fills several chunks
    bag = write_bag(tmp_path / 'bag', [
        ('/x', index * MS, floats(*random.normal(size=4000))) for index in range(80)],
        storage='mcap', compression='storage')
    parameters = node(shape=[-1])
    places = ['--output', tmp_path / 'out', '--csv', tmp_path / 'table', '--force']
    assert replay(parameters, bag, *places, '--end', '0.0015') == 0
    content = bytearray((bag / 'bag.mcap').read_bytes())
    place = len(content) * 3 // 4
    content[place:place + 100] = bytes(100)
    (bag / 'bag.mcap').write_bytes(content)
    assert complaint(capsys, parameters, bag, *places).startswith(
        f'the bag {bag} cannot be read: ')
    assert len(read_raw(tmp_path / 'out')) == 2
    assert len(rows(tmp_path / 'table/y.csv')) == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        'bag', 'node.yaml', 'out', 'table']


def test_a_place_where_nothing_can_be_written_is_an_error(
    node: Callable[..., str], bag: Path, tmp_path: Path, capsys: Any
) -> None:
    (tmp_path / 'file').touch()
    assert complaint(capsys, node(), bag, '--output', tmp_path / 'file/out') == (
        f'the bag {tmp_path / "file/out"} cannot be written: File exists')
    assert complaint(capsys, node(), bag, '--csv', tmp_path / 'file') == (
        f'{tmp_path / "file"} is no folder, so no CSV can be written into it')
    assert complaint(capsys, node(), bag, '--csv', tmp_path / 'file/table').startswith(
        f'cannot write {tmp_path / "file/table"}: ')

# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What differs from the recording is found, where it is; what does not is not."""

from pathlib import Path
from typing import Any, Callable, List

from dg_pytorch_ros.replay.replay import Recorded
from geometry_msgs.msg import TwistStamped
import numpy as np
import pytest
from rclpy.serialization import deserialize_message, serialize_message
from recordings import BEGIN, MS, read_raw, write_bag, write_raw
from replaying import account, complaint, parameter_file, replay
from sensor_msgs.msg import JointState
import small_models
from std_msgs.msg import Float64, Float64MultiArray
from tool_models import TOOL_MODELS

LAG = MS // 2
MULTI = 'std_msgs/msg/Float64MultiArray'
Change = Callable[[int, Any], Any]


def floats(*values: float) -> Any:
    return Float64MultiArray(data=[float(value) for value in values])


def with_outputs(
    folder: Path, parameters: str, inputs: Path, change: Change = lambda index, message: message,
    *, kind: Any = Float64MultiArray, lag_ns: int = LAG
) -> Path:
    """Return a bag with the inputs and, a little later, what the node made of them, changed."""
    assert replay(parameters, inputs, '--output', folder / 'first') == 0
    recorded: List[Recorded] = read_raw(inputs)
    for index, published in enumerate(read_raw(folder / 'first')):
        message = change(index, deserialize_message(published.data, kind))
        if message is not None:
            recorded.append(published._replace(
                time_ns=published.time_ns + lag_ns, data=bytes(serialize_message(message))))
    return write_raw(folder / 'recorded', sorted(recorded, key=lambda each: each.time_ns))


@pytest.fixture(scope='module')
def lstm(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Save a recurrent policy of eight numbers in, four out."""
    return TOOL_MODELS['lstm'](tmp_path_factory.mktemp('model'))


@pytest.fixture
def policy(lstm: str, tmp_path: Path) -> str:
    """Return the parameters of that policy."""
    return parameter_file(
        tmp_path, model_path=lstm, output_names=['action'],
        inputs={'observation': {'shape': [8]}})


@pytest.fixture
def observations(tmp_path: Path) -> Path:
    """Return a bag of ten observations, 20 ms apart."""
    random = np.random.default_rng(3)
    return write_bag(tmp_path / 'inputs', [
        ('/observation', index * 20 * MS, floats(*random.normal(size=8))) for index in range(10)])


def bump(index: int, message: Any) -> Any:
    """Change one element of the seventh message."""
    if index == 6:
        message.data[2] += 0.25
    return message


def test_what_was_recorded_is_replayed_without_a_difference(
    policy: str, observations: Path, tmp_path: Path, capsys: Any
) -> None:
    bag = with_outputs(tmp_path, policy, observations)
    capsys.readouterr()
    assert replay(policy, bag, '--compare') == 0
    assert 'no difference above 0' in capsys.readouterr().out
    comparison = account(capsys, policy, bag, '--compare')['comparison']
    assert comparison['good']
    assert comparison['flaws'] == []
    action = comparison['outputs']['action']
    assert (action['pairs'], action['only_recorded'], action['only_replayed']) == (10, 0, 0)
    assert (action['max'], action['mean'], action['worst']) == (0.0, 0.0, None)


def test_a_difference_in_one_element_is_found_with_its_time(
    policy: str, observations: Path, tmp_path: Path, capsys: Any
) -> None:
    bag = with_outputs(tmp_path, policy, observations, bump)
    comparison = account(capsys, policy, bag, '--compare', code=1)['comparison']
    assert not comparison['good']
    action = comparison['outputs']['action']
    assert action['max'] == pytest.approx(0.25)
    assert action['mean'] == pytest.approx(0.25 / 40)
    assert [element['element'] for element in action['elements']] == [
        'action[0]', 'action[1]', 'action[2]', 'action[3]']
    assert [element['max'] for element in action['elements']] == pytest.approx([0, 0, 0.25, 0])
    assert [element['mean'] for element in action['elements']] == pytest.approx(
        [0, 0, 0.025, 0])
    worst = action['worst']
    assert (worst['element'], worst['index']) == ('action[2]', 2)
    assert worst['time_ns'] == BEGIN + 120 * MS + LAG
    assert worst['time_s'] == pytest.approx(0.1205)
    assert worst['recorded'] - worst['replayed'] == pytest.approx(0.25)


def test_the_table_says_where_the_difference_is(
    policy: str, observations: Path, tmp_path: Path, capsys: Any
) -> None:
    bag = with_outputs(tmp_path, policy, observations, bump)
    assert replay(policy, bag, '--compare') == 1
    printed = capsys.readouterr().out
    rows = [line.split() for line in printed.splitlines()]
    row = [row for row in rows if row[:3] == ['action', '/action', '10']][-1]
    assert row[5:10] == ['0.25', '0.00625', '0.120500', 's', 'action[2]']
    assert "output 'action': the difference is up to 0.25, above 0" in printed


def test_where_counts_from_the_beginning_of_the_bag(tmp_path: Path, capsys: Any) -> None:
    policy = parameter_file(
        tmp_path, model_path=small_models.save(small_models.Double(), tmp_path),
        output_names=['y'], inputs={'x': {'shape': [3]}})
    inputs = write_bag(tmp_path / 'inputs', [
        ('/x', index * MS, floats(index, 1, 2)) for index in range(9)])
    bag = with_outputs(tmp_path, policy, inputs, bump, lag_ns=1000)
    worst = account(capsys, policy, bag, '--compare', '--start', '0.0045', code=1)[
        'comparison']['outputs']['y']['worst']
    assert worst['time_s'] == pytest.approx(0.006001)


@pytest.mark.parametrize('tolerance, code', [(0.2499, 1), (0.25, 0), (1, 0)])
def test_a_difference_within_the_tolerance_is_none(
    tolerance: float, code: int, tmp_path: Path
) -> None:
    policy = parameter_file(
        tmp_path, model_path=small_models.save(small_models.Double(), tmp_path),
        output_names=['y'], inputs={'x': {'shape': [3]}})
    inputs = write_bag(tmp_path / 'inputs', [
        ('/x', index * MS, floats(index, 1, 2)) for index in range(9)])
    bag = with_outputs(tmp_path, policy, inputs, bump, lag_ns=1000)
    assert replay(policy, bag, '--compare', '--tolerance', tolerance) == code


def test_messages_without_a_counterpart_are_counted_and_can_be_limited(
    policy: str, observations: Path, tmp_path: Path, capsys: Any
) -> None:
    bag = with_outputs(
        tmp_path, policy, observations, lambda index, message: message if index % 5 else None)
    action = account(capsys, policy, bag, '--compare')['comparison']['outputs']['action']
    assert (action['pairs'], action['only_recorded'], action['only_replayed']) == (8, 0, 2)
    assert replay(policy, bag, '--compare', '--max-unpaired', '12') == 0
    capsys.readouterr()
    assert replay(policy, bag, '--compare', '--max-unpaired', '11') == 1
    assert '11.1 % of the messages are alone, more than 11 %' in capsys.readouterr().out


def test_another_shape_is_no_pair_that_fits(
    policy: str, observations: Path, tmp_path: Path, capsys: Any
) -> None:
    bag = with_outputs(
        tmp_path, policy, observations,
        lambda index, message: floats(1.0) if index == 4 else message)
    comparison = account(capsys, policy, bag, '--compare', code=1)['comparison']
    assert comparison['outputs']['action']['unlike'] == 1
    assert comparison['flaws'] == [
        "output 'action': 1 pairs differ in shape or type: float64[1] was recorded, float64[4] "
        'replayed']


def test_where_nothing_can_be_compared_no_picture_is_drawn(
    policy: str, observations: Path, tmp_path: Path, capsys: Any
) -> None:
    pytest.importorskip('matplotlib', reason='matplotlib is not installed')
    bag = with_outputs(tmp_path, policy, observations, lambda index, message: floats(1.0))
    capsys.readouterr()
    picture = tmp_path / 'difference.png'
    assert replay(policy, bag, '--compare', '--plot', picture) == 1
    assert capsys.readouterr().err == (
        f'no picture {picture}: there is no pair of messages that can be compared\n')
    assert not picture.exists()


def test_what_cannot_be_read_is_no_agreement(
    policy: str, observations: Path, tmp_path: Path, capsys: Any
) -> None:
    inputs = read_raw(with_outputs(tmp_path, policy, observations))
    broken = write_raw(tmp_path / 'broken', [
        each._replace(data=each.data[:20]) if each.topic == '/action' and index > 15 else each
        for index, each in enumerate(inputs)])
    comparison = account(capsys, policy, broken, '--compare', code=1)['comparison']
    action = comparison['outputs']['action']
    assert action['unreadable_recorded'] == 2
    assert (action['pairs'], action['max']) == (8, 0.0)
    assert comparison['flaws'][0].startswith("output 'action': 2 recorded cannot be read: its ")


def test_nan_is_equal_to_nan_and_to_nothing_else(tmp_path: Path, capsys: Any) -> None:
    policy = parameter_file(
        tmp_path, model_path=small_models.save(small_models.Double(), tmp_path),
        output_names=['y'], inputs={'x': {'shape': [2]}}, on_nonfinite='fallback',
        outputs={'y': {'fallback': [0.0]}})
    inputs = write_bag(tmp_path / 'inputs', [
        ('/x', index * MS, floats(1, 2)) for index in range(3)])

    def spoil(index: int, message: Any) -> Any:
        message.data[1] = np.nan if index == 1 else message.data[1]
        return message
    bag = with_outputs(tmp_path, policy, inputs, spoil, lag_ns=1000)
    outputs = account(capsys, policy, bag, '--compare', '--tolerance', 9, code=1)['comparison'][
        'outputs']
    assert outputs['y']['max'] == 'inf'
    assert outputs['y']['worst']['recorded'] == 'nan'
    assert outputs['y']['elements'][0]['max'] == 0.0


@pytest.fixture
def timer(tmp_path: Path) -> str:
    """Return the parameters of a node that ticks every 10 ms, and has two outputs."""
    return parameter_file(
        tmp_path, model_path=TOOL_MODELS['pair'](tmp_path), trigger='timer', rate_hz=100.0,
        output_names=['features', 'total'],
        inputs={'state': {'shape': [3]}, 'goal': {'constant': [1.0, 2.0]}})


@pytest.fixture
def ticked(timer: str, tmp_path: Path) -> Path:
    """Return a bag of what it did; of one tick, what was sent later may be recorded earlier."""
    random = np.random.default_rng(5)
    inputs = write_bag(tmp_path / 'inputs', [
        ('/state', index * 3 * MS, floats(*random.normal(size=3))) for index in range(40)])
    return write_raw(tmp_path / 'bag', sorted((
        each._replace(time_ns=each.time_ns - MS // 20) if each.topic == '/total' else each
        for each in read_raw(with_outputs(tmp_path, timer, inputs, lag_ns=MS // 10))),
        key=lambda each: each.time_ns))


@pytest.mark.parametrize('start', ['0', '0.004'])
def test_a_timer_ticks_again_when_an_output_was_recorded(
    start: str, timer: str, ticked: Path, capsys: Any
) -> None:
    comparison = account(capsys, timer, ticked, '--compare', '--start', start)['comparison']
    for name in ('features', 'total'):
        output = comparison['outputs'][name]
        assert (output['pairs'], output['only_recorded'], output['only_replayed']) == (11, 0, 0)
        assert output['max'] == 0.0


def test_any_output_tells_when_a_timer_ticked(
    timer: str, ticked: Path, tmp_path: Path, capsys: Any
) -> None:
    late = write_raw(tmp_path / 'late', [
        each for each in read_raw(ticked)
        if each.topic != '/features' or each.time_ns > BEGIN + 105 * MS])
    printed = account(capsys, timer, late, '--compare', '--end', '0.105', code=1)
    total = printed['comparison']['outputs']['total']
    assert (total['pairs'], total['only_recorded'], total['max']) == (10, 0, 0.0)
    assert printed['comparison']['flaws'] == [
        "output 'features': no recorded message has a replayed one to compare it with"]


def stamped(number: int) -> Any:
    message = TwistStamped()
    message.header.stamp.sec = 100 + number
    message.twist.linear.x = float(number)
    return message


def test_stamps_pair_what_is_recorded_much_later(tmp_path: Path, capsys: Any) -> None:
    twist = {'type': 'geometry_msgs/msg/TwistStamped', 'field': ['twist.linear.x']}
    policy = parameter_file(
        tmp_path, model_path=small_models.save(small_models.Double(), tmp_path),
        output_names=['y'], inputs={'x': {**twist, 'shape': [1]}},
        outputs={'y': {**twist, 'stamp_from': 'x'}})
    inputs = write_bag(tmp_path / 'inputs', [
        ('/x', index * MS, stamped(index)) for index in range(12)])
    bag = with_outputs(
        tmp_path, policy, inputs, lambda index, message: message if index != 3 else None,
        kind=TwistStamped, lag_ns=7 * MS)
    output = account(capsys, policy, bag, '--compare')['comparison']['outputs']['y']
    assert (output['pairs'], output['only_replayed'], output['max']) == (11, 1, 0.0)
    assert output['elements'] == [{'element': 'twist.linear.x', 'max': 0.0, 'mean': 0.0}]


def test_joints_are_compared_by_name(tmp_path: Path, capsys: Any) -> None:
    names = ['hip', 'knee', 'foot']
    policy = parameter_file(
        tmp_path, model_path=small_models.save(small_models.Double(), tmp_path),
        output_names=['y'], inputs={'x': {'shape': [3]}}, outputs={'y': {
            'type': 'sensor_msgs/msg/JointState', 'field': 'position', 'names': names}})
    inputs = write_bag(tmp_path / 'inputs', [
        ('/x', index * MS, floats(index, 1, 2)) for index in range(4)])

    def reverse(index: int, message: Any) -> Any:
        return JointState(name=message.name[::-1], position=message.position[::-1])
    bag = with_outputs(tmp_path, policy, inputs, reverse, kind=JointState, lag_ns=1000)
    output = account(capsys, policy, bag, '--compare')['comparison']['outputs']['y']
    assert (output['pairs'], output['max']) == (4, 0.0)
    assert [element['element'] for element in output['elements']] == names


def test_an_output_may_have_another_name_in_the_bag(
    policy: str, observations: Path, tmp_path: Path, capsys: Any
) -> None:
    recorded = with_outputs(tmp_path, policy, observations)
    bag = write_raw(tmp_path / 'renamed', [
        each._replace(topic='/robot/torque') if each.topic == '/action' else each
        for each in read_raw(recorded)])
    text = complaint(capsys, policy, bag, '--compare')
    assert text.startswith("not in the bag:\n  output 'action': /action; did you mean /")
    assert '? Then add --topic-of action:=/' in text
    assert replay(policy, bag, '--compare', '--topic-of', 'action:=/robot/torque') == 0


def test_outputs_that_were_not_recorded_are_left_out(tmp_path: Path, capsys: Any) -> None:
    policy = parameter_file(
        tmp_path, model_path=small_models.save(small_models.Pair(), tmp_path),
        output_names=['one', 'two'], inputs={'x': {'shape': [1]}})
    inputs = write_bag(tmp_path / 'inputs', [
        ('/x', index * MS, floats(index)) for index in range(4)])
    recorded = read_raw(with_outputs(tmp_path, policy, inputs))
    bag = write_raw(tmp_path / 'less', [each for each in recorded if each.topic != '/one'])
    comparison = account(capsys, policy, bag, '--compare')['comparison']
    assert list(comparison['outputs']) == ['two']
    assert comparison['not_recorded'] == ['one']
    assert replay(policy, bag, '--compare') == 0
    assert 'not in the bag: one\n' in capsys.readouterr().out


def test_an_output_recorded_in_another_type_is_an_error(
    policy: str, observations: Path, tmp_path: Path, capsys: Any
) -> None:
    bag = write_raw(tmp_path / 'other', [
        *read_raw(observations),
        Recorded('/action', 'std_msgs/msg/Float64', BEGIN + 10 ** 9,
                 bytes(serialize_message(Float64())))])
    assert complaint(capsys, policy, bag, '--compare').startswith(
        f"of another type in the bag:\n  output 'action': /action is {MULTI}, in the bag "
        'std_msgs/msg/Float64\n')


def test_nothing_recorded_in_the_excerpt_is_an_error(
    policy: str, observations: Path, tmp_path: Path, capsys: Any
) -> None:
    bag = with_outputs(tmp_path, policy, observations)
    assert complaint(capsys, policy, bag, '--compare', '--end', 0.0004) == (
        'there is nothing to compare: no message on /action in that time')


@pytest.mark.parametrize('arguments, text', [
    (['--topic-of', 'torque:=/y', '--compare'], "there is no output 'torque'; outputs: action"),
    (['--plot', 'x.png'], 'belongs to --compare; add that'),
    (['--tolerance', '0.1'], 'belongs to --compare; add that'),
    (['--max-unpaired', '0'], 'belongs to --compare; add that')])
def test_options_that_cannot_be_meant_are_errors(
    arguments: List[str], text: str, policy: str, observations: Path, capsys: Any
) -> None:
    assert text in complaint(capsys, policy, observations, *arguments)


@pytest.mark.parametrize('suffix, beginning', [('png', b'\x89PNG'), ('svg', b'<?xml')])
def test_the_picture_is_drawn(
    suffix: str, beginning: bytes, policy: str, observations: Path, tmp_path: Path, capsys: Any
) -> None:
    pytest.importorskip('matplotlib', reason='matplotlib is not installed')
    bag = with_outputs(tmp_path, policy, observations, bump)
    picture = tmp_path / f'difference.{suffix}'
    written = account(capsys, policy, bag, '--compare', '--plot', picture, code=1)['written']
    assert written == [str(picture)]
    assert picture.read_bytes().startswith(beginning)


def test_a_picture_that_cannot_be_drawn_is_an_error_at_once(
    policy: str, observations: Path, tmp_path: Path, capsys: Any
) -> None:
    pytest.importorskip('matplotlib', reason='matplotlib is not installed')
    assert "has the suffix '.bmp'" in complaint(
        capsys, policy, observations, '--compare', '--plot', tmp_path / 'x.bmp')

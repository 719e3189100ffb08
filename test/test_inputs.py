# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""An input is made of its sources: their sizes, dtypes and first values, or why they misfit."""

from typing import Any, List, Optional, Sequence, Tuple

from dg_pytorch_ros.config.conversion_config import ConversionConfig
from dg_pytorch_ros.config.image_config import ImageConfig
from dg_pytorch_ros.config.input_config import HistoryConfig, InputConfig
from dg_pytorch_ros.config.output_config import OutputConfig
from dg_pytorch_ros.contract import Argument
from dg_pytorch_ros.errors import ConfigError
from dg_pytorch_ros.inputs import Input, make_input
from dg_pytorch_ros.values.assembly import Assembly
from dg_pytorch_ros.values.history import History
from dg_pytorch_ros.values.slots import Slot
import numpy as np
import pytest

for package in ('geometry_msgs', 'sensor_msgs', 'std_msgs'):
    pytest.importorskip(f'{package}.msg', reason=f'{package} is not installed')

FLOATS = 'std_msgs/msg/Float64MultiArray'
JOINTS = 'sensor_msgs/msg/JointState'
TWIST = 'geometry_msgs/msg/Twist'
IMAGE = 'sensor_msgs/msg/Image'
OUTPUTS = (
    OutputConfig('torque', topic='torque'),
    OutputConfig('action', topic='action', names=('hip', 'knee')))

Shape = Optional[Tuple[int, ...]]


def made(
    *, argument: str = 'Tensor', asked: Optional[List[str]] = None, dtype: Optional[str] = None,
    shape: Shape = None, parts: Sequence[InputConfig] = (), history: int = 1, **source: Any
) -> Input:
    """Make an input named obs; `asked` gets the dtype that the module was asked about."""
    def input_dtype(message_dtype: str) -> str:
        if asked is not None:
            asked.append(message_dtype)
        return message_dtype
    config = InputConfig(
        'obs', topic=source.pop('topic', 'obs'), dtype=dtype, shape=shape, parts=tuple(parts),
        history=HistoryConfig(history), **source)
    return make_input(config, Argument('x', argument), OUTPUTS, input_dtype=input_dtype)


def part(name: str, type_name: str = FLOATS, **source: Any) -> InputConfig:
    return InputConfig(f'obs.{name}', topic=name, message_type=type_name, **source)


def refusal(**fields: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        made(**fields)
    return str(caught.value)


def give(item: Input, *values: Any) -> Any:
    """Have a message come for each leaf; return the value of the input as a list."""
    for leaf, value in zip(item.leaves, values):
        if value is not None:
            leaf.slot.receive(np.asarray(value), 0)
    return value_of(item)


def value_of(item: Input) -> Any:
    value = item.source.value
    return None if value is None else value.tolist()


# From one source

def test_an_input_of_one_topic_is_its_slot() -> None:
    item = made()
    leaf, = item.leaves
    assert item.source is leaf.slot and leaf.config is item.config
    assert leaf.slot.name == 'obs' and leaf.decoding is not None
    assert (item.shape, value_of(item)) == (None, None)
    assert give(item, [[1.0, 2.0]]) == [[1.0, 2.0]]
    assert item.shape == (1, 2)


@pytest.mark.parametrize('fields, shape', [
    ({}, None), ({'shape': (1, 3)}, (1, 3)), ({'message_type': TWIST}, (6,)),
    ({'message_type': TWIST, 'shape': (1, 6)}, (1, 6)),
    ({'message_type': TWIST, 'shape': (-1, 3)}, (-1, 3)),
    ({'message_type': JOINTS, 'field': ('position',), 'select': ('a', 'b')}, (2,)),
    ({'argument': 'float'}, (1,)), ({'constant': (1.0, 2.0)}, (2,)),
    ({'constant': (1.0, 2.0), 'shape': (2, 1)}, (2, 1))])
def test_the_shape_is_known_beforehand_where_something_says_it(fields: Any, shape: Shape) -> None:
    item = made(**fields)
    assert item.shape == shape
    assert (item.source.sample() is None) == (shape is None or -1 in shape)


@pytest.mark.parametrize('fields, message_dtype', [
    ({}, 'float64'), ({'message_type': 'std_msgs/msg/UInt8MultiArray'}, 'uint8'),
    ({'message_type': 'std_msgs/msg/Bool'}, 'bool'),
    ({'message_type': 'std_msgs/msg/Int64'}, 'int64'),
    # A conversion makes floating numbers of whole ones.
    ({'message_type': 'std_msgs/msg/UInt8', 'conversion': ConversionConfig(scale=(2.0,))},
     'float32'),
    ({'message_type': 'std_msgs/msg/Int64', 'conversion': ConversionConfig(nan=0.0)}, 'float64'),
    ({'message_type': IMAGE}, 'uint8'),
    ({'message_type': IMAGE, 'conversion': ConversionConfig(mean=(0.5,))}, 'float32'),
    ({'constant': (1, 2)}, 'float64'), ({'feedback': 'torque', 'initial': (0.0,)}, 'float64'),
    ({'parts': [part('a', 'std_msgs/msg/Float32'), part('b', 'std_msgs/msg/UInt8')]}, 'float32'),
    ({'parts': [part('a', 'std_msgs/msg/Float32'), part('b', 'std_msgs/msg/Int32')]}, 'float64'),
    ({'parts': [part('a', 'std_msgs/msg/Bool'), part('b', 'std_msgs/msg/Int8')]}, 'int8')])
def test_the_module_is_asked_for_the_dtype_with_that_of_the_messages(
    fields: Any, message_dtype: str
) -> None:
    asked: List[str] = []
    item = made(asked=asked, **fields)
    assert asked == [message_dtype]
    assert item.dtype == message_dtype
    assert {leaf.slot.dtype for leaf in item.leaves} == {np.dtype(message_dtype)}


def test_a_dtype_that_is_given_counts() -> None:
    asked: List[str] = []
    item = made(asked=asked, dtype='float32', parts=[part('a'), part('b', TWIST)])
    assert (asked, item.dtype) == ([], 'float32')
    assert {leaf.slot.dtype for leaf in item.leaves} == {np.dtype('float32')}
    give(item, [1.0], np.arange(6.0))
    value = item.source.value
    assert value is not None and value.dtype == np.dtype('float32')


def test_values_are_converted_as_the_field_is() -> None:
    conversion = ConversionConfig(offset=(1.0,), scale=(2.0, 3.0), clip=(0.0, 10.0))
    item = made(initial=(0.0, 1.0), conversion=conversion)
    assert value_of(item) == [2.0, 6.0]
    assert give(item, [2.0, 3.0]) == [6.0, 10.0]
    assert value_of(made(constant=(-5.0, 2.0), conversion=conversion)) == [0.0, 9.0]
    item = made(feedback='torque', initial=(0.0,), shape=(2,), conversion=conversion)
    assert value_of(item) == [2.0, 3.0]


def test_channels_are_converted_where_the_layout_has_them() -> None:
    conversion = ConversionConfig(mean=(1.0, 2.0, 3.0))
    for layout, shape in ('hwc', (2, 2, 3)), ('chw', (3, 2, 2)):
        item = made(
            message_type=IMAGE, image=ImageConfig(layout=layout), conversion=conversion)
        give(item, np.full(shape, 10, 'uint8'))
        value = item.source.value
        assert value is not None
        axis = -1 if layout == 'hwc' else 0
        assert np.moveaxis(value, axis, -1)[0, 0].tolist() == [9.0, 8.0, 7.0]


@pytest.mark.parametrize('fields, complaint', [
    ({'shape': (3,), 'initial': (1.0, 2.0)},
     "input 'obs': initial is [1.0, 2.0]: it has 2 elements; expected 3 for its shape [3]"),
    ({'shape': (3,), 'constant': (1.0, 2.0)},
     "input 'obs': constant is [1.0, 2.0]: it has 2 elements; expected 3 for its shape [3]"),
    ({'dtype': 'uint8', 'constant': (-1,)},
     "input 'obs': constant is [-1]: it holds values that are no uint8"),
    ({'constant': (1.0, 2.0, 3.0), 'conversion': ConversionConfig(scale=(1.0, 2.0))},
     "input 'obs': constant is [1.0, 2.0, 3.0]: it has 3 elements, but scale has 2 numbers; "
     'give 1 or 3'),
    ({'message_type': TWIST, 'shape': (1, 5)},
     "input 'obs': a geometry_msgs/msg/Twist does not fit: it has 6 elements; expected 5 for "
     'its shape [1, 5]'),
    ({'message_type': TWIST, 'conversion': ConversionConfig(offset=(1.0, 2.0))},
     "input 'obs': a geometry_msgs/msg/Twist does not fit: it has 6 elements, but offset has 2 "
     'numbers; give 1 or 6'),
    ({'message_type': JOINTS, 'field': ('position',), 'select': ('a', 'b'),
      'conversion': ConversionConfig(scale=(1.0, 2.0, 3.0))},
     "input 'obs': a sensor_msgs/msg/JointState does not fit: it has 2 elements, but scale has "
     '3 numbers; give 1 or 2'),
    ({'message_type': 'sensor_msgs/msg/Image', 'shape': (1, 4, 5, 3),
      'conversion': ConversionConfig(mean=(0.5, 0.4))},
     "input 'obs': an image of [1, 4, 5, 3] is refused: it has 3 channels, but mean has 2 "
     'numbers; give 1 or 3'),
    ({'message_type': 'sensor_msgs/msg/Image', 'shape': (3, 4, 5),
      'image': ImageConfig('chw', (5, 4))},
     "input 'obs': resize is [5, 4], but the height and width in shape are [4, 5]"),
    ({'message_type': TWIST, 'age_from': 'stamp'},
     "input 'obs': age_from is 'stamp', but geometry_msgs/msg/Twist does not begin with a header; "
     "use 'arrival'"),
    ({'message_type': JOINTS, 'field': ('positions',)},
     "input 'obs': field is 'positions', but sensor_msgs/msg/JointState has no such field; did "
     "you mean 'position'? its fields of numbers: header.stamp.sec, header.stamp.nanosec, "
     'position, velocity, effort'),
    ({'shape': (7,), 'history': 2},
     "input 'obs': shape is [7], which is 7 numbers, but history is 2; expected a multiple of "
     'it'),
])
def test_what_could_never_fit_is_refused_at_once(fields: Any, complaint: str) -> None:
    assert refusal(**fields) == complaint


def test_an_age_may_be_that_of_the_stamp_where_there_is_one() -> None:
    item = made(
        message_type=JOINTS, field=('position',), age_from='stamp', max_age_ms=20.5)
    assert item.leaves[0].slot.max_age_ns == 20_500_000
    assert made().leaves[0].slot.max_age_ns is None


# Feedback

@pytest.mark.parametrize('fields, expected', [
    ({'initial': (0.5,), 'shape': (1, 3)}, [[0.5, 0.5, 0.5]]), ({'initial': (0.5,)}, [0.5]),
    ({'initial': (0.5, 0.25)}, [0.5, 0.25]), ({'initial': (0.5,), 'shape': ()}, 0.5),
    ({'initial': (0.5,), 'shape': (-1,)}, [0.5]),
    ({'initial': (True,), 'shape': (2,), 'dtype': 'bool'}, [True, True])])
def test_a_feedback_begins_with_its_initial_value(fields: Any, expected: Any) -> None:
    item = made(feedback='torque', **fields)
    assert item.leaves[0].decoding is None
    assert value_of(item) == expected


@pytest.mark.parametrize('shape, feedback, initial, expected', [
    ((5,), 'torque', None, [0.0] * 3), ((5,), 'torque', (0.5,), [0.5] * 3),
    (None, 'action', None, [0.0] * 2), (None, 'action', (0.5,), [0.5] * 2),
    (None, 'torque', (1.0, 2.0, 3.0), [1.0, 2.0, 3.0]), (None, 'torque', (0.5,), [0.5])])
def test_a_part_that_is_fed_back_is_as_long_as_the_rest_says(
    shape: Shape, feedback: str, initial: Any, expected: Any
) -> None:
    item = made(shape=shape, parts=[
        part('k', constant=(8.0, 9.0)), part('last', feedback=feedback, initial=initial)])
    assert value_of(item) == [8.0, 9.0, *expected]
    with pytest.raises(Exception, match='elements; expected'):
        item.leaves[1].slot.offer(np.zeros(len(expected) + 1))


# Parts

def test_parts_are_joined_in_their_order_and_flat() -> None:
    item = made(parts=[
        part('q', JOINTS, field=('position',), select=('a', 'b'),
             conversion=ConversionConfig(offset=(1.0, 2.0))),
        part('points', FLOATS), part('k', constant=(8.0,))])
    assert isinstance(item.source, Assembly)
    assert [leaf.slot.name for leaf in item.leaves] == ['obs.q', 'obs.points', 'obs.k']
    assert [leaf.decoding is None for leaf in item.leaves] == [False, False, True]
    assert (item.shape, value_of(item)) == (None, None)
    assert give(item, [1.0, 2.0]) is None
    assert give(item, [1.0, 2.0], [[3.0, 4.0], [5.0, 6.0]]) == [2.0, 4.0, 3.0, 4.0, 5.0, 6.0, 8.0]


def test_parts_get_the_shape_that_they_are_given_together() -> None:
    item = made(shape=(1, 4), parts=[part('a'), part('k', constant=(8.0,))])
    assert item.shape == (1, 4)
    assert item.leaves[0].slot.shape == (3,)  # what is left over
    assert give(item, [1.0, 2.0, 3.0]) == [[1.0, 2.0, 3.0, 8.0]]
    sample = item.source.sample()
    assert sample is not None and sample.shape == (1, 4)


def test_rows_of_a_part_of_known_size_are_joined_flat() -> None:
    item = made(shape=(1, 5), parts=[part('a'), part('k', constant=(8.0,))])
    assert give(item, [[1.0, 2.0], [3.0, 4.0]]) == [[1.0, 2.0, 3.0, 4.0, 8.0]]


def test_one_part_alone_is_joined_as_well() -> None:
    item = made(shape=(1, 2), parts=[part('a')])
    assert isinstance(item.source, Assembly)
    assert give(item, [[1.0], [2.0]]) == [[1.0, 2.0]]
    assert made(parts=[part('a', TWIST)]).leaves[0].slot.shape == (6,)


@pytest.mark.parametrize('fields, complaint', [
    ({'shape': (9,), 'parts': [part('a', TWIST), part('k', constant=(8.0,))]},
     "input 'obs': shape is [9], which is 9 numbers, but its parts have 7 together: a 6, k 1"),
    ({'parts': [part('a', TWIST), part('b', feedback='torque')]},
     "input 'obs': nothing says how many numbers the feedback obs.b has; set shape or "
     'inputs.obs.parts.b.initial'),
    ({'shape': (-1, -1), 'parts': [part('a'), part('b')]},
     "input 'obs': shape is [-1, -1]; expected one -1 at most, as parts are joined flat"),
    ({'parts': [part('a', TWIST, age_from='stamp')]},
     "input 'obs': part 'a': age_from is 'stamp', but geometry_msgs/msg/Twist does not begin with "
     "a header; use 'arrival'"),
    ({'parts': [part('a', TWIST, field=('angular.w',))]},
     "input 'obs': part 'a': field is 'angular.w', but geometry_msgs/msg/Twist has no such "
     "field; did you mean 'angular.z'? its fields of numbers: linear.x, linear.y, linear.z, "
     'angular.x, angular.y, angular.z'),
    ({'parts': [part('a', TWIST, conversion=ConversionConfig(scale=(1.0, 2.0)))]},
     "input 'obs': part 'a': a geometry_msgs/msg/Twist does not fit: it has 6 elements, but "
     'scale has 2 numbers; give 1 or 6'),
    ({'parts': [part('a', JOINTS, field=('position',), select=('u', 'v'), initial=(0.0,))]},
     "input 'obs': part 'a': initial is [0.0]: it has 1 elements; expected 2 for its shape [2]"),
    ({'dtype': 'uint8', 'parts': [part('a', constant=(0.5,))]},
     "input 'obs': part 'a': constant is [0.5]: it holds values that are no uint8"),
])
def test_a_part_that_could_never_fit_is_named(fields: Any, complaint: str) -> None:
    assert refusal(**fields) == complaint


# Histories

@pytest.mark.parametrize('shape, frame, expected', [
    (None, [1.0, 2.0], [[1.0, 2.0], [1.0, 2.0]]), ((2, 2), [1.0, 2.0], [[1.0, 2.0], [1.0, 2.0]]),
    ((1, 4), [1.0, 2.0], [[1.0, 2.0, 1.0, 2.0]]),
    ((1, 4), [[1.0], [2.0]], [[1.0, 2.0, 1.0, 2.0]]),
    ((2, 2, 1), [[1.0], [2.0]], [[[1.0], [2.0]], [[1.0], [2.0]]]),
    (None, [[1.0, 2.0]], [[[1.0, 2.0]], [[1.0, 2.0]]]),
    ((-1, 2), [1.0, 2.0], [[1.0, 2.0], [1.0, 2.0]])])
def test_a_history_has_the_given_shape_with_all_its_frames(
    shape: Shape, frame: Any, expected: Any
) -> None:
    item = made(shape=shape, history=2)
    assert isinstance(item.source, History)
    assert item.shape == shape
    assert give(item, frame) == expected
    if shape is None:
        assert item.shape == np.shape(expected)


def test_a_history_of_parts_has_a_row_of_all_parts_for_each_frame() -> None:
    item = made(shape=(2, 3), history=2, parts=[part('a'), part('k', constant=(8.0,))])
    assert isinstance(item.source, History)
    assert item.leaves[0].slot.shape == (2,)
    assert give(item, [1.0, 2.0]) == [[1.0, 2.0, 8.0], [1.0, 2.0, 8.0]]
    item.source.advance()
    assert give(item, [3.0, 4.0]) == [[3.0, 4.0, 8.0], [1.0, 2.0, 8.0]]


def test_order_and_fill_of_a_history_reach_it() -> None:
    config = InputConfig(
        'obs', topic='obs', history=HistoryConfig(3, 'oldest_first', 'zeros'))
    item = make_input(config, Argument('x'), OUTPUTS, input_dtype=str)
    assert give(item, [1.0]) == [[0.0], [0.0], [1.0]]


def test_a_history_of_a_feedback_is_filled_with_its_initial_value() -> None:
    item = made(feedback='torque', initial=(0.5,), shape=(2, 3), history=2)
    assert value_of(item) == [[0.5] * 3] * 2
    assert isinstance(item.leaves[0].slot, Slot)


def test_frames_that_do_not_fit_the_shape_are_refused_when_they_come() -> None:
    item = made(shape=(2, 3), history=2)
    with pytest.raises(Exception, match=r'it has 4 elements; expected 3 for its shape \[3\]'):
        give(item, [1.0, 2.0, 3.0, 4.0])


def test_images_can_have_a_history() -> None:
    item = made(
        message_type=IMAGE, shape=(2, 3, 2, 2), history=2, image=ImageConfig(layout='chw'),
        conversion=ConversionConfig(mean=(1.0, 2.0, 3.0)))
    value = np.array(give(item, np.full((3, 2, 2), 10, 'uint8')))
    assert value.shape == (2, 3, 2, 2)
    assert value[:, :, 0, 0].tolist() == [[9.0, 8.0, 7.0]] * 2

# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What is known of the sizes of parts adds up to the shape, or says why it does not."""

from typing import Any, Optional, Sequence, Tuple

from dg_pytorch_ros.config.input_config import HistoryConfig, InputConfig
from dg_pytorch_ros.config.output_config import OutputConfig
from dg_pytorch_ros.decoding import Decoding
from dg_pytorch_ros.errors import ConfigError
from dg_pytorch_ros.messages.multi_arrays import ArrayDecoder
from dg_pytorch_ros.part_sizes import frame_shape, frame_size, settle_sizes, source_size
import numpy as np
import pytest

Shape = Optional[Tuple[int, ...]]
OUTPUTS = (
    OutputConfig('torque', topic='torque'),
    OutputConfig('action', topic='action', names=('hip', 'knee', 'ankle')))
FED_BACK = InputConfig('obs.last', feedback='torque')


def in_parts(shape: Shape, *, history: int = 1, parts: Sequence[InputConfig] = ()) -> InputConfig:
    return InputConfig(
        'obs', shape=shape, history=HistoryConfig(history),
        parts=tuple(parts) or tuple(InputConfig(f'obs.{name}', topic=name) for name in 'abc'))


def decoding_with(shape: Shape) -> Decoding:
    return Decoding(ArrayDecoder(np.dtype('float64')), np.dtype('float64'), shape)


@pytest.mark.parametrize('shape, history, size', [
    (None, 1, None), ((12,), 1, 12), ((1, 48), 1, 48), ((-1, 3), 1, None), ((), 1, 1),
    ((6, 45), 6, 45), ((1, 270), 6, 45), ((-1,), 6, None), (None, 6, None)])
def test_a_shape_says_how_many_numbers_there_are_at_a_time(
    shape: Shape, history: int, size: Optional[int]
) -> None:
    assert frame_size(in_parts(shape, history=history)) == size


def test_a_shape_that_is_no_multiple_of_the_history_is_refused() -> None:
    with pytest.raises(ConfigError) as caught:
        frame_size(in_parts((1, 40), history=6))
    assert str(caught.value) == (
        'shape is [1, 40], which is 40 numbers, but history is 6; expected a multiple of it')


@pytest.mark.parametrize('shape, initial, size', [
    (None, None, None), ((3,), None, 3), ((2, 3), None, 6), ((), None, 1),
    # What an initial value shows, unless the message says it itself.
    (None, (0.0,) * 5, 5), ((3,), (0.0,) * 5, 3)])
def test_a_source_gives_what_its_messages_hold(
    shape: Shape, initial: Any, size: Optional[int]
) -> None:
    part = InputConfig('obs.a', topic='a', initial=initial)
    assert source_size(part, decoding_with(shape), OUTPUTS) == size


@pytest.mark.parametrize('fields, size', [
    ({'constant': (1.0,)}, 1), ({'constant': (1.0, 2.0)}, 2), ({'feedback': 'torque'}, None),
    ({'feedback': 'torque', 'initial': (1.0, 2.0)}, 2),
    # One number stands for as many as there are.
    ({'feedback': 'torque', 'initial': (1.0,)}, None),
    ({'feedback': 'action'}, 3), ({'feedback': 'action', 'initial': (0.5,)}, 3)])
def test_what_comes_from_no_message_is_as_long_as_it_is_said_to_be(
    fields: Any, size: Optional[int]
) -> None:
    assert source_size(InputConfig('obs.a', **fields), None, OUTPUTS) == size


@pytest.mark.parametrize('shape, history, sizes, settled', [
    ((6,), 1, (1, 2, 3), (1, 2, 3)), ((1, 6), 1, (1, None, 3), (1, 2, 3)),
    ((None), 1, (1, None, 3), (1, None, 3)), ((-1,), 1, (1, None, 3), (1, None, 3)),
    ((2, 6), 2, (None, 2, 3), (1, 2, 3)), ((12,), 2, (1, 2, 3), (1, 2, 3))])
def test_the_last_unknown_size_is_what_the_shape_leaves_over(
    shape: Shape, history: int, sizes: Any, settled: Any
) -> None:
    assert settle_sizes(in_parts(shape, history=history), sizes) == settled


@pytest.mark.parametrize('shape, history, sizes, complaint', [
    ((7,), 1, (1, 2, 3), 'shape is [7], which is 7 numbers, but its parts have 6 together: '
     'a 1, b 2, c 3'),
    ((5,), 1, (1, 2, 3), 'shape is [5], which is 5 numbers, but its parts have 6 together: '
     'a 1, b 2, c 3'),
    ((4,), 1, (1, None, 3), 'shape is [4], which is 4 numbers, but its parts have 5 or more '
     'together: a 1, b 1 or more, c 3'),
    ((2,), 1, (None, None, None), 'shape is [2], which is 2 numbers, but its parts have 3 or '
     'more together: a 1 or more, b 1 or more, c 1 or more'),
    ((2, 7), 2, (1, 2, 3), 'shape is [2, 7], which is 7 numbers at a time (history is 2), but '
     'its parts have 6 together: a 1, b 2, c 3')])
def test_sizes_that_do_not_add_up_are_listed(
    shape: Shape, history: int, sizes: Any, complaint: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        settle_sizes(in_parts(shape, history=history), sizes)
    assert str(caught.value) == complaint


@pytest.mark.parametrize('shape, history, frame', [
    ((6, 45), 6, (45,)), ((1, 6, 45), 6, (45,)), ((6, 3, 8, 8), 6, (3, 8, 8)),
    ((1, 6, 3, 8, 8), 6, (3, 8, 8)), ((1, 270), 6, None), ((6,), 6, None), (None, 6, None),
    ((-1, 6, 45), 6, None)])
def test_a_shape_may_tell_that_of_each_frame(shape: Shape, history: int, frame: Shape) -> None:
    assert frame_shape(in_parts(shape, history=history)) == frame


@pytest.mark.parametrize('shape, others', [(None, (1, 2)), ((-1,), (1, 2))])
def test_a_feedback_of_unknown_size_asks_for_it(shape: Shape, others: Any) -> None:
    parts = [*in_parts(None).parts[:2], FED_BACK]
    with pytest.raises(ConfigError) as caught:
        settle_sizes(in_parts(shape, parts=parts), (*others, None))
    assert str(caught.value) == (
        'nothing says how many numbers the feedback obs.last has; set shape or '
        'inputs.obs.parts.last.initial')


def test_two_unknown_sizes_are_not_left_to_the_first_messages() -> None:
    with pytest.raises(ConfigError) as caught:
        settle_sizes(in_parts((6,)), (None, 1, None))
    assert str(caught.value) == (
        'shape is [6], which does not tell how many numbers each of the parts a, c has; give all '
        'but one of them a select or an initial')


def test_a_feedback_has_the_names_of_the_output_in_each_of_its_fields() -> None:
    output = OutputConfig(
        'action', topic='action', names=('hip', 'knee'), field=('position', 'velocity'))
    assert source_size(InputConfig('obs.a', feedback='action'), None, [output]) == 4


def test_an_initial_value_of_a_feedback_may_decide_its_size() -> None:
    parts = [*in_parts(None).parts[:2], InputConfig(
        'obs.last', feedback='torque', initial=(0.0,))]
    assert settle_sizes(in_parts(None, parts=parts), (1, 2, None)) == (1, 2, None)

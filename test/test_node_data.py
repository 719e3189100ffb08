# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What goes in and what comes out, over DDS: types, shapes, dtypes, triggers."""

from pathlib import Path
from typing import Any, Dict, List

from geometry_msgs.msg import PoseStamped
import pytest
import small_models
from std_msgs.msg import (
    Bool, Float32, Float32MultiArray, Float64, Float64MultiArray, Int32, Int32MultiArray, Int64,
    MultiArrayDimension, MultiArrayLayout, UInt8MultiArray)


def data(messages: List[Any]) -> List[Any]:
    return [message.data if not hasattr(message.data, 'tolist') else message.data.tolist()
            for message in messages]


def layout(*sizes: int) -> MultiArrayLayout:
    return MultiArrayLayout(dim=[MultiArrayDimension(size=size) for size in sizes])


def sizes(message: Any) -> List[int]:
    return [dimension.size for dimension in message.layout.dim]


def test_the_shortest_file_is_the_model_path(
        run_node: Any, peer: Any, tmp_path: Path) -> None:
    run_node(model_path=small_models.save(small_models.Double(), tmp_path))
    heard = peer.listen('output')
    peer.send_until(lambda: heard, x=[1.0, 2.0])
    assert data(heard[:1]) == [[2.0, 4.0]]


@pytest.mark.parametrize('module, topics', [
    (small_models.Pair, ['output_0', 'output_1']),
    (small_models.NamedPair, ['action', 'value'])])
def test_outputs_without_names_are_named_by_the_module(
        module: Any, topics: List[str], run_node: Any, peer: Any, tmp_path: Path) -> None:
    run_node(model_path=small_models.save(module(), tmp_path))
    first, second = (peer.listen(topic) for topic in topics)
    peer.send_until(lambda: first and second, x=[1.0])
    assert (data(first[:1]), data(second[:1])) == ([[2.0]], [[3.0]])


@pytest.mark.parametrize('module', [
    small_models.Pair, small_models.NamedPair, small_models.ListPair, small_models.DictPair])
def test_every_kind_of_result_goes_out_by_its_names(
        module: Any, run_node: Any, peer: Any, tmp_path: Path) -> None:
    run_node(
        model_path=small_models.save(module(), tmp_path), output_names=['action', 'value'],
        outputs__value__topic='critic/value')
    action, value = peer.listen('action'), peer.listen('critic/value')
    peer.send_until(lambda: action and value, x=[1.0])
    assert (data(action[:1]), data(value[:1])) == ([[2.0]], [[3.0]])


def test_every_evaluation_publishes_its_duration(
        run_node: Any, peer: Any, tmp_path: Path) -> None:
    run_node(model_path=small_models.save(small_models.Double(), tmp_path),
             inputs__x__qos__reliability='reliable', inputs__x__qos__depth=100)
    outputs = peer.listen('output')
    durations = peer.listen('/node/last_run_duration_ms', Float64)
    peer.send(x=[1.0])
    peer.wait_until(lambda: outputs and durations)
    assert len(outputs) == len(durations) == 1
    assert durations[0].data > 0.0


def test_an_input_without_dtype_gets_that_of_the_module(
        run_node: Any, peer: Any, tmp_path: Path) -> None:
    run_node(
        model_path=small_models.save(small_models.Linear(), tmp_path), inputs__x__shape=[1, 3])
    heard = peer.listen('output')
    peer.send_until(lambda: heard, x=[1.0, 2.0, 3.0])
    assert sizes(heard[0]) == [1, 2]


@pytest.mark.parametrize('kind, dtype, code', [
    (Float64MultiArray, '', 2.0), (Float32MultiArray, '', 1.0), (Int32MultiArray, '', 3.0),
    (Float64MultiArray, 'float32', 1.0), (Int32MultiArray, 'int64', 4.0)])
def test_a_module_without_a_dtype_gets_that_of_the_message_or_the_file(
        kind: Any, dtype: str, code: float, run_node: Any, peer: Any, tmp_path: Path) -> None:
    run_node(
        model_path=small_models.save(small_models.Dtype(), tmp_path),
        inputs__x__type=f'std_msgs/msg/{kind.__name__}', inputs__x__dtype=dtype)
    heard = peer.listen('output')
    publisher = peer.publisher('x', kind)

    def send_and_check() -> Any:
        publisher.publish(kind(data=[1, 2] if kind is Int32MultiArray else [1.0, 2.0]))
        return heard
    peer.wait_until(send_and_check)
    assert data(heard[:1]) == [[code]]


def test_shapes_travel_in_layouts_in_both_directions(
        run_node: Any, peer: Any, tmp_path: Path) -> None:
    run_node(model_path=small_models.save(small_models.Transposed(), tmp_path))
    heard = peer.listen('output')
    publisher = peer.publisher('x')
    message = Float64MultiArray(layout=layout(2, 3), data=[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    peer.wait_until(lambda: publisher.publish(message) or heard)
    assert sizes(heard[0]) == [3, 2]
    assert data(heard[:1]) == [[1.0, 4.0, 2.0, 5.0, 3.0, 6.0]]
    assert [dimension.stride for dimension in heard[0].layout.dim] == [6, 2]


@pytest.mark.parametrize('kind, value', [
    (Float64, 2.5), (Float32, 2.5), (Int32, -3), (Int64, 4), (Bool, True)])
def test_scalars_are_tensors_of_one_element(
        kind: Any, value: Any, run_node: Any, peer: Any, tmp_path: Path) -> None:
    name = f'std_msgs/msg/{kind.__name__}'
    run_node(model_path=small_models.save(small_models.Identity(), tmp_path),
             inputs__x__type=name, outputs__output__type=name)
    heard = peer.listen('output', kind)
    publisher = peer.publisher('x', kind)
    peer.wait_until(lambda: publisher.publish(kind(data=value)) or heard)
    assert heard[0].data == value


@pytest.mark.parametrize('parameters', [
    {}, {'inputs__x__dtype': 'float32', 'inputs__x__shape': [1, 7]}])
def test_the_numbers_of_a_stamped_message_are_flat_for_the_module(
        parameters: Dict[str, Any], run_node: Any, peer: Any, tmp_path: Path) -> None:
    run_node(model_path=small_models.save(small_models.Double(), tmp_path),
             inputs__x__type='geometry_msgs/msg/PoseStamped', **parameters)
    heard = peer.listen('output')
    publisher = peer.publisher('x', PoseStamped)
    message = PoseStamped()
    message.header.frame_id = 'map'
    for field, number in zip('xyz', (1.0, 2.0, 3.0)):
        setattr(message.pose.position, field, number)
    for field, number in zip('xyzw', (4.0, 5.0, 6.0, 7.0)):
        setattr(message.pose.orientation, field, number)
    peer.wait_until(lambda: publisher.publish(message) or heard)
    assert data(heard[:1]) == [[2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0]]


def test_integers_go_through_untouched(run_node: Any, peer: Any, tmp_path: Path) -> None:
    name = 'std_msgs/msg/UInt8MultiArray'
    run_node(model_path=small_models.save(small_models.Identity(), tmp_path),
             inputs__x__type=name, outputs__output__type=name)
    heard = peer.listen('output', UInt8MultiArray)
    publisher = peer.publisher('x', UInt8MultiArray)
    peer.wait_until(lambda: publisher.publish(UInt8MultiArray(data=[0, 255])) or heard)
    assert data(heard[:1]) == [[0, 255]]


def test_python_numbers_are_fed_to_arguments_that_want_them(
        run_node: Any, peer: Any, tmp_path: Path) -> None:
    run_node(
        model_path=small_models.save(small_models.Scaled(), tmp_path),
        inputs__gain__constant=[2.0], inputs__times__constant=[3], inputs__negate__constant=[True])
    heard = peer.listen('output')
    peer.send_until(lambda: heard, x=[1.0])
    assert data(heard[:1]) == [[-8.0]]


def test_an_initial_value_stands_in_until_the_first_message(
        run_node: Any, peer: Any, tmp_path: Path) -> None:
    run_node(
        model_path=small_models.save(small_models.Sum(), tmp_path), trigger='timer',
        rate_hz=100.0, inputs__a__initial=[1.0], inputs__b__constant=[10.0])
    heard = peer.listen('output')
    peer.wait_until(lambda: heard)
    assert data(heard[:1]) == [[11.0]]
    peer.send_until(lambda: data(heard)[-1] == [12.0], a=[2.0])


def test_a_timer_repeats_the_newest_values(run_node: Any, peer: Any, tmp_path: Path) -> None:
    run_node(
        model_path=small_models.save(small_models.Double(), tmp_path), trigger='timer',
        rate_hz=100.0)
    heard = peer.listen('output')
    peer.send_until(lambda: heard, x=[1.0])
    count = len(heard)
    peer.wait_until(lambda: len(heard) >= count + 5)
    assert data(heard)[-1] == [2.0]


def test_no_tick_is_missed_while_the_first_values_warm_up(
        run_node: Any, peer: Any, tmp_path: Path) -> None:
    running = run_node(
        model_path=small_models.save(small_models.Double(), tmp_path), trigger='timer',
        rate_hz=10.0, warmup_runs=50_000)
    heard = peer.listen('output')
    peer.send_until(lambda: heard, x=[1.0])
    assert running.node.deployment.counters.missed_ticks == 0


def test_messages_cause_one_evaluation_each_when_they_are_queued(
        run_node: Any, peer: Any, tmp_path: Path) -> None:
    run_node(
        model_path=small_models.save(small_models.Double(), tmp_path),
        inputs__x__qos__reliability='reliable', inputs__x__qos__depth=50,
        outputs__output__qos__depth=50)
    heard = peer.listen('output')
    values = [float(value) for value in range(30)]
    for value in values:
        peer.send(x=[value])
    peer.wait_until(lambda: len(heard) == len(values))
    assert data(heard) == [[2 * value] for value in values]


def test_only_trigger_inputs_cause_evaluations(
        run_node: Any, peer: Any, tmp_path: Path) -> None:
    run_node(
        model_path=small_models.save(small_models.Sum(), tmp_path), trigger_inputs=['a'],
        inputs__a__qos__reliability='reliable', inputs__a__qos__depth=10,
        inputs__b__qos__reliability='reliable', inputs__b__initial=[0.0])
    heard = peer.listen('output')
    for value in (1.0, 2.0, 3.0):
        peer.send(b=[value])
    peer.send(a=[10.0])
    peer.wait_until(lambda: heard)
    assert len(heard) == 1
    peer.send_until(lambda: data(heard)[-1] == [13.0], a=[10.0])


def test_a_latched_input_is_heard_though_it_was_sent_before(
        run_node: Any, peer: Any, tmp_path: Path) -> None:
    from peer import latched
    peer.node.create_publisher(Float64MultiArray, 'a', latched()).publish(
        Float64MultiArray(data=[5.0]))
    run_node(
        model_path=small_models.save(small_models.Sum(), tmp_path), trigger_inputs=['b'],
        inputs__a__qos__durability='transient_local', inputs__a__qos__reliability='reliable')
    heard = peer.listen('output')
    peer.send_until(lambda: heard, b=[1.0])
    assert data(heard[:1]) == [[6.0]]


def test_a_message_of_another_size_is_dropped_and_the_last_good_one_counts(
        run_node: Any, peer: Any, tmp_path: Path) -> None:
    running = run_node(
        model_path=small_models.save(small_models.Double(), tmp_path), trigger='timer',
        rate_hz=100.0, inputs__x__shape=[2], inputs__x__qos__reliability='reliable')
    heard = peer.listen('output')
    peer.send_until(lambda: heard, x=[1.0, 2.0])
    assert not running.counters.dropped_messages
    peer.send(x=[1.0, 2.0, 3.0])
    peer.wait_until(lambda: running.counters.dropped_messages['x', 'size'] == 1)
    count = len(heard)
    peer.wait_until(lambda: len(heard) > count + 2)
    assert data(heard)[-1] == [2.0, 4.0]


def test_a_malformed_message_is_dropped_and_the_loop_goes_on(
        run_node: Any, peer: Any, tmp_path: Path) -> None:
    running = run_node(
        model_path=small_models.save(small_models.Double(), tmp_path),
        inputs__x__qos__reliability='reliable', inputs__x__qos__depth=10)
    heard = peer.listen('output')
    many = [MultiArrayDimension(size=1, stride=1) for _ in range(100)]
    peer.publisher('x').publish(
        Float64MultiArray(layout=MultiArrayLayout(dim=many), data=[1.0]))
    peer.wait_until(lambda: running.counters.dropped_messages['x', 'layout'] == 1)
    peer.send(x=[1.0])
    peer.wait_until(lambda: heard)
    assert data(heard) == [[2.0]]


def test_a_failing_evaluation_publishes_nothing_and_the_loop_goes_on(
        run_node: Any, peer: Any, tmp_path: Path) -> None:
    running = run_node(
        model_path=small_models.save(small_models.Picky(), tmp_path),
        inputs__x__qos__reliability='reliable', inputs__x__qos__depth=10, inputs__x__shape=[1])
    heard = peer.listen('output')
    for value in (1.0, -1.0, 2.0):
        peer.send(x=[value])
    peer.wait_until(lambda: len(heard) == 2)
    assert data(heard) == [[1.0], [2.0]]
    assert running.counters.refusals == {'failed evaluation': 1}


@pytest.mark.parametrize('poison, cause', [
    (float('nan'), 'not finite: input x'), (0.0, 'not finite: output output')])
def test_nothing_that_is_not_finite_is_published(
        poison: float, cause: str, run_node: Any, peer: Any, tmp_path: Path) -> None:
    running = run_node(
        model_path=small_models.save(small_models.Reciprocal(), tmp_path),
        inputs__x__qos__reliability='reliable', inputs__x__qos__depth=10, inputs__x__shape=[1])
    heard = peer.listen('output')
    for value in (2.0, poison, 4.0):
        peer.send(x=[value])
    peer.wait_until(lambda: len(heard) == 2)
    assert data(heard) == [[0.5], [0.25]]
    assert running.counters.refusals == {cause: 1}


def test_a_first_message_that_does_not_fit_the_module_is_not_held_against_later_ones(
        run_node: Any, peer: Any, tmp_path: Path) -> None:
    running = run_node(
        model_path=small_models.save(small_models.Linear(), tmp_path),
        inputs__x__qos__reliability='reliable', inputs__x__qos__depth=10)
    heard = peer.listen('output')
    peer.send(x=[1.0, 2.0])
    peer.wait_until(lambda: running.counters.refusals == {'failed evaluation': 1})
    peer.send(x=[1.0, 2.0, 3.0])
    peer.wait_until(lambda: heard)
    assert len(heard[0].data) == 2


def test_warm_up_leaves_no_trace_in_what_the_module_remembers(
        run_node: Any, peer: Any, tmp_path: Path) -> None:
    run_node(
        model_path=small_models.save(small_models.Count(), tmp_path),
        inputs__x__qos__reliability='reliable', inputs__x__qos__depth=10)
    heard = peer.listen('output')
    for _ in range(3):
        peer.send(x=[0.0])
    peer.wait_until(lambda: len(heard) == 3)
    assert data(heard) == [[1.0], [2.0], [3.0]]

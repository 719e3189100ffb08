# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Lifecycle, services and parameters of a node, asked for over DDS."""

from pathlib import Path
from threading import get_ident
from typing import Any, Dict, List, Set
import weakref

from dg_pytorch_ros.emission import Outlet
from lifecycle_msgs.msg import Transition
import pytest
from rcl_interfaces.srv import DescribeParameters, GetParameters, SetParametersAtomically
from rclpy.lifecycle import LifecycleNode
from rclpy.parameter import Parameter
from sensor_msgs.msg import JointState
import small_models
from std_msgs.msg import Float64MultiArray
from std_srvs.srv import Trigger

QUEUED = {'inputs__x__qos__reliability': 'reliable', 'inputs__x__qos__depth': 10}


def set_parameters(peer: Any, **values: Any) -> Any:
    request = SetParametersAtomically.Request()
    request.parameters = [
        Parameter(name.replace('__', '.'), value=value).to_parameter_msg()
        for name, value in values.items()]
    return peer.call(
        SetParametersAtomically, '/node/set_parameters_atomically', request).result


def evaluate(peer: Any, heard: List[Any], *values: float) -> List[float]:
    """Send one message, wait for its output, and return it."""
    count = len(heard)
    peer.send(x=list(values))
    peer.wait_until(lambda: len(heard) > count)
    return heard[count].data.tolist()


def test_autostart_configures_and_activates(run_node: Any, tmp_path: Path) -> None:
    running = run_node(model_path=small_models.save(small_models.Double(), tmp_path))
    assert running.started is True
    assert running.state() == 'active'


def test_without_autostart_the_lifecycle_services_take_the_node_through_its_states(
        run_node: Any, peer: Any, tmp_path: Path) -> None:
    running = run_node(
        model_path=small_models.save(small_models.Double(), tmp_path), autostart=False, **QUEUED)
    assert running.state() == 'unconfigured'
    for _ in range(2):
        assert running.change_state('configure')
        assert running.state() == 'inactive'
        assert running.change_state('activate')
        heard = peer.listen('output')
        assert evaluate(peer, heard, 2.0) == [4.0]
        assert running.change_state('deactivate')
        assert running.state() == 'inactive'
        assert running.change_state('cleanup')
        assert running.state() == 'unconfigured'
        assert not [topic for topic, _ in running.node.get_publisher_names_and_types_by_node(
            'node', '/') if topic == '/output']
    assert running.change_state('shutdown')
    assert running.state() == 'finalized'


def test_an_impossible_transition_is_refused_and_the_node_lives(
        run_node: Any, tmp_path: Path) -> None:
    running = run_node(
        model_path=small_models.save(small_models.Double(), tmp_path), autostart=False)
    assert not running.change_state('activate')
    assert not running.change_state(number=Transition.TRANSITION_ACTIVATE)
    assert not running.change_state('no_such_transition')
    assert running.state() == 'unconfigured'
    assert running.change_state(number=Transition.TRANSITION_CONFIGURE)


def test_an_inactive_node_evaluates_nothing_and_starts_with_what_comes_afterwards(
        run_node: Any, peer: Any, tmp_path: Path) -> None:
    running = run_node(
        model_path=small_models.save(small_models.Count(), tmp_path), **QUEUED)
    heard = peer.listen('output')
    assert evaluate(peer, heard, 0.0) == [1.0]
    assert evaluate(peer, heard, 0.0) == [2.0]
    assert running.change_state('deactivate')
    peer.send(x=[100.0])
    assert running.change_state('activate')
    assert evaluate(peer, heard, 0.0) == [1.0]


def test_a_timer_waits_for_a_new_message_after_another_activation(
        run_node: Any, peer: Any, tmp_path: Path) -> None:
    running = run_node(
        model_path=small_models.save(small_models.Double(), tmp_path), trigger='timer',
        inputs__x__qos__reliability='reliable')
    heard = peer.listen('output')
    peer.send_until(lambda: heard, x=[1.0])
    assert running.change_state('deactivate')
    counters = running.counters
    evaluations = counters.evaluations
    assert running.change_state('activate')
    ticks = counters.ticks
    peer.wait_until(lambda: counters.ticks > ticks + 3)
    assert counters.evaluations == evaluations


def test_a_node_that_cannot_configure_stays_where_it_is_and_may_try_again(
        run_node: Any, tmp_path: Path) -> None:
    path = tmp_path / 'model.pt'
    running = run_node(model_path=str(path), autostart=False)
    assert not running.change_state('configure')
    assert running.state() == 'unconfigured'
    small_models.save(small_models.Double(), tmp_path)
    assert running.change_state('configure')


def test_reset_puts_the_memory_back(run_node: Any, peer: Any, tmp_path: Path) -> None:
    run_node(model_path=small_models.save(small_models.Count(), tmp_path), **QUEUED)
    heard = peer.listen('output')
    evaluate(peer, heard, 0.0)
    assert evaluate(peer, heard, 0.0) == [2.0]
    assert peer.call(Trigger, '/node/reset').success
    assert evaluate(peer, heard, 0.0) == [1.0]


@pytest.mark.parametrize('service', ['reset', 'reload'])
def test_services_say_so_when_there_is_no_model(
        service: str, run_node: Any, peer: Any, tmp_path: Path) -> None:
    run_node(model_path=small_models.save(small_models.Double(), tmp_path), autostart=False)
    response = peer.call(Trigger, f'/node/{service}')
    assert not response.success
    assert 'configure' in response.message


def test_reload_swaps_in_the_new_file(run_node: Any, peer: Any, tmp_path: Path) -> None:
    running = run_node(model_path=small_models.save(small_models.Double(), tmp_path), **QUEUED)
    heard = peer.listen('output')
    assert evaluate(peer, heard, 1.0) == [2.0]
    first = weakref.ref(running.node.deployment.model)
    small_models.save(small_models.Triple(), tmp_path)
    response = peer.call(Trigger, '/node/reload')
    assert response.success, response.message
    assert evaluate(peer, heard, 1.0) == [3.0]
    assert running.state() == 'active'
    assert first() is None  # nothing holds on to it


@pytest.mark.parametrize('replacement', ['garbage', 'arity', 'output shape', 'refusal', 'gone'])
def test_a_failed_reload_keeps_the_old_model_running_with_its_memory(
        replacement: str, run_node: Any, peer: Any, tmp_path: Path) -> None:
    path = Path(small_models.save(small_models.Count(), tmp_path))
    run_node(model_path=str(path), **QUEUED)
    heard = peer.listen('output')
    assert evaluate(peer, heard, 0.0) == [1.0]
    if replacement == 'garbage':
        path.write_bytes(b'garbage')
    elif replacement == 'arity':
        small_models.save(small_models.Sum(), tmp_path)
    elif replacement == 'output shape':
        small_models.save(small_models.Twice(), tmp_path)
    elif replacement == 'refusal':
        small_models.save(small_models.Linear(), tmp_path)
    else:
        path.unlink()
    response = peer.call(Trigger, '/node/reload')
    assert not response.success
    assert response.message
    assert evaluate(peer, heard, 0.0) == [2.0]


def test_a_failed_reload_leaves_names_and_scale_as_they_were(
        run_node: Any, peer: Any, tmp_path: Path) -> None:
    run_node(
        model_path=small_models.save(small_models.Double(), tmp_path),
        outputs__output__type='sensor_msgs/msg/JointState', outputs__output__field='position',
        outputs__output__names=['hip', 'knee'], outputs__output__scale=[1.0, 10.0], **QUEUED)
    heard = peer.listen('output', JointState)
    peer.send_until(lambda: heard, x=[1.0, 2.0])
    small_models.save(small_models.Twice(), tmp_path)
    response = peer.call(Trigger, '/node/reload')
    assert not response.success
    assert "output 'output' is float64[4], but was float64[2]" in response.message
    heard.clear()
    peer.send_until(lambda: heard, x=[3.0, 4.0])
    assert (heard[-1].name, heard[-1].position.tolist()) == (['hip', 'knee'], [6.0, 80.0])


def test_what_is_in_use_is_checked_by_the_thread_that_uses_it(
        run_node: Any, peer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scales and encoders keep what they work out for a shape."""
    threads: Dict[str, Set[int]] = {'check': set(), 'load': set()}
    for name, found in threads.items():
        monkeypatch.setattr(Outlet, name, noting_thread(getattr(Outlet, name), found))
    run_node(
        model_path=small_models.save(small_models.Double(), tmp_path),
        outputs__output__scale=[2.0], **QUEUED)
    evaluate(peer, peer.listen('output'), 1.0)
    small_models.save(small_models.Triple(), tmp_path)
    assert peer.call(Trigger, '/node/reload').success
    assert threads['check'] == threads['load']


def noting_thread(method: Any, found: Set[int]) -> Any:
    def call(*arguments: Any, **options: Any) -> Any:
        found.add(get_ident())
        return method(*arguments, **options)
    return call


@pytest.mark.parametrize('has_evaluated', [True, False])
def test_reload_without_anything_to_check_on_takes_the_known_shape_or_refuses(
        has_evaluated: bool, run_node: Any, peer: Any, tmp_path: Path) -> None:
    running = run_node(model_path=small_models.save(small_models.Double(), tmp_path), **QUEUED)
    heard = peer.listen('output')
    if has_evaluated:
        evaluate(peer, heard, 1.0)
        assert running.change_state('deactivate') and running.change_state('activate')
        small_models.save(small_models.Linear(), tmp_path)
    assert not peer.call(Trigger, '/node/reload').success
    assert evaluate(peer, heard, 1.0) == [2.0]


def test_reload_lets_the_first_size_of_an_output_vary(
        run_node: Any, peer: Any, tmp_path: Path) -> None:
    run_node(
        model_path=small_models.save(small_models.Double(), tmp_path), inputs__x__shape=[-1, 2],
        inputs__x__initial=[1.0, 2.0], **QUEUED)
    heard = peer.listen('output')
    evaluate(peer, heard, 1.0, 2.0, 3.0, 4.0)
    response = peer.call(Trigger, '/node/reload')
    assert response.success, response.message


def test_a_latched_trigger_counts_again_after_another_activation(
        run_node: Any, peer: Any, tmp_path: Path) -> None:
    from peer import latched
    peer.node.create_publisher(Float64MultiArray, 'a', latched()).publish(
        Float64MultiArray(data=[5.0]))
    running = run_node(
        model_path=small_models.save(small_models.Sum(), tmp_path),
        inputs__a__qos__durability='transient_local', inputs__a__qos__reliability='reliable')
    heard = peer.listen('output')
    peer.send_until(lambda: heard, b=[1.0])
    assert running.change_state('deactivate') and running.change_state('activate')
    count = len(heard)
    peer.send_until(lambda: len(heard) > count, b=[2.0])
    assert heard[-1].data.tolist() == [7.0]


def test_a_parameter_that_is_set_before_configure_counts(
        run_node: Any, peer: Any, tmp_path: Path) -> None:
    running = run_node(
        model_path=small_models.save(small_models.Double(), tmp_path), autostart=False,
        trigger='timer', inputs__x__constant=[1.0])
    assert set_parameters(peer, inputs__x__constant=[7.0]).successful
    assert running.change_state('configure') and running.change_state('activate')
    heard = peer.listen('output')
    peer.wait_until(lambda: heard)
    assert heard[0].data.tolist() == [14.0]


@pytest.mark.parametrize('name, wrong, right', [
    ('num_threads', 0, 1), ('num_threads', 'many', 1), ('inputs__x__shape', [0.5], [1])])
def test_a_wrong_value_is_never_replaced_but_can_be_mended(
        name: str, wrong: Any, right: Any, run_node: Any, peer: Any, tmp_path: Path) -> None:
    running = run_node(
        model_path=small_models.save(small_models.Double(), tmp_path), autostart=False,
        **{name: wrong})
    for _ in range(2):
        assert not running.change_state('configure')
    assert set_parameters(peer, **{name: right}).successful
    assert running.change_state('configure')


def test_a_slip_is_seen_when_the_next_model_has_other_names(
        run_node: Any, peer: Any, tmp_path: Path) -> None:
    running = run_node(
        model_path=small_models.save(small_models.Sum(), tmp_path), trigger_inputs=['b'],
        inputs__a__constant=[1.0])
    assert running.change_state('deactivate') and running.change_state('cleanup')
    small_models.save(small_models.Double(), tmp_path)
    assert not running.change_state('configure')


def test_a_node_that_is_told_to_stop_while_it_configures_does_not_activate(
        run_node: Any, tmp_path: Path) -> None:
    running = run_node(
        model_path=small_models.save(small_models.Double(), tmp_path), autostart=False)
    answers = iter([False, True])
    assert running.node.autostart(is_stopped=lambda: next(answers))
    assert running.state() == 'inactive'


def test_a_constant_is_tuned_while_the_node_runs(
        run_node: Any, peer: Any, tmp_path: Path) -> None:
    run_node(
        model_path=small_models.save(small_models.Sum(), tmp_path), trigger='timer',
        rate_hz=200.0, inputs__a__constant=[1.0], inputs__b__constant=[10.0])
    heard = peer.listen('output')
    peer.wait_until(lambda: heard and heard[-1].data[0] == 11.0)
    assert set_parameters(peer, inputs__a__constant=[2.0], inputs__b__constant=[20]).successful
    peer.wait_until(lambda: heard[-1].data[0] == 22.0)
    # Both gains change between the same two ticks.
    assert {message.data[0] for message in heard} == {11.0, 22.0}


def test_a_constant_of_a_part_is_tuned_while_the_node_runs(
        run_node: Any, peer: Any, tmp_path: Path) -> None:
    run_node(
        model_path=small_models.save(small_models.Double(), tmp_path), trigger='timer',
        rate_hz=200.0, inputs__x__part_names=['q', 'gain'], inputs__x__parts__q__constant=[0.5],
        inputs__x__parts__gain__constant=[1.0], inputs__x__parts__gain__scale=10.0)
    heard = peer.listen('output')
    peer.wait_until(lambda: heard and heard[-1].data.tolist() == [1.0, 20.0])
    assert set_parameters(peer, inputs__x__parts__gain__constant=[3.0]).successful
    peer.wait_until(lambda: heard[-1].data.tolist() == [1.0, 60.0])
    refused = set_parameters(peer, inputs__x__parts__gain__constant=[4.0, 5.0])
    assert not refused.successful and '2 elements' in refused.reason


@pytest.mark.parametrize('change, complaint', [
    ({'inputs__a__constant': [1.0, 2.0, 3.0]}, '3 elements'),
    ({'inputs__a__constant': ['high']}, 'number'),
    ({'inputs__a__constant': [float('nan')]}, 'finite'),
    ({'rate_hz': 0.0}, 'rate_hz'),
    ({'rate_hz': float('nan')}, 'rate_hz'),
    ({'rate_hz': 2000.0}, 'expected 0 to half of the period'),
    ({'trigger': 'message'}, 'read-only'),
    ({'inputs__b__topic': 'other'}, 'read-only'),
    ({'inputs__b__constant': [1.0]}, 'read-only')])
def test_a_change_that_makes_no_sense_is_refused_and_changes_nothing(
        change: Any, complaint: str, run_node: Any, peer: Any, tmp_path: Path) -> None:
    running = run_node(
        model_path=small_models.save(small_models.Sum(), tmp_path), trigger='timer',
        rate_hz=200.0, realtime__spin_us=300, inputs__a__constant=[1.0],
        inputs__b__initial=[10.0])
    (name,) = (name.replace('__', '.') for name in change)
    before = running.node.get_parameter(name).value
    result = set_parameters(peer, **change)
    assert not result.successful
    assert complaint in result.reason
    assert running.node.get_parameter(name).value == before
    heard = peer.listen('output')
    peer.wait_until(lambda: heard)
    assert heard[-1].data[0] == 11.0


def test_the_rate_is_changed_while_the_node_runs(
        run_node: Any, peer: Any, tmp_path: Path) -> None:
    run_node(
        model_path=small_models.save(small_models.Double(), tmp_path), trigger='timer',
        rate_hz=0.01, inputs__x__constant=[1.0])
    heard = peer.listen('output')
    assert set_parameters(peer, rate_hz=50.0).successful
    assert set_parameters(peer, rate_hz=100).successful
    peer.wait_until(lambda: len(heard) > 3)


def test_every_parameter_is_described(run_node: Any, peer: Any, tmp_path: Path) -> None:
    running = run_node(model_path=small_models.save(small_models.Double(), tmp_path))
    names = [
        name for name in running.node.get_parameters_by_prefix('')
        if name not in ('use_sim_time', 'start_type_description_service')]
    request = DescribeParameters.Request(names=names)
    descriptors = peer.call(DescribeParameters, '/node/describe_parameters', request).descriptors
    assert {
        'model_path', 'realtime.priority', 'inputs.x.shape', 'outputs.output.qos.depth',
    } <= set(names)
    assert [item.name for item in descriptors if not item.description] == []
    live = {item.name for item in descriptors if not item.read_only}
    assert live == {'rate_hz'}


def test_all_parameters_can_be_read_at_once(run_node: Any, peer: Any, tmp_path: Path) -> None:
    running = run_node(model_path=small_models.save(small_models.Double(), tmp_path))
    names = list(running.node.get_parameters_by_prefix(''))
    request = GetParameters.Request(names=names)
    assert len(peer.call(GetParameters, '/node/get_parameters', request).values) == len(names)


def test_a_node_starts_from_the_dump_of_another(
        run_node: Any, peer: Any, tmp_path: Path) -> None:
    """What is not set comes as 'null' in a file that `ros2 param dump` wrote."""
    first = run_node(
        model_path=small_models.save(small_models.Sum(), tmp_path), trigger_inputs=['b'],
        inputs__a__constant=[1.0])
    dump = {
        name: 'null' if parameter.value is None else parameter.value
        for name, parameter in first.node.get_parameters_by_prefix('').items()}
    assert 'null' in dump.values()
    first.node.leave()
    assert run_node(**dump).started
    heard = peer.listen('output')
    peer.send_until(lambda: heard, b=[2.0])
    assert heard[0].data.tolist() == [3.0]


def test_the_node_hides_nothing_of_rclpy(run_node: Any, context: Any, tmp_path: Path) -> None:
    running = run_node(model_path=small_models.save(small_models.Double(), tmp_path))
    plain = LifecycleNode('plain', context=context)
    meant = {'on_configure', 'on_activate', 'on_deactivate', 'on_cleanup', 'on_shutdown'}
    own = set(vars(running.node)) - set(vars(plain)) | {
        name for name in vars(type(running.node)) if not name.startswith('__')}
    assert own & set(dir(plain)) == meant
    plain.destroy_node()

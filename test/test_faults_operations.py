# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What the node does when those who operate it, or its machine, fail: rows of a table."""

from contextlib import ExitStack
from hashlib import sha256
import os
from pathlib import Path
import signal
import subprocess
import sys
from typing import Any, Callable, Iterator, List, Tuple

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray
from domains import own_domain
from fault_rig import (
    assert_trustworthy, ERROR, FALLBACK, FaultRig, Heard, longest_repetition, OK, STALE,
    wait_for_line, WARN)
from lifecycle_msgs.srv import ChangeState
from listening import Listening
from peer import Peer
import pytest
from rcl_interfaces.srv import GetParameters
from rclpy.context import Context
from rclpy.parameter import parameter_value_to_python
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock
import small_models
from std_srvs.srv import Trigger
from test_node_control import set_parameters
import torch
from torch import Tensor

# An age that no hiccup of the machine brings about, for rows that are not about age.
RUNNING = {
    'trigger': 'timer', 'rate_hz': 100.0, 'inputs__x__max_age_ms': 10_000.0,
    'on_stale': 'fallback', 'outputs__output__fallback': FALLBACK}
AGING = {**RUNNING, 'inputs__x__max_age_ms': 100.0}
ACKNOWLEDGED = "output 'output': the fallback was published on /output and acknowledged"

# Nothing known makes a callback fail for ever; this stands in for what is not.
WITH_BROKEN_RESET = """
import sys
from dg_pytorch_ros import main
def break_reset():
    from dg_pytorch_ros.node import PytorchNode
    def reset(self, request, response):
        raise RuntimeError('broken')
    PytorchNode._on_reset = reset
block_signals = main.on_stop_signal
def block_and_break(stop):
    block_signals(stop)
    break_reset()
main.on_stop_signal = block_and_break
sys.exit(main.main())
"""


class Steps(torch.nn.Module):
    """Returns a number of its input, and how often it ran times a constant."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer('runs', torch.zeros(1, dtype=torch.float64))

    def forward(self, x: Tensor, gain: Tensor) -> Tensor:
        self.runs += 1
        return torch.cat([x[:1], gain * self.runs])


class Longer(torch.nn.Module):
    """Takes what Steps takes, and returns more."""

    def forward(self, x: Tensor, gain: Tensor) -> Tensor:
        return torch.cat([x, x, gain])


class Memory(torch.nn.Module):
    """Counts its runs in a buffer, and what is fed back to it from its second output."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer('runs', torch.zeros(1, dtype=torch.float64))

    def forward(self, x: Tensor, before: Tensor) -> Tuple[Tensor, Tensor]:
        self.runs += 1
        return torch.cat([x[:1], 1000 * self.runs + before]), before + 1


def start_fed(rig: Any, directory: Path, *arguments: str, **values: Any) -> Any:
    """Start a node that is fed; return it and what it publishes, once that is outputs."""
    node = rig.start(
        small_models.save(small_models.Identity(), directory), *arguments,
        **{**RUNNING, **values})
    sender = rig.sender('x')
    heard = rig.listen()
    wait_for_outputs(rig, heard)
    rig.wait_for_status(OK)
    return node, heard, sender


def wait_for_outputs(rig: Any, heard: Any, *, after: float = 0.0) -> None:
    """Wait for outputs on messages after the one of a number."""
    rig.peer.wait_until(lambda: heard and heard[-1][0] > after, f'outputs beyond {after}')


def assert_fallback_is_last(rig: Any, node: Any, heard: Any) -> None:
    """Assert that a node that was told to leave published the fallback, and then nothing."""
    assert node.exit_code() == 0
    rig.peer.wait_until(lambda: not rig.peer.node.count_publishers('output'), 'the end')
    rig.peer.wait_until(lambda: heard[-1] == FALLBACK, 'the fallback')
    assert list(heard).count(FALLBACK) == 1
    wait_for_line('stopped after ', lambda: node.output)
    assert 'Traceback' not in node.output
    # It says no more: whoever watches /diagnostics sees it fall silent.
    assert (rig.status().level, rig.status().message) == (OK, 'active')
    assert_trustworthy(heard)


# A node that is never started again: what is refused leaves no trace in it.


class Lasting(FaultRig):
    """A node with all that belongs to it, which goes on while it is ill-treated."""

    def __init__(self, peer: Peer, domain: int, directory: Path) -> None:
        super().__init__(peer, domain, directory)
        self.file = directory / 'model.pt'
        self.restore()
        self.digest = sha256(self.file.read_bytes()).hexdigest()
        self.node = self.start(
            str(self.file), **RUNNING, inputs__gain__constant=[1.0],
            outputs__output__qos__depth=1000)  # none may be left out
        self.sender('x')
        self.heard = self.listen()
        wait_for_outputs(self, self.heard)
        self.wait_for_status(OK)
        self._begin = 0

    def restore(self) -> None:
        """Put the file back that the node runs."""
        if not hasattr(self, 'digest'):
            small_models.save(Steps(), self.file.parent)
            self._content = self.file.read_bytes()
        self.file.unlink(missing_ok=True)
        self.file.write_bytes(self._content)

    def wait_for_runs(self, count: int = 20) -> None:
        """Wait for some more outputs."""
        runs = self.heard[-1][1]
        self.peer.wait_until(lambda: self.heard[-1][1] >= runs + count, 'more outputs')

    def assert_untouched(self) -> None:
        """Assert that all outputs are of one run after the other, of the first module."""
        self.wait_for_runs()
        runs = self.heard[-1][1]
        self.peer.wait_until(
            lambda: int(self.values()['evaluations']) >= runs, 'a status from afterwards')
        assert self.wait_for_status(OK).message == 'active'
        assert self.values()['sha256'] == self.digest
        assert not [key for key in self.values() if key.startswith('guard: failed')]
        outputs = self.heard[self._begin:]
        first = outputs[0][1]
        assert [runs - first for _, runs in outputs] == list(range(len(outputs)))
        assert_trustworthy(outputs)
        self._begin = len(self.heard) - 1


@pytest.fixture(scope='module')
def lasting(tmp_path_factory: Any) -> Iterator[Lasting]:
    """Start a node for all tests that must not make a difference to it."""
    with ExitStack() as undo:
        domain = undo.enter_context(own_domain())
        context = Context()
        context.init(domain_id=domain)
        undo.callback(context.try_shutdown)
        peer = Peer(context)
        undo.callback(peer.close)
        rig = Lasting(peer, domain, tmp_path_factory.mktemp('lasting'))
        undo.callback(rig.close)
        yield rig


def break_file(file: Path) -> str:
    file.write_bytes(file.read_bytes()[:1000])
    return 'is a truncated archive'


def replace_by_checkpoint(file: Path) -> str:
    torch.save(Steps().state_dict(), file)
    return 'state_dict'


def remove(file: Path) -> str:
    file.unlink()
    return 'does not exist'


def replace_by_other_shape(file: Path) -> str:
    small_models.save(Longer(), file.parent)
    return "output 'output' is "


@pytest.mark.parametrize(
    'replace', [break_file, replace_by_checkpoint, remove, replace_by_other_shape])
def test_a_file_of_no_use_is_refused_at_reload_and_the_old_module_goes_on(
        replace: Callable[[Path], str], lasting: Lasting) -> None:
    complaint = replace(lasting.file)
    try:
        response = lasting.peer.call(Trigger, '/node/reload')
    finally:
        lasting.restore()
    assert not response.success
    assert complaint in response.message
    lasting.peer.wait_until(lambda: f'cannot reload: {response.message}' in lasting.node.output)
    lasting.assert_untouched()


def assert_refused(lasting: Lasting, name: str, values: List[Any], complaint: str) -> None:
    """Assert that values are refused while the node runs, and change nothing."""
    before = read_parameter(lasting.peer, name)
    for value in values:
        result = set_parameters(lasting.peer, **{name: value})
        assert not result.successful, value
        assert complaint in result.reason, result.reason
    assert read_parameter(lasting.peer, name) == before


def read_parameter(peer: Any, name: str) -> Any:
    request = GetParameters.Request(names=[name])
    (value,) = peer.call(GetParameters, '/node/get_parameters', request).values
    return parameter_value_to_python(value)


def test_a_constant_that_makes_no_sense_is_refused_while_the_node_runs(
        lasting: Lasting) -> None:
    assert_refused(
        lasting, 'inputs.gain.constant',
        [[float('nan')], [float('inf')], [1.0, 2.0], ['much'], 'much', None], '')
    lasting.assert_untouched()


def test_a_rate_that_makes_no_sense_is_refused_while_the_node_runs(lasting: Lasting) -> None:
    assert_refused(
        lasting, 'rate_hz',
        [0.0, -100.0, float('nan'), float('inf'), 1e-300, 'fast', [100.0], True, None], 'rate_hz')
    lasting.assert_untouched()


def test_a_parameter_that_is_settled_is_refused_while_the_node_runs(lasting: Lasting) -> None:
    for name, value in (
            ('on_stale', 'hold'), ('inputs.x.max_age_ms', 1e9), ('model_path', '/other.pt'),
            ('outputs.output.fallback', [0.0, 0.0])):
        assert_refused(lasting, name, [value], 'read-only')
    lasting.assert_untouched()


# Time that is simulated.


class SimulatedTime:
    """A clock that moves when the test wants it to, and a sender of numbered messages."""

    SIMULATED = {
        **AGING, 'use_sim_time': True, 'rate_hz': 10.0, 'inputs__x__max_age_ms': 500.0,
        'inputs__before__feedback': 'trail', 'inputs__before__initial': [0.0],
        'input_names': '[x, before]', 'output_names': '[output, trail]',
        'inputs__x__shape': [2], 'outputs__trail__fallback': [0.0]}

    def __init__(self, rig: Any, directory: Path, seconds: float, **values: Any) -> None:
        self._rig = rig
        self._peer = rig.peer
        self._now_ns = round(1e9 * seconds)
        self._number = 0
        self.node = rig.start(
            small_models.save(Memory(), directory), **{**self.SIMULATED, **values})
        self.heard = rig.listen()
        self._clock = self._peer.publisher('/clock', Clock)
        self._peer.publisher('x')

    @property
    def number(self) -> int:
        """The number of the newest message."""
        return self._number

    def move(self, seconds: float) -> None:
        """Let time pass, all at once."""
        self._now_ns += round(1e9 * seconds)
        whole_s, ns = divmod(self._now_ns, 10**9)
        self._clock.publish(Clock(clock=Time(sec=whole_s, nanosec=ns)))

    def send(self) -> None:
        """Send a message."""
        self._number += 1
        self._peer.send(x=[float(self._number), 0.0])

    def run_until(self, condition: Callable[[], Any], *, fed: bool = True) -> int:
        """Let time pass, with messages or without; return how often it moved."""
        moves = 0

        def move_and_check() -> Any:
            nonlocal moves
            moves += 1
            self.move(0.02)
            if fed:
                self.send()
            return condition()
        self._peer.wait_until(move_and_check, lambda: f'something; heard {self.heard[-3:]}')
        return moves

    def wait_for_status(self, level: bytes, text: str = '', *, fed: bool = False) -> None:
        """Let time pass until the node says this, which it does not while time stands still."""
        def is_said() -> bool:
            status = self._rig.status()
            return status is not None and status.level == level and text in status.message
        self.run_until(is_said, fed=fed)

    def run(self) -> None:
        """Let it run for a while, with messages, until the node says that all is well."""
        count = len(self.heard)
        self.run_until(lambda: len(self.heard) > count + 5 and self.heard[-1] != FALLBACK)
        self.wait_for_status(OK, fed=True)
        self.run_until(lambda: self.heard[-1][0] == self._number, fed=False)  # all is taken

    def pass_without_messages(self) -> List[List[float]]:
        """Let two fallbacks come, and return what came until then."""
        count = len(self.heard)
        self.run_until(lambda: self.heard[-2:] == 2 * [FALLBACK] and len(self.heard) > count + 2,
                       fed=False)
        return self.heard[count:]


def test_a_clock_that_jumps_forward_makes_messages_old_and_nothing_is_made_up_for(
        rig: Any, tmp_path: Path) -> None:
    time = SimulatedTime(rig, tmp_path, 1000.0)
    time.run()
    last = time.number
    runs = time.heard[-1][1] // 1000
    time.move(100.0)
    rig.peer.wait_until(lambda: 'ROS time jumped by' in time.node.output, 'the jump')
    count = len(time.heard)
    moves = time.run_until(lambda: len(time.heard) > count + 2, fed=False)
    # A tick in five steps of time, not the thousand that were jumped over.
    assert len(time.heard) - count <= moves / 5 + 1
    assert time.heard[-2:] == 2 * [FALLBACK]
    time.wait_for_status(STALE, 'stale x')
    assert float(rig.values()['age_ms: x']) > 100_000
    time.run_until(lambda: time.heard[-1][0] > last)
    time.run()
    assert time.heard[-1][1] // 1000 > runs  # it has forgotten nothing
    assert_trustworthy(time.heard)
    wait_for_line('ROS time jumped by 100.', lambda: time.node.output)
    assert 'forgets' not in time.node.output


def test_a_clock_that_jumps_back_begins_everything_anew(rig: Any, tmp_path: Path) -> None:
    time = SimulatedTime(rig, tmp_path, 1000.0)
    time.run()
    last = time.number
    count = len(time.heard)
    time.move(-900.0)
    rig.peer.wait_until(lambda: 'the module forgets' in time.node.output, 'the jump')
    afterwards = time.pass_without_messages()
    # The age of what is there begins anew, and so ends: five ticks, and one at each end.
    outputs = [values for values in afterwards if values != FALLBACK]
    assert 1 <= len(outputs) <= 7, (count, afterwards)
    assert {number for number, _ in outputs} <= {last, last - 1.0}
    # The buffer counts from 1 again, and what is fed back is the initial value.
    assert outputs[-1][1] == 1001.0 * len(outputs) - 1.0
    time.wait_for_status(STALE, 'stale x')
    assert 500.0 < float(rig.values()['age_ms: x']) < 800_000.0
    time.run()
    assert_trustworthy(time.heard)
    wait_for_line('ROS time jumped by -', lambda: time.node.output)


def test_a_clock_that_jumps_back_does_not_end_the_fallbacks_of_message_mode(
        rig: Any, tmp_path: Path) -> None:
    time = SimulatedTime(rig, tmp_path, 1000.0, trigger='message')
    time.run()
    time.pass_without_messages()
    time.move(-900.0)
    rig.peer.wait_until(lambda: 'the module forgets' in time.node.output, 'the jump')
    assert time.pass_without_messages()[-2:] == 2 * [FALLBACK]
    assert_trustworthy(time.heard)


def test_a_clock_that_stops_stops_the_node_and_is_reported(rig: Any, tmp_path: Path) -> None:
    time = SimulatedTime(rig, tmp_path, 1000.0)
    time.run()

    def stopped() -> bool:
        time.send()
        return rig.values().get('rate_hz') == '0.0'
    rig.peer.wait_until(stopped, 'a second without evaluations')
    count = len(time.heard)
    rig.peer.wait_until(lambda: (time.send(), rig.status().level != OK)[-1],
                        lambda: f'a complaint; last: {rig.status()}')
    assert '/clock' in rig.status().message
    assert len(time.heard) == count
    time.run()
    assert_trustworthy(time.heard)


def test_a_clock_that_never_comes_is_waited_for_and_asked_for(rig: Any, tmp_path: Path) -> None:
    node = rig.start(
        small_models.save(small_models.Identity(), tmp_path), use_sim_time=True, **RUNNING)
    rig.sender('x')
    heard = rig.listen()
    rig.wait_for_status(STALE, 'waiting for /clock (use_sim_time is set, and no time has come)')
    rig.peer.wait_until(
        lambda: 'nothing is evaluated yet; waiting for /clock (use_sim_time is set' in node.output,
        'a line in the log')
    assert rig.values()['evaluations'] == '0'
    assert not len(heard)


# The end of a node, wanted or not.


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_a_node_that_is_told_to_end_publishes_the_fallback_last(
        number: signal.Signals, rig: Any, tmp_path: Path) -> None:
    node, heard, _ = start_fed(rig, tmp_path)
    node.interrupt(number)
    assert_fallback_is_last(rig, node, heard)
    wait_for_line(ACKNOWLEDGED, lambda: node.output)


def test_a_node_that_is_told_twice_to_end_still_publishes_the_fallback_last(
        rig: Any, tmp_path: Path) -> None:
    node, heard, _ = start_fed(rig, tmp_path)
    node.interrupt(signal.SIGTERM)
    node.interrupt(signal.SIGTERM)
    assert_fallback_is_last(rig, node, heard)
    wait_for_line(ACKNOWLEDGED, lambda: node.output)


def test_an_executor_whose_callbacks_fail_again_and_again_leaves_the_fallback_behind(
        rig: Any, tmp_path: Path) -> None:
    node, heard, _ = start_fed(rig, tmp_path, command=[sys.executable, '-c', WITH_BROKEN_RESET])
    client = rig.peer.node.create_client(Trigger, '/node/reset')
    rig.peer.wait_until(client.service_is_ready)
    rig.peer.wait_until(
        lambda: client.call_async(Trigger.Request()) and node.has_ended, 'the end of the node')
    assert node.exit_code() == 1
    rig.peer.wait_until(lambda: heard[-1] == FALLBACK, 'the fallback')
    assert list(heard).count(FALLBACK) == 1
    wait_for_line("a callback failed: RuntimeError('broken')", lambda: node.output)
    wait_for_line('callbacks fail again and again; the node ends', lambda: node.output)
    wait_for_line(ACKNOWLEDGED, lambda: node.output)
    assert_trustworthy(heard)


def test_a_killed_node_says_nothing_and_another_one_goes_on_in_its_place(
        rig: Any, tmp_path: Path) -> None:
    values = {**RUNNING, 'inputs__gain__constant': [1.0]}
    path = small_models.save(Steps(), tmp_path)
    node = rig.start(path, **values)
    rig.sender('x')
    heard = rig.listen()
    wait_for_outputs(rig, heard)
    rig.wait_for_status(OK)
    # More than its successor will have made before its own first status.
    evaluations = 300
    rig.peer.wait_until(lambda: int(rig.values()['evaluations']) > evaluations)
    node.close()
    last, runs = heard[-1]
    killed = len(heard)
    assert FALLBACK not in list(heard), list(heard)  # nobody is left to publish it
    successor = rig.start(path, **values)
    wait_for_outputs(rig, heard, after=last)
    rig.peer.wait_until(
        lambda: int(rig.values()['evaluations']) < evaluations, 'a status of the new node')
    rig.wait_for_status(OK)
    assert heard[killed][1] < runs  # it remembers nothing
    numbers = [number for number, _ in heard]
    assert numbers == sorted(numbers)
    assert_trustworthy(heard)
    assert 'Traceback' not in successor.output


def test_a_node_that_is_deactivated_publishes_the_fallback_last(
        rig: Any, tmp_path: Path) -> None:
    node, heard, _ = start_fed(rig, tmp_path)
    request = ChangeState.Request()
    request.transition.label = 'deactivate'
    assert rig.peer.call(ChangeState, '/node/change_state', request).success
    rig.peer.wait_until(lambda: heard[-1] == FALLBACK, 'the fallback')
    count = len(heard)
    rig.wait_for_status(OK, 'inactive')
    assert rig.values()['state'] == 'inactive'
    assert len(heard) == count
    assert list(heard).count(FALLBACK) == 1
    assert_trustworthy(heard)
    wait_for_line(ACKNOWLEDGED, lambda: node.output)


def test_a_frozen_listener_holds_up_neither_the_outputs_nor_the_end(
        rig: Any, tmp_path: Path, domain: int) -> None:
    listener = Listening(
        tmp_path / 'heard', 'output', environment={**os.environ, 'ROS_DOMAIN_ID': str(domain)})
    try:
        node, heard, _ = start_fed(rig, tmp_path)
        rig.peer.wait_until(listener.numbers, 'outputs at the listener')
        listener.freeze()
        count = len(heard)
        rig.peer.wait_until(lambda: len(heard) > count + 200, 'more outputs')
        assert rig.wait_for_status(OK).message == 'active'
        node.interrupt(signal.SIGTERM)
        assert_fallback_is_last(rig, node, heard)
    finally:
        listener.kill()
    assert ACKNOWLEDGED not in node.output
    wait_for_line('but somebody has not acknowledged it within 0.5 s', lambda: node.output)


def test_a_node_that_publishes_best_effort_says_that_its_fallback_may_be_lost(
        rig: Any, tmp_path: Path) -> None:
    node = rig.start(
        small_models.save(small_models.Identity(), tmp_path), **RUNNING,
        outputs__output__qos__reliability='best_effort')
    rig.sender('x')
    heard = Heard(rig.peer.listen('output', qos=QoSProfile(
        depth=1000, reliability=ReliabilityPolicy.BEST_EFFORT)))
    wait_for_outputs(rig, heard)
    rig.wait_for_status(OK)
    node.interrupt(signal.SIGTERM)
    assert_fallback_is_last(rig, node, heard)
    assert ACKNOWLEDGED not in node.output
    wait_for_line(
        'best effort is never acknowledged; use qos.reliability: reliable',
        lambda: node.output)


# Somebody else on the topic of an output.


def newest(statuses: List[DiagnosticArray], name: str) -> Any:
    """Return level, message and values of the newest status of a name."""
    for array in reversed(statuses):
        for status in array.status:
            if status.name == name:
                return status.level, status.message, {
                    item.key: item.value for item in status.values}
    return None, '', {}


def test_two_nodes_on_one_topic_warn_of_each_other(rig: Any, tmp_path: Path) -> None:
    path = small_models.save(small_models.Identity(), tmp_path)
    nodes = [
        rig.start(path, *arguments, **RUNNING, outputs__output__topic='/output',
                  inputs__x__topic='/x')
        for arguments in ((), ('-r', '__ns:=/twin'))]
    rig.sender('x')
    heard = rig.listen()
    statuses = rig.peer.listen('/diagnostics', DiagnosticArray)
    for node, name, other in (
            (nodes[0], 'node', '/twin/node'), (nodes[1], 'twin/node', '/node')):
        what = f"output 'output' is published by {other} as well"
        rig.peer.wait_until(
            lambda: newest(statuses, name)[:2] == (WARN, what),
            lambda: f'{what}; last: {newest(statuses, name)}')
        assert newest(statuses, name)[2]['other_writers: output'] == other
        assert (
            f"output 'output': {other} publishes on /output as well; whoever listens gets both"
            in node.output)
    wait_for_outputs(rig, heard)
    rig.peer.wait_until(lambda: len(heard) > 100, 'outputs')
    assert_trustworthy(heard)


def test_a_node_that_must_be_alone_does_not_activate_beside_another(
        rig: Any, tmp_path: Path) -> None:
    first, heard, _ = start_fed(rig, tmp_path)
    (tmp_path / 'other').mkdir()
    other = rig.start(
        small_models.save(small_models.Double(), tmp_path / 'other'), '-r', '__ns:=/twin',
        **RUNNING, outputs__output__topic='/output', inputs__x__topic='/x',
        exclusive_outputs=True)
    assert other.exit_code() == 1
    assert (
        "cannot activate: exclusive_outputs is set, and output 'output' is published by "
        in other.output)
    count = len(heard)
    rig.peer.wait_until(lambda: len(heard) > count + 20, 'outputs of the first')
    rig.wait_for_status(OK)
    numbers = [number for number, _ in heard]
    assert numbers == sorted(numbers)  # none is doubled
    assert_trustworthy(heard)
    assert 'Traceback' not in first.output


def test_a_publisher_that_appears_later_on_the_topic_of_an_output_is_an_error_if_so_wanted(
        rig: Any, tmp_path: Path) -> None:
    node, heard, _ = start_fed(rig, tmp_path, exclusive_outputs=True)
    rig.sender('output', '--first', '1000000', '--value', '5.0')
    rig.wait_for_status(ERROR, "output 'output' is published by /sender as well")
    assert rig.values()['other_writers: output'] == '/sender'
    count = len(heard)
    rig.peer.wait_until(
        lambda: {value for _, value in heard[count:]} == {0.0, 5.0}, 'messages of both')
    assert_trustworthy(heard)
    assert (
        "output 'output': /sender publishes on /output as well; whoever listens gets both"
        in node.output)


# A machine on which nothing can be written.


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """Make a directory in which files can be made, but nothing written into them."""
    directory = tmp_path / 'full'
    directory.mkdir()
    try:
        subprocess.run(
            ['mount', '-t', 'tmpfs', '-o', 'size=4k', 'tmpfs', str(directory)],
            check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f'no file system can be mounted here: {getattr(error, "stderr", error)}')
    try:
        (directory / 'filler').write_bytes(bytes(4096))
        yield directory
    finally:
        subprocess.run(['umount', '--lazy', str(directory)], check=True)


def write_to_full_device() -> None:
    device = os.open('/dev/full', os.O_WRONLY)
    os.dup2(device, 1)
    os.dup2(device, 2)


def write_to_one_who_does_not_read() -> None:
    """Leave stdout and stderr to a full pipe whose reader lives, as one that is suspended."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    try:
        while True:
            os.write(writer, bytes(4096))
    except BlockingIOError:
        os.set_blocking(writer, True)
    os.dup2(writer, 1)
    os.dup2(writer, 2)
    os.dup2(reader, 0)  # where it stays open


def write_to_nobody() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    os.dup2(writer, 1)
    os.dup2(writer, 2)


def assert_silent_node_reacts(rig: Any, directory: Path, **options: Any) -> None:
    """Assert that a node whose log goes nowhere does what it has to do."""
    node, heard, sender = start_fed(
        rig, directory, **{**AGING, 'inputs__x__max_age_ms': 300.0}, **options)
    sender.kill()
    rig.wait_for_status(STALE, 'stale x')
    assert heard[-1] == FALLBACK
    Path(directory / 'model.pt').write_bytes(b'garbage')
    response = rig.peer.call(Trigger, '/node/reload')
    assert not response.success and response.message
    rig.sender('x', '--first', '100000')
    wait_for_outputs(rig, heard, after=100000)
    rig.wait_for_status(OK)
    node.interrupt(signal.SIGTERM)
    assert node.exit_code() == 0
    rig.peer.wait_until(lambda: heard[-1] == FALLBACK, 'the fallback')
    assert longest_repetition(heard) <= 32
    assert_trustworthy(heard)
    assert node.output == ''


def test_a_full_disk_takes_the_log_and_nothing_else(
        rig: Any, tmp_path: Path, full_disk: Path) -> None:
    assert_silent_node_reacts(
        rig, tmp_path, preexec_fn=write_to_full_device,
        environment={'ROS_LOG_DIR': str(full_disk)})
    logs = list(full_disk.glob('*.log'))
    assert logs and not any(log.stat().st_size for log in logs)


def test_an_output_that_nobody_reads_takes_the_log_and_nothing_else(
        rig: Any, tmp_path: Path) -> None:
    assert_silent_node_reacts(rig, tmp_path, preexec_fn=write_to_nobody)


def test_a_reader_of_the_log_that_stalls_does_not_stop_the_node(rig: Any, tmp_path: Path) -> None:
    assert_silent_node_reacts(rig, tmp_path, preexec_fn=write_to_one_who_does_not_read)

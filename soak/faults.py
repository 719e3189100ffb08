# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What goes wrong, and how it is mended again."""

import math
from random import Random
import signal
from time import monotonic, sleep
from typing import Any, Callable, Dict, List

from lifecycle_msgs.srv import ChangeState
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from soak.judge import ANYTHING, OUTPUT
from soak.message import encode, number_of_now
from soak.observer import Observer
from soak.promises import FOREIGN, JOINTS, MAX_AGE_MS
from soak.subject import Cast
from std_srvs.srv import Trigger

# What was under way may still arrive, on a machine that has other things to do as well.
_GRACE_S = 0.5
_BURST_S = 0.5
_FLOOD = 5000
_NONSENSE: List[Any] = [
    ('rate_hz', -1.0), ('rate_hz', math.nan), ('rate_hz', 'fast'), ('rate_hz', 1e12),
    ('inputs.gain.constant', [math.nan]), ('inputs.gain.constant', [1.0, 2.0]),
    ('inputs.gain.constant', 'much'), ('no_such_parameter', 1), ('on_stale', 'skip'),
    ('outputs.command.max', [99.0]), ('inputs.position.max_age_ms', -5.0), ('model_path', '')]


class Faults:
    """Knows how to bring each fault about; when one returns, the node has reason to be well."""

    def __init__(self, observer: Observer, cast: Cast) -> None:
        self._observer = observer
        self._cast = cast
        self._known: Dict[str, Callable[[Random], None]] = {
            'kill_sender': self._kill_sender, 'freeze_sender': self._freeze_sender,
            'not_a_number': lambda random: self._send(random, self._with(random, math.nan)),
            'infinity': lambda random: self._send(
                random, self._with(random, random.choice((math.inf, -math.inf)))),
            'huge': lambda random: self._send(
                random, self._with(random, random.choice((1e30, -1e300, 1.7e308)))),
            'wrong_size': lambda random: self._send(random, _wrong_size),
            'random_bytes': lambda random: self._send(random, _random_bytes),
            'flood': self._flood, 'reload_good': self._reload_good,
            'reload_broken': self._reload_broken, 'reset': self._reset,
            'nonsense_parameters': self._nonsense_parameters, 'deactivate': self._deactivate,
            'terminate_node': self._terminate_node, 'kill_node': self._kill_node,
            'second_publisher': self._second_publisher, 'disable': self._disable}

    @property
    def names(self) -> List[str]:
        """What can go wrong."""
        return list(self._known)

    def bring_about(self, name: str, seed: int) -> None:
        """Do it, and mend it."""
        self._known[name](Random(seed))

    def _kill_sender(self, random: Random) -> None:
        self._cast.signal_sender(signal.SIGKILL)
        self._be_silent(random, 'a killed sender')
        self._cast.start_sender()

    def _freeze_sender(self, random: Random) -> None:
        self._cast.signal_sender(signal.SIGSTOP)
        try:
            self._be_silent(random, 'a frozen sender')
        finally:
            self._cast.signal_sender(signal.SIGCONT)

    def _be_silent(self, random: Random, why: str) -> None:
        with self._observer.ban(OUTPUT, why, after_s=1e-3 * MAX_AGE_MS + _GRACE_S):
            sleep(random.uniform(1.0, 3.0))

    def _send(self, random: Random, make: Callable[[Random], bytes]) -> None:
        """Mix bad messages into the good ones, twice as many as those."""
        publisher = random.choice(self._observer.publishers)
        end_s = monotonic() + _BURST_S
        while monotonic() < end_s:
            publisher.publish(make(random))
            sleep(0.0003)

    def _with(self, random: Random, value: float) -> Callable[[Random], bytes]:
        place = random.randrange(JOINTS)

        def make(random: Random) -> bytes:
            values = [0.0] * JOINTS
            values[place] = value
            return encode([*values, number_of_now()])
        return make

    def _flood(self, random: Random) -> None:
        for _ in range(_FLOOD):
            random.choice(self._observer.publishers).publish(
                encode([*[random.uniform(-1.0, 1.0)] * JOINTS, number_of_now()]))

    def _reload_good(self, random: Random) -> None:
        self._cast.use_model(random.choice(('first', 'second')))
        self._expect(self._observer.call(Trigger, 'reload'), True, 'a good file')

    def _reload_broken(self, random: Random) -> None:
        way = random.choice(('bytes', 'cut', 'stranger', 'gone'))
        content = self._cast.model.read_bytes()
        if way == 'bytes':
            self._cast.model.write_bytes(random.randbytes(5000))
        elif way == 'cut':
            self._cast.model.write_bytes(content[:random.randrange(len(content))])
        elif way == 'gone':
            self._cast.model.unlink()
        else:
            self._cast.use_model('stranger')
        try:
            self._expect(self._observer.call(Trigger, 'reload'), False, f'a broken file ({way})')
        finally:
            self._cast.model.write_bytes(content)

    def _reset(self, random: Random) -> None:
        self._expect(self._observer.call(Trigger, 'reset'), True, 'a reset')

    def _expect(self, answer: Any, success: bool, what: str) -> None:
        if answer is not None and answer.success != success:
            self._observer.complain(
                f'{what} was answered with {answer.success}: {answer.message}')

    def _nonsense_parameters(self, random: Random) -> None:
        for name, value in random.sample(_NONSENSE, 4):
            request = SetParameters.Request(
                parameters=[Parameter(name, value=value).to_parameter_msg()])
            answer = self._observer.call(SetParameters, 'set_parameters', request)
            if answer is not None and (
                    len(answer.results) != 1 or answer.results[0].successful
                    or not answer.results[0].reason):
                self._observer.complain(f'{name}: {value!r} was not refused: {answer.results}')

    def _deactivate(self, random: Random) -> None:
        if not self._change_state('deactivate'):
            return
        with self._observer.ban(ANYTHING, 'an inactive node', after_s=_GRACE_S):
            sleep(random.uniform(0.5, 2.0))
        self._change_state('activate')

    def _change_state(self, label: str) -> bool:
        request = ChangeState.Request()
        request.transition.label = label
        answer = self._observer.call(ChangeState, 'change_state', request)
        if answer is not None and not answer.success:
            self._observer.complain(f'{label} was refused')
        return answer is not None and bool(answer.success)

    def _terminate_node(self, random: Random) -> None:
        code = self._cast.signal_node(random.choice((signal.SIGTERM, signal.SIGINT)))
        if code != 0:
            self._observer.complain(f'the node ended with {code} when it was told to end')
        with self._observer.ban(ANYTHING, 'an ended node', after_s=0.0):
            sleep(_GRACE_S)
        last = self._observer.judge.last
        if last is None or not last.is_fallback:
            self._observer.complain(f'the last thing that was heard is no fallback: {last}')
        self._restart()

    def _kill_node(self, random: Random) -> None:
        self._cast.signal_node(signal.SIGKILL)
        with self._observer.ban(ANYTHING, 'a killed node', after_s=0.0):
            sleep(random.uniform(_GRACE_S, 2.0))
        self._restart()

    def _restart(self) -> None:
        self._observer.expect_start()
        self._cast.start_node()

    def _second_publisher(self, random: Random) -> None:
        publisher = self._observer.intrude()
        try:
            end_s = monotonic() + random.uniform(1.5, 3.0)
            while monotonic() < end_s:
                publisher.publish(encode(FOREIGN))
                sleep(0.01)
            if not self._observer.wait(lambda: 'as well' in self._observer.status, 5.0):
                self._observer.complain(
                    f'diagnostics do not tell of a second publisher: {self._observer.status}')
        finally:
            self._observer.withdraw(publisher)

    def _disable(self, random: Random) -> None:
        self._observer.permit(False)
        try:
            with self._observer.ban(OUTPUT, 'a false on enable_topic', after_s=_GRACE_S):
                sleep(random.uniform(1.0, 2.0))
        finally:
            self._observer.permit(True)


def _wrong_size(random: Random) -> bytes:
    return encode([0.5] * random.choice((0, 1, JOINTS, JOINTS + 2, 1000)))


def _random_bytes(random: Random) -> bytes:
    return random.choice((b'', b'\0\1\0\0', b'\0\7\0\0')) + random.randbytes(random.randrange(100))

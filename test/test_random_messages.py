# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Whatever bytes arrive: the node lives, publishes nothing that is not finite, and goes on."""

from collections import Counter
import math
from pathlib import Path
from random import Random
import struct
from time import time_ns
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from by_hand import BIG_ENDIAN, Bytes, Dimension, Encoding, multi_array, scalar, XCDR2
from dg_pytorch_ros.ages import AgeClock
from dg_pytorch_ros.config.input_config import InputConfig
from dg_pytorch_ros.config.output_config import OutputConfig
from dg_pytorch_ros.config.trust_config import LimitsConfig, TrustConfig
from dg_pytorch_ros.counters import Counters
from dg_pytorch_ros.decoding import choose_decoding
from dg_pytorch_ros.emission import Emission, Outlet
from dg_pytorch_ros.encoding import choose_encoding
from dg_pytorch_ros.errors import EvaluationError, MessageError
from dg_pytorch_ros.evaluation import Evaluation
from dg_pytorch_ros.messages.classes import import_message_class
from dg_pytorch_ros.messages.stamps import read_stamp_ns
from dg_pytorch_ros.offline.node import OfflineNode
from dg_pytorch_ros.topics import Output, Reader, Subscriber
from dg_pytorch_ros.values.limits import Limits
from dg_pytorch_ros.values.slots import Slot
from fault_rig import assert_trustworthy
from hypothesis import given, note, Phase, settings, strategies
from loading import load
import numpy as np
from rclpy.clock import ROSClock
from rclpy.serialization import deserialize_message, serialize_message
import small_models
from std_msgs.msg import Bool
import torch
from torch import Tensor

ROUNDS = 100
MESSAGES_A_ROUND = 1000
MESSAGES_OVER_DDS = 400
LIMIT = 1000.0
FALLBACK = 7.0
MAX_AGE_S = 3600

ENCODINGS = (Encoding(), Encoding(), Encoding(), BIG_ENDIAN, XCDR2, Encoding('>', 4))
NUMBERS = (
    0.0, -0.0, 1.0, -2.5, 1e3, -1e3, 1e-300, 5e-324, 1e38, -1e39, 1e154, -1e300, 1.7e308,
    -1.7e308, math.nan, math.inf, -math.inf)
LENGTHS = (0, 1, 2, 3, 4, 5, 7, 8, 11, 12, 16, 20, 24, 28, 36, 44, 60, 100, 300)
WORDS = (0, 1, 2, 3, 4, 8, 255, 2 ** 16, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1)
OLD, FRESH = 'old', 'fresh'


class Leaky(torch.nn.Module):
    """Remembers, so that whatever gets in once would stay."""

    memory: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer('memory', torch.zeros(2, dtype=torch.float64))

    def forward(self, a: Tensor, b: Tensor, c: Tensor) -> Tuple[Tensor, Tensor]:
        self.memory = 0.5 * self.memory + a
        return self.memory, b * c


class Sent(NamedTuple):
    """Bytes for an input, and what they mean if that is certain."""

    data: bytes
    value: Optional[Sequence[float]] = None
    age: str = FRESH


class Ear:
    """Hears of refusals."""

    def __init__(self) -> None:
        self.refusals: List[EvaluationError] = []

    def on_first_outputs(self, outputs: Any) -> None:
        pass

    def on_refusal(self, error: EvaluationError, reaction: str, *, has_published: bool) -> None:
        self.refusals.append(error)

    def on_recovery(self, refused: int) -> None:
        pass

    def on_overrun(self, duration_ms: float, period_ms: float) -> None:
        pass

    def on_give_up(self, reason: str) -> None:
        raise AssertionError(f'the node would have deactivated: {reason}')


class Input:
    """One input as the node has it, fed by hand."""

    def __init__(self, name: str, type_name: str, size: int, drops: List[MessageError]) -> None:
        self.type_name = type_name
        self.size = size
        self.kind = import_message_class(type_name)
        config = InputConfig(name, name, type_name, age_from='stamp' if size == 3 else 'arrival')
        decoding = choose_decoding(config, import_message_class)
        self.slot = Slot(
            name, dtype='float64', shape=(size,),
            max_age_ns=MAX_AGE_S * 10 ** 9 if decoding.has_stamp else None)
        reader = Reader(
            config, self.slot, decoding.decoder, read_stamp_ns if decoding.has_stamp else None)
        self.subscriber = Subscriber(
            OfflineNode(), [reader], self.kind, ages=AgeClock(ROSClock()),
            on_drop=lambda name, error: drops.append(error))


class Bench:
    """An evaluation of a real module that remembers, all around it as in the node."""

    def __init__(self, directory: Path) -> None:
        self.drops: List[MessageError] = []
        self.ear = Ear()
        self.counters = Counters()
        self.inputs = [
            Input('a', 'std_msgs/msg/Float64MultiArray', 2, self.drops),
            Input('b', 'std_msgs/msg/Float32', 1, self.drops),
            Input('c', 'geometry_msgs/msg/Vector3Stamped', 3, self.drops)]
        self.nodes = [OfflineNode(), OfflineNode()]
        self.model = load(Leaky(), directory)
        self.model.bind(['a', 'b', 'c'], ['float64'] * 3, ['u', 'v'])
        ages = AgeClock(ROSClock())
        emission = Emission(
            [self._outlet(name, node) for name, node in zip('uv', self.nodes)],
            now_ns=ages.now_ns, period_s=0.001)
        self.evaluation = Evaluation(
            self.model, [item.slot for item in self.inputs],
            slots=[item.slot for item in self.inputs],
            polled=[item.subscriber for item in self.inputs], emission=emission,
            trust=TrustConfig(
                on_stale='fallback', on_nonfinite='hold', on_error='fallback', max_failures=0),
            observer=self.ear, counters=self.counters, now_ns=ages.now_ns,
            publish_duration_ms=lambda duration_ms: None)
        with self.model.mode():
            self.evaluation.prepare([np.zeros(2), np.zeros(1), np.zeros(3)])
        self.evaluation.begin()

    def _outlet(self, name: str, node: OfflineNode) -> Outlet:
        limits = LimitsConfig(minimum=(-LIMIT,), maximum=(LIMIT,), fallback=(FALLBACK,))
        config = OutputConfig(name, name, limits=limits)
        encoding = choose_encoding(config, import_message_class, serialize_message)
        output = Output(
            node, config, import_message_class(config.message_type), encoding.encoder)
        return Outlet(output, Limits(limits, fade_in=False))


class Oracle:
    """Says in plain Python what must come out."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._values: List[Any] = [None, None, None]
        self._is_old = False
        self._memory = np.zeros(2)
        self._last: Optional[List[List[float]]] = None

    def take_over(self, index: int, sent: Sent) -> None:
        """Learn what an input holds by now."""
        self._values[index] = np.array(sent.value)
        if index == 2:
            self._is_old = sent.age == OLD

    def take_from_slot(self, index: int) -> None:
        """Learn it where the bytes alone do not tell."""
        slot = self._bench.inputs[index].slot
        self._values[index] = np.array(slot.value, 'float64')
        if index == 2:
            self._is_old = slot.is_stale(AgeClock(ROSClock()).now_ns())

    def outputs(self) -> Optional[List[List[float]]]:
        """Return what is to be published in this tick; None if nothing is."""
        if self._is_old:
            self._last = [[FALLBACK] * 2, [FALLBACK] * 3]
            return self._last
        if any(value is None for value in self._values):
            return None
        with np.errstate(all='ignore'):
            a, b, c = self._values
            memory, product = 0.5 * self._memory + a, b * c
        if not all(np.isfinite(value).all() for value in (a, b, c, memory, product)):
            return self._last
        self._memory = memory
        self._last = [
            np.clip(memory, -LIMIT, LIMIT).tolist(), np.clip(product, -LIMIT, LIMIT).tolist()]
        return self._last


class Fuzz:
    """Makes messages: any bytes, right ones, and right ones that were tampered with."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.counts: 'Counter[str]' = Counter()

    def message(self, item: Input) -> Sent:
        """Return a message for an input."""
        ways = (
            self._any_bytes, self._any_content, self._right, self._right, self._of_wrong_size,
            self._cut_off, self._flipped, self._with_words, self._longer, self._laid_out)
        way = self.random.choice(ways)
        self.counts[way.__name__] += 1
        return way(item)

    def clean(self, item: Input) -> Sent:
        """Return a message that nobody could object to."""
        numbers = [float(self.random.randrange(-9, 9)) for _ in range(item.size)]
        return Sent(self._encode(item, numbers, Encoding(), FRESH), numbers)

    def _any_bytes(self, item: Input) -> Sent:
        return Sent(self.random.randbytes(self.random.choice(LENGTHS)))

    def _any_content(self, item: Input) -> Sent:
        head = bytes([0, self.random.choice((0, 1, 1, 1, 6, 7, 10)), 0, 0])
        return Sent(head + self.random.randbytes(self.random.choice(LENGTHS)))

    def _right(self, item: Input) -> Sent:
        numbers = self._numbers(item.size)
        if item.size == 1:
            with np.errstate(all='ignore'):
                numbers = np.array(numbers, 'float32').astype('float64').tolist()
        age = self.random.choice((FRESH, FRESH, FRESH, OLD)) if item.size == 3 else FRESH
        return Sent(self._encode(item, numbers, self.random.choice(ENCODINGS), age), numbers, age)

    def _of_wrong_size(self, item: Input) -> Sent:
        sizes = (0, 1, 3, 4, 100) if item.size == 2 else (0, 7)
        numbers = self._numbers(self.random.choice(sizes))
        return Sent(multi_array([], 0, np.array(numbers), self.random.choice(ENCODINGS)))

    def _cut_off(self, item: Input) -> Sent:
        data = self._right(item).data
        return Sent(data[:self.random.randrange(len(data))])

    def _longer(self, item: Input) -> Sent:
        return Sent(self._right(item).data + self.random.randbytes(self.random.choice(LENGTHS)))

    def _flipped(self, item: Input) -> Sent:
        data = bytearray(self._right(item).data)
        for _ in range(self.random.choice((1, 1, 2, 4))):
            data[self.random.randrange(len(data))] ^= 1 << self.random.randrange(8)
        return Sent(bytes(data))

    def _with_words(self, item: Input) -> Sent:
        """Where the lengths stand, in particular."""
        data = bytearray(self._right(item).data)
        place = 4 * self.random.randrange(1, max(2, len(data) // 4))
        data[place:place + 4] = struct.pack('<I', self.random.choice(WORDS))
        return Sent(bytes(data))

    def _laid_out(self, item: Input) -> Sent:
        dimensions = [
            Dimension('d' * self.random.randrange(9), *self.random.choices(WORDS, k=2))
            for _ in range(self.random.randrange(4))]
        return Sent(multi_array(
            dimensions, self.random.choice((0, 0, 1, 2 ** 32 - 1)), np.array(self._numbers(2)),
            self.random.choice(ENCODINGS)))

    def _numbers(self, size: int) -> List[float]:
        if self.random.random() < 0.5:
            return [self.random.gauss(0.0, 100.0) for _ in range(size)]
        return [self.random.choice(NUMBERS) for _ in range(size)]

    def _encode(
        self, item: Input, numbers: Sequence[float], encoding: Encoding, age: str
    ) -> bytes:
        with np.errstate(all='ignore'):
            if item.size == 1:
                return scalar(np.array(numbers, 'float32'), encoding)
            if item.size == 2:
                return multi_array([], 0, np.array(numbers), encoding)
        return self._stamped(numbers, encoding, age)

    def _stamped(self, numbers: Sequence[float], encoding: Encoding, age: str) -> bytes:
        now_s = time_ns() // 10 ** 9
        ago_s = self.random.choice((2 * MAX_AGE_S, now_s, now_s + 2 ** 31)) if age == OLD else (
            self.random.choice((0, 10, now_s + 1 - 2 ** 31)))
        written = Bytes(encoding)
        written.numbers(np.array([now_s - ago_s], 'int32'))
        written.uint32(self.random.choice((0, 999_999_999)))
        written.string('f' * self.random.randrange(9))
        written.numbers(np.array(numbers))
        return written.message()


def middleware_reads(item: Input, data: bytes) -> Optional[List[float]]:
    """Return what the middleware makes of the bytes; None if it refuses, or where it is less."""
    try:
        message = deserialize_message(data, item.kind)
    except Exception:  # noqa: B902: of whatever kind the middleware raises
        return None
    if item.size == 1:
        return [message.data]
    if item.size == 2:
        plain = len(message.layout.dim) < 2 and not message.layout.data_offset
        return list(message.data) if plain else None
    return [message.vector.x, message.vector.y, message.vector.z]


def numbers_of(message: bytes, size: int) -> List[float]:
    """Read the numbers at the end of a message that was published."""
    assert message[:4] == b'\0\1\0\0' and (len(message) - 8 * size) > 0
    return list(struct.unpack(f'<{size}d', message[-8 * size:]))


def assert_same(values: Any, others: Any) -> None:
    assert np.array_equal(np.asarray(values), np.asarray(others), equal_nan=True), (values, others)


class Round:
    """A thousand messages, one a tick, and clean ones at the end."""

    def __init__(self, bench: Bench, seed: int) -> None:
        self._bench = bench
        self._fuzz = Fuzz(seed)
        self._oracle = Oracle(bench)
        self.accepted: 'Counter[bool]' = Counter()
        bench.evaluation.begin()
        for item in bench.inputs:
            item.subscriber.forget()

    def run(self, count: int) -> None:
        for _ in range(count):
            index = self._fuzz.random.randrange(3)
            self._try(index, self._fuzz.message(self._bench.inputs[index]))
        for index, item in enumerate(self._bench.inputs):
            self._try(index, self._fuzz.clean(item))
        assert self._bench.counters.refusals['failed evaluation'] == 0
        # Afterwards the outputs are those of the clean messages.
        assert not self._tick_refused()
        self._compare()

    def _try(self, index: int, sent: Sent) -> None:
        bench, item = self._bench, self._bench.inputs[index]
        note(f'{item.type_name}: {sent.data.hex()}')
        before, dropped = item.slot.value, len(bench.drops)
        item.subscriber.subscription.receive(sent.data, time_ns())
        self._tick_refused()
        assert not item.subscriber.subscription.waiting, 'the message was not taken'
        is_dropped = len(bench.drops) > dropped
        self.accepted[not is_dropped] += 1
        if is_dropped:
            assert sent.value is None, f'dropped, but right: {bench.drops[-1]}'
            assert item.slot.value is before
        elif sent.value is not None:
            assert_same(item.slot.value, sent.value)
            self._oracle.take_over(index, sent)
        else:
            read = middleware_reads(item, sent.data)
            assert read is None or np.array_equal(
                np.ravel(item.slot.value), read, equal_nan=True), (item.slot.value, read)
            self._oracle.take_from_slot(index)
        self._compare()

    def _tick_refused(self) -> bool:
        refused = len(self._bench.ear.refusals)
        self._bench.evaluation.tick()
        return len(self._bench.ear.refusals) > refused

    def _compare(self) -> None:
        expected = self._oracle.outputs()
        for position, (node, size) in enumerate(zip(self._bench.nodes, (2, 3))):
            published = [numbers_of(sent.data, size) for sent in node.published]
            node.published.clear()
            for numbers in published:
                assert all(map(math.isfinite, numbers))
            assert published == ([] if expected is None else [expected[position]])


def test_a_hundred_thousand_messages_end_nothing_and_bring_out_nothing_wrong(
    tmp_path: Path
) -> None:
    bench = Bench(tmp_path)
    accepted: 'Counter[bool]' = Counter()

    # Smaller numbers make no simpler rounds.
    @settings(max_examples=ROUNDS, phases=[Phase.generate])
    @given(strategies.integers(0, 2 ** 64))
    def check(seed: int) -> None:
        with bench.model.mode():
            one = Round(bench, seed)
            one.run(MESSAGES_A_ROUND)
        accepted.update(one.accepted)
    check()
    tried = accepted[True] + accepted[False]
    assert tried >= ROUNDS * MESSAGES_A_ROUND
    assert tried == accepted[True] + len(bench.drops)
    # Neither all refused, nor all taken.
    assert min(accepted.values()) > 0.2 * tried
    assert all(len(str(error).splitlines()) == 1 for error in bench.drops)


def test_random_bytes_over_the_wire_leave_a_node_that_answers(rig: Any, tmp_path: Path) -> None:
    node = rig.start(
        small_models.save(small_models.Identity(), tmp_path), trigger='message',
        inputs__x__qos__reliability='reliable', inputs__x__qos__depth=1000, inputs__x__shape=[2],
        enable_topic='enable', max_failures=0, outputs__output__fallback=[FALLBACK] * 2)
    heard = rig.listen()
    enable = rig.peer.publisher('enable', Bool)
    publisher = rig.peer.publisher('x')
    fuzz, item = Fuzz(1), Input('a', 'std_msgs/msg/Float64MultiArray', 2, [])

    def answers(*numbers: float) -> bool:
        enable.publish(Bool(data=True))  # again and again: what comes before activation is lost
        return list(numbers) in list(heard)
    rig.peer.send_until(lambda: answers(1.0, 2.0), x=[1.0, 2.0])
    for index in range(MESSAGES_OVER_DDS):
        publisher.publish(fuzz.message(item).data)
        if index % 8 == 0:
            enable.publish(fuzz.random.randbytes(index // 8 % 6))  # longer ones cannot be sent
    rig.peer.send_until(lambda: answers(3.0, 4.0), x=[3.0, 4.0])
    rig.peer.wait_until(
        lambda: handled(rig.values()) >= MESSAGES_OVER_DDS, lambda: f'all; {rig.values()}')
    assert 0 < dropped(rig.values())
    assert_trustworthy(heard)
    node.interrupt()
    assert node.exit_code() == 0


def dropped(values: Dict[str, str]) -> int:
    return sum(int(count) for key, count in values.items() if key.startswith('dropped: x'))


def handled(values: Dict[str, str]) -> int:
    """Return how many messages to x became an evaluation, a refusal of one, or were dropped."""
    refused = sum(int(count) for key, count in values.items() if key.startswith('guard: '))
    return dropped(values) + int(values.get('evaluations', 0)) + refused

# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""An evaluation without ROS and torch: its model, topics and time do what the test says."""

from contextlib import nullcontext
from typing import Any, Callable, ContextManager, List, NamedTuple, Optional, Sequence, Tuple

from dg_pytorch_ros.config.scaling_config import ScalingConfig
from dg_pytorch_ros.config.trust_config import LimitsConfig, TrustConfig
from dg_pytorch_ros.contract import Argument, Result, Signature
from dg_pytorch_ros.counters import Counters
from dg_pytorch_ros.emission import Emission, Outlet
from dg_pytorch_ros.errors import ContractError, EvaluationError
from dg_pytorch_ros.evaluation import Evaluation, Feedback
from dg_pytorch_ros.model import Array, ModelDescription, WarmUp
from dg_pytorch_ros.values.history import History
from dg_pytorch_ros.values.limits import Limits
from dg_pytorch_ros.values.scaling import Scaling
from dg_pytorch_ros.values.slots import Slot
from dg_pytorch_ros.values.value_source import ValueSource
import numpy as np

MS_NS = 1_000_000
# Twice nothing that a test sends.
FALLBACKS = [[-7.0], [-8.0]]


class Time:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now_ns = 1000 * MS_NS

    def __call__(self) -> int:
        return self.now_ns

    def pass_ms(self, milliseconds: float) -> None:
        self.now_ns += round(milliseconds * MS_NS)


class Doubler:
    """A model that gives twice its first two inputs, unless it is told otherwise."""

    signature = Signature((Argument('x'), Argument('y')), Result('Tensor'))
    description = ModelDescription('model.pt', '', 'fake', 0, None, False)

    def __init__(self, events: List[str], time: Time) -> None:
        self.warm_up: Optional[WarmUp] = None
        self.runs: List[List[Any]] = []
        self.gives: Optional[List[Array]] = None
        self.raises: Optional[BaseException] = None
        self.refuses: Optional[ContractError] = None
        self.takes_ms = 1.0
        self.memory = 0
        self._memory_before = 0
        self._events = events
        self._time = time

    def input_dtype(self, index: int, message_dtype: str) -> str:
        return message_dtype

    def bind(
        self, input_names: Sequence[str], dtypes: Sequence[str], output_names: Sequence[str]
    ) -> None:
        pass

    def mode(self) -> ContextManager[None]:
        return nullcontext()

    def prepare(self, values: Sequence[Array]) -> Sequence[Array]:
        self._events.append('prepare')
        if self.refuses is not None:
            raise self.refuses
        self.warm_up = WarmUp(3, 1.0, 1.0)
        return [2 * value for value in values[:2]]

    def run(self, values: Sequence[Array]) -> Sequence[Array]:
        self._events.append('run')
        self.runs.append([value.tolist() for value in values])
        self._time.pass_ms(self.takes_ms)
        self._memory_before = self.memory
        self.memory += 1
        if self.raises is not None:
            raise self.raises
        return [2 * value for value in values[:2]] if self.gives is None else self.gives

    def undo(self) -> None:
        self._events.append('undo')
        self.memory = self._memory_before

    def reset(self) -> None:
        self._events.append('reset')
        self.memory = 0


class Inbox:
    """A source whose newest message waits until it is taken."""

    def __init__(self, slot: Slot, events: List[str], time: Time) -> None:
        self.slot = slot
        self._events = events
        self._time = time
        self._newest: Optional[Tuple[Array, int]] = None

    def put(self, value: Any) -> None:
        self._newest = np.array(value), self._time.now_ns

    def take_newest(self) -> None:
        self._events.append(f'take {self.slot.name}')
        if self._newest is not None:
            self.slot.receive(*self._newest)
            self._newest = None

    def forget(self) -> None:
        self._newest = None
        self.slot.forget(self._time.now_ns)


class Outbox:
    """A sink that keeps what is published."""

    def __init__(self, name: str, events: List[str]) -> None:
        self.published: List[Any] = []
        self.cannot_encode = False
        self.cannot_ever = False
        self.name = name
        self._events = events

    def check(self, value: Array) -> None:
        if self.cannot_ever:
            raise ContractError(f'output {self.name!r} is not for this topic')

    def encode(self, value: Array) -> Any:
        if self.cannot_encode:
            raise EvaluationError(f'output {self.name!r} does not fit')
        return value.tolist()

    def stamp(self, message: Any) -> Any:
        return message

    def publish(self, message: Any) -> None:
        self._events.append(f'publish {self.name}')
        self.published.append(message)


class Refusal(NamedTuple):
    """What an observer hears of outputs that are not there."""

    text: str
    cause: str
    reaction: str
    has_published: bool


class Observer:
    """Keeps what it hears."""

    def __init__(self, events: List[str]) -> None:
        self.first_outputs: List[List[Any]] = []
        self.refusals: List[Refusal] = []
        self.recoveries: List[int] = []
        self.overruns_ms: List[Tuple[float, float]] = []
        self.reasons: List[str] = []
        self._events = events

    def on_first_outputs(self, outputs: Sequence[Array]) -> None:
        self._events.append('first outputs')
        self.first_outputs.append([output.tolist() for output in outputs])

    def on_refusal(
        self, error: EvaluationError, reaction: str, *, has_published: bool
    ) -> None:
        self.refusals.append(Refusal(str(error), error.cause, reaction, has_published))

    def on_recovery(self, refused: int) -> None:
        self.recoveries.append(refused)

    def on_overrun(self, duration_ms: float, period_ms: float) -> None:
        self.overruns_ms.append((duration_ms, period_ms))

    def on_give_up(self, reason: str) -> None:
        self.reasons.append(reason)


class Rig:
    """
    An evaluation of the inputs x and y and the outputs a and b, and everything that it touches.

    With `fed_back`, two more inputs are what a and b were. `arrange` makes of the slots what the
    model is given. `enable_topic` among the settings of trust brings the slot of the permission
    to act.
    """

    def __init__(
        self, *, is_warm: bool = True, x_max_age_ms: Optional[int] = None,
        y_max_age_ms: Optional[int] = None, has_fallbacks: bool = False, fed_back: bool = False,
        a_maximum: Optional[float] = None, a_scale: Optional[float] = None,
        fade_in_s: float = 0.0, period_s: Optional[float] = None,
        arrange: Callable[[List[Slot]], Sequence[ValueSource]] = list, **trust: Any
    ) -> None:
        self.events: List[str] = []
        self.time = Time()
        self.durations_ms: List[float] = []
        self.counters = Counters()
        self.observer = Observer(self.events)
        self.model = Doubler(self.events, self.time)
        self.x, self.y = self._inbox('x', x_max_age_ms), self._inbox('y', y_max_age_ms)
        slots_fed_back = [
            Slot(name, dtype='float64', initial=np.array([0.5]))
            for name in ('last_a', 'last_b') if fed_back]
        self.slots = [self.x.slot, self.y.slot, *slots_fed_back]
        self.enable = self._inbox('enable', trust.get('enable_max_age_ms'), dtype='bool')
        self.outboxes = [Outbox(name, self.events) for name in ('a', 'b')]
        maxima = None if a_maximum is None else (a_maximum,), None
        scales = None if a_scale is None else (a_scale,), None
        self.emission = Emission(
            [Outlet(outbox, Limits(
                LimitsConfig(maximum=maximum, fallback=tuple(numbers) if has_fallbacks else None),
                fade_in=fade_in_s > 0.0), scaling=Scaling(ScalingConfig(scale)))
             for outbox, maximum, scale, numbers in zip(
                 self.outboxes, maxima, scales, FALLBACKS)],
            now_ns=self.time, fade_in_s=fade_in_s, period_s=period_s)
        is_guarded = 'enable_topic' in trust
        inputs = arrange(self.slots)
        self.evaluation = Evaluation(
            self.model, inputs, slots=self.slots, emission=self.emission,
            trust=TrustConfig(**trust),
            polled=[self.x, self.y, *([self.enable] if is_guarded else [])],
            observer=self.observer, counters=self.counters, now_ns=self.time,
            publish_duration_ms=self._on_duration,
            feedback=[Feedback(slot, index) for index, slot in enumerate(slots_fed_back)],
            histories=[item for item in inputs if isinstance(item, History)],
            enable=self.enable.slot if is_guarded else None, duration_clock_ns=self.time)
        if is_warm:
            self.evaluation.prepare([np.zeros(1) for _ in self.slots])
        self.begin()

    def begin(self) -> None:
        """Activate: nothing that came before counts."""
        for inbox in (self.x, self.y, self.enable):
            inbox.forget()
        self.evaluation.begin()

    def receive(self, x: float = 1.0, y: float = 2.0) -> None:
        """Have a message arrive for each input."""
        self.x.put([x])
        self.y.put([y])

    def tick(self) -> List[str]:
        """Tick once; return what happened, in order."""
        self.events.clear()
        self.evaluation.tick()
        return list(self.events)

    def tick_publishes(self) -> Any:
        """Tick once; return what was published on each topic, None if nothing."""
        return self._published_by(self.evaluation.tick)

    def look_publishes(self) -> Any:
        """Look once; return what was published on each topic, None if nothing."""
        return self._published_by(self.evaluation.look)

    @property
    def published(self) -> List[List[Any]]:
        return [outbox.published for outbox in self.outboxes]

    @property
    def fed_back(self) -> List[Any]:
        """What the next evaluation gets of the outputs."""
        values = [slot.value for slot in self.slots[2:]]
        return [None if value is None else value.tolist() for value in values]

    @property
    def last_refusal(self) -> Refusal:
        return self.observer.refusals[-1]

    def _inbox(
        self, name: str, max_age_ms: Optional[int], *, dtype: str = 'float64'
    ) -> Inbox:
        max_age_ns = None if max_age_ms is None else max_age_ms * MS_NS
        slot = Slot(name, dtype=dtype, max_age_ns=max_age_ns)
        return Inbox(slot, self.events, self.time)

    def _published_by(self, work: Any) -> Any:
        counts = [len(published) for published in self.published]
        work()
        new = [published[count:] for published, count in zip(self.published, counts)]
        assert len({len(messages) for messages in new}) == 1, 'all outputs or none'
        if not new[0]:
            return None
        (first,), (second,) = new
        return [first, second]

    def _on_duration(self, duration_ms: float) -> None:
        self.events.append('publish duration')
        self.durations_ms.append(duration_ms)

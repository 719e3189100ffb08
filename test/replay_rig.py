# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Recordings made by hand, and the replay of a model that the test writes down."""

from contextlib import contextmanager
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple

from dg_pytorch_ros.config.input_config import InputConfig
from dg_pytorch_ros.config.node_config import NodeConfig
from dg_pytorch_ros.config.output_config import OutputConfig
from dg_pytorch_ros.config.topic_config import QosConfig
from dg_pytorch_ros.config.trust_config import LimitsConfig
from dg_pytorch_ros.contract import Argument, Result, Signature
from dg_pytorch_ros.model import Array, ModelDescription, WarmUp
from dg_pytorch_ros.replay.event_log import Event
from dg_pytorch_ros.replay.replay import Published, Recorded, Replay
from messages_at_random import import_class
import numpy as np
from rclpy.serialization import deserialize_message, serialize_message

FLOATS = 'std_msgs/msg/Float64MultiArray'
TWIST = 'geometry_msgs/msg/TwistStamped'
CLOCK = 'rosgraph_msgs/msg/Clock'
BOOL = 'std_msgs/msg/Bool'
MS_NS = 1_000_000
# A time at which recordings are made.
T0_NS = 1_700_000_000 * 10 ** 9

Function = Callable[..., Any]


class Written:
    """A model whose forward the test writes: of numbers, or of the arrays if it wants them."""

    description = ModelDescription('model.pt', '', 'written', 0, None, False)

    def __init__(self, forward: Function, names: Sequence[str]) -> None:
        self.signature = Signature(
            tuple(Argument(name) for name in names), Result('Tensor'))
        self.warm_up: Optional[WarmUp] = None
        self.modes = 0
        self.runs: List[List[Any]] = []
        self.resets = 0
        self.undone = 0
        self._forward = forward

    def input_dtype(self, index: int, message_dtype: str) -> str:
        return message_dtype

    def bind(
        self, input_names: Sequence[str], dtypes: Sequence[str], output_names: Sequence[str]
    ) -> None:
        pass

    @contextmanager
    def mode(self) -> Iterator[None]:
        self.modes += 1
        yield
        self.modes -= 1

    def prepare(self, values: Sequence[Array]) -> Sequence[Array]:
        assert self.modes == 1
        self.warm_up = WarmUp(3, 1.0, 1.0)
        return self._outputs(values)

    def run(self, values: Sequence[Array]) -> Sequence[Array]:
        assert self.modes == 1
        self.runs.append([value.tolist() for value in values])
        return self._outputs(values)

    def undo(self) -> None:
        self.undone += 1

    def reset(self) -> None:
        assert self.modes == 1
        self.resets += 1

    def _outputs(self, values: Sequence[Array]) -> List[Array]:
        return [np.array(self._forward(*values), 'float64').reshape(-1)]


def serialized(message: Any) -> bytes:
    return bytes(serialize_message(message))


def floats(*numbers: float) -> bytes:
    return serialized(import_class(FLOATS)(data=list(numbers)))


def twist(number: float, stamp_ns: int) -> bytes:
    message = import_class(TWIST)()
    message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp_ns, 10 ** 9)
    message.twist.linear.x = number
    return serialized(message)


def clock(time_ns: int) -> bytes:
    message = import_class(CLOCK)()
    message.clock.sec, message.clock.nanosec = divmod(time_ns, 10 ** 9)
    return serialized(message)


def at(milliseconds: float, topic: str, *numbers: float) -> Recorded:
    """Record numbers so long after the beginning."""
    return Recorded(topic, FLOATS, T0_NS + round(milliseconds * MS_NS), floats(*numbers))


def enable(milliseconds: float, permission: bool) -> Recorded:
    """Record a permission to act, or its withdrawal."""
    return Recorded(
        '/enable', BOOL, T0_NS + round(milliseconds * MS_NS),
        serialized(import_class(BOOL)(data=permission)))


def tick_of_clock(milliseconds: float, seconds: float) -> Recorded:
    """Record a time of the simulation."""
    return Recorded(
        '/clock', CLOCK, T0_NS + round(milliseconds * MS_NS), clock(round(seconds * 10 ** 9)))


def x_input(
    name: str = 'x', *, depth: int = 1, durability: str = 'volatile', **fields: Any
) -> InputConfig:
    qos = QosConfig('reliable', durability, depth)
    return InputConfig(name, topic=fields.pop('topic', name), qos=qos, **fields)


def y_output(fallback: Optional[float] = None, **fields: Any) -> OutputConfig:
    limits: Dict[str, Tuple[float, ...]] = {
        name: (fields.pop(name),) for name in ('maximum', 'max_rate') if name in fields}
    if fallback is not None:
        limits['fallback'] = (fallback,)
    return OutputConfig('y', topic='y', limits=LimitsConfig(**limits), **fields)


def in_ms(time_ns: int) -> float:
    """Return a time in milliseconds since the beginning."""
    return (time_ns - T0_NS) / MS_NS


class Bench:
    """A replay of one output, and what comes of it."""

    def __init__(
        self, forward: Function, *inputs: InputConfig, output: Optional[OutputConfig] = None,
        trigger: str = 'timer', options: Optional[Dict[str, Any]] = None, **settings: Any
    ) -> None:
        self.events: List[Event] = []
        self.model = Written(forward, [config.name for config in inputs])
        config = NodeConfig(
            inputs, (output or y_output(),), trigger, **settings)  # type: ignore[arg-type]
        self.kind = import_class(config.outputs[0].message_type)
        self.replay = Replay(config, self.model, on_event=self.events.append, **options or {})

    def published(self, messages: Iterable[Recorded], **span: Any) -> List[Published]:
        return list(self.replay.run(messages, **span))

    def run(self, *messages: Recorded, **span: Any) -> List[Tuple[float, List[float]]]:
        """Return when what was published, in milliseconds since the beginning."""
        return [
            (in_ms(published.time_ns), self.deserialize(published).data.tolist())
            for published in self.published(messages, **span)]

    def deserialize(self, published: Published) -> Any:
        return deserialize_message(published.data, self.kind)

    @property
    def counters(self) -> Any:
        return self.replay.circuit.counters

    @property
    def said(self) -> List[Tuple[float, str]]:
        """When what was said, in milliseconds since the beginning."""
        return [(in_ms(event.time_ns), event.text) for event in self.events]

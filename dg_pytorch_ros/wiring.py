# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The inputs and outputs of a configuration, made real on a node."""

from functools import partial
from typing import Any, Callable, Dict, List, Optional, Tuple

from dg_pytorch_ros.ages import Ages
from dg_pytorch_ros.config.input_config import InputConfig
from dg_pytorch_ros.config.node_config import NodeConfig
from dg_pytorch_ros.config.output_config import OutputConfig
from dg_pytorch_ros.config.topic_config import QosConfig
from dg_pytorch_ros.config.trust_config import TrustConfig
from dg_pytorch_ros.decoding import choose_decoding
from dg_pytorch_ros.emission import Outlet
from dg_pytorch_ros.encoding import choose_encoding, Encoding
from dg_pytorch_ros.errors import about, ConfigError, MessageError, Problems
from dg_pytorch_ros.evaluation import Feedback
from dg_pytorch_ros.inputs import Input, Leaf, make_input, make_leaf
from dg_pytorch_ros.messages.classes import import_message_class
from dg_pytorch_ros.messages.stamps import read_stamp_ns
from dg_pytorch_ros.model import Array, Model
from dg_pytorch_ros.topics import Output, Reader, Subscriber
from dg_pytorch_ros.values.fade_start import FadeStart, order_by_name
from dg_pytorch_ros.values.history import History
from dg_pytorch_ros.values.limits import Limits
from dg_pytorch_ros.values.scaling import Scaling
from dg_pytorch_ros.values.slots import Slot
from rclpy.exceptions import InvalidTopicNameException
from rclpy.node import Node
from rclpy.serialization import serialize_message

_Topic = Tuple[str, str, QosConfig]


class Wiring:
    """All inputs and outputs; what was made is destroyed again by `close`."""

    def __init__(
        self, node: Node, config: NodeConfig, model: Model, *, ages: Ages,
        on_drop: Callable[[str, MessageError], None],
        serialize: Callable[[Any], bytes] = serialize_message
    ) -> None:
        self._node = node
        self._ages = ages
        self._on_drop = on_drop
        self._stamp_sources = {output.stamp_from for output in config.outputs}
        self.inputs: List[Input] = []
        self.inlets: List[Subscriber] = []
        self.outputs: List[Output] = []
        self.outlets: List[Outlet] = []
        self.enable: Optional[Subscriber] = None
        problems = Problems()
        try:
            for index, input_config in enumerate(config.inputs):
                with problems.gathered():
                    self.inputs.append(make_input(
                        input_config, model.signature.arguments[index], config.outputs,
                        input_dtype=partial(model.input_dtype, index)))
            encodings = [
                problems.attempt(_encoding, output, serialize)
                for output in config.outputs]
            problems.attempt(self._check_topics, config)
            problems.raise_any()  # before the middleware is given what it cannot take
            for leaves in self._leaves_by_topic().values():
                with problems.gathered():
                    self.inlets.append(self._subscribe(leaves))
            for output_config, encoding in zip(config.outputs, filter(None, encodings)):
                with problems.gathered():
                    self.outputs.append(self._make_output(output_config, encoding))
                    self.outlets.append(self._make_outlet(
                        self.outputs[-1], fade_in=config.trust.fade_in_s > 0.0))
            if config.trust.enable_topic:
                self.enable = problems.attempt(self._make_enable, config.trust)
            problems.raise_any()
        except BaseException:
            self.close()
            raise

    @property
    def leaves(self) -> List[Leaf]:
        """The inputs, and instead of those that have parts their parts."""
        return [leaf for item in self.inputs for leaf in item.leaves]

    @property
    def slots(self) -> List[Slot]:
        """The slots of the leaves."""
        return [leaf.slot for leaf in self.leaves]

    @property
    def histories(self) -> List[History]:
        """The inputs that remember values of the evaluations before."""
        return [item.source for item in self.inputs if isinstance(item.source, History)]

    @property
    def subscribers(self) -> List[Subscriber]:
        """The subscribed inputs, and the permission to act if there must be one."""
        return self.inlets if self.enable is None else [*self.inlets, self.enable]

    @property
    def aging_slots(self) -> List[Slot]:
        """The slots whose values may become too old."""
        return [
            slot for subscriber in self.subscribers for slot in subscriber.slots
            if slot.max_age_ns is not None]

    def feedback(self) -> List[Feedback]:
        """Return the inputs that get an output of the last evaluation."""
        names = [output.name for output in self.outputs]
        return [
            Feedback(leaf.slot, names.index(leaf.config.feedback))
            for leaf in self.leaves if leaf.config.feedback]

    def bind(self, model: Model) -> None:
        """Make a model take these inputs and give these outputs."""
        model.bind(
            [item.config.name for item in self.inputs], [item.dtype for item in self.inputs],
            [output.config.name for output in self.outputs])

    def samples(self) -> Optional[List[Array]]:
        """Return values to try a model on, or None while some input's shape is not known."""
        samples = [item.source.sample() for item in self.inputs]
        known = [sample for sample in samples if sample is not None]
        return known if len(known) == len(samples) else None

    def slot(self, name: str) -> Slot:
        """Return the slot of an input, or of a part of one."""
        for slot in self.slots:
            if slot.name == name:
                return slot
        raise ConfigError(f'there is no input {name!r} at present')

    def close(self) -> None:
        """Destroy the subscriptions and publishers."""
        for subscriber in self.subscribers:
            self._node.destroy_subscription(subscriber.subscription)
        for output in self.outputs:
            self._node.destroy_publisher(output.publisher)

    def _leaves_by_topic(self) -> Dict[_Topic, List[Leaf]]:
        """Return which leaves share a subscription, and so each message."""
        shared: Dict[_Topic, List[Leaf]] = {}
        for item in self.inputs:
            for leaf in item.leaves:
                if leaf.decoding is not None:
                    topic = self._resolve(leaf.config.topic)
                    key = topic, leaf.config.message_type, leaf.config.qos
                    shared.setdefault(key, []).append(leaf)
        return shared

    def _resolve(self, topic: str) -> str:
        """Return a topic's full name, after remapping."""
        try:
            return str(self._node.resolve_topic_name(topic))
        except (InvalidTopicNameException, RuntimeError, ValueError):
            # Creating its end will say so.
            return topic

    def _check_topics(self, config: NodeConfig) -> None:
        """Refuse what could not keep apart, or share, the messages of a topic."""
        problems = Problems()
        for item in config.inputs:
            problems.attempt(self._check_agreement, item)
        owners: Dict[str, str] = {}
        for output in config.outputs:
            other = owners.setdefault(self._resolve(output.topic), output.name)
            if other != output.name:
                problems.add(ConfigError(
                    f'outputs {other!r} and {output.name!r} have the same topic, '
                    f'{self._resolve(output.topic)!r}; give one of them another '
                    'outputs.NAME.topic'))
        problems.raise_any()

    def _check_agreement(self, config: InputConfig) -> None:
        """Refuse parts of one topic that could not get the same message."""
        problems = Problems()
        first: Dict[str, InputConfig] = {}
        for part in config.parts:
            if not part.subscribed:
                continue
            other = first.setdefault(self._resolve(part.topic), part)
            for what, one, two in (
                    ('type', other.message_type, part.message_type),
                    ('qos', other.qos, part.qos)):
                if one != two:
                    problems.add(ConfigError(
                        f'input {config.name!r}: {other.name} and {part.name} are both '
                        f'from {part.topic}, but their {what} differs: {one} and {two}'))
        problems.raise_any()

    def _subscribe(self, leaves: List[Leaf]) -> Subscriber:
        return Subscriber(
            self._node, [self._reader(leaf) for leaf in leaves],
            import_message_class(leaves[0].config.message_type), ages=self._ages,
            on_drop=self._on_drop)

    def _reader(self, leaf: Leaf) -> Reader:
        assert leaf.decoding is not None
        is_stamped = leaf.decoding.has_stamp and (
            leaf.config.age_from == 'stamp' or leaf.config.name in self._stamp_sources)
        return Reader(
            leaf.config, leaf.slot, leaf.decoding.decoder,
            read_stamp_ns if is_stamped else None)

    def _make_enable(self, trust: TrustConfig) -> Subscriber:
        config = InputConfig(
            'enable topic', topic=trust.enable_topic, message_type='std_msgs/msg/Bool',
            # Not best effort: of all messages, a false must not get lost.
            qos=QosConfig('reliable'), dtype='bool', max_age_ms=trust.enable_max_age_ms)
        decoding = choose_decoding(config, import_message_class)
        return self._subscribe([make_leaf(config, decoding, 'bool', (1,))])

    def _make_output(self, config: OutputConfig, encoding: Encoding) -> Output:
        return Output(
            self._node, config, import_message_class(config.message_type), encoding.encoder,
            now_ns=self._ages.stamp_now_ns if encoding.has_stamp else None,
            stamp_source=self._stamp_source(config) if config.stamp_from else None)

    def _leaf(self, name: str) -> Leaf:
        return next(leaf for leaf in self.leaves if leaf.config.name == name)

    def _stamp_source(self, config: OutputConfig) -> Slot:
        leaf = self._leaf(config.stamp_from)
        if leaf.decoding is None or not leaf.decoding.has_stamp:
            raise ConfigError(
                f'output {config.name!r}: stamp_from is {config.stamp_from!r}, but '
                f'{leaf.config.message_type} does not begin with a header')
        return leaf.slot

    def _make_outlet(self, output: Output, *, fade_in: bool) -> Outlet:
        config = output.config
        return Outlet(
            output, Limits(config.limits, fade_in=fade_in), scaling=Scaling(config.scaling),
            fade_in_from=self._fade_start(config) if config.fade_in_from else None)

    def _fade_start(self, config: OutputConfig) -> FadeStart:
        leaf = self._leaf(config.fade_in_from)
        with about(f'output {config.name!r}: fade_in_from is {config.fade_in_from!r}'):
            order = order_by_name(
                leaf.config.select, config.names, fields=max(len(leaf.config.field), 1))
        return FadeStart(leaf.slot, order)


def _encoding(config: OutputConfig, serialize: Callable[[Any], bytes]) -> Encoding:
    with about(f'output {config.name!r}'):
        return choose_encoding(config, import_message_class, serialize)

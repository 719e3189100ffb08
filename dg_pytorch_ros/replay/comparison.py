# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The outputs in a bag, set against those of a replay."""

from typing import Callable, Dict, List, Mapping, Optional, Sequence

from dg_pytorch_ros.checks import check_distinct, enumeration
from dg_pytorch_ros.config.node_config import NodeConfig
from dg_pytorch_ros.config.output_config import OutputConfig
from dg_pytorch_ros.errors import BagError
from dg_pytorch_ros.replay.bags import Bag, BagTopic
from dg_pytorch_ros.replay.differences import Differences
from dg_pytorch_ros.replay.excerpt import Excerpt
from dg_pytorch_ros.replay.fit import missing, refuse, Wanted
from dg_pytorch_ros.replay.pairing import (
    pair_by_stamp, pair_with_cause, pair_with_nearest, Pairs)
from dg_pytorch_ros.replay.readout import Readout
from dg_pytorch_ros.replay.replay import Published
from dg_pytorch_ros.replay.series import Series

_NS_PER_S = 10 ** 9


class Comparison:
    """
    Gathers the outputs that are in a bag, then those of a replay, and finds their differences.

    `topics` are the names that the recorded outputs have in the bag. Those that were not recorded
    are left out.
    """

    def __init__(
        self, config: NodeConfig, readouts: Mapping[str, Readout], topics: Mapping[str, str]
    ) -> None:
        self._config = config
        self._readouts = readouts
        self.topics = dict(topics)
        self.recorded: Dict[str, Series] = {}
        self.replayed: Dict[str, Series] = {}

    def check(self, in_bag: Mapping[str, BagTopic]) -> None:
        """Find out which outputs were recorded; raise BagError if none was, or in another type."""
        wanted = {
            output.name: Wanted(
                self.topics[output.name], output.message_type, f'output {output.name!r}',
                f'--topic-of {output.name}:=')
            for output in self._config.outputs}
        absent = missing(wanted.values(), in_bag)
        if len(absent) == len(wanted):
            refuse(absent, in_bag, advice='record what shall be compared')
        for name in [name for name, each in wanted.items() if each in absent]:
            del self.topics[name]

    def read(self, bag: Bag, excerpt: Excerpt) -> None:
        """Take the recorded outputs."""
        names = {topic: name for name, topic in self.topics.items()}
        for name in self.topics:
            self.recorded[name] = Series(self._readouts[name])
            self.replayed[name] = Series(self._readouts[name])
        for message in bag.messages(names, begin_ns=excerpt.begin_ns, end_ns=excerpt.end_ns):
            self.recorded[names[message.topic]].add(message.time_ns, message.data)
        if not any(self.recorded.values()):
            raise BagError(
                f'there is nothing to compare: no message on {enumeration(names)} in that time')

    @property
    def tick_times_ns(self) -> Optional[Sequence[int]]:
        """When a timer must have ticked; None if it is messages that cause evaluations."""
        if self._config.trigger == 'message':
            return None
        return next(filter(None, self.recorded.values())).times_ns

    def add(self, published: Published) -> None:
        """Take what was replayed."""
        series = self.replayed.get(published.output_name)
        if series is not None:
            series.add(published.time_ns, published.data)

    def differences(self) -> Dict[str, Differences]:
        """Compare each output that was recorded, now that all is there."""
        return {
            output.name: self._compare(output) for output in self._config.outputs
            if output.name in self.recorded}

    def _compare(self, output: OutputConfig) -> Differences:
        recorded, replayed = self.recorded[output.name], self.replayed[output.name]
        return Differences(recorded, replayed, self._pair(output, recorded, replayed))

    def _pair(self, output: OutputConfig, recorded: Series, replayed: Series) -> Pairs:
        if self._config.period_s is not None:
            return pair_with_nearest(
                recorded.times_ns, replayed.times_ns,
                farthest_ns=0.5 * _NS_PER_S * self._config.period_s)
        if output.stamp_from:
            return pair_by_stamp(recorded.stamps_ns, replayed.stamps_ns)
        return pair_with_cause(recorded.times_ns, replayed.times_ns)


def recorded_topics(
    outputs: Sequence[OutputConfig], resolve: Callable[[str], str], renamed: Mapping[str, str]
) -> Dict[str, str]:
    """Return under which names outputs are looked for; raise BagError for what is no output."""
    names: List[str] = [output.name for output in outputs]
    for name in renamed:
        if name not in names:
            raise BagError(f'there is no output {name!r}; outputs: {enumeration(names)}')
    topics = {
        output.name: renamed.get(output.name) or resolve(output.topic) for output in outputs}
    check_distinct('--topic-of', topics.values())
    return topics

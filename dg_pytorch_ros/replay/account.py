# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What has come of a replay, for people and for programs."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Tuple

from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.replay.bags import BagTopic
from dg_pytorch_ros.replay.excerpt import Excerpt
from dg_pytorch_ros.replay.verdict import Verdict
from dg_pytorch_ros.terminal.table import table
from dg_pytorch_ros.terminal.units import count_text


@dataclass
class Account:
    """Counts while a replay runs, and its result afterwards."""

    bag: str
    storage: str
    excerpt: Excerpt
    topics: Dict[str, BagTopic]
    outputs: Dict[str, str]
    read: 'Counter[str]' = field(default_factory=Counter)
    published: 'Counter[str]' = field(default_factory=Counter)
    evaluations: int = 0
    has_acted: bool = False
    refused: Dict[str, int] = field(default_factory=dict)
    dropped: Dict[Tuple[str, str], int] = field(default_factory=dict)
    without_value: List[str] = field(default_factory=list)
    deactivated: Optional[Tuple[int, str]] = None
    missed_ticks: int = 0
    wall_s: float = 0.0
    written: List[str] = field(default_factory=list)
    verdict: Optional[Verdict] = None

    @property
    def is_good(self) -> bool:
        """Whether the node would have acted to the end, and as it did when it was recorded."""
        return self.has_acted and self.deactivated is None and (
            self.verdict is None or self.verdict.is_good)

    @property
    def speed(self) -> float:
        """How many times faster than real time it was."""
        return self._replayed_s / max(self.wall_s, 1e-9)

    @property
    def _replayed_s(self) -> float:
        """How much of the bag's time has passed."""
        if self.deactivated is None:
            return self.excerpt.duration_s
        return 1e-9 * (self.deactivated[0] - self.excerpt.begin_ns)

    def to_json(self) -> Dict[str, Any]:
        """Return all of it as plain values."""
        return {
            'bag': self.bag, 'storage': self.storage,
            'begin_ns': self.excerpt.begin_ns, 'end_ns': self.excerpt.end_ns,
            'topics': {
                name: {
                    'types': list(topic.message_types), 'read': self.read[name],
                    'in_bag': topic.messages}
                for name, topic in self.topics.items()},
            'evaluations': self.evaluations, 'acted': self.has_acted,
            'missed_ticks': self.missed_ticks,
            'outputs': {
                name: {'topic': topic, 'published': self.published[name]}
                for name, topic in self.outputs.items()},
            'refused': self.refused,
            'dropped': [
                {'input': name, 'cause': cause, 'count': count}
                for (name, cause), count in self.dropped.items()],
            'inputs_without_value': self.without_value,
            'deactivated': None if self.deactivated is None else {
                'time_ns': self.deactivated[0],
                'time_s': self.excerpt.seconds(self.deactivated[0]),
                'reason': self.deactivated[1]},
            'wall_s': self.wall_s, 'speed': self.speed, 'written': self.written,
            'comparison': None if self.verdict is None else self.verdict.to_json(),
            'good': self.is_good}

    def text(self) -> str:
        """Write what people want to know."""
        parts = [self._heading(), self._topics(), self._outputs(), self._causes()]
        if self.evaluations and not self.has_acted:
            parts.append('every output of the model was refused: none was ever published')
        if self.deactivated is not None:
            time_ns, reason = self.deactivated
            parts.append(
                f'deactivated itself at {self.excerpt.seconds(time_ns):.3f} s: {reason}')
        if self.without_value:
            parts.append(f'without a value to the end: {enumeration(self.without_value)}')
        if self.verdict is not None:
            parts.append(self.verdict.text())
        if self.written:
            parts.append('\n'.join(f'written: {path}' for path in self.written))
        return '\n\n'.join(parts)

    def _heading(self) -> str:
        return (
            f'{self.bag} ({self.storage}): {self._replayed_s:.3f} s in '
            f'{self.wall_s:.2f} s, {self.speed:.1f} times real time')

    def _topics(self) -> str:
        rows = [
            (name, enumeration(topic.message_types), count_text(self.read[name]),
             count_text(topic.messages))
            for name, topic in self.topics.items()]
        return table(rows, headers=('topic', 'type', 'read', 'in the bag'), right=(2, 3))

    def _outputs(self) -> str:
        rows = [
            (name, topic, count_text(self.published[name]))
            for name, topic in self.outputs.items()]
        missed = f', {count_text(self.missed_ticks)} ticks missed' if self.missed_ticks else ''
        return f'{count_text(self.evaluations)} evaluations{missed}\n' + table(
            rows, headers=('output', 'topic', 'published'), right=(2,))

    def _causes(self) -> str:
        refused = enumeration(f'{cause} {count}' for cause, count in self.refused.items())
        dropped = enumeration(
            f'{name} {count} ({cause})' for (name, cause), count in self.dropped.items())
        return f'refused: {refused}\nmessages dropped: {dropped}'

# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What the messages of an output hold beside its values: names, a frame, times."""

from functools import reduce
from typing import Any, Optional, Sequence

from dg_pytorch_ros.errors import ConfigError, EvaluationError
from dg_pytorch_ros.messages.field_path import EVERY, parse, resolve, Steps
from dg_pytorch_ros.messages.kinds import Many, Struct
from dg_pytorch_ros.messages.stamps import has_stamp

_TIME = 'points[].time_from_start'

_NS_PER_S = 10 ** 9


class Furnishing:
    """
    Furnishes message objects whose arrays have their sizes.

    Of several points of a trajectory, each comes `time_from_start_ns` after the one before it.
    """

    def __init__(
        self, struct: Struct, *, names: Sequence[str] = (), name_steps: Steps = (),
        frame_id: str = '', time_from_start_ns: Optional[int] = None
    ) -> None:
        if names:
            _check_names(struct, names, name_steps)
        if frame_id and not has_stamp(struct):
            raise ConfigError(
                f'frame_id is {frame_id!r}, but {struct.type_name} does not begin with a header')
        if time_from_start_ns is not None and resolve(struct, parse(_TIME)) is None:
            raise ConfigError(
                f'time_from_start_ms is set, but {struct.type_name} has no {_TIME}')
        self._names = list(names)
        self._name_steps = name_steps
        self._header = next(iter(struct.fields)) if frame_id else ''
        self._frame_id = frame_id
        self._time_from_start_ns = time_from_start_ns

    def __call__(self, message: Any) -> None:
        """Fill in a message; raise EvaluationError if it has other elements than names."""
        if self._names:
            self._name(message)
        if self._header:
            getattr(message, self._header).frame_id = self._frame_id
        if self._time_from_start_ns is not None:
            for place, point in enumerate(message.points, 1):
                seconds, nanoseconds = divmod(place * self._time_from_start_ns, _NS_PER_S)
                point.time_from_start.sec = seconds
                point.time_from_start.nanosec = nanoseconds

    def _name(self, message: Any) -> None:
        if EVERY not in self._name_steps[:-1]:
            _set(message, [step for step in self._name_steps if step != EVERY], self._names)
            return
        place = self._name_steps.index(EVERY)
        elements = reduce(getattr, map(str, self._name_steps[:place]), message)
        if len(elements) != len(self._names):
            raise EvaluationError(
                f'has {len(elements)} elements for {len(self._names)} names')
        for element, name in zip(elements, self._names):
            _set(element, self._name_steps[place + 1:], name)


def _check_names(struct: Struct, names: Sequence[str], name_steps: Steps) -> None:
    if any(step != EVERY for step in name_steps if not isinstance(step, str)):
        raise ConfigError(
            'name_field leads to one element of an array; expected all of them in an output')
    kind = resolve(struct, name_steps)
    if isinstance(kind, Many) and kind.count not in (None, len(names)):
        raise ConfigError(
            f'names holds {len(names)} names, but {struct.type_name} has {kind.count}')
    if isinstance(kind, Many) and kind.most is not None and len(names) > kind.most:
        raise ConfigError(
            f'names holds {len(names)} names, but {struct.type_name} takes up to {kind.most}')


def _set(target: Any, steps: Sequence[Any], value: Any) -> None:
    setattr(reduce(getattr, steps[:-1], target), steps[-1], value)

# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""One argument of `forward`, and the sources that its value comes from."""

from dataclasses import dataclass
import math
from typing import Literal, Optional, Tuple

from dg_pytorch_ros.checks import check_choice, check_distinct, check_finite, check_span, Values
from dg_pytorch_ros.config.conversion_config import ConversionConfig
from dg_pytorch_ros.config.image_config import ImageConfig
from dg_pytorch_ros.config.topic_config import DEFAULT_MESSAGE_TYPE, INPUT_QOS, QosConfig
from dg_pytorch_ros.errors import ConfigError, Problems

DTYPES = (
    'float64', 'float32', 'float16', 'bfloat16',
    'int64', 'int32', 'int16', 'int8', 'uint64', 'uint32', 'uint16', 'uint8', 'bool')

_MOST_ELEMENTS = 2 ** 28


@dataclass(frozen=True)
class HistoryConfig:
    """How many values an input consists of, the present one included."""

    length: int = 1
    order: Literal['newest_first', 'oldest_first'] = 'newest_first'
    fill: Literal['repeat', 'zeros'] = 'repeat'

    def __post_init__(self) -> None:
        """Refuse a history of nothing, and words without meaning."""
        problems = Problems()
        if self.length < 1:
            problems.add(ConfigError(
                f'history is {self.length}; expected at least 1, the present value'))
        problems.attempt(
            check_choice, 'history_order', self.order, ('newest_first', 'oldest_first'))
        problems.attempt(check_choice, 'history_fill', self.fill, ('repeat', 'zeros'))
        problems.raise_any()
        if self.length == 1 and (self.order, self.fill) != ('newest_first', 'repeat'):
            raise ConfigError(
                'history_order or history_fill is set, but history is not, or is 1; set it to '
                'the number of values')


@dataclass(frozen=True)
class InputConfig:
    """
    One argument of `forward`, or a part of one, and where its value comes from.

    It has parts, or a source: a topic, a constant, or the feedback of an output. A part's name
    begins with that of its input, and a part has no dtype, shape, parts or history of its own.
    """

    name: str
    topic: str = ''
    message_type: str = DEFAULT_MESSAGE_TYPE
    qos: QosConfig = INPUT_QOS
    dtype: Optional[str] = None
    shape: Optional[Tuple[int, ...]] = None
    initial: Optional[Values] = None
    constant: Optional[Values] = None
    feedback: str = ''
    max_age_ms: Optional[float] = None
    age_from: str = 'arrival'
    field: Tuple[str, ...] = ()
    select: Tuple[str, ...] = ()
    name_field: str = ''
    conversion: ConversionConfig = ConversionConfig()
    image: ImageConfig = ImageConfig()
    parts: Tuple['InputConfig', ...] = ()
    history: HistoryConfig = HistoryConfig()

    def __post_init__(self) -> None:
        """Refuse a dtype, a shape, values or an age that cannot be met."""
        problems = Problems()
        problems.attempt(check_choice, 'age_from', self.age_from, ('arrival', 'stamp'))
        problems.attempt(check_span, 'max_age_ms', self.max_age_ms)
        if self.dtype is not None:
            problems.attempt(check_choice, 'dtype', self.dtype, DTYPES)
        problems.attempt(check_finite, 'initial', self.initial or ())
        problems.attempt(check_finite, 'constant', self.constant or ())
        problems.attempt(check_distinct, 'select', self.select)
        if self.name_field and not self.select:
            problems.add(ConfigError(
                f'name_field is {self.name_field!r}, but select is not set; set both'))
        problems.attempt(self._check_shape)
        problems.raise_any()

    @property
    def prefix(self) -> str:
        """What the names of its parameters begin with."""
        return f'inputs.{self.name.replace(".", ".parts.")}.'

    @property
    def own_name(self) -> str:
        """Its name without that of its input."""
        return self.name.rpartition('.')[2]

    @property
    def leaves(self) -> Tuple['InputConfig', ...]:
        """The parts, or the input itself if it has none."""
        return self.parts or (self,)

    @property
    def subscribed(self) -> bool:
        """Whether the value, or a part of it, arrives on a topic."""
        if self.parts:
            return any(part.subscribed for part in self.parts)
        return self.constant is None and not self.feedback

    def _check_shape(self) -> None:
        if self.shape is not None and any(size < 1 and size != -1 for size in self.shape):
            raise ConfigError(
                f'shape is {list(self.shape)}; each size must be positive, '
                'or -1 where it may vary')
        if abs(math.prod(self.shape or ())) > _MOST_ELEMENTS:
            raise ConfigError(
                f'shape is {list(self.shape or ())}; expected up to {_MOST_ELEMENTS} elements')

# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""One result of `forward` and where it goes."""

from dataclasses import dataclass
from typing import Optional, Tuple

from dg_pytorch_ros.checks import check_choice, check_distinct, check_span
from dg_pytorch_ros.config.image_config import LAYOUTS
from dg_pytorch_ros.config.scaling_config import ScalingConfig
from dg_pytorch_ros.config.topic_config import DEFAULT_MESSAGE_TYPE, OUTPUT_QOS, QosConfig
from dg_pytorch_ros.config.trust_config import LimitsConfig
from dg_pytorch_ros.errors import ConfigError, Problems


@dataclass(frozen=True)
class OutputConfig:
    """
    One result of `forward` and where it goes.

    `stamp_from` names the input whose stamp the messages get; the present time if empty.
    """

    name: str
    topic: str
    message_type: str = DEFAULT_MESSAGE_TYPE
    qos: QosConfig = OUTPUT_QOS
    limits: LimitsConfig = LimitsConfig()
    fade_in_from: str = ''
    field: Tuple[str, ...] = ()
    names: Tuple[str, ...] = ()
    name_field: str = ''
    frame_id: str = ''
    stamp_from: str = ''
    time_from_start_ms: Optional[float] = None
    encoding: str = ''
    layout: str = 'hwc'
    scaling: ScalingConfig = ScalingConfig()

    def __post_init__(self) -> None:
        """Refuse names that are double, and what no message can say."""
        problems = Problems()
        problems.attempt(check_distinct, 'names', self.names)
        if self.time_from_start_ms:  # 0 is at once
            problems.attempt(check_span, 'time_from_start_ms', self.time_from_start_ms)
        problems.attempt(check_choice, 'layout', self.layout, LAYOUTS)
        if self.name_field and not self.names:
            problems.add(ConfigError(
                f'name_field is {self.name_field!r}, but names is not set; set both'))
        problems.raise_any()

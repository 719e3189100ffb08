# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""An output that exists says what its messages hold."""

import math
from typing import Any

from dg_pytorch_ros.config.output_config import OutputConfig
from dg_pytorch_ros.errors import ConfigError
import pytest


@pytest.mark.parametrize('fields, complaint', [
    ({'names': ('hip', 'knee', 'hip')}, "names holds 'hip' more than once; names must differ"),
    ({'name_field': 'joint_names'},
     "name_field is 'joint_names', but names is not set; set both"),
    ({'layout': 'CHW'}, "layout is 'CHW'; expected one of hwc, chw"),
    ({'time_from_start_ms': 2e9},
     'time_from_start_ms is 2000000000.0; expected a time above 0, up to 1e+09'),
    ({'time_from_start_ms': -1.0},
     'time_from_start_ms is -1.0; expected a time above 0, up to 1e+09'),
    ({'time_from_start_ms': math.nan},
     'time_from_start_ms is nan; expected a time above 0, up to 1e+09')])
def test_what_no_message_can_say_is_refused(fields: Any, complaint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        OutputConfig('y', topic='y', **fields)
    assert str(caught.value) == complaint


@pytest.mark.parametrize('fields', [
    {'names': ('hip', 'knee'), 'name_field': 'joint_names'}, {'layout': 'chw'},
    {'time_from_start_ms': 0.5}, {'time_from_start_ms': 0.0},
    {'frame_id': 'base', 'stamp_from': 'imu'}])
def test_what_a_message_can_say_is_accepted(fields: Any) -> None:
    config = OutputConfig('y', topic='y', **fields)
    for name, value in fields.items():
        assert getattr(config, name) == value

# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""An input that exists has a source, or parts, that can be trusted."""

import math
from typing import Any

from dg_pytorch_ros.config.image_config import ImageConfig
from dg_pytorch_ros.config.input_config import HistoryConfig, InputConfig
from dg_pytorch_ros.errors import ConfigError
import pytest


def subscribed(name: str, **fields: Any) -> InputConfig:
    return InputConfig(name, topic=name, **fields)


def constant(name: str) -> InputConfig:
    return subscribed(name, constant=(5.0,))


def test_unknown_dtype_of_an_input_names_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="dtype is 'double'; expected one of float64, float32"):
        subscribed('position', dtype='double')


@pytest.mark.parametrize('shape', [(0,), (2, 0), (-2,), (-1, -3)])
def test_impossible_size_is_refused(shape: Any) -> None:
    with pytest.raises(ConfigError, match='must be positive, or -1') as caught:
        subscribed('position', shape=shape)
    assert str(list(shape)) in str(caught.value)


@pytest.mark.parametrize('shape', [(), (1, 48), (-1, 3), (-1, -1)])
def test_possible_shape_is_accepted(shape: Any) -> None:
    assert subscribed('position', shape=shape).shape == shape


def test_input_is_subscribed_unless_it_is_constant() -> None:
    assert subscribed('position', initial=(0.0,)).subscribed
    assert not constant('kp').subscribed


@pytest.mark.parametrize('fields, complaint', [
    ({'age_from': 'now'}, "age_from is 'now'; expected one of arrival, stamp"),
    ({'max_age_ms': 0.0}, 'max_age_ms is 0.0; expected a time above 0, up to 1e+09'),
    ({'max_age_ms': -1.0}, 'max_age_ms is -1.0; expected a time above 0, up to 1e+09'),
    ({'max_age_ms': math.nan}, 'max_age_ms is nan; expected a time above 0, up to 1e+09'),
    ({'max_age_ms': math.inf}, 'max_age_ms is inf; expected a time above 0, up to 1e+09'),
    ({'initial': (0.0, math.nan)}, 'initial is [0.0, nan]; expected finite numbers'),
    ({'constant': (math.inf,)}, 'constant is [inf]; expected finite numbers'),
    ({'select': ('hip', 'knee', 'hip')},
     "select holds 'hip' more than once; names must differ"),
    ({'name_field': 'joint_names'},
     "name_field is 'joint_names', but select is not set; set both"),
    ({'shape': (2 ** 14, 2 ** 14 + 1)},
     'shape is [16384, 16385]; expected up to 268435456 elements'),
])
def test_input_that_could_never_be_trusted_is_refused(fields: Any, complaint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        subscribed('position', **fields)
    assert str(caught.value) == complaint


def test_input_that_is_fed_back_is_not_subscribed() -> None:
    assert not subscribed('before', feedback='torque', initial=(0.0,)).subscribed


@pytest.mark.parametrize('fields, complaint', [
    ({'length': 0}, 'history is 0; expected at least 1, the present value'),
    ({'length': -2}, 'history is -2; expected at least 1, the present value'),
    ({'order': 'newest'},
     "history_order is 'newest'; expected one of newest_first, oldest_first"),
    ({'fill': 'ones'}, "history_fill is 'ones'; expected one of repeat, zeros")])
def test_history_of_nothing_is_refused(fields: Any, complaint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        HistoryConfig(**fields)
    assert str(caught.value) == complaint


@pytest.mark.parametrize('fields, complaint', [
    ({'layout': 'HWC'}, "layout is 'HWC'; expected one of hwc, chw"),
    ({'color': 'RGB'}, "color is 'RGB'; expected one of '', rgb, bgr, gray"),
    ({'resize': (3,)}, 'resize is [3]; expected height and width, each from 1 to 32768'),
    ({'resize': (0, 3)}, 'resize is [0, 3]; expected height and width, each from 1 to 32768'),
    ({'resize': (3, 2 ** 16)},
     'resize is [3, 65536]; expected height and width, each from 1 to 32768')])
def test_picture_that_cannot_be_made_is_refused(fields: Any, complaint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        ImageConfig(**fields)
    assert str(caught.value) == complaint


PARTS = (constant('obs.k'), subscribed('obs.q', max_age_ms=5.0))


def test_input_with_parts_has_their_sources() -> None:
    assert InputConfig('obs', parts=PARTS).leaves == PARTS
    alone = subscribed('position')
    assert alone.leaves == (alone,)


def test_input_with_parts_is_subscribed_if_one_of_them_is() -> None:
    assert InputConfig('obs', parts=PARTS).subscribed
    assert not InputConfig('obs', parts=PARTS[:1]).subscribed


@pytest.mark.parametrize('name, prefix, own_name', [
    ('obs', 'inputs.obs.', 'obs'), ('obs.q', 'inputs.obs.parts.q.', 'q')])
def test_input_knows_the_names_of_its_parameters(
    name: str, prefix: str, own_name: str
) -> None:
    assert (InputConfig(name).prefix, InputConfig(name).own_name) == (prefix, own_name)

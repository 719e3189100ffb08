# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A fade-in begins from where the joints are: each from its own place, or not at all."""

from typing import Any

from dg_pytorch_ros.config.conversion_config import ConversionConfig
from dg_pytorch_ros.errors import ConfigError, NotFinite
from dg_pytorch_ros.values.conversion import Conversion
from dg_pytorch_ros.values.fade_start import FadeStart, order_by_name
from dg_pytorch_ros.values.slots import Slot
import numpy as np
import pytest


def slot(*values: float, shape: Any = None, **conversion: Any) -> Slot:
    return Slot(
        'q', dtype='float64', shape=shape, initial=np.array(values) if values else None,
        conversion=Conversion(ConversionConfig(**conversion)) if conversion else None)


def test_it_is_the_field_and_not_what_the_module_gets() -> None:
    start = FadeStart(slot(1.0, 2.0, offset=(10.0,), scale=(3.0,)))
    taken = start.take()
    assert taken is not None and taken.tolist() == [1.0, 2.0]


def test_it_stays_as_it_was_taken() -> None:
    where = slot(1.0, 2.0)
    values = np.array([3.0, 4.0])
    where.offer(values)
    taken = FadeStart(where).take()
    values[:] = 9.0
    assert taken is not None and taken.tolist() == [3.0, 4.0]


def test_elements_come_in_the_order_of_the_output() -> None:
    order = order_by_name(['hip', 'knee', 'ankle'], ['ankle', 'hip'], 1)
    taken = FadeStart(slot(1.0, 2.0, 3.0), order).take()
    assert taken is not None and taken.tolist() == [3.0, 1.0]


def test_size_is_that_of_what_the_output_takes() -> None:
    order = order_by_name(['hip', 'knee', 'ankle'], ['ankle', 'hip'], 1)
    assert FadeStart(slot(1.0, 2.0, 3.0), order).size == 2


def test_each_field_has_all_of_the_names() -> None:
    assert order_by_name(['hip', 'knee'], ['knee', 'hip'], 2) == [1, 0, 3, 2]


@pytest.mark.parametrize('select, names', [((), ('hip',)), (('hip',), ()), ((), ())])
def test_without_names_the_order_stays(select: Any, names: Any) -> None:
    assert order_by_name(select, names, 1) is None


def test_name_that_the_input_does_not_select_is_refused() -> None:
    with pytest.raises(ConfigError) as caught:
        order_by_name(['hip', 'knee'], ['hip', 'ankle'], 1)
    assert str(caught.value) == (
        "the output names 'ankle', which the input does not select; it selects hip, knee")


@pytest.mark.parametrize('number', [np.nan, np.inf])
def test_what_is_replaced_for_the_module_is_no_place_to_begin_from(number: float) -> None:
    where = slot(nan=0.0, posinf=3.0)
    where.offer(np.array([1.0, number]))
    assert where.is_finite
    with pytest.raises(NotFinite) as caught:
        FadeStart(where).take()
    assert str(caught.value) == "input 'q' is not finite, and the fade-in cannot begin from it"
    assert caught.value.cause == 'not finite: input q'


def test_there_is_none_without_a_value() -> None:
    assert FadeStart(slot()).take() is None


def test_size_is_known_as_soon_as_the_shape_is() -> None:
    assert FadeStart(slot()).size is None
    assert FadeStart(slot(shape=(2, 3))).size == 6

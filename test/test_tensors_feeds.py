# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Every evaluation is fed tensors of its own, or the Python numbers that it asks for."""

from typing import Any

from dg_pytorch_ros.config.input_config import DTYPES
from dg_pytorch_ros.contract import Argument
from dg_pytorch_ros.tensors.feeds import make_feed
import numpy as np
import pytest
import torch


def tensor_feed(dtype: str) -> Any:
    return make_feed(Argument('x'), dtype)


@pytest.mark.parametrize('dtype', DTYPES)
@pytest.mark.parametrize('given', ['float64', 'float32', 'int64', 'uint8'])
def test_tensor_has_the_values_in_the_dtype(dtype: str, given: str) -> None:
    tensor = tensor_feed(dtype)(np.array([[0, 1], [1, 1]], given))
    assert tensor.dtype == getattr(torch, dtype)
    assert tensor.float().tolist() == [[0, 1], [1, 1]]


@pytest.mark.parametrize('dtype', DTYPES)
def test_tensor_shares_nothing_with_the_value(dtype: str) -> None:
    value = np.ones(3, 'float32' if dtype == 'bfloat16' else dtype)
    value.flags.writeable = False
    feed = tensor_feed(dtype)
    kept = feed(value)
    feed(value).zero_()
    assert kept.float().tolist() == [1.0, 1.0, 1.0]
    assert value.tolist() == [1, 1, 1]


@pytest.mark.parametrize('view', [
    np.arange(6.0).reshape(2, 3).T, np.arange(6.0)[::-2], np.arange(24.0).reshape(2, 3, 4)[:, 1],
    np.broadcast_to(np.array([1.0, 2.0]), (3, 2)), np.array(5.0), np.zeros((0, 3))])
def test_view_of_any_form_becomes_a_dense_tensor(view: Any) -> None:
    tensor = tensor_feed('float64')(view)
    assert tensor.is_contiguous()
    assert tuple(tensor.shape) == view.shape
    assert tensor.tolist() == view.tolist()


@pytest.mark.parametrize('type_name, value, fed', [
    ('float', np.array([2.5]), 2.5), ('float', np.array([2]), 2.0), ('float', np.array(1.5), 1.5),
    ('int', np.array([3]), 3), ('int', np.array([[3.0]]), 3),
    ('bool', np.array([True]), True), ('bool', np.array([0.0]), False)])
def test_python_number_is_fed_where_it_is_asked_for(
    type_name: str, value: Any, fed: Any
) -> None:
    number = make_feed(Argument('gain', type_name), 'float64')(value)
    assert (number, type(number)) == (fed, type(fed))


@pytest.mark.parametrize('argument, dtype, described', [
    (Argument('x'), 'float32', 'float32[1, 48]'), (Argument('x'), 'bfloat16', 'bfloat16[1, 48]'),
    (Argument('x', 'int'), 'int64', 'int')])
def test_what_is_fed_is_described(argument: Argument, dtype: str, described: str) -> None:
    assert make_feed(argument, dtype).describe(np.zeros((1, 48))) == described

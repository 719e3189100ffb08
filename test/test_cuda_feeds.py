# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

from dg_pytorch_ros.config.input_config import DTYPES
from dg_pytorch_ros.cuda.feeds import StagedFeed
from dg_pytorch_ros.tensors.feeds import TensorFeed
from fake_gpu import FakeGpu
import numpy as np
import pytest
import torch


@pytest.mark.parametrize('dtype', DTYPES)
@pytest.mark.parametrize('value', [
    np.array([[0.0, 1.0, 2.75], [3.14159265, 100.5, 7.0]]),
    np.array([0, 1, 2, 100], dtype=np.int64), np.array([True, False]), np.array(5, np.uint8),
    np.array([1.0, 2.0], '>f8'), np.arange(12.0).reshape(3, 4).T, np.zeros((0, 3))],
    ids=lambda value: f'{value.dtype.str}{list(value.shape)}')
def test_a_value_is_what_it_is_on_the_cpu(dtype: str, value: Any) -> None:
    staged, plain = StagedFeed(dtype, FakeGpu()), TensorFeed(dtype)
    tensor = staged(value)
    assert tensor.dtype == getattr(torch, dtype)
    assert tensor.is_contiguous()
    assert tensor.tolist() == plain(value).tolist()
    assert tensor.shape == plain(value).shape
    assert staged.describe(value) == plain.describe(value)


def test_memory_is_used_again_and_grows_only() -> None:
    gpu = FakeGpu()
    feed = StagedFeed('float32', gpu)
    for shape in ((2, 3), (2, 3), (3, 2), (4,), (2, 5), (1,), (10,)):
        value = np.random.default_rng(1).random(shape, np.float32)
        assert np.array_equal(feed(value).numpy(), value)
        gpu.synchronise()
    assert gpu.pinned_sizes == [6, 10]


def test_a_copy_that_a_failed_run_has_begun_is_waited_for() -> None:
    gpu = FakeGpu()
    feed = StagedFeed('float32', gpu)
    gpu.send(feed(np.ones(3)))  # and then the run fails, so that nobody fetches a result
    assert feed(np.zeros(3)).tolist() == [0, 0, 0]
    assert gpu.synchronisations == 1


def test_nothing_is_waited_for_after_a_run_that_has_ended() -> None:
    gpu = FakeGpu()
    feeds = [StagedFeed('float32', gpu) for _ in range(3)]
    for _ in range(4):
        for feed in feeds:
            gpu.send(feed(np.ones(3)))
        gpu.synchronise()
    assert gpu.synchronisations == 4


def test_values_do_not_change_what_was_received() -> None:
    feed, value = StagedFeed('float64', FakeGpu()), np.ones(3)
    feed(value).fill_(5)
    assert value.tolist() == [1, 1, 1]

# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

from typing import Any, Sequence

from dg_pytorch_ros.contract import Argument
from dg_pytorch_ros.cuda.device import CudaDevice
from dg_pytorch_ros.errors import EvaluationError
from fake_gpu import FakeGpu
import numpy as np
import pytest
import torch

_ASSERT = RuntimeError(
    'CUDA error: device-side assert triggered\nCUDA kernel errors might be asynchronously '
    'reported at some other API call')
_LOST = (
    'cuda:0 has failed: CUDA error: device-side assert triggered; this process cannot use it any '
    'more, restart the node')


def _double(arguments: Sequence[Any]) -> Any:
    return 2 * arguments[0]


def test_values_go_there_and_back() -> None:
    device = CudaDevice(FakeGpu())
    feed = device.feed(Argument('x'), 'float32')
    run = device.accelerate(_double, is_static=True)
    with device.mode():
        for value in range(6):
            (array,) = device.to_arrays(['y'], [run([feed(np.array([value, 1]))])])
            assert array.tolist() == [2 * value, 2]
    assert device.name == 'cuda:0'
    assert device.notes == ('CUDA graph: yes, for inputs of the sizes that it was warmed up with',)


def test_numbers_stay_numbers() -> None:
    feed = CudaDevice(FakeGpu()).feed(Argument('gain', 'float'), 'float64')
    assert isinstance(feed(np.array([0.5])), float)


def test_nothing_is_said_of_graphs_before_it_is_known() -> None:
    device = CudaDevice(FakeGpu())
    device.accelerate(_double, is_static=True)
    assert device.notes == ()


def test_an_error_that_ends_all_use_of_the_gpu_says_so_when_results_are_waited_for() -> None:
    gpu = FakeGpu()
    device = CudaDevice(gpu)
    gpu.failure, gpu.lost = _ASSERT, True
    with pytest.raises(EvaluationError) as caught:
        device.to_arrays(['y'], [torch.ones(1)])
    assert str(caught.value) == _LOST
    assert caught.value.details == str(_ASSERT)


def test_an_error_that_ends_all_use_of_the_gpu_says_so_in_a_run() -> None:
    def fail(arguments: Sequence[Any]) -> Any:
        raise _ASSERT

    gpu = FakeGpu()
    gpu.lost = True
    with pytest.raises(EvaluationError) as caught:
        CudaDevice(gpu).accelerate(fail, is_static=False)([])
    assert str(caught.value) == _LOST


def test_other_errors_are_left_alone() -> None:
    gpu = FakeGpu()
    device = CudaDevice(gpu)
    gpu.failure = torch.cuda.OutOfMemoryError('CUDA out of memory. Tried to allocate 2 GiB.')
    with pytest.raises(torch.cuda.OutOfMemoryError):
        device.to_arrays(['y'], [torch.ones(1)])
    with pytest.raises(ZeroDivisionError):
        device.accelerate(lambda arguments: 1 / 0, is_static=True)([])

# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

from dg_pytorch_ros.cuda.results import Fetch
from dg_pytorch_ros.errors import EvaluationError
from fake_gpu import FakeGpu
import numpy as np
import pytest
import torch


def test_all_results_are_waited_for_once() -> None:
    gpu = FakeGpu()
    arrays = Fetch(gpu)(['a', 'b'], [torch.arange(6.0).view(2, 3).T, torch.tensor(7)])
    assert [array.tolist() for array in arrays] == [[[0, 3], [1, 4], [2, 5]], 7]
    assert [array.dtype for array in arrays] == [np.dtype('float32'), np.dtype('int64')]
    assert gpu.synchronisations == 1


def test_no_later_run_changes_a_result() -> None:
    fetch = Fetch(FakeGpu())
    (first,) = fetch(['a'], [torch.ones(3)])
    (second,) = fetch(['a'], [torch.zeros(3)])
    assert first.tolist() == [1, 1, 1]
    assert second.tolist() == [0, 0, 0]


def test_memory_is_used_again_for_each_place() -> None:
    gpu = FakeGpu()
    fetch = Fetch(gpu)
    for size in (3, 3, 2, 5, 4):
        arrays = fetch(['a', 'b'], [torch.full((size,), 1.0), torch.full((size,), 2.0)])
        assert [array.tolist() for array in arrays] == [[1.0] * size, [2.0] * size]
    assert gpu.pinned_sizes == [3, 3, 5, 5]


@pytest.mark.parametrize('dtype', [
    torch.float64, torch.float16, torch.bfloat16, torch.int8, torch.int16, torch.int32,
    torch.uint8, torch.bool])
def test_dtypes(dtype: torch.dtype) -> None:
    (array,) = Fetch(FakeGpu())(['a'], [torch.tensor([0, 1, 1]).to(dtype)])
    assert array.tolist() == [0, 1, 1]
    assert array.dtype == ('float32' if dtype == torch.bfloat16 else str(dtype)[6:])


@pytest.mark.parametrize('result, complaint', [
    (3.5, "output 'b' is of type float; expected a Tensor"),
    (torch.zeros(2, dtype=torch.complex64), "output 'b' is complex64, which no message holds"),
    (torch.eye(2).to_sparse(), "output 'b' is a tensor of torch.float32, torch.sparse_coo")])
def test_what_no_message_holds(result: Any, complaint: str) -> None:
    gpu = FakeGpu()
    with pytest.raises(EvaluationError, match=f'^{complaint}'):
        Fetch(gpu)(['a', 'b'], [torch.ones(2), result])
    assert gpu.synchronisations == 1


def test_a_result_on_the_cpu_is_taken_as_it_is() -> None:
    gpu, result = FakeGpu(), torch.ones(2)
    gpu.elsewhere.append(result)
    (array,) = Fetch(gpu)(['a'], [result])
    result.zero_()
    assert array.tolist() == [1, 1]


def test_a_result_that_could_be_trained() -> None:
    (array,) = Fetch(FakeGpu())(['a'], [torch.nn.Parameter(torch.ones(2))])
    assert array.tolist() == [1, 1]

# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

from pathlib import Path
import re
from types import SimpleNamespace
from typing import Any, Callable, Dict, Optional, Tuple

from dg_pytorch_ros.cuda.hindrances import Hindrances
from fake_gpu import FakeGpu
import pytest
from tool_models import TOOL_MODELS
import torch
from torch import Tensor

_SIZES: Dict[str, Tuple[Tuple[int, ...], ...]] = {
    'mlp': ((48,),), 'conv': ((1, 3, 16, 16),), 'lstm': ((8,),), 'pd': ((3,),) * 6,
    'named': ((6,),), 'dict': ((5,),), 'branch': ((4,),), 'pair': ((3,), (2,))}


class MetaGpu(FakeGpu):
    """Has the tensors without values."""

    def holds(self, tensor: Tensor) -> bool:
        return tensor.is_meta


@pytest.mark.parametrize('name', _SIZES)
def test_the_models_of_the_tools(name: str, tmp_path: Path) -> None:
    module = torch.jit.load(TOOL_MODELS[name](tmp_path)).eval()
    found = _watch(lambda: module(*map(torch.ones, _SIZES[name])), FakeGpu())
    expected = 'aten::item makes the CPU wait for values from the GPU'
    assert found == (expected if name == 'branch' else None)


@pytest.mark.parametrize('work, is_hindered', [
    (lambda x: x[x > 1], True), (lambda x: x.nonzero(), True), (lambda x: x.unique(), True),
    (lambda x: x.masked_select(x > 1), True), (lambda x: float(x[0]), True),
    (lambda x: torch.equal(x, x), True), (lambda x: x.index_put((x > 1,), x[0]), True),
    (lambda x: x[torch.tensor([0, 2])], False), (lambda x: x.flip(0).roll(1), False),
    (lambda x: torch.where(x > 1, x, -x), False), (lambda x: x.clamp(0, 1).topk(2), False),
    (lambda x: x.mul_(2).add_(x), False), (lambda x: torch.rand_like(x), False)])
def test_values_that_decide_what_is_done(
    work: Callable[[Tensor], Any], is_hindered: bool
) -> None:
    found = _watch(lambda: work(torch.tensor([0.5, 1.5, 2.5])), FakeGpu())
    assert (found is not None) == is_hindered
    assert found is None or found.endswith('makes the CPU wait for values from the GPU')


@pytest.mark.parametrize('work, complaint', [
    (lambda x: torch.ones(2).to('meta') + x, 'aten::.* copies between CPU and GPU'),
    (lambda x: torch.tensor(2.0).to('meta') + x, 'aten::.* copies between CPU and GPU'),
    (lambda x: x.copy_(torch.tensor(2.0)), 'aten::copy_ copies between CPU and GPU'),
    (lambda x: x + torch.rand(()), 'aten::rand draws random numbers on the CPU'),
    (lambda x: torch.zeros(2).bernoulli_(0.5), 'aten::bernoulli_ draws random numbers'),
    (lambda x: torch.zeros(2).add_(1), 'aten::add_ writes on the CPU'),
    (lambda x: x * torch.tensor(2.0), None), (lambda x: torch.ones(2).sum().item(), None),
    (lambda x: x + x.new_zeros(2), None), (lambda x: torch.empty_like(x), None)])
def test_what_happens_on_the_cpu(work: Callable[[Tensor], Any], complaint: Optional[str]) -> None:
    found = _watch(lambda: work(torch.ones(2, device='meta')), MetaGpu())
    if complaint is None:
        assert found is None
    else:
        assert found is not None
        assert re.match(complaint, found)


def test_only_what_is_done_in_this_thread_meanwhile_counts() -> None:
    watch = Hindrances(FakeGpu())
    torch.ones(3).nonzero()
    with watch:
        torch.ones(3)
    torch.ones(3).nonzero()
    assert watch.first is None


def test_the_first_one_is_told() -> None:
    found = _watch(lambda: torch.ones(3).nonzero().unique(), FakeGpu())
    assert found is not None
    assert found.startswith('aten::nonzero ')


@pytest.mark.parametrize('name, is_hindered', [
    ('aten::_scaled_dot_product_flash_attention', False), ('aten::another', True)])
def test_attention_returns_seeds_on_the_cpu(name: str, is_hindered: bool) -> None:
    class Operation:
        _schema = SimpleNamespace(name=name, is_mutable=False)
        tags = [torch.Tag.nondeterministic_seeded]

        def __call__(self, query: Tensor) -> Tuple[Tensor, Tensor]:
            return query, torch.zeros((), dtype=torch.int64)

    watch = Hindrances(MetaGpu())
    watch.__torch_dispatch__(Operation(), (), (torch.ones(2, device='meta'),))
    assert (watch.first is not None) == is_hindered


def test_results_are_those_of_a_run_that_is_not_watched(tmp_path: Path) -> None:
    module = torch.jit.load(TOOL_MODELS['dict'](tmp_path)).eval()
    with torch.inference_mode():
        expected = module(torch.ones(5))
        with Hindrances(FakeGpu()):
            result = module(torch.ones(5))
    assert list(result) == list(expected)
    for name in expected:
        assert torch.equal(result[name], expected[name])


def _watch(work: Callable[[], Any], gpu: FakeGpu) -> Optional[str]:
    watch = Hindrances(gpu)
    with torch.inference_mode(), watch:
        work()
    return watch.first

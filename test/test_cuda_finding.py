# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

from pathlib import Path
from typing import Any, List

from dg_pytorch_ros.cuda.finding import find_index
from dg_pytorch_ros.errors import ConfigError
import loading
import pytest
import small_models
import torch


class Machine:
    """GPUs with these names, as torch would tell of them."""

    def __init__(self, names: List[str], patch: pytest.MonkeyPatch) -> None:
        self.driver_error: Any = None
        self.work_error: Any = None
        self.placed: List[str] = []
        cuda: Any = torch.cuda
        patch.setattr(torch.backends.cuda, 'is_built', lambda: True)
        patch.setattr(cuda, 'init', self._init)
        patch.setattr(cuda, 'device_count', lambda: len(names))
        patch.setattr(cuda, 'get_device_name', lambda index: names[index])
        patch.setattr(torch, 'ones', self._ones)

    def _init(self) -> None:
        if self.driver_error is not None:
            raise self.driver_error

    def _ones(self, count: int, device: str) -> torch.Tensor:
        self.placed.append(device)
        if self.work_error is not None:
            raise self.work_error
        return torch.zeros(count)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.delenv('CUDA_VISIBLE_DEVICES', raising=False)
    return Machine(['NVIDIA L4', 'NVIDIA T4'], monkeypatch)


@pytest.mark.parametrize('name, index', [('cuda', 0), ('cuda:0', 0), ('cuda:1', 1)])
def test_a_name_is_one_gpu(machine: Machine, name: str, index: int) -> None:
    assert find_index(name) == index
    assert machine.placed == [f'cuda:{index}']


def test_a_number_too_high_names_those_that_are_there(machine: Machine) -> None:
    assert _complaint('cuda:2') == (
        "device is 'cuda:2', but torch finds 2 GPUs here: cuda:0 (NVIDIA L4), cuda:1 (NVIDIA T4)")


def test_a_torch_without_cuda(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.cuda, 'is_built', lambda: False)
    assert _complaint('cuda') == (
        f"device is 'cuda', but torch {torch.__version__} is built without CUDA; install a CUDA "
        "build of torch (pytorch.org/get-started), or set device: 'cpu'")


def test_no_driver(machine: Machine) -> None:
    machine.driver_error = RuntimeError(
        'Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU and '
        'installed a driver from\nhttp://www.nvidia.com/Download/index.aspx')
    assert _complaint('cuda:1') == (
        "device is 'cuda:1', but no GPU can be used here: Found no NVIDIA driver on your system; "
        "look at what nvidia-smi says, or set device: 'cpu'")


def test_hidden_gpus(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.driver_error = RuntimeError('No CUDA GPUs are available')
    monkeypatch.setenv('CUDA_VISIBLE_DEVICES', '')
    assert _complaint('cuda') == (
        "device is 'cuda', but no GPU can be used here: No CUDA GPUs are available "
        "(CUDA_VISIBLE_DEVICES is ''); look at what nvidia-smi says, or set device: 'cpu'")


def test_a_gpu_for_which_this_torch_has_no_code(machine: Machine) -> None:
    machine.work_error = RuntimeError(
        'CUDA error: no kernel image is available for execution on the device\nCUDA kernel errors '
        'might be asynchronously reported.')
    assert _complaint('cuda:1') == (
        "device is 'cuda:1', but NVIDIA T4 does not compute: CUDA error: no kernel image is "
        'available for execution on the device; if it did before, restart this process')


def test_the_error_comes_instead_of_a_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.backends.cuda, 'is_built', lambda: False)
    with pytest.raises(ConfigError, match='^device is .cuda:0., but torch .* without CUDA'):
        loading.load(small_models.Double(), tmp_path, device='cuda:0')


def _complaint(name: str) -> str:
    with pytest.raises(ConfigError) as caught:
        find_index(name)
    return str(caught.value)

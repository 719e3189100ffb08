# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Find a GPU; say why there is none, before anything is loaded."""

import os
from typing import Any
import warnings

from dg_pytorch_ros.errors import ConfigError
import torch

_cuda: Any = torch.cuda
_CUDA: Any = torch.backends.cuda


def find_index(name: str) -> int:
    """Return the number of `cuda` or `cuda:N`; raise ConfigError if it cannot compute here."""
    index = int(name.partition(':')[2] or 0)
    if not _CUDA.is_built():
        raise ConfigError(
            f'device is {name!r}, but torch {torch.__version__} is built without CUDA; install a '
            "CUDA build of torch (pytorch.org/get-started), or set device: 'cpu'")
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')  # what they say is part of the error
        _check_driver(name)
        _check_number(name, index)
        _check_work(name, index)
    return index


def _check_driver(name: str) -> None:
    try:
        _cuda.init()
    except Exception as error:  # what kind it is depends on what is missing
        visible = os.environ.get('CUDA_VISIBLE_DEVICES')
        hidden = '' if visible is None else f' (CUDA_VISIBLE_DEVICES is {visible!r})'
        raise ConfigError(
            f'device is {name!r}, but no GPU can be used here: {_first_sentence(error)}{hidden}; '
            "look at what nvidia-smi says, or set device: 'cpu'") from error


def _check_number(name: str, index: int) -> None:
    count = _cuda.device_count()
    if index >= count:
        present = ', '.join(
            f'cuda:{number} ({_cuda.get_device_name(number)})' for number in range(count))
        raise ConfigError(
            f'device is {name!r}, but torch finds {count} GPU{"s" * (count != 1)} here: {present}')


def _check_work(name: str, index: int) -> None:
    """Compute something: a torch may hold no code for this GPU, or an error have ended its use."""
    try:
        (torch.ones(1, device=f'cuda:{index}') + 1).item()
    except Exception as error:  # what kind it is depends on what is wrong
        raise ConfigError(
            f'device is {name!r}, but {_cuda.get_device_name(index)} does not compute: '
            f'{_first_sentence(error)}; if it did before, restart this process') from error


def _first_sentence(error: Exception) -> str:
    line = str(error).strip().partition('\n')[0]
    return line.partition('. ')[0].rstrip('.') or type(error).__name__

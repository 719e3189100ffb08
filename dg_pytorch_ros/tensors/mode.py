# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The mode in which torch evaluates."""

from contextlib import contextmanager
from typing import Iterator

from dg_pytorch_ros.tensors.device import Device
import torch


@contextmanager
def inference_mode(device: Device, num_threads: int) -> Iterator[None]:
    """Put the calling thread into inference mode, on a device and so many threads."""
    torch.set_num_threads(num_threads)
    with device.mode(), torch.inference_mode():
        yield

# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The devices of this machine by their names."""

from dg_pytorch_ros.tensors.cpu import CpuDevice
from dg_pytorch_ros.tensors.device import Device


def find_device(name: str) -> Device:
    """Return the device of that name; raise ConfigError if this machine has none."""
    if name == 'cpu':
        return CpuDevice()
    from dg_pytorch_ros.cuda.device import find_cuda_device
    return find_cuda_device(name)

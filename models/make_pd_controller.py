#!/usr/bin/env python3
# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Make pd_controller.pt, the model of the example, beside this script or at a given path."""

import io
from pathlib import Path
import sys
from typing import IO, Union
import zipfile

import torch


class PDController(torch.nn.Module):
    """A proportional-derivative controller of any number of joints."""

    def forward(
        self, sin_kp: torch.Tensor, sin_kd: torch.Tensor,
        sin_position: torch.Tensor, sin_velocity: torch.Tensor,
        sin_des_position: torch.Tensor, sin_des_velocity: torch.Tensor
    ) -> torch.Tensor:
        """Return the torques that pull position and velocity to the desired ones."""
        return (
            sin_kp * (sin_des_position - sin_position)
            + sin_kd * (sin_des_velocity - sin_velocity))


def main() -> None:
    """Script the module and save it."""
    path = sys.argv[1] if len(sys.argv) > 1 else Path(__file__).with_name('pd_controller.pt')
    archive = io.BytesIO()
    torch.jit.save(torch.jit.script(PDController().eval()), archive)
    write_portably(archive, path)


def write_portably(archive: IO[bytes], path: Union[str, Path]) -> None:
    """Leave out where the source lay, and the number that torch derives from that."""
    left_out = ('.debug_pkl', '.data/serialization_id')
    with zipfile.ZipFile(archive) as source, zipfile.ZipFile(path, 'w') as target:
        for name in source.namelist():
            if not name.endswith(left_out):
                target.writestr(zipfile.ZipInfo(name), source.read(name))


if __name__ == '__main__':
    main()

#!/usr/bin/env python3
# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Make pd_controller.pt, the model of the example, beside this script or at a given path."""

from archive import save
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


if __name__ == '__main__':
    save(PDController(), __file__)

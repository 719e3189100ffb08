# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A recording through the same slots, guards and model as on the robot, and what comes of it."""

# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause
"""Turn a TorchScript module into a ROS 2 node with one YAML file."""

# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What configure would say to a parameter file, found without ROS, all at once."""

# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""TorchScript archives: what they tell before torch loads them, and what only torch can tell."""

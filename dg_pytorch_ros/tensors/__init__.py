# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause
"""Tensors, as all formats made by torch take and give them."""

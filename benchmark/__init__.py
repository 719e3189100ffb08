# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause
"""Measures pytorch_node beside a hand-written node and beside a bare echo."""

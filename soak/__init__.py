# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause
"""Runs pytorch_node for long while one thing after another goes wrong around it."""

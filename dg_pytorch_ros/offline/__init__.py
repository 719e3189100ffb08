# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What stands in for a node and its clock, so that all but the middleware runs without it."""

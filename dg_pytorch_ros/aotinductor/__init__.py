# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""AOTInductor packages: modules that were compiled ahead of time."""

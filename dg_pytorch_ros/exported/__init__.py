# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause
"""ExportedPrograms of torch.export: the graph in a `.pt2` file, run by Python."""

# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Pictures for pages of text: few, small and readable; the only room that knows matplotlib."""

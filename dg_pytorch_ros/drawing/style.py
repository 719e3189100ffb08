# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The look of all drawings of graphs."""

from dg_pytorch_ros.drawing.graph import BoxKind

FILLS = {
    BoxKind.INPUT: '#d9ead3', BoxKind.OUTPUT: '#fce5cd', BoxKind.OPERATOR: '#e3ecf7',
    BoxKind.PARAMETER: '#ece4f3', BoxKind.CONSTANT: '#eeeeee', BoxKind.CONTROL: '#fff2cc'}
LINE = '#4a5a6a'
TEXT = '#1c2733'
GROUP_FILL = '#f6f8fa'
GROUP_LINE = '#a3b0bd'
PAPER = '#ffffff'
FONTS = 'DejaVu Sans Mono, Menlo, Consolas, monospace'
FONT_SIZE = 12
# That of the widest of these fonts.
CHARACTER_WIDTH = 0.605 * FONT_SIZE

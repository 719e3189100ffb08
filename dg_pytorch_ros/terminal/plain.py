# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Text of strange files that must not command a terminal."""


def plain(text: str) -> str:
    """Write what does not print, escape sequences above all, as Python would; keep line ends."""
    if text.isprintable():
        return text
    return ''.join(
        letter if letter.isprintable() or letter == '\n'
        else letter.encode('unicode_escape').decode() for letter in text)

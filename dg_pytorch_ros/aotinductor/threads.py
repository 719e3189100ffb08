# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""On how many threads the kernels run, as their source says."""

import re

from dg_pytorch_ros.errors import ModelFileError

_AS_MANY_AS_ASKED = re.compile(r'#pragma omp parallel\s*$', re.MULTILINE)
_FIXED = re.compile(r'#pragma omp parallel num_threads\((\d{1,9})\)')
# From there to the next, or to the next kernel.
_LOOP = re.compile(
    r'#pragma omp parallel.*(?:\n(?!\s*#pragma omp parallel|extern "C").*)*')
_THROWS = 'TORCH_CHECK('
_ONE_PLACE_A_THREAD = re.compile(r'_arr\[(\d{1,9})\];')


def check_threads(kernels: str, num_threads: int) -> None:
    """
    Refuse more threads than the kernels have room for: each writes into a place of its own.

    Raise ModelFileError; its text goes behind the file's name.
    """
    places = list(map(int, _ONE_PLACE_A_THREAD.findall(kernels)))
    if places and _AS_MANY_AS_ASKED.search(kernels) and num_threads > min(places):
        raise ModelFileError(
            f'was compiled for up to {min(places)} threads, but num_threads is {num_threads}; '
            f'set num_threads: {min(places)}, or compile it on a machine with more cores')
    if any(_THROWS in loop for loop in _LOOP.findall(kernels)):
        raise ModelFileError(
            'takes numbers for places in a table, and looks at them in parallel loops, where one '
            'that does not exist ends the whole process; run it in another format')


def fixed_threads(kernels: str) -> int:
    """Return on how many threads kernels run whatever they are told; 0 if they do as told."""
    return max(map(int, _FIXED.findall(kernels)), default=0)

# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Find the sentence that matters in an error of compiled code."""

import re
from typing import Sequence

_ABOUT_INPUT = re.compile(r'input_handles\[(\d+)\]: ')
_DTYPE_NUMBERS = re.compile(r'\b\d+\(at::k(\w+)\), but got: \d+')


def first_complaint(error: BaseException, input_names: Sequence[str] = ()) -> str:
    """Return the one line that says what is wrong, with the inputs by their names."""
    line = str(error).strip().partition('\n')[0] or type(error).__name__

    def name_input(match: 're.Match[str]') -> str:
        number = int(match[1])
        return f'{input_names[number]}: ' if number < len(input_names) else match[0]
    line = _DTYPE_NUMBERS.sub(r'\1, but got another', line)
    return _ABOUT_INPUT.sub(name_input, line)

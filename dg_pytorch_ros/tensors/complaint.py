# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Find the sentence that matters in an error of torch."""

import re

_COMPLAINT = re.compile(r'^[\w.]*(?:Error|Exception): (.*)$', re.MULTILINE)


def first_complaint(error: BaseException) -> str:
    """Return the one line that says what the module objects to, without the trace around it."""
    text = str(error).strip()
    if 'TorchScript' in text:
        complaints = _COMPLAINT.findall(text)
        return complaints[-1] if complaints else text.splitlines()[-1]
    return text.partition('\n')[0] or type(error).__name__

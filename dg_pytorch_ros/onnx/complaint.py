# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Find the part that matters in what onnxruntime says."""

import re

_NEWER = 'a newer onnxruntime may run it, or the model exported for an older one'
# What is found, and what to say instead; the rest of the text goes along.
_PATTERNS = (
    (r'.*Unsupported model IR version: (\d+), max supported IR version: (\d+).*',
     rf'it is written in version \1 of ONNX (ir_version), of which it knows those up to \2; '
     rf'{_NEWER}'),
    (r'.*Opset (\d+) is under development.*domain (\S+) is till opset (\d+).*',
     rf'it uses opset \1 of \2, of which it knows those up to \3; {_NEWER}'),
    (r'.*?([\w.]+):(\w+)\(-?\d+\) is not a registered function/op.*',
     r"it does not know the operator \2 of the domain '\1'; if a Python package brings it, "
     r'name that in model_imports, for example model_imports: [onnxruntime_extensions]'),
    (r'\[ONNXRuntimeError\] : \d+ : \w+ : ', ''),
    # The place in its own source, and the function there.
    (r'\S*onnxruntime_src\S+:\d+ .*?\) (?:const )?', ''),
    (r"Non-zero status code returned while running (\w+) node\. Name:'' Status Message: ",
     r'\1: '),
    (r"Non-zero status code returned while running (\w+) node\. Name:('[^']*') Status Message: ",
     r'\1 \2: '),
    (r' Please fix either the inputs/outputs or the model\.', ''))


def complaint_of(error: BaseException) -> str:
    """Return one line."""
    text = ' '.join(str(error).split())
    for pattern, instead in _PATTERNS:
        text = re.sub(pattern, instead, text)
    return text.strip() or type(error).__name__

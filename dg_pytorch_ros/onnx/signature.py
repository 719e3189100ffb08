# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The signature of an ONNX model, in the words of `forward`."""

import re
from typing import Sequence, Tuple

from dg_pytorch_ros.checks import enumeration, is_name
from dg_pytorch_ros.contract import Argument, Result, Signature
from dg_pytorch_ros.onnx.dtypes import is_array_dtype
from dg_pytorch_ros.onnx.model_proto import ModelProto, ValueInfo


def read_signature(model: ModelProto) -> Signature:
    """
    Return the inputs, those that have defaults last, and the outputs.

    Names that no parameter can have are made fit for it: `Identity:0` is `Identity_0`.
    """
    inputs = (*model.inputs, *model.defaults)
    names = fit_names([info.name for info in inputs], 'input')
    arguments = tuple(
        _argument(name, info, has_default=place >= len(model.inputs))
        for place, (name, info) in enumerate(zip(names, inputs)))
    labels = fit_names([info.name for info in model.outputs], 'output')
    types = tuple('Tensor' if is_array(info) else str(info) for info in model.outputs)
    return Signature(arguments, Result(enumeration(labels), types, labels=labels))


def is_array(info: ValueInfo) -> bool:
    """Whether an input or output is an array for onnxruntime."""
    return is_array_dtype(info.dtype)


def fit_names(names: Sequence[str], role: str) -> Tuple[str, ...]:
    """Return names that can be those of parameters, each once: the same ones if they can."""
    fit = tuple(_fit(name, role) for name in names)
    if len(set(fit)) == len(fit):
        return fit
    return tuple(f'{role}_{index}' for index in range(len(fit)))


def _fit(name: str, role: str) -> str:
    if is_name(name):
        return name
    fit = re.sub('[^A-Za-z0-9_]', '_', name)
    return fit if is_name(fit) else f'{role}_{fit}'


def _argument(name: str, info: ValueInfo, *, has_default: bool) -> Argument:
    if not is_array(info):
        return Argument(name, str(info), has_default)
    # No message is without dimensions: where that is due, any value of one element will do.
    return Argument(name, 'Tensor', has_default, info.dtype, info.shape or None)

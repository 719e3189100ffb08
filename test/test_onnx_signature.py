# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Inputs, outputs and initializers are read from files as onnx.proto lays them down."""

from typing import Any, List

from dg_pytorch_ros.onnx.model_proto import ModelProto, ValueInfo
from dg_pytorch_ros.onnx.signature import fit_names, read_signature
import onnx_by_hand as by_hand
import pytest


def model_with(*inputs: bytes) -> ModelProto:
    return ModelProto(by_hand.model(by_hand.graph([], inputs, inputs)))


@pytest.mark.parametrize('sizes, shape', [
    ([], ()), ([3], (3,)), (['batch', 3], (-1, 3)), ([0, 2], (0, 2)), ([-1, 2], (-1, 2)),
    ([-7, 2], (-1, 2))])
def test_sizes_that_are_named_or_negative_are_free(sizes: List[Any], shape: Any) -> None:
    model = model_with(by_hand.value_info('x', sizes))
    assert model.inputs == (ValueInfo('x', '', 'float32', shape),)
    assert read_signature(model).arguments[0].shape == (shape or None)


def test_size_of_which_nothing_is_said_is_free() -> None:
    info = by_hand.data(1, 'x') + by_hand.data(2, by_hand.data(
        1, by_hand.number(1, by_hand.FLOAT) + by_hand.data(2, by_hand.data(1, b''))))
    assert model_with(info).inputs[0].shape == (-1,)


def test_shape_of_which_nothing_is_said_is_unknown() -> None:
    info = by_hand.data(1, 'x') + by_hand.data(2, by_hand.data(
        1, by_hand.number(1, by_hand.FLOAT)))
    model = model_with(info)
    assert model.inputs[0].shape is None
    assert read_signature(model).arguments[0].takes((1, 2, 3))


@pytest.mark.parametrize('field, kind', [
    (4, 'sequence'), (5, 'map'), (8, 'sparse tensor'), (9, 'optional')])
def test_what_is_no_tensor_is_told(field: int, kind: str) -> None:
    info = by_hand.data(1, 'x') + by_hand.data(2, by_hand.data(field, b''))
    signature = read_signature(model_with(info))
    assert signature.arguments[0].type_name == kind
    assert signature.result.types == (kind,)


def test_dtype_that_nobody_knows_yet_is_told() -> None:
    signature = read_signature(model_with(by_hand.value_info('x', [1], 99)))
    assert signature.arguments[0].type_name == 'tensor(dtype 99)'


def test_initializers_are_counted() -> None:
    graph = by_hand.graph([], initializers=[
        by_hand.initializer('a', [2, 3]), by_hand.initializer('b', []),
        by_hand.initializer('c', [0, 5])])
    model = ModelProto(by_hand.model(graph))
    assert model.parameters == 7
    assert model.opset == 17


@pytest.mark.parametrize('names, fit', [
    (['observation', 'h_0'], ('observation', 'h_0')),
    (['x:0', 'model/x', 'onnx::Gemm_3'], ('x_0', 'model_x', 'onnx__Gemm_3')),
    (['7'], ('input_7',)), ([''], ('input_',)), (['größe'], ('gr__e',)),
    (['x:0', 'x.0'], ('input_0', 'input_1')), ([], ())])
def test_names_are_made_fit_for_parameters(names: List[str], fit: Any) -> None:
    assert fit_names(names, 'input') == fit
